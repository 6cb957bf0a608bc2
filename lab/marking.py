"""Mark one notebook: run its cells as the student's, and its checks, hidden tests included, here.

A student's Python gets patterns and gives numbers. What they are compared with, the seed and the
verdict stay in this process: a check has passed when its last statement was reached, here.
"""

import ast
import base64
import contextlib
import io
import json
import re
import time

import numpy as np
import PIL.Image
from jail import students_python
from nbformat.v4 import new_output
from student import SECONDS, pack, unpack

ALL_SECONDS = 180  # for a notebook
# An answer as it stands in the text, with its quotation marks left out or not Python's.
ANSWER = r"""(?m)^[ \t]*{name}[ \t]*={{1,2}}[\s"'“”„‘’«»]*([A-Ca-c])["'“”„‘’«»]*[ \t]*(?:#.*)?$"""


class Stopped(Exception):
    """Why something of the student's had to be stopped, or that it has ended Python."""


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def run(nb, tests, jailed):
    """The notebook, run from top to bottom, with what came of each cell in it.

    tests: the lab's first cell and its checks, each with its hidden tests, by name; jailed: whether
    there is a jail for the student's Python.
    """
    setup = next(cell.source for cell in nb.cells if grade_id(cell) == "setup")
    with students_python(ALL_SECONDS + 60, jailed) as connection:
        ask, above = asker(connection), []
        try:
            ask(setup=setup)
        except Stopped:
            raise RuntimeError("Python did not start; make grade tries again") from None
        lab = checks_names(ask, tests["setup"], above)
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            above.append(cell.source)
            cell.execution_count = None
            try:
                if grade_id(cell) in tests and grade_id(cell) != "setup":
                    with contextlib.suppress(Stopped):  # a check defines names, too
                        run_cell(ask, cell.source, SECONDS / 5)
                    cell.outputs = check(tests[grade_id(cell)], lab)
                else:
                    cell.outputs = run_cell(ask, cell.source)
            except Stopped as why:
                cell.outputs = [failed("Stopped", str(why), [f"Stopped: {why}"])]
    return nb


def asker(connection):
    """A function that asks the student's Python for something, and waits for its reply."""
    channel, end = connection.makefile("rwb"), time.monotonic() + ALL_SECONDS

    def ask(seconds=SECONDS, **request):
        request["seconds"] = min(seconds, end - time.monotonic())
        if request["seconds"] <= 0:
            raise Stopped(f"was not reached in {ALL_SECONDS} seconds")
        try:
            channel.write(json.dumps(request).encode() + b"\n")
            channel.flush()
            reply = json.loads(channel.readline(10**8))
            why = reply.get("stopped")
        except (AttributeError, OSError, RecursionError, ValueError):
            raise Stopped("broke the run") from None
        if why:
            raise Stopped(str(why)[:100])
        return reply

    return ask


def run_cell(ask, source, seconds=SECONDS):
    """Run a cell as the student's: its outputs, of which text and pictures are kept."""
    outputs = []
    try:
        for shown in ask(seconds, cell=source)["shown"]:
            match shown:
                case {"text": str(text)}:
                    outputs.append(new_output("stream", text=text))
                case {"ename": str(kind), "evalue": str(why), "traceback": [*lines]}:
                    outputs.append(failed(kind, why, [str(line) for line in lines]))
                case {"data": dict(data)}:
                    keep = {"text/plain": str(data.get("text/plain", ""))}
                    if "image/png" in data:
                        picture = base64.b64decode(data["image/png"])
                        PIL.Image.open(io.BytesIO(picture), formats=["PNG"])
                        keep["image/png"] = base64.b64encode(picture).decode()
                    outputs.append(new_output("display_data", keep))
    except (
        KeyError,
        OSError,
        SyntaxError,
        TypeError,
        ValueError,
        PIL.Image.DecompressionBombError,
    ):
        raise Stopped("broke the run") from None
    return outputs


def failed(kind, why, lines):
    return new_output("error", ename=kind, evalue=why, traceback=lines)


def checks_names(ask, setup, above):
    """What the lab's first cell defines for its checks; functions and answers are the student's.

    above: the cells so far, in which an answer is looked up that Python could not read.
    """
    lab = {"restored": False, "print": lambda *words: None}
    exec(setup, lab)
    (right,) = (node for node in ast.parse(setup).body if getattr(node, "name", "") == "_lab")

    def outcome(name, *given, advice=""):
        reply = ask(call=[name, pack(given), advice, lab["restored"]])
        try:
            for mine, theirs in zip(given, unpack(reply["given"])):
                if isinstance(mine, np.ndarray | list):  # a function may change what it was given
                    mine[:] = theirs
            came = None if "hint" in reply else unpack(reply["came"])
        except (EOFError, KeyError, RecursionError, TypeError, ValueError):
            raise Stopped("broke the run") from None
        if "hint" in reply:
            raise lab["_Hint"](str(reply["hint"])[:5000])
        return came

    def value(name):
        came = str(ask(value=name).get("came", ""))
        if came.strip().upper() in ("A", "B", "C"):
            return came
        return next(reversed(re.findall(ANSWER.format(name=name), "\n".join(above))), came)

    def give(*names):
        source = [ast.unparse(node) for node in right.body if getattr(node, "name", "") in names]
        ask(give="\n".join(source), names=list(names))

    lab |= {"_outcome": outcome, "_value": value, "_seconds": lambda *given: 0.0}
    lab["_lab"].give = give
    return lab


def check(source, lab):
    """Run a check: what it says. It may fail with the student's own `np`, `distance` and so on,
    and pass with the lab's: that is right, too.
    """
    *first, last = ast.parse(source).body
    if isinstance(last, ast.Expr):
        last = ast.Assign([ast.Name("points", ast.Store())], last.value, lineno=0)
    program = compile(ast.fix_missing_locations(ast.Module([*first, last], [])), "check", "exec")
    said, wrong = [], None
    for lab["restored"] in False, True:
        said.clear()
        lab |= {"points": None, "print": lambda *words: said.append(" ".join(map(str, words)))}
        try:
            with np.errstate(all="ignore"):
                exec(program, lab)
        except Stopped:
            raise
        except lab["_Hint"] as hint:
            wrong = wrong or failed("Hint", str(hint), hint._render_traceback_())
        except Exception as error:  # of what a student's function may give not all is foreseen
            kind = type(error).__name__
            wrong = wrong or failed(kind, str(error), [f"Not yet. {kind}: {error}"])
        else:
            wrong = None
            break
    outputs = [new_output("stream", text="".join(f"{line}\n" for line in said))] if said else []
    if wrong:
        return [*outputs, wrong]
    if lab["points"] is not None:
        outputs.append(new_output("execute_result", {"text/plain": str(lab["points"])}))
    return outputs
