"""A student's Python. It runs cells and calls functions, on request, and gives back what came.

Each request is a line of JSON on standard input, and so is each reply. Whatever is run is run in a
fork: if that ends Python, hangs, fills the memory or floods, it is gone, and the state from before
it goes on as if it had never been. Otherwise the fork of a cell is the state from there on.
"""

import ast
import base64
import builtins
import collections
import contextlib
import io
import json
import os
import select
import signal
import socket
import sys
import tempfile
import time

import numpy as np

SECONDS = 20  # for a cell or a check
OUTPUT, ARRAY, PNG, REPLY = 10**6, 10**7, 10**7, 3 * 10**7  # bytes
FILE, MEMORY, PROCESSES = 10**8, 3 * 2**30, 200
NO_MEMORY, FLOOD, TOO_LARGE = 77, 78, 79  # exit statuses
SEQUENCES = list, tuple, collections.deque, np.ndarray  # an array of objects, which is no other's
WHY = {
    NO_MEMORY: "asked for too much memory",
    FLOOD: "printed more than a million characters",
    TOO_LARGE: "gave back or showed more than 30 million bytes",
}


def pack(value, depth=0):
    """A value as JSON can hold it; of what is no number, text or list of such, how it prints."""
    if value is None or isinstance(value, bool | int | float) and not isinstance(value, np.generic):
        return value
    if isinstance(value, str):
        return value[:1000]
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        if value.nbytes < ARRAY:
            file = io.BytesIO()
            np.save(file, value, allow_pickle=False)
            return {"array": base64.b64encode(file.getvalue()).decode()}
    elif isinstance(value, SEQUENCES) and getattr(value, "ndim", 1) and depth < 5:
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [pack(one, depth + 1) for one in value]}
    else:
        with contextlib.suppress(Exception):  # what NumPy takes for numbers, as a table of pandas'
            return pack(np.asarray(value, dtype=float), depth)
    try:
        shown = repr(value)[:200]
    except Exception as error:
        shown = repr(error)[:200]
    return {"other": type(value).__name__, "shown": shown}


def unpack(packed):
    """The value; for what was neither number, text nor list, something that prints as it did."""
    match packed:
        case {"array": text}:
            return np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False)[()]
        case {"list": values}:
            return [unpack(one) for one in values]
        case {"tuple": values}:
            return tuple(unpack(one) for one in values)
        case {"other": kind, "shown": shown}:
            return type(str(kind), (), {"__repr__": lambda self: str(shown)})()
    return packed


def start(setup):
    """IPython with the lab's first cell run, and what a cell prints and shows."""
    import fcntl  # there is none on Windows

    import matplotlib.pyplot  # noqa: F401  (here, and not in each fork)
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    text, name = tempfile.mkstemp()
    os.remove(name)
    fcntl.fcntl(text, fcntl.F_SETFL, os.O_APPEND)
    os.dup2(text, 1)
    os.dup2(text, 2)
    form = {"encoding": "utf-8", "errors": "replace", "closefd": False, "buffering": 1}
    sys.stdout, sys.stderr = streams = open(1, "w", **form), open(2, "w", **form)
    shown = []

    def printed():
        """Note what was printed since the last look."""
        for stream in streams:
            stream.flush()
        if os.fstat(text).st_size > OUTPUT:
            os._exit(FLOOD)
        if said := os.pread(text, OUTPUT, 0).decode("utf-8", "replace"):
            shown.append({"output_type": "stream", "name": "stdout", "text": said})
        os.ftruncate(text, 0)

    def show(data):
        printed()
        keep, png = {"text/plain": str(data.get("text/plain", ""))[:OUTPUT]}, data.get("image/png")
        png = base64.b64encode(png).decode() if isinstance(png, bytes) else png
        if png and len(png) + sum(len(o["data"].get("image/png", "")) for o in displays()) < PNG:
            keep["image/png"] = png
        shown.append({"output_type": "display_data", "data": keep})

    def displays():
        return [output for output in shown if output["output_type"] == "display_data"]

    class Publisher(DisplayPublisher):
        def publish(self, data, *args, **more):
            show(data)

    class Hook(DisplayHook):
        def __call__(self, result=None):
            if result is not None:
                show(self.compute_format_data(result)[0])
                self.update_user_ns(result)

    class Shell(InteractiveShell):
        def _showtraceback(self, kind, value, lines):
            if issubclass(kind, MemoryError):
                os._exit(NO_MEMORY)
            printed()
            error = {"ename": kind.__name__, "evalue": str(value), "traceback": lines}
            shown.append({"output_type": "error"} | error)

        def enable_gui(self, gui=None):
            pass

    HistoryManager.enabled = False
    Shell.colors = "nocolor"
    shell = Shell.instance(display_pub_class=Publisher, displayhook_class=Hook)
    shell.enable_matplotlib("inline")
    sys.path[0] = ""  # a module that a cell has written can be imported
    shell.user_ns["exit"] = shell.user_ns["quit"] = sys.exit
    shell.run_cell(setup)
    printed()
    shown.clear()
    return shell, text, shown, printed


