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
    *"pip install"*)
        if test -e cut-off; then kill -9 $PPID; fi
        if test -e slow; then sleep 1; echo "-m pip installed" >> calls; fi
        if test -e last-words; then cat last-words; exit 1; fi ;;
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


@pytest.mark.parametrize(
    "words",
    [
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "OSError: [Errno 122] Disk quota exceeded",
        "ERROR: Package 'a' requires a different Python: 3.11.7 not in '>=3.12'",
        "Killed",
    ],
)
def test_what_the_installer_said_last_reaches_the_person(folder, words):
    stand_in = python(folder, STAND_IN)
    (folder / "last-words").write_text(f"Collecting a\n{words}\n\n[notice] There is a new pip.\n")
    code, _, complaint = make(folder, "book", stand_in)
    assert code != 0
    sentence, make_says = complaint.splitlines()
    assert words in sentence and "run make again" in sentence and "notice" not in sentence
    assert words in (folder / ".venv/install.log").read_text()
    assert not (folder / ".venv/book").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full device")
def test_a_disk_without_room_for_a_log(folder):
    stand_in = python(folder, STAND_IN)
    assert make(folder, ".venv/book", stand_in)[0] == 0
    (folder / ".venv/install.log").unlink()
    (folder / ".venv/install.log").symlink_to("/dev/full")
    (folder / "last-words").write_text("No space left on device\n")
    (folder / ".venv/book").unlink()
    code, _, complaint = make(folder, "book", stand_in)
    assert code != 0
    assert "said last: No space left on device" in complaint


def one_install_at_a_time(folder):
    lines = calls(folder)
    assert len([line for line in lines if line.startswith("-m venv")]) == 1
    installs = [line for line in lines if line.startswith("-m pip install")]
    assert [line == "-m pip installed" for line in installs] == [False, True] * (len(installs) // 2)
    assert not (folder / ".installing").is_symlink()


def test_two_targets_at_once(folder):
    stand_in = python(folder, STAND_IN)
    (folder / "slow").touch()
    assert make(folder, "-j2", ".venv/book", ".venv/dev", stand_in)[0] == 0
    one_install_at_a_time(folder)


def test_two_makes_at_once(folder):
    stand_in = python(folder, STAND_IN)
    (folder / "slow").touch()
    both = [
        subprocess.Popen(["make", target, stand_in], cwd=folder, stdout=subprocess.DEVNULL)
        for target in (".venv/book", ".venv/dev")
    ]
    assert [one.wait(60) for one in both] == [0, 0]
    one_install_at_a_time(folder)


def test_a_lock_left_behind_by_a_make_that_died(folder):
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    (folder / ".installing").symlink_to(str(dead.pid))
    assert make(folder, ".venv/book", python(folder, STAND_IN))[0] == 0
    assert not (folder / ".installing").is_symlink()


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
