"""Right answers in odd notebooks count, and one mistake does not spread: points by case."""

import base64
import io
import json
import os
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import PIL.Image
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from submissions import ALL, feedback, grade, hand_in, points, released, said, solution, solved

NOTHING = dict.fromkeys(ALL, 0)
EAT = "kept = []\nwhile True:\n    kept.append(np.ones(10**7))"
LETTERS = 'prediction_1, prediction_2, prediction_3, prediction_4, prediction_5 = "ACBAB"'


def predictions(*lines):
    return {"predict-answers": "\n".join(f"prediction_{k} = {w}" for k, w in enumerate(lines, 1))}


def at(nb, name, *cells, after=0):
    """The notebook with cells of the student's own in front of one of the lab's, or after it."""
    place = [cell.id for cell in nb.cells].index(name)
    nb.cells[place + after : place + after] = [new_code_cell(text) for text in cells]
    return nb


def changed(nb, name, change):
    (cell,) = (cell for cell in nb.cells if cell.id == name)
    cell.source = change(cell.source)
    return nb


def product(body):
    return {"build-product": f"def product(m, w):\n    {body}"}


def stripped(nb, ids):
    """The notebook without what nbgrader has written into its cells, with the cells' ids or not."""
    for cell in nb.cells:
        cell.metadata = {}
        if not ids:
            del cell["id"]
    nb.nbformat_minor = 5 if ids else 4
    return nb


def copied(nb, name):
    """The notebook with a cell copied as JupyterLab does, and the first of the two spoilt."""
    place = [cell.id for cell in nb.cells].index(name)
    copy = nbformat.from_dict({**nb.cells[place], "id": "copy"})
    nb.cells[place].source = "product = 5"
    nb.cells.insert(place + 1, copy)
    return nb


def moved(nb, name, before):
    ids = [cell.id for cell in nb.cells]
    cell = nb.cells.pop(ids.index(name))
    nb.cells.insert([cell.id for cell in nb.cells].index(before), cell)
    return nb