def cell(shell, shown, printed, source):
    """Run a cell: what it printed and showed, and the error in which it ended."""
    shown.clear()
    error = shell.run_cell(source).error_in_exec
    if isinstance(error, Exception):
        go_on(shell, source, error.__traceback__)
    printed()
    return {"shown": shown}


def go_on(shell, source, trace):
    """Run what stands below the line that has failed: here it may lack a package, or a screen."""
    while trace and trace.tb_frame.f_code.co_name != "<module>":
        trace = trace.tb_next
    while trace and trace.tb_next and trace.tb_next.tb_frame.f_code.co_name == "<module>":
        trace = trace.tb_next
    for node in ast.parse(shell.transform_cell(source)).body:
        if trace and node.lineno > trace.tb_lineno:
            with contextlib.suppress(Exception):
                exec(compile(ast.Module([node], []), "below", "exec"), shell.user_ns)


def call(names, setup, name, given, advice, restored):
    """Call a function as the lab's checks do: what it gives, or the hint that says where it stops.

    setup: the lab's first cell, compiled, since every call needs its names. `restored` puts np,
    distance and Python's own names back, if the student has used them for something else.
    """
    before, given = dict(names), unpack(given)
    for own in vars(builtins):
        names.pop(own, None)
    exec(setup, names)
    if not restored:
        names.update({k: v for k, v in before.items() if not k.startswith("_")})
    try:
        came = {"came": pack(names["_outcome"](name, *given, advice=advice))}
    except MemoryError:
        raise
    except Exception as error:
        hint = isinstance(error, names["_Hint"])
        came = {"hint": str(error)[:5000] if hint else f"{name}: {error!r:.80}"}
    return came | {"given": pack(given)}


def watch(fork, done, text, seconds):
    """Wait until a fork has replied; why it had to be stopped, or has stopped, if it has."""
    end = time.monotonic() + seconds
    while True:
        if select.select([done], [], [], 0.02)[0] and os.read(done, 1):
            return None
        ended, status = os.waitpid(fork, os.WNOHANG)
        if ended:
            return WHY.get(os.waitstatus_to_exitcode(status), "ended Python")
        flood = os.fstat(text).st_size > OUTPUT
        if flood or time.monotonic() > end:
            os.kill(fork, signal.SIGKILL)
            os.waitpid(fork, 0)
            return WHY[FLOOD] if flood else f"ran for more than {seconds:.0f} seconds"


def serve(channel):
    """Answer requests, the first of which is the lab's first cell."""
    setup = json.loads(channel.readline())["setup"]
    shell, text, shown, printed = start(setup)
    names, right = shell.user_ns, {}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    setup = compile(setup, "setup", "exec")
    exec(setup, right)

    def reply(text):
        channel.write(text.encode() + b"\n")
        channel.flush()

    def answer(request):
        match request:
            case {"cell": source}:
                return cell(shell, shown, printed, source)
            case {"value": name}:
                return {"came": pack(names.get(name, ""))}
            case {"give": source, "names": given}:
                exec(source, right)
                names.update({name: right[name] for name in given})
                return {}
            case {"call": (name, given, advice, restored)}:
                os.dup2(nowhere, 1)  # what a function prints when it is checked nobody reads
                os.dup2(nowhere, 2)
                return call(names, setup, name, given, advice, restored)

    reply("{}")
    while line := channel.readline():
        request = json.loads(line)
        goes_on = "cell" in request or "give" in request
        done, over = os.pipe()
        os.ftruncate(text, 0)
        fork = os.fork()
        if fork == 0:
            os.close(done)
            ours = os.getpid()
            try:
                packed = json.dumps(answer(request))
                if os.getpid() != ours:  # a fork of the student's
                    os._exit(0)
                if len(packed) > REPLY:
                    os._exit(TOO_LARGE)
                reply(packed)
                os.write(over, b"1")
            except MemoryError:
                os._exit(NO_MEMORY)
            except BaseException:
                os._exit(1)
            if not goes_on:
                os._exit(0)
            os.close(over)
        else:
            os.close(over)
            why = watch(fork, done, text, request["seconds"])
            os.close(done)
            if why:
                reply(json.dumps({"stopped": why}))
            elif goes_on:
                os._exit(0)
            else:
                os.waitpid(fork, 0)


def main():
    import resource  # there is none on Windows

    limits = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_FSIZE: FILE}
    if os.getpid() == 1:  # in the jail, where nobody else's processes count
        limits[resource.RLIMIT_NPROC] = PROCESSES
    for what, limit in limits.items():
        try:
            resource.setrlimit(what, (limit, limit))
        except ValueError:  # a Mac refuses to limit memory
            pass
    channel = socket.socket(fileno=os.dup(0)).makefile("rwb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if os.fork() == 0:
        serve(channel)
        os._exit(0)
    channel.close()
    while True:  # as the first process of a jail it has to outlive all others
        try:
            os.wait()
        except ChildProcessError:
            break


if __name__ == "__main__":
    main()
