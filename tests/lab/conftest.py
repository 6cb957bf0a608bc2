"""The course that each file's tests hand in to."""

import pytest
from submissions import new_course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return new_course(tmp_path_factory.mktemp("course"))
