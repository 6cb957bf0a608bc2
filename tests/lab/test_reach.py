"""What a student's code reaches for: points that were not earned, and what is the instructor's."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell
from submissions import (
    ALL,
    NAME,
    SEED,
    command,
    feedback,
    grade,
    hand_in,
    module,
    new_course,
    points,
    released,
    solved,
)

NOTHING = dict.fromkeys(ALL, 0)
# Each stands in front of everything in a notebook whose tasks are all empty.
CHEATS = {
    "hides outputs": """
        ip = get_ipython()
        ip.display_pub.publish = ip._showtraceback = ip.showtraceback = lambda *a, **k: None
        ip.events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
    """,
    "silences errors": """
        get_ipython().set_custom_exc((Exception,), lambda *given: None)
        get_ipython().run_cell = lambda *a, **k: None
    """,
    "cells that do something else": """
        get_ipython().ast_transformers.append(lambda tree: 1 / 0)
        get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
    """,
    "the checks' functions": """
        for name in list(globals()):
            if name.startswith("_") and callable(globals()[name]):
                globals()[name] = lambda *a, **k: 1
        _hint_unless = _numbers = _letter = _outcome = _value = lambda *a, **k: "A"
        class _lab:
            same = give = draw = lambda *a, **k: None
    """,
    "the checks' functions through a hook": """
        def again(*given):
            names = get_ipython().user_ns
            for name in "_hint_unless", "_numbers", "_letter", "_outcome", "hint_unless":
                names[name] = lambda *a, **k: None
        get_ipython().events.register("pre_run_cell", again)
        import builtins
        builtins.exec = lambda *a: again()
    """,
    "a numpy that agrees": """
        for name in "allclose", "all", "array_equal", "isfinite":
            setattr(np, name, lambda *a, **k: True)
        np.abs = np.asarray = lambda *a, **k: 0
        import builtins
        builtins.abs = builtins.len = lambda given: 0
    """,
    "answers that equal everything": """
        class Right(float):
            __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda *a: True
            __hash__ = None
            __array__ = lambda *a, **k: 1 / 0
            __sub__ = __rsub__ = __abs__ = __getitem__ = __call__ = lambda self, *a: self
            shape, ndim = (4, 3), 2
        product = squash = propagate = spread = own_ruler = ratio = Right()
        correlation = alike_by_scale = Right()
    """,
    "answers on the line": """
        import os
        for line in range(3, 40):
            try:
                os.write(line, b'{"came": 1, "given": {"tuple": []}, "shown": []}\\n' * 40)
            except OSError:
                pass
    """,
    "answers that are none": """
        import os
        for line in range(3, 40):
            try:
                os.write(line, b'{"came": {"array": "AAAA"}}\\n[]\\n\\xff{}\\n' + b"[" * 10**5)
            except OSError:
                pass
    """,
    "half an answer": """
        import os, time
        for line in range(3, 40):
            try:
                os.write(line, b'{"shown')
            except OSError:
                pass
    """,
    "two of itself": """
        import os
        os.fork()
    """,
    "ends what started it": """
        import os, signal
        os.kill(os.getppid(), signal.SIGKILL)
    """,
}


def dedented(code):
    lines = code.strip("\n").split("\n")
    return "\n".join(line[8:] for line in lines).strip()


def in_front(nb, code):
    """The notebook with a cell in front of the lab's second, when the first has run."""
    place = [cell.id for cell in nb.cells].index("setup") + 1
    nb.cells.insert(place, new_code_cell(code))
    return nb


@pytest.fixture(scope="module")
def server():
    """A server on this machine, and who has called it."""
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as ours:

        def serve():
            while True:
                try:
                    calls.append(ours.accept()[1])
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield ours.getsockname()[1], calls


