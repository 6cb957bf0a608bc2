"""What Binder makes of the repository, and whether the pages' buttons lead into it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from building import BOOK, ROOT, build, copy, make_repository

BINDER = "requirements.txt", "constraints.txt", "runtime.txt", "pyproject.toml"


def names(requirements):
    return re.findall(r"^([\w-]+)[\w.=~<>]*", requirements, re.M)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("binder") / "book", *BINDER, *BOOK, "lib")


@pytest.fixture(scope="module")
def dockerfile(book):
    command = Path(sys.executable).with_name("jupyter-repo2docker")
    result = subprocess.run(
        [command, "--no-build", "--debug", "."], cwd=book, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_image_has_a_python_that_the_book_supports(dockerfile):
    (version,) = re.findall(r"environment-2epy-2d3-2e(\d+)-2d", dockerfile)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert int(version) >= int(project["requires-python"].removeprefix(">=3."))
    assert (ROOT / "runtime.txt").read_text().strip() == f"python-3.{version}"


def test_image_installs_the_book_and_shows_its_myst(dockerfile):
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    assert dockerfile.index('pip install --no-cache-dir -r "requirements.txt"') > copied
    requirements = (ROOT / "requirements.txt").read_text()
    assert "-e ." in requirements.splitlines()
    assert "-c constraints.txt" in requirements.splitlines()
    assert "jupyterlab-myst" in names(requirements)
    for folder in "binder", ".binder":  # would take the place of the files above
        assert not (ROOT / folder).exists()


def test_image_carries_no_developers_tools(dockerfile):
    tools = names((ROOT / "requirements-dev.txt").read_text())
    assert "ruff" in tools
    installed = dockerfile + (ROOT / "requirements.txt").read_text()
    assert [tool for tool in tools if re.search(rf"\b{tool}\b", installed)] == []


@pytest.fixture(scope="module")
def published(book):
    make_repository(book, "git@github.com:someone/a-book.git")
    code, said = build(book)
    assert code == 0, said
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in (book / "_build/html/chapters").glob("*.html")
    }


def test_binder_link_opens_its_chapter_in_jupyterlab(book, published):
    chapters = sorted(path.stem for path in book.glob("chapters/*.ipynb"))
    assert chapters
    for name in chapters:
        buttons = published[name].select("a[href*='mybinder.org']")
        assert len(buttons) == (3 if name[0].isdigit() else 1)  # above, below, and the rocket
        for button in buttons:
            launch = "https://mybinder.org/v2/gh/someone/a-book/trunk?urlpath=lab/tree/"
            assert button["href"].startswith(launch)
            file = button["href"].removeprefix(launch)
            assert file == f"chapters/{name}.ipynb"
            assert (book / file).is_file()


def test_repository_and_edit_buttons_lead_to_the_remote(book, published):
    for name, page in published.items():
        (repository,) = page.select("a.btn-source-repository-button")
        assert repository["href"] == "https://github.com/someone/a-book"
        (edit,) = page.select("a.btn-source-edit-button")
        file = edit["href"].removeprefix("https://github.com/someone/a-book/edit/trunk/")
        assert Path(file).with_suffix("") == Path("chapters", name)
        assert (book / file).is_file()
