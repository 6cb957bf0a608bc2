"""Run a notebook where it can do no harm: in a process of its own, in a folder of its own, and
with a limit of time, memory and output. It is a fence against accidents and pranks, not a jail.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output

# A cell that takes more is stopped, and the others run without it.
CELL_SECONDS, ALL_SECONDS = 20, 180
CELL_OUTPUT, FILE, MEMORY = 10**6, 10**8, 3 * 2**30  # bytes


def run_apart(nb, home):
    """Run the cells in a process of their own, and end whatever they leave running."""
    keep = {k: v for k, v in os.environ.items() if k.startswith(("PATH", "LANG", "OPENBLAS"))}
    with subprocess.Popen(
        [sys.executable, __file__],
        env=keep | {"HOME": home, "TMPDIR": home, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            ran, _ = child.communicate(nbformat.writes(nb).encode(), timeout=ALL_SECONDS + 60)
            return nbformat.reads(ran.decode(), as_version=4).cells
        except (subprocess.TimeoutExpired, ValueError):  # it gave no answer, or none that is whole
            return [stopped(cell, "broke the run") for cell in nb.cells]
        finally:
            for process in psutil.process_iter():
                with contextlib.suppress(psutil.Error):
                    if process.environ().get("HOME") == home:
                        process.kill()


def stopped(cell, why):
    """Leave the cell with an error that says why it was stopped."""
    if cell.cell_type == "code":
        error = new_output("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])
        cell.outputs, cell.execution_count = [error], None
    return cell


class Client(NotebookClient):
    """A client that kills the kernel when a cell prints too much."""

    printed = 0

    def process_message(self, msg, cell, cell_index):
        self.printed += len(str(msg["content"]))
        if self.printed > CELL_OUTPUT:
            with contextlib.suppress(OSError):  # it is dead already
                os.killpg(self.km.provisioner.pgid, signal.SIGKILL)
            return None
        return super().process_message(msg, cell, cell_index)


def run():
    """Run the notebook that standard input holds and print it with its outputs.

    A cell that has to be stopped takes the kernel with it; all others then run again without it.
    """
    import resource  # there is none on Windows

    for what, limit in (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, FILE):
        with contextlib.suppress(ValueError):  # a Mac refuses to limit memory
            resource.setrlimit(what, (limit, limit))
    nb = nbformat.reads(sys.stdin.read(), as_version=4)
    out, end = set(), time.monotonic() + ALL_SECONDS
    while (i := run_without(out, nb, end)) is not None:
        out.add(i)
    print(nbformat.writes(nb))


def run_without(out, nb, end):
    """Run all code cells but those in `out`; return the one that had to be stopped, if any."""
    work = os.path.join(os.environ["HOME"], "work")
    os.makedirs(work, exist_ok=True)  # a cell may have deleted it
    client = Client(
        nb,
        kernel_name="python3",
        # The imports of the lab's own first cell may take their time on a busy machine.
        timeout_func=lambda cell: None if cell.id == "setup" else CELL_SECONDS,
        allow_errors=True,
        shutdown_kernel="immediate",
    )
    null = subprocess.DEVNULL
    with client.setup_kernel(cwd=work, stdout=null, stderr=null):
        for i, cell in enumerate(nb.cells):
            if i in out:
                continue
            if time.monotonic() > end:
                stopped(cell, f"was not reached in {ALL_SECONDS} seconds")
            elif why := run_cell(client, cell, i):
                stopped(cell, why)
                return i
    return None


def run_cell(client, cell, i):
    """Run a cell; why its kernel is no more or of no more use, if that is so."""
    client.printed, why = 0, None
    try:
        client.execute_cell(cell, i)
    except CellTimeoutError:
        why = f"ran for more than {CELL_SECONDS} seconds"
    except DeadKernelError:
        why = "ended Python"
    if client.printed > CELL_OUTPUT:
        why = "printed more than a million characters"
    if any(output.get("ename") == "MemoryError" for output in cell.get("outputs", [])):
        why = "asked for too much memory"
    return why


if __name__ == "__main__":
    run()