@pytest.fixture(scope="module")
def marked(course, server):
    """The rows, and what the command has said."""
    (course.home / "secret.txt").write_text("what the instructor keeps at home")
    hand_in(course, **{name: in_front(released(course), dedented(c)) for name, c in CHEATS.items()})
    looks = f"""
import os, pathlib, socket, sqlite3, subprocess, sys
def look(what):
    try:
        print(what())
    except Exception as error:
        print(type(error).__name__)
look(lambda: pathlib.Path({str(course.home / "secret.txt")!r}).read_text())
look(lambda: pathlib.Path({str(course.lab / "gradebook.db")!r}).read_bytes())
for file in "gradebook.db", "course.py":
    for line in range(40):
        look(lambda: os.pread(line, 10**5, 0))
look(lambda: dict(os.environ))
look(lambda: [pathlib.Path(f"/proc/{{n}}/environ").read_bytes() for n in os.listdir("/proc")])
look(lambda: [pathlib.Path(f"/proc/{{n}}/cmdline").read_bytes() for n in os.listdir("/proc")])
look(lambda: socket.create_connection(("127.0.0.1", {server[0]}), timeout=2))
look(lambda: pathlib.Path("/proc/self/status").read_text())
look(lambda: subprocess.run(["mount", "-o", "remount,bind,rw", "/usr"], check=True))
look(lambda: pathlib.Path("/left-by-a-student").write_text("x"))
look(lambda: pathlib.Path(sys.prefix, "left-by-a-student").write_text("x"))
look(lambda: pathlib.Path(np.__file__).with_name("left_by_a_student.py").write_text("x"))
look(lambda: pathlib.Path({str(course.lab)!r}, "left-by-a-student").write_text("x"))
subprocess.Popen("sleep 98766 & sleep 98766", shell=True, start_new_session=True)
def give_everybody_15():
    with sqlite3.connect({str(course.lab / "gradebook.db")!r}) as gradebook:
        gradebook.execute("UPDATE grade SET manual_score = 15")
look(give_everybody_15)
"""
    hand_in(course, looks=in_front(solved(course), looks), zoe=solved(course))
    status, said = command(course, "grade", TOKEN="the instructor's token")
    assert status == 0, said
    yield grade(course), said
    for path in left_behind(course):  # where there is no jail
        path.unlink()


def left_behind(course):
    places = course.home, Path(sys.prefix)
    return [path for place in places for path in place.rglob("left[-_]by*")]


@pytest.mark.parametrize("name", CHEATS)
def test_nothing_is_earned_by(marked, name):
    assert points(marked[0][name]) == NOTHING


def test_others_are_marked_as_ever(marked):
    for student in "looks", "zoe":
        assert points(marked[0][student]) == ALL


def warned(said):
    """Whether the command has said that there is no jail here, and what that means."""
    return said.count("could read your files") == 1


def test_nothing_of_the_instructors_is_read(marked, course, server):
    rows, said = marked
    page = (course.lab / "collected/looks" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "FileNotFoundError" in page  # what it has looked for is there in full
    assert "the instructor's token" not in page
    if not warned(said):
        assert "keeps at home" not in page
        assert SEED not in page
        assert "_lab" not in page
        assert server[1] == []
        assert "CapEff:\\t0000000000000000" in page


def test_nothing_of_the_instructors_is_changed(marked, course):
    rows, said = marked
    left = left_behind(course)
    if not warned(said):
        assert left == []
        assert {row["open"] for row in rows.values()} == {""}
        with sqlite3.connect(course.lab / "gradebook.db") as gradebook:
            scores = gradebook.execute("SELECT manual_score FROM grade").fetchall()
        assert set(scores) == {(None,)}


def test_nothing_is_left_running(marked):
    running = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert ["sleep", "98766"] not in running


def test_packages_may_lie_in_a_temporary_folder(tmp_path, monkeypatch):
    """As those of a clone in /tmp do, where the jail has a folder of its own."""
    jail = module("jail")
    if jail.there_is_one():
        (tmp_path / "packages").mkdir()
        monkeypatch.setattr(sys, "prefix", str(tmp_path / "packages"))
        listed = subprocess.run(jail.inside("ls", tmp_path), capture_output=True, text=True)
        assert (listed.returncode, listed.stdout) == (0, "packages\n")
    else:
        assert "bubblewrap" in jail.PLAIN


def test_without_a_jail(tmp_path):
    """It is said once, everything is marked, and nothing is left running."""
    course = new_course(tmp_path / "course")
    none = tmp_path / "bin"
    none.mkdir()
    (none / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (none / "bwrap").chmod(0o755)
    leave = "import subprocess\nsubprocess.Popen(['sleep', '98767'], start_new_session=True)"
    cells = "print(__import__('os').environ)", leave, "import os\nos._exit(0)"
    nb = solved(course)
    for code in cells:
        nb = in_front(nb, code)
    hand_in(course, ada=nb, bob=solved(course))
    path = os.pathsep.join([str(none), os.environ["PATH"]])
    status, said = command(course, "grade", PATH=path, TOKEN="the instructor's token")
    assert status == 0 and warned(said)
    assert {name: points(row) for name, row in grade(course).items()} == {"ada": ALL, "bob": ALL}
    assert "the instructor's token" not in feedback(course, "ada")
    running = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert ["sleep", "98767"] not in running
    assert (course.lab / "feedback" / "bob" / NAME / f"{NAME}.html").exists()
