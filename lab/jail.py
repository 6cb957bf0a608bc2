"""Start a student's Python where it reaches nothing: in bubblewrap, or without it in a bare folder.

In the jail there are the system's programs and this Python with its packages, all read-only, and
an empty home in memory: no network, no file of the project's or of the instructor's, no process
but the student's own, and all of them end with it.
"""

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import matplotlib.font_manager  # looks for all fonts, once
import psutil

PYTHON = os.path.abspath(sys.executable)
STUDENT = Path(__file__).with_name("student.py")
DISK = 3 * 10**8  # bytes, for the files of a student in each of three places
PLAIN = """\
There is no jail for students' code here (bubblewrap, on Debian and Ubuntu: apt install bubblewrap;
none on a Mac). It runs as you, with limits of time, memory and output, and could read your files.
Where that is a worry, mark under an account or on a machine that holds nothing else."""


def fonts():
    """matplotlib's list of fonts, which else every student's Python would have to make."""
    return Path(matplotlib.get_cachedir()).glob("fontlist*.json")


def inside(*command):
    """The command as bubblewrap runs it."""
    words = "bwrap --unshare-all --as-pid-1 --die-with-parent --new-session".split()
    words += ["--cap-drop", "ALL", "--clearenv", "--ro-bind", "/usr", "/usr"]
    for top in "/bin", "/lib", "/lib32", "/lib64", "/sbin":
        if os.path.islink(top):
            words += ["--symlink", os.readlink(top), top]
        else:
            words += ["--ro-bind-try", top, top]
    words += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for place in "/dev/shm", "/home", "/tmp":
        words += ["--size", str(DISK), "--tmpfs", place]
    for name, value in environment("/home").items():
        words += ["--setenv", name, value]
    for place in {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)}:
        words += ["--ro-bind", place, place]
    for file in fonts():
        words += ["--ro-bind", str(file), f"/home/.cache/matplotlib/{file.name}"]
    words += ["--ro-bind", str(STUDENT), "/student.py", "--dir", "/home/work"]
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--chdir", "/home/work", *command]


def environment(home):
    """All that a student's Python is told of this machine."""
    keep = {k: v for k, v in os.environ.items() if k.startswith(("PATH", "LANG", "OPENBLAS"))}
    return keep | {"HOME": home, "TMPDIR": home, "OPENBLAS_NUM_THREADS": "1"}


@functools.cache
def there_is_one():
    """Whether bubblewrap is there and may work; if not, say once what that means."""
    try:
        command = inside(PYTHON, "-c", "import numpy")
        works = subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    if not works:
        print(PLAIN, file=sys.stderr, flush=True)
    return works


@contextlib.contextmanager
def students_python(seconds, jailed):
    """A socket to a student's Python, which ends after the seconds with all that it has started."""
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as stack:
        stack.enter_context(ours)
        if jailed:
            command, home, more = inside(PYTHON, "/student.py"), None, {}
        else:
            home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            work, cache = Path(home, "work"), Path(home, ".cache/matplotlib")
            for folder in work, cache:
                folder.mkdir(parents=True)
            for file in fonts():
                shutil.copy(file, cache)
            command = [PYTHON, str(STUDENT)]
            more = {"env": environment(home), "cwd": work, "start_new_session": True}
        null = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=theirs, stdout=null, stderr=null, **more)
        theirs.close()
        over = threading.Timer(seconds, ours.shutdown, [socket.SHUT_RDWR])
        over.start()
        try:
            yield ours
        finally:
            over.cancel()
            end(process, home)


def end(process, home):
    """End a student's Python and what it has left running; the jail's end ends all in it."""
    process.kill()
    process.wait()
    if home:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        for other in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if other.environ().get("HOME") == home:
                    other.kill()
