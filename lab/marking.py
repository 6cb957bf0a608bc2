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

OWN_SECONDS = 180  # for all cells of a student's own; the lab's get theirs whatever comes before
IMPATIENT = 5  # seconds, once two cells or functions have not ended
LONGEST = 1200  # seconds for a notebook in which no function ends
# An answer as it stands in the text, with its quotation marks left out or not Python's.
ANSWER = r"""(?m)^[ \t]*{name}[ \t]*={{1,2}}[ \t"'“”„‘’«»]*([A-Ca-c])["'“”„‘’«»]*[ \t]*(?:#.*)?$"""


class Stopped(Exception):
    """Why something of the student's had to be stopped, or that it has ended Python."""


def grade_id(cell):
    """The name by which nbgrader knows a cell, or None; a student's editor may leave anything."""
    return ((cell.get("metadata") or {}).get("nbgrader") or {}).get("grade_id")


def run(nb, tests, jailed):
    """The notebook, run from top to bottom, with what came of each cell in it.

    tests: the lab's first cell and its checks, each with its hidden tests, by name; jailed: whether
    there is a jail for the student's Python.
    """
    setup = next(cell.source for cell in nb.cells if grade_id(cell) == "setup")
    with students_python(LONGEST, jailed) as connection:
        ask, above, own = asker(connection), [], 0
        try:
            ask(setup=setup)
        except Stopped:
            raise RuntimeError("Python did not start; make grade tries again") from None
        lab = checks_names(ask, tests["setup"], above)
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            above.append(cell.source)
            cell.execution_count, start = None, time.monotonic()
            try:
                if grade_id(cell) in tests and grade_id(cell) != "setup":
                    cell.outputs = check(tests[grade_id(cell)], lab)
                    with contextlib.suppress(Stopped):  # a check defines names, too
                        run_cell(ask, cell.source, IMPATIENT)
                    lab["go_on"]()
                elif own > OWN_SECONDS and not grade_id(cell):
                    raise Stopped(f"was not reached in {OWN_SECONDS} seconds")
                else:
                    cell.outputs = run_cell(ask, cell.source)
            except Stopped as why:
                cell.outputs = [failed("Stopped", str(why), [f"Stopped: {why}"])]
            own += 0 if grade_id(cell) else time.monotonic() - start
    return nb


def asker(connection):
    """A function that asks the student's Python for something, and waits for its reply."""
    channel, late = connection.makefile("rwb"), []

    def ask(seconds=SECONDS, **request):
        request["seconds"] = min(seconds, SECONDS if len(late) < 2 else IMPATIENT)
        try:
            channel.write(json.dumps(request).encode() + b"\n")
            channel.flush()
            reply = json.loads(channel.readline(10**8))
            why = reply.get("stopped")
        except (AttributeError, OSError, RecursionError, ValueError):
            raise Stopped("broke the run") from None
        if why:
            if "ran for more" in str(why):
                late.append(why)
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
    lab = {"print": lambda *words: None, "restored": False, "given": False, "asked": set()}
    exec(setup, lab)
    (right,) = (node for node in ast.parse(setup).body if getattr(node, "name", "") == "_lab")
    texts = {node.name: ast.unparse(node) for node in right.body if hasattr(node, "name")}
    alone = {name: text for name, text in texts.items() if "_lab" not in text}

    def outcome(name, *given, advice=""):
        lab["asked"].add(name)
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

    def put_right(names):
        """Give the student's Python the lab's functions, those that need no other of the lab's."""
        if names := [name for name in names if name in alone]:
            ask(give="\n".join(alone[name] for name in names), names=names)

    def give(*names):
        """A student goes on with functions of their own that are right, if that leads on."""
        if lab["given"]:
            put_right(names)

    def go_on():
        """After a check that has failed: the right function, so that nothing else is lost."""
        if lab["failed"]:
            put_right(lab["asked"])

    lab |= {"_outcome": outcome, "_value": value, "_seconds": lambda *given: 0.0, "go_on": go_on}
    lab["_lab"].give = give
    return lab


def check(source, lab):
    """Run a check: what it says.

    First with everything as the student has it, then with the lab's version of earlier functions,
    then with `np`, `distance` and Python's own names put back: it has to pass once.
    """
    *first, last = ast.parse(source).body
    if isinstance(last, ast.Expr):
        last = ast.Assign([ast.Name("points", ast.Store())], last.value, lineno=0)
    program = compile(ast.fix_missing_locations(ast.Module([*first, last], [])), "check", "exec")
    wrong, lab["asked"], uses_earlier = None, set(), "_lab.give(" in source
    tries = [(False, False), (True, False), (True, True)]
    for lab["given"], lab["restored"] in tries if uses_earlier else tries[::2]:
        said = []
        lab |= {"points": None, "print": lambda *words, said=said: said.append(words)}
        try:
            with np.errstate(all="ignore"):
                exec(program, lab)
        except Stopped as why:
            wrong = failed("Stopped", str(why), [f"Stopped: {why}"])
            if uses_earlier and not lab["given"]:
                continue
            break
        except lab["_Hint"] as hint:
            found = failed("Hint", str(hint), hint._render_traceback_())
        except Exception as error:  # of what a student's function may give not all is foreseen
            kind = type(error).__name__
            found = failed(kind, str(error), [f"Not yet. {kind}: {error}"])
        else:
            wrong = None
            break
        if wrong is None or not lab["restored"]:
            wrong = found
    lab["failed"] = wrong is not None
    outputs = [new_output("stream", text=f"{' '.join(map(str, words))}\n") for words in said]
    if wrong:
        return [*outputs, wrong]
    if lab["points"] is not None:
        outputs.append(new_output("execute_result", {"text/plain": str(lab["points"])}))
    return outputs
