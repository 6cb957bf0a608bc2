"""The eighty networks of chapter 13 that are stored are those that its own cells compute."""

import numpy as np
import pytest
import trained
from building import ROOT


@pytest.mark.parametrize("k", [10, 41, 79])  # the chapter itself compares the first ten
def test_stored_networks_are_the_chapters(k):
    stored = np.genfromtxt(ROOT / "chapters" / "trained.csv", delimiter=",", names=True)
    assert len(stored) == 80
    computed = trained.measured([trained.generators()[k]])
    assert set(computed) == set(stored.dtype.names)
    for name, (value,) in computed.items():
        assert abs(stored[name][k] - value) < 1e-4, name