def png(side=20):
    """A picture that does not compress, as one of a screen."""
    noise = np.random.default_rng(1).integers(0, 255, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(noise).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def pasted(nb, side=20, kinds=None):
    """A picture in a text of the student's own, and one in the answer to the open question."""
    kinds = {"image/png": png(side)} if kinds is None else kinds
    text = "![a screen](attachment:screen.png) and one that is gone ![x](attachment:gone.png)"
    nb.cells.append(new_markdown_cell(text))
    nb.cells[-1]["attachments"] = {"screen.png": kinds}
    changed(nb, "open", lambda text: f"{text}\n\n![mine](attachment:mine.png)")
    next(c for c in nb.cells if c.id == "open")["attachments"] = {"mine.png": kinds}
    return nb


# A notebook, from one with every task solved; the points that it does not get, by part.
CASES = {
    "exit in a cell of one's own": (lambda s: at(s(), "measure", "exit()"), {}),
    "quit in a cell of one's own": (lambda s: at(s(), "measure", "1 + 1\nquit()"), {}),
    "ends Python in a cell of one's own": (
        lambda s: at(s(), "measure", "import os\nos._exit(3)"),
        {},
    ),
    "a crash in a cell of one's own": (
        lambda s: at(s(), "measure", "import ctypes\nctypes.string_at(0)"),
        {},
    ),
    "exit in product": (lambda s: s(product("exit()\n    return m @ w")), {"build": 8}),
    "sys.exit in product": (
        lambda s: s(product("import sys\n    sys.exit(m @ w)")),
        {"build": 8},
    ),
    "ends Python in product": (
        lambda s: s(product("import os\n    os._exit(0)")),
        {"build": 8},
    ),
    "never ends in product": (lambda s: s(product("while True:\n        pass")), {"build": 8}),
    "all memory in product": (
        lambda s: s(product(EAT.replace("\n", "\n    "))),
        {"build": 8},
    ),
    "all memory in a cell of one's own": (lambda s: at(s(), "measure", EAT), {}),
    "all memory before empty functions": (
        lambda s: at(s(None), "predict-answers", f"{EAT}\n", "[1] * 10**10", EAT),
        ALL,
    ),
    "import in the first cell": (
        lambda s: changed(
            s({"build-squash": "squash = vectorize(math.tanh)"}),
            "setup",
            lambda text: f"import math\nfrom numpy import vectorize\n{text}",
        ),
        {},
    ),
    "import at the end of the first cell": (
        lambda s: changed(
            s({"build-product": "def product(m, w):\n    return onp.dot(m, w)"}),
            "setup",
            lambda text: f"{text}\nimport numpy as onp",
        ),
        {},
    ),
    "answer in the cell of the check": (
        lambda s: changed(
            s({"build-squash": ""}),
            "build-squash-check",
            lambda text: f"def squash(n):\n    return np.tanh(n)\n\n\n{text}",
        ),
        {},
    ),
    "predictions in the cell of the check": (
        lambda s: changed(
            s({"predict-answers": ""}), "predict-check", lambda text: f"{LETTERS}\n{text}"
        ),
        {},
    ),
    "single precision": (
        lambda s: s(product("return np.matmul(m, w, dtype=np.float32, casting='unsafe')")),
        {},
    ),
    "single precision in every layer": (
        lambda s: s(
            {
                "build-propagate": solution("build-propagate", "w))", "w).astype(np.float32))"),
                "measure-spread": solution(
                    "measure-spread", "np.mean(distances)", "np.float32(np.mean(distances))"
                ),
            }
        ),
        {},
    ),
    "a prediction without quotation marks": (
        lambda s: s(predictions('"A"', '"C"', "B", '"A"', '"B"')),
        {},
    ),
    "predictions in a word processor's quotation marks": (
        lambda s: s(predictions("“A”", "‘c’", "„B“", "«A»", '"B"')),
        {},
    ),
    "a prediction left out and its marks deleted": (
        lambda s: s(predictions('"A"', "", '"B"', '"A"', '"B"')),
        {"predict": 2},
    ),
    "a prediction that is a sentence": (
        lambda s: s(predictions('"A"', '"C"', '"they merge"', '"A"', '"B"')),
        {"predict": 2},
    ),
    "answers without quotation marks": (
        lambda s: s({"measure-sentence": "sentence = A", "scale-width": "width = c  # sure"}),
        {},
    ),
    "a wrong answer without quotation marks": (
        lambda s: s({"measure-sentence": "sentence = B"}),
        {"measure": 5},
    ),
    "names of the checks' own": (
        lambda s: at(
            s(),
            "predict-answers",
            "numbers = [1, 2]\nletter = 'x'\noutcome = hint_unless = Hint = typical = came = None",
            "_numbers = _letter = _outcome = _Hint = _hint_unless = _value = _seconds = 7",
        ),
        {},
    ),
    "distance as a number": (lambda s: at(s(), "measure", "distance = 5.0"), {}),
    "np as a number": (lambda s: at(s(), "measure", "np = 5"), {}),
    "np and plt deleted": (lambda s: at(s(), "build", "del np, plt"), {}),
    "Python's own names as numbers": (
        lambda s: at(
            s(), "measure", "sum = len = range = list = abs = max = zip = float = 3\nprint = None"
        ),
        {},
    ),
    "names of later tasks as numbers": (
        lambda s: at(s(), "measure-ratio", "spread = spread(one)\nproduct = squash = 1"),
        {},
    ),
    "a distance of one's own": (
        lambda s: s(
            {
                "measure-spread": "def distance(items):\n"
                "    apart = np.linalg.norm(items[:, None] - items, axis=-1)\n"
                "    return apart[np.triu_indices(len(items), 1)]\n\n\n"
                "def spread(items):\n    return distance(items).mean()",
                "measure-ratio": "def ratio(one, other):\n"
                "    both = distance(np.vstack([one, other])).sum() - distance(one).sum()\n"
                "    between = (both - distance(other).sum()) / len(one) / len(other)\n"
                "    return (spread(one) + spread(other)) / 2 / between",
            }
        ),
        {},
    ),
    "errors silenced": (
        lambda s: at(
            s({"measure-spread": "def spread(items):\n    return 1 / 0"}),
            "measure",
            "get_ipython().set_custom_exc((Exception,), lambda *given: None)",
        ),
        {"measure": 5},
    ),
    "a picture pasted": (lambda s: pasted(s()), {}),
    "a large picture pasted": (lambda s: pasted(s(), 1500), {}),
    "a picture that is none": (lambda s: pasted(s(), kinds={"image/png": "AAAA"}), {}),
    "pictures of another form": (
        lambda s: pasted(s(), kinds={"image/png": ["a", 1], "x": None}),
        {},
    ),
    "marks of the cells lost": (lambda s: stripped(s(), True), {}),
    "marks and ids of the cells lost": (lambda s: stripped(s(), False), {}),
    "a task's cell copied": (lambda s: copied(s(), "build-product"), {}),
    "cells moved": (
        lambda s: moved(moved(s(), "build-product-check", "scale"), "measure-spread", "look"),
        {},
    ),
    "check of an empty task moved to where the lab helps": (
        lambda s: moved(
            s({"build-product": "", "build-squash": ""}), "build-product-check", "scale-width"
        ),
        {"build": 15},
    ),
    "a task's cell deleted and typed anew": (
        lambda s: at(
            changed(s(), "build-squash", lambda text: ""),
            "build-squash",
            "squash = np.tanh",
            after=1,
        ),
        {},
    ),
    "asks for something to be typed": (lambda s: at(s(), "build", "name = input('Name? ')"), {}),
    "talks to IPython": (
        lambda s: at(s(), "build", "%matplotlib inline\n%time 1 + 1\n!echo hello\n%nosuch"),
        {},
    ),
    "half a character": (lambda s: at(s(), "build", "half = '\\ud83d'", "text = '\ud83d'"), {}),
    "threads": (
        lambda s: at(
            s(),
            "build",
            "import threading, time\n"
            "threading.Thread(target=lambda: time.sleep(30)).start()\n"
            "threading.Thread(target=lambda: 1 / 0).start()",
        ),
        {},
    ),
    "processes": (
        lambda s: at(
            s(),
            "build",
            "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
            "    print(pool.map(abs, [-1, 2]))",
        ),
        {},
    ),
}


def whole(nb, *names):
    """The notebook with these tasks' cells and checks as one cell, the first, as Shift + M does."""
    cells = {cell.id: cell for cell in nb.cells}
    ids = [k for name in names for k in (name, f"{name}-check")]
    cells[ids[0]].source = "\n".join(cells[k].source for k in ids)
    nb.cells = [cell for cell in nb.cells if cell.id not in ids[1:]]
    return nb


def gathered(nb, name, *others):
    """The notebook with the functions of other tasks in one cell, and their own cells deleted."""
    cells = {cell.id: cell for cell in nb.cells}
    cells[name].source = "\n\n\n".join(cells[k].source for k in (name, *others))
    nb.cells = [cell for cell in nb.cells if cell.id not in others]
    return nb


def lost(nb, **other):
    """The notebook without marks and ids, and with some tasks solved in another form."""
    changed = {f"build_{name}".replace("_", "-"): text for name, text in other.items()}
    for cell in nb.cells:
        cell.source = changed.get(cell.id, cell.source)
    return stripped(nb, False)


# Functions of a student's own which can do more than was asked, and later ones that need it.
EXTENDED = {
    "build-squash": "def squash(n, gain=1):\n    return np.tanh(gain * n)",
    "build-propagate": "def propagate(patterns, weights, scale=1):\n"
    "    states = np.empty((len(weights) + 1, *np.shape(patterns)))\n"
    "    states[0] = patterns\n"
    "    for k, w in enumerate(weights):\n"
    "        states[k + 1] = squash(product(states[k], w), gain=scale)\n"
    "    return states",
    "measure-spread": "def spread(items, others=None, how=distance):\n"
    "    if others is not None:\n"
    "        return np.mean([how(a, b) for a in items for b in others])\n"
    "    pairs = [(i, j) for i in range(len(items)) for j in range(i)]\n"
    "    return np.mean([how(np.array(items[i]), np.array(items[j])) for i, j in pairs])",
    "measure-ratio": "def ratio(one, other):\n"
    "    return (spread(list(one)) + spread(list(other))) / 2 / spread(one, other)",
    "scale-correlation": "def correlation(a, b):\n"
    "    if np.ndim(a) == 1:\n"
    "        return np.corrcoef(a, b)[0, 1]\n"
    "    return [correlation(x, y) for x, y in zip(a, b)]",
    "scale-alike": "def alike_by_scale(items, draws, scales):\n"
    "    found = []\n"
    "    for s in scales:\n"
    "        last = propagate(items, draws, s)[-1, :, :]\n"
    "        found.append(np.mean([correlation(x, y) for x, y in zip(last, last[1:])]))\n"
    "    return found",
}
OTHER_KINDS = {
    "build-product": "import pandas as pd\n\n\ndef product(m, w):\n"
    "    return pd.DataFrame(m) @ pd.DataFrame(w)",
    "build-squash": "import math\n\nsquash = np.frompyfunc(math.tanh, 1, 1)",
    "build-propagate": "from collections import deque\n\n\ndef propagate(patterns, weights):\n"
    "    states = deque([patterns])\n"
    "    for w in weights:\n        states.append(np.tanh(states[-1] @ w))\n    return states",
    "measure-spread": "from fractions import Fraction\n\n\ndef spread(items):\n"
    "    apart = [distance(a, b) for k, a in enumerate(items) for b in items[:k]]\n"
    "    return Fraction(sum(apart)) / len(apart)",
    "measure-own-ruler": "def own_ruler(states):\n"
    "    return np.matrix(states) / np.sqrt(np.mean(states**2))",
    "scale-correlation": "import pandas as pd\n\n\ndef correlation(a, b):\n"
    "    return pd.DataFrame(a).corrwith(pd.DataFrame(b), axis=1)",
    "scale-alike": "def alike_by_scale(items, draws, scales):\n"
    "    class Found(list):\n        pass\n"
    "    found = Found()\n"
    "    for s in scales:\n        last = list(propagate(items, s * draws))[-1]\n"
    "        found.append(np.mean(correlation(last[1:], last[:-1])))\n    return found",
}
LEAVES = {
    "measure-spread": "distances = []\n\n\ndef spread(items):\n"
    "    for i in range(len(items)):\n        for j in range(i):\n"
    "            distances.append(distance(items[i], items[j]))\n"
    "    return sum(distances) / len(distances)",
}
WRONG_PRODUCT = "def product(m, w):\n    return 2 * (m @ w)"
CASES |= {
    "functions that can do more": (lambda s: s(EXTENDED), {}),
    "a function of the same name": (
        lambda s: s(
            {
                "build-propagate": "def squash(m, w):\n    return np.tanh(product(m, w))\n\n\n"
                + solution(
                    "build-propagate", "squash(product(states[-1], w))", "squash(states[-1], w)"
                )
            }
        ),
        {},
    ),
    "values of other kinds": (lambda s: s(OTHER_KINDS), {}),
    "an array of objects": (
        lambda s: s(
            {
                "build-propagate": "def propagate(patterns, weights):\n"
                "    states = np.empty(len(weights) + 1, dtype=object)\n    states[0] = patterns\n"
                "    for k, w in enumerate(weights):\n"
                "        states[k + 1] = np.tanh(states[k] @ w)\n    return states"
            }
        ),
        {},
    ),
    "a list that outlives the function": (lambda s: s(LEAVES), {}),
    "wrong function bound early": (
        lambda s: s(
            {
                "build-product": WRONG_PRODUCT,
                "build-propagate": "def propagate(patterns, weights, f=squash, g=product):\n"
                "    states = [patterns]\n    for w in weights:\n"
                "        states.append(f(g(states[-1], w)))\n    return states",
            }
        ),
        {"build": 8},
    ),
    "a flood of prints in a function": (
        lambda s: s(product("print(m.shape, 'x' * 2_000_000)\n    return m @ w")),
        {},
    ),
    "a package that is not here": (
        lambda s: s({"build-product": "import torch\n\n\n" + solution("build-product")}),
        {},
    ),
    "a question and a window on top": (
        lambda s: s(
            {
                "build-product": "name = input('Name: ')\n" + solution("build-product"),
                "build-squash": "%matplotlib widget\nsquash = np.tanh",
                "measure-spread": "import matplotlib\nmatplotlib.use('TkAgg')\n"
                + solution("measure-spread"),
            }
        ),
        {},
    ),
    "a module written by a cell": (
        lambda s: at(
            s({"build-squash": "import mine\nsquash = mine.squash"}),
            "build-squash",
            "%%writefile mine.py\nimport numpy\n\n\ndef squash(n):\n    return numpy.tanh(n)",
        ),
        {},
    ),
    "names of modules": (
        lambda s: s(
            {
                "build-product": "from time import time\ntextwrap = traceback = 0\n"
                + solution("build-product")
            }
        ),
        {},
    ),
    "a distance that can do more": (
        lambda s: changed(
            s(
                {
                    "measure-spread": "def spread(items):\n    return np.mean([distance(items[i],"
                    " items[j], axis=-1) for i in range(len(items)) for j in range(i)])"
                }
            ),
            "setup",
            lambda text: text.replace(
                "def distance(a, b)", "def distance(a, b, axis=None)"
            ).replace("np.sum((a - b) ** 2)", "np.sum((a - b) ** 2, axis=axis)"),
        ),
        {},
    ),
    "cells merged": (lambda s: whole(s(), "build-product", "build-squash"), {}),
    "functions gathered in one cell": (
        lambda s: gathered(
            s(), "build-product", "build-squash", "build-propagate", "scale-correlation"
        ),
        {},
    ),
    "marks lost and other forms": (
        lambda s: lost(
            s(),
            product="def product (\n    m,\n    w,\n):\n    return m @ w",
            squash="from numpy import tanh as squash",
        ),
        {},
    ),
    "marks lost, and a first try kept": (
        lambda s: stripped(at(s(), "predict", WRONG_PRODUCT, "sentence: str = 'B'"), False),
        {},
    ),
}


def build(course, case):
    make, _ = CASES[case]
    return make(lambda changes={}: released(course) if changes is None else solved(course, changes))


@pytest.fixture(scope="module")
def rows(course):
    for case in CASES:
        text = json.dumps(build(course, case))  # as it is: a half character, too
        hand_in(course, **{case: text})
    right = nbformat.writes(solved(course))
    folder = course.lab / "submitted"
    bare = json.loads(right)
    bare["cells"][0].pop("metadata")
    bare["cells"][1]["metadata"] = {"nbgrader": None}
    bare["cells"].append({"cell_type": "code"})
    (folder / "bare.ipynb").write_text(json.dumps(bare))
    (folder / "of version 3.ipynb").write_text(nbformat.writes(solved(course), version=3))
    Path(os.fsdecode(os.fsencode(folder) + b"/J\xfcrgen.ipynb")).write_text(right)
    (folder / " two  spaces .ipynb").write_text(right)
    (folder / "nowhere.ipynb").symlink_to("not there")
    (folder / "damaged.zip").write_bytes(b"PK\3\4" + bytes(100))
    (folder / "mark of the bytes.ipynb").write_bytes(b"\xef\xbb\xbf" + right.encode())
    (folder / "two bytes.ipynb").write_bytes(right.encode("utf-16"))
    (folder / "windows.ipynb").write_bytes(right.replace("\n", "\r\n").encode())
    (folder / "ada [group 1].ipynb").write_text(right)
    (folder / "what? *now*.ipynb").write_text(right)
    (folder / "Zoë Müller-Lüdenscheidt.ipynb").write_text(right)
    (folder / "__MACOSX" / "ada").mkdir(parents=True)
    (folder / "__MACOSX/ada/._ada.ipynb").write_bytes(b"\0\5\26\7")
    (folder / "from a mac").mkdir()
    (folder / "from a mac/lab.ipynb").write_text(right)
    (folder / "from a mac/._lab.ipynb").write_bytes(b"\0\5\26\7")
    (folder / "from a mac/.DS_Store").write_bytes(b"\0")
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("lab/lab.ipynb", right)
        archive.writestr("__MACOSX/lab/._lab.ipynb", b"\0\5\26\7")
    return grade(course)


@pytest.mark.parametrize("case", CASES)
def test_points(rows, case):
    _, lost = CASES[case]
    assert "not marked:" not in rows[case]["notes"]
    assert points(rows[case]) == {part: most - lost.get(part, 0) for part, most in ALL.items()}


FILES = [
    "bare",
    "of version 3",
    "Jürgen",
    "two spaces",
    "mark of the bytes",
    "two bytes",
    "windows",
    "ada [group 1]",
    "what? *now*",
    "Zoë Müller-Lüdenscheidt",
    "from a mac",
    "packed",
]


@pytest.mark.parametrize("name", FILES)
def test_file(rows, name):
    assert points(rows[name]) == ALL
    assert rows[name]["notes"].endswith("open question: not marked yet")


def test_nothing_else_was_taken_for_a_student(rows):
    assert set(rows) == {*CASES, *FILES, "nowhere", "damaged"}
    for name in "nowhere", "damaged":
        assert rows[name]["notes"].startswith("not marked: ")


NOTES = {
    "exit in a cell of one's own": "",
    "ends Python in product": "build-product-check ended Python",
    "never ends in product": "build-product-check ran for more than 20 seconds",
    "all memory in product": "build-product-check asked for too much memory",
    "import in the first cell": "setup: changed, and run as changed and as handed out",
    "answer in the cell of the check": "build-squash-check: changed, and run as changed and as"
    " handed out",
    "marks of the cells lost": "the notebook has lost the marks of its cells; they were told by"
    " their names and texts",
    "marks and ids of the cells lost": "the notebook has lost the marks of its cells; they were"
    " told by their names and texts",
    "cells moved": "",
}


@pytest.mark.parametrize("case", NOTES)
def test_notes(rows, case):
    *notes, last = rows[case]["notes"].split("; ")
    assert last == "open question: not marked yet"
    assert "; ".join(notes) == NOTES[case]


def test_notebook_of_another_kind(course, rows):
    nb = nbformat.v4.new_notebook(cells=[new_code_cell("print('hello')")])
    hand_in(course, other=nb)
    row = grade(course)["other"]
    assert row["notes"].startswith(
        "none of the lab's cells was recognised: look at the notebook by"
    )
    assert points(row) == NOTHING


def test_hint_of_a_function_that_exits(rows, course):
    assert "product ends Python" in said(course, "exit in product", "build-product-check")


def test_pictures_stand_on_the_page(rows, course):
    for case in "a picture pasted", "a large picture pasted":
        page = feedback(course, case)
        assert page.count('<img src="data:image/') >= 3  # two of the student's, and the figures
        assert "(picture: attachment:gone.png)" in page
        assert len(page) < 10**6
    assert "no picture that can be shown" in feedback(course, "a picture that is none")
