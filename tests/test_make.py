"""The Makefile on a machine where something is wrong, played by stand-ins for Python."""

import os
import re
import shutil
import subprocess
import sys
import time

import pytest
from building import FLAGS, ROOT, copy

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")

# A Python that makes a .venv whose pip notes what it is asked for.
STAND_IN = """\
#!/bin/sh
echo "$@" >> calls
case "$*" in
    "-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *"pip install"*) if test -e cut-off; then kill -9 $PPID; fi ;;
esac
"""


@pytest.fixture
def folder(tmp_path):
    files = "Makefile", "requirements.txt", "requirements-dev.txt", "constraints.txt"
    return copy(tmp_path / "a book", *files, "pyproject.toml", "lib")


def make(folder, *arguments, **environment):
    """Exit code, standard output and standard error of make."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "MAKE", "CI"))}
    result = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=keep | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return result.returncode, result.stdout, result.stderr


def python(folder, script):
    (folder / "python").write_text(script)
    (folder / "python").chmod(0o755)
    return "PYTHON=./python"


def without(statement):
    """A Python on which `statement` has been run before what it is asked to do."""
    return f"""#!/bin/sh
exec '{sys.executable}' -c "import sys; {statement}; exec(sys.argv[2])" "$@"
"""


def calls(folder):
    path = folder / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [line for line in lines if line.startswith(("-m venv", "-m pip install"))]


def test_bare_make_lists_every_command(folder):
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.M)[1].split()
    code, said, _ = make(folder)
    assert code == 0
    assert re.findall(r"^make ([\w-]+) +\w", said, re.M) == phony


@pytest.mark.parametrize("target, options", [("book", []), ("pdf", ["--builder", "latex"])])
def test_book_is_built_as_the_tests_build_it(folder, target, options):
    _, said, _ = make(folder, "-n", target)
    assert " ".join(["jupyter-book build .", *FLAGS, *options]) + "\n" in said


@pytest.mark.parametrize(
    "script, advice",
    [
        ("#!/bin/sh\nexit 127\n", "Python 3.11 or newer"),
        (without("sys.version_info = (3, 10, 13)"), "Python 3.11 or newer"),
        (without("sys.modules['ensurepip'] = None"), "python3-venv"),
    ],
    ids=["broken Python", "old Python", "no venv"],
)
def test_unfit_python(folder, script, advice):
    code, _, complaint = make(folder, "book", python(folder, script))
    assert code != 0
    sentence, make_says = complaint.splitlines()
    assert advice in sentence and sentence.endswith(".")
    assert make_says.startswith("make")


def test_no_python(folder):
    code, _, complaint = make(folder, "book", "PYTHON=no-such-python")
    assert code != 0
    assert "Python 3.11 or newer" in complaint.splitlines()[0]


def test_no_network(folder):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull}
    code, _, complaint = make(folder, "book", f"PYTHON={sys.executable}", **nowhere)
    assert code != 0
    sentence, make_says = complaint.splitlines()
    assert "network" in sentence and "run make again" in sentence
    assert make_says.startswith("make")
    assert not (folder / ".venv/book").exists()
    assert "127.0.0.1" in (folder / ".venv/install.log").read_text()


def test_no_latex(folder, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in "cp", "make", "mkdir", "rm", "touch":
        (tools / tool).symlink_to(shutil.which(tool))
    code, _, complaint = make(folder, "pdf", python(folder, STAND_IN), PATH=str(tools))
    assert code != 0
    sentence, make_says = complaint.splitlines()
    assert "needs LaTeX" in sentence and "texlive-xetex" in sentence and sentence.endswith(".")
    assert make_says.startswith("make")


def test_installs_once_and_again_when_the_requirements_change(folder):
    stand_in = python(folder, STAND_IN)
    assert make(folder, ".venv/dev", stand_in)[0] == 0
    assert [line.split()[1] for line in calls(folder)] == ["venv", "pip"]
    assert make(folder, ".venv/book", ".venv/dev", stand_in)[0] == 0
    assert calls(folder) == []
    soon = time.time() + 1
    os.utime(folder / "requirements.txt", (soon, soon))
    assert make(folder, ".venv/book", stand_in)[0] == 0
    (install,) = calls(folder)
    assert install.endswith("-r requirements.txt")


def test_interrupted_install_is_mended(folder):
    stand_in = python(folder, STAND_IN)
    (folder / "cut-off").touch()
    assert make(folder, ".venv/book", stand_in)[0] != 0
    assert not (folder / ".venv/book").exists()
    calls(folder)
    (folder / "cut-off").unlink()
    assert make(folder, ".venv/book", stand_in)[0] == 0
    assert [line.split()[1] for line in calls(folder)] == ["venv", "pip"]
    assert (folder / ".venv/book").exists()
