"""Run every check on every chapter, and show that each check can fail.

Each fault is seeded into a small good chapter, and exactly its check must complain; what nbval and
the command hold is shown by notebooks of two cells.
"""

import ast
import base64
import json
import os
import shutil
import subprocess
import sys

import nbformat
import pictures
import pytest
from chapter_checks import (
    ANATOMY,
    CHECKS,
    FOLDED,
    ROOT,
    Chapter,
    built_first,
    cells,
    claims,
    contents,
    distinct,
    linked_terms,
    ran_in_order,
    read,
    rhythm,
    say,
    spread_letters,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

PATHS = sorted((ROOT / "chapters").glob("*.ipynb"))
NUMBERED = [path for path in PATHS if path.name[0].isdigit()]
TO_CHECK = [(path, check) for path in PATHS for check in CHECKS]
TO_CHECK += [(path, check) for path in NUMBERED for check in ANATOMY]


@pytest.mark.parametrize(
    "path, check", TO_CHECK, ids=[f"{path.stem}-{check.__name__}" for path, check in TO_CHECK]
)
def test_chapter(path, check):
    said = list(check(read(path)))
    assert not said, "\n".join(said)


def test_claims():
    said = list(claims(read(ROOT / "chapters/claims.ipynb")))
    assert not said, "\n".join(said)


@pytest.mark.parametrize(
    "check", [distinct, built_first, spread_letters, linked_terms], ids=lambda check: check.__name__
)
def test_book(check):
    assert PATHS, "chapters/ holds no notebook"
    said = list(check([read(path) for path in PATHS]))
    assert not said, "\n".join(said)


def test_contents():
    assert list(contents(ROOT)) == []


ROW = 'row("A claim", (6,), f"{mean(ratio)}", "holds in this sense: there", ratio.mean() > 1)'


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ("row(", "now(", "no call of row"),
        ("{mean(ratio)}", "{mean(ratio)}, at first 0.05", "figures"),
        ("holds in this sense: there", "probably", "the verdict"),
        (": there", "", "the verdict"),
        ("holds in this sense: there", "not tested here", "with"),
        ("ratio.mean() > 1", "True", "with"),
        ("(6,)", "()", "with"),
    ],
)
def test_a_claim_without_its_figure_or_condition_is_found(old, new, fault):
    def page(source):
        cell = new_code_cell(source, id="claims", execution_count=1)
        return chapter_of(new_notebook(cells=[cell]))

    assert old in ROW
    assert list(claims(page(ROW))) == []
    assert fault in next(claims(page(ROW.replace(old, new))))


def test_first_page_shows_what_chapters_stored():
    page = (ROOT / "chapters/index.md").read_text(encoding="utf-8")
    shown = page.split("```text\n")[1].split("```")[0].split("\n")
    program = read(ROOT / "chapters/04-going-deeper.ipynb")
    (printed,) = (c.outputs for c in program.nb.cells if c.id == "blog-program")
    last_layer = ["[" + line.rsplit("[", 1)[1] for line in printed[0].text.splitlines()]
    assert [line for line in shown if line] == last_layer[:12]
    assert (ROOT / "_static/two-rulers.png").read_bytes() == pictures.stored_picture()


# A small good chapter, and the faults that are seeded into it.

PREDICT = ":::{admonition} Predict\nWhat?\n\n- **A.** One.\n- **B.** Two.\n- **C.** Three.\n:::"
REPLY = (
    ":::{admonition} Reply\n:class: dropdown\n- **A.** No.\n- **B.** Yes, 0.75.\n- **C.** No.\n:::"
)
TASK = "```{{exercise}} {}\n:label: ex-{}\n\nTry it.\n```"
START = "```{{solution-start}} ex-{}\n:class: dropdown\n```"
OPENING = """# Matrices

*What does a matrix do to a pattern?*

:::{admonition} In this chapter
- You multiply.
- You compare.
- You count.

**Time** 20 minutes.
**Builds on** nothing.
:::
"""


def header(width, color):
    """How a PNG file of that width and kind of colours (3: a palette) begins, in base64."""
    start = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR"
    sizes = width.to_bytes(4) + (900).to_bytes(4)
    return base64.b64encode(start + sizes + bytes([8, color, 0, 0, 0])).decode()


SHARP = header(1622, 3)
KERNEL = {"display_name": "Python 3", "name": "python3"}
LINES = {
    "image": {"alt": "Two lines that rise together from left to right and then part."},
    "figure": {"caption": "They part.", "name": "fig-lines"},
}


def good():
    """A chapter with nothing to complain of."""
    nb = new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})

    def text(name, source):
        nb.cells.append(new_markdown_cell(source, id=name))

    def code(name, source, out="0.50 -0.25\n", **metadata):
        outputs = [new_output("stream", name="stdout", text=out)] if isinstance(out, str) else [out]
        count = len(cells(chapter_of(nb), "code")) + 1
        nb.cells.append(
            new_code_cell(
                source, id=name, execution_count=count, outputs=outputs, metadata=metadata
            )
        )

    text("opening", OPENING + "\nA word is a word. " * 200)
    code("imports", "import numpy as np\nfrom lib.similarity import pearson")
    text("multiply", "The product is `n!`, or $n!$.")
    code("layer", "n = np.tanh(m @ w)\nassert pearson(m, n)")
    text("draw", "Now draw it.")
    code("lines", "plt.show()", new_output("display_data", {"image/png": SHARP}), mystnb=LINES)
    text("predict", PREDICT)
    code("answer", "print(1)", tags=["hide-cell"], jupyter=FOLDED)
    text("reply", REPLY)
    text("found", "## What we found\n\nOne thing, of 0.5. And e.g. another.")
    text("exercises", "## Exercises")
    for title, name in (("Warm-up", "warm"), ("Core", "core"), ("Open", "open")):
        text(f"{name}-task", TASK.format(title, name))
        text(f"{name}-start", START.format(name))
        code(f"{name}-work", "print(2)", jupyter=FOLDED)
        text(f"{name}-end", "```{solution-end}\n```")
    text("next", "Next: [what squashing does](02-squashing.ipynb).")
    return nb


def chapter_of(nb, name="01-matrices.ipynb"):
    """A notebook as it would be read."""
    return Chapter(
        name, nbformat.v4.writes(nb) + "\n", nb, {"01-matrices.ipynb", "02-squashing.ipynb"}
    )


def seed(where, old, new):
    """The good chapter with `new` for `old` in the JSON of a cell or (None) of the notebook.

    Without `old`, `new` is the cell's source.
    """
    nb = good()
    at, part = next(((i, c) for i, c in enumerate(nb.cells) if c.id == where), (None, nb))
    was = json.dumps(part, sort_keys=True)
    assert old is None or old in was, f"no {old} in {where}"
    part = {**part, "source": new} if old is None else json.loads(was.replace(old, new))
    if at is None:
        return chapter_of(nbformat.from_dict(part))
    nb.cells[at] = nbformat.from_dict(part)
    return chapter_of(nb)


def complaints(chapter):
    """What each check that complains says."""
    said = {check.__name__: list(check(chapter)) for check in CHECKS + ANATOMY}
    return {name: sentences for name, sentences in said.items() if sentences}


OUT = json.dumps({"name": "stdout", "output_type": "stream", "text": "0.50 -0.25\n"})
PNG = json.dumps({"data": {"image/png": SHARP}, "metadata": {}, "output_type": "display_data"})
REPR = PNG.replace("image/png", "text/plain").replace(SHARP, "<Axes: xlabel='layer'>")
FOLD = json.dumps(FOLDED, sort_keys=True)
UNSEEDED = """rng = np.random.default_rng()
rng = np.random.default_rng(None)
rng = np.random.default_rng(seed=None)
rng = np.random.Generator(np.random.PCG64())
seeds = np.random.SeedSequence()
make = np.random.default_rng; rng = make()
w = np.random.randn(3)
w = np.random.randn(3); np.random.seed(1)
np.random.seed(); w = 1
np.random.seed(None); w = 1
r = np.random; w = r.rand(3)
from numpy.random import randn; w = randn(3)
from numpy.random import default_rng as make; rng = make()
from numpy import random; w = random.rand(3)
import numpy.random as nr; w = nr.normal(size=3)
import random; w = random.gauss(0, 1)
from random import gauss; w = gauss(0, 1)
import time; rng = np.random.default_rng(time.time_ns())
import os; rng = np.random.default_rng(os.urandom(4)[0])
rng = np.random.default_rng(hash("a"))
from scipy import stats; w = stats.norm.rvs(size=3)
from scipy import stats; w = stats.norm(0, 1).rvs(3, random_state=None)
from scipy import stats; low = stats.bootstrap((m,), np.mean)
import seaborn as sns; sns.lineplot(x=m, y=n)""".splitlines()
SEEDED = """rng = np.random.default_rng(7)
rng = np.random.default_rng(seed=[7, 8])
rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(7).spawn(3)]
rng = np.random.Generator(np.random.PCG64(7)); isinstance(rng, np.random.Generator)
np.random.seed(7); w = np.random.randn(3)
from scipy import stats; w = stats.norm.rvs(size=3, random_state=7)
import seaborn as sns; sns.lineplot(x=m, y=n, errorbar=None)
random = 1; time = random + 1""".splitlines()
STRAYS = r"""<function f at 0x7f3a2c1d5e10>
in /home/ada/book
/tmp/x
C:\Users\ada
lib/python3.11/site-packages/numpy
on 2025-11-24
24 November 2025
Nov 24, 2025
21:15:03""".splitlines()
HARMLESS = """0.2017-0.05 -1.5e-10 1999-2017 2017-11
a / root mean square, pattern/rootless, </tmp>
1:2:3 12:30 layer 0x1 <0.5>""".splitlines()

# Which check must complain; in which cell (None: the notebook); of what, put in place of what.
FAULTS = [
    ("ran_in_order", "layer", '"execution_count": 2', '"execution_count": null'),
    ("ran_in_order", "layer", '"execution_count": 2', '"execution_count": 3'),
    ("ran_in_order", "layer", None, " \n"),
    ("clean_outputs", "layer", OUT, '{"output_type": "error", "ename": "E", "traceback": []}'),
    ("clean_outputs", "layer", '"stdout"', '"stderr"'),
    ("clean_outputs", "layer", OUT, REPR),
    ("clean_outputs", "layer", OUT, REPR.replace("<Axes", "[<Axes")),
    *[("clean_outputs", "layer", "0.50 -0.25", json.dumps(stray)[1:-1]) for stray in STRAYS],
    ("figures_described", "lines", LINES["image"]["alt"], ""),
    ("figures_described", "lines", LINES["image"]["alt"], "Two lines that part."),
    ("figures_described", "lines", LINES["image"]["alt"], "_images/" + 40 * "0" + ".png"),
    ("figures_described", "lines", '"They part."', '""'),
    ("figures_described", "lines", '"name": "fig-lines"', '"width": "80%"'),
    ("figures_described", "lines", PNG, f"{PNG}, {PNG}"),
    ("figures_described", "lines", "image/png", "image/svg+xml"),
    ("figures_described", "layer", OUT, PNG.replace("png", "svg+xml")),
    (
        "figures_described",
        "layer",
        '"metadata": {}',
        f'"metadata": {{"mystnb": {json.dumps(LINES)}}}',
    ),
    ("sizes", "lines", SHARP, base64.b64encode(base64.b64decode(SHARP) + bytes(200_000)).decode()),
    ("sizes", "layer", "0.50 -0.25", 6_001 * "0"),
    ("sizes", None, '"hide-cell"', f'"hide-cell", "{1_500_000 * "0"}"'),
    ("sharp_figures", "lines", SHARP, header(811, 3)),
    ("sharp_figures", "lines", SHARP, header(1622, 6)),
    ("plain_python", "layer", None, "%matplotlib inline"),
    ("plain_python", "layer", None, "m = !ls"),
    ("plain_python", "layer", None, "# NBVAL_IGNORE_OUTPUT\nprint(1)"),
    ("plain_python", "answer", '"hide-cell"', '"hide-cell", "nbval-skip"'),
    ("plain_python", "layer", None, "from numpy.random import *"),
    ("plain_python", "layer", None, "eval('np.random.rand()')"),
    *[("seeded_draws", "layer", None, source) for source in UNSEEDED],
    ("opening", "opening", "# Matrices", "Matrices"),
    ("opening", "opening", "pattern?*", "pattern.*"),
    ("opening", "opening", "} In this chapter", "} This chapter"),
    ("opening", "opening", r"- You count.\n", ""),
    ("opening", "opening", "**Time** 20", "Some"),
    ("opening", "opening", "**Builds on**", "After"),
    ("opening", "draw", None, "# Again"),
    ("predictions", None, "} Predict", "} Guess"),
    ("predictions", "predict", r"- **C.** Three.\n", ""),
    ("predictions", "answer", '"hide-cell"', '"hide-input"'),
    ("predictions", "answer", FOLD, FOLD.replace("true", "false", 1)),
    ("predictions", "reply", r"- **C.** No.\n", ""),
    ("predictions", "reply", r":class: dropdown\n", ""),
    ("predictions", "reply", "Yes", "Perhaps"),
    ("predictions", "reply", "**C.** No.", "**C.** Yes."),
    ("leaks", "found", "of 0.5", "of 0.75"),
    ("findings", None, "## What we found", "## What we saw"),
    ("findings", "found", None, "## What we found"),
    ("findings", "found", None, "## What we found\n\n" + 6 * "So it is. "),
    ("exercises", None, "{exercise} Open", "{note} Open"),
    ("exercises", None, "{solution-start} ex-core", "{solution} ex-core"),
    ("exercises", "warm-task", "Warm-up", "Easy"),
    ("exercises", "core-task", ":label: ex-core", ""),
    ("exercises", "core-start", "ex-core", "ex-open"),
    ("exercises", "core-start", ":class: dropdown", ""),
    ("exercises", "core-work", FOLD, "{}"),
    ("exercises", "core-work", OUT, ""),
    ("link_on", "next", "02-squashing", "03-nowhere"),
    ("link_on", "next", "02-squashing", "01-matrices"),
    ("link_on", "next", "Next: ", "Next: [a](02-squashing.ipynb), "),
    ("link_on", "next", "Next: ", "On: "),
    ("rhythm", "layer", None, 21 * "m = 1\n"),
    ("words", None, r"\nA word is a word. ", ""),
    ("words", None, "Now draw it.", 2_000 * "word "),
    ("manner", "draw", None, "Look!"),
    ("manner", "draw", None, "It is Simply so."),
    ("manner", "draw", None, "TODO: draw."),
    ("manner", "draw", None, "See [this]()."),
    ("manner", "draw", None, "![](picture.png)"),
    ("manner", "lines", "They part.", "Of course they part."),
    ("readable_diffs", "draw", '"draw"', '"3f2a9c1d"'),
    ("readable_diffs", "draw", '"draw"', '"Draw It"'),
    ("readable_diffs", "draw", '"draw"', '"layer"'),
    ("readable_diffs", "draw", '"id": "draw", ', ""),
    ("readable_diffs", "draw", '"metadata": {}', '"metadata": {"collapsed": true}'),
    ("readable_diffs", None, '"kernelspec"', '"widgets": {}, "kernelspec"'),
    ("readable_diffs", None, '{"name": "python"}', '{"name": "python", "version": "3.11"}'),
    ("readable_diffs", None, '"python3"', '"mine"'),
    ("readable_diffs", None, '"nbformat_minor": 5', '"nbformat_minor": 4'),
    ("reached", "imports", "lib.similarity", "lib.networks"),
    ("reached", "imports", None, "import lib.networks"),
    ("reached", "imports", None, "from lib import networks as similarity"),
    ("reached", "imports", None, "from lib._checks import array"),
]


def test_good_chapter():
    assert complaints(chapter_of(good())) == {}


@pytest.mark.parametrize(
    "name, lines, fine",
    [("01-m", 6, True), ("08-m", 7, False), ("09-m", 8, True), ("17-m", 9, False)],
)
def test_half_of_the_cells_are_short(name, lines, fine):
    nb = good()
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.source = "# why\n\n" + lines * "m = 1\n"
    assert (list(rhythm(chapter_of(nb, name))) == []) == fine


@pytest.mark.parametrize(
    "check, where, old, new",
    FAULTS,
    ids=lambda part: str(part)[:40],
)
def test_seeded_fault(check, where, old, new):
    chapter = seed(where, old, new)
    said = complaints(chapter)
    assert list(said) == [check]
    at = [cell.id for cell in good().cells].index(where) if where else None
    faulty = chapter.nb.cells[at] if where else chapter.nb
    assert any(s.split(":")[0] == say(faulty, "", "").split(":")[0] for s in said[check])


@pytest.mark.parametrize("source", SEEDED)
def test_seeded_draw_passes(source):
    assert complaints(seed("layer", None, source)) == {}


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_are_no_dates_or_paths(text):
    assert complaints(seed("layer", "0.50 -0.25", text)) == {}


def test_faults_over_several_cells():
    bare = seed(None, "0.50 -0.25", "none")
    assert complaints(bare).keys() == {"figures_with_numbers"}
    silent = seed("reply", "} Reply", "} Note")
    assert complaints(silent).keys() == {"predictions"}
    crowded = good()
    del crowded.cells[4]
    assert complaints(chapter_of(crowded)).keys() == {"rhythm"}
    long = good()
    for cell in cells(chapter_of(long), "code"):
        cell.source += "\nm = 1  # a line" * 8
    assert complaints(chapter_of(long)).keys() == {"rhythm"}
    text = chapter_of(good()).text
    for other in (
        text + "\n",
        text.rstrip(),
        text.replace("\n ", "\n  "),
        text.replace("\n", "\r\n"),
    ):
        assert complaints(chapter_of(good())._replace(text=other)).keys() == {"readable_diffs"}
    empty = chapter_of(new_notebook(cells=[new_markdown_cell("# Empty", id="opening")]))
    assert list(ran_in_order(empty)) == ["the notebook: no code cell; expected at least one"]


def test_the_blogs_program_may_be_long():
    long = seed("layer", None, "# as it stands\n" + 21 * "m = 1\n")
    long.nb.cells[3].metadata.tags = ["blog"]
    assert complaints(long._replace(text=nbformat.v4.writes(long.nb) + "\n")) == {}


def test_what_is_distinct_in_the_book():
    one, two = chapter_of(good()), chapter_of(good(), "02-squashing.ipynb")
    assert list(distinct([one])) == []
    said = list(distinct([one, two]))
    assert [s.split(":")[0].split(", ")[1] for s in said] == [
        "warm-task",
        "core-task",
        "open-task",
        "lines",
        "lines",
    ]


def test_letters_that_pay_to_know():
    def with_right(letter):
        reply = REPLY.replace("Yes", "No").replace(f"**{letter}.** No", f"**{letter}.** Yes")
        return seed("reply", None, reply)

    assert list(spread_letters([with_right(letter) for letter in "ABC"])) == []
    assert len(list(spread_letters([with_right("B")] * 3))) == 3
    assert len(list(spread_letters([with_right(letter) for letter in "BCBCBC"]))) == 3


def test_a_term_that_nothing_links():
    bare, linking = (
        chapter_of(good()),
        seed("draw", None, "The {term}`states <state>` of a {term}`unit`."),
    )
    missing = set(linked_terms([bare])) - set(linked_terms([linking]))
    assert {said.split()[2] for said in missing} == {"state", "unit"}


def test_a_function_taken_on_trust():
    later = chapter_of(good(), "02-squashing.ipynb")
    trusting = seed("layer", "assert pearson", "pearson")
    false = seed("layer", "assert pearson", "np.allclose")
    assert list(built_first([chapter_of(good()), later])) == []
    for chapter in (trusting, false):
        assert "imports: lib.similarity.pearson taken on trust" in next(built_first([chapter]))
    assert len(list(built_first([trusting, later]))) == 1


TOC = """format: jb-book
root: chapters/index
parts:
- caption: One
  chapters:
  - file: chapters/01-matrices
"""


@pytest.mark.parametrize(
    "toc, said",
    [
        (TOC, None),
        (TOC.replace("matrices", "matrices.ipynb"), None),
        (TOC + "  - file: chapters/02-gone\n", "chapters/02-gone with 1 entries, no file"),
        (TOC + "  - file: chapters/index.md\n", "chapters/index with 2 entries, a file"),
        (TOC.replace("- file", "- title"), "chapters/01-matrices with 0 entries, a file"),
    ],
)
def test_contents_with_faults(tmp_path, toc, said):
    (tmp_path / "chapters").mkdir()
    for name in ("chapters/index.md", "chapters/01-matrices.ipynb", "_toc.yml"):
        (tmp_path / name).write_text(toc, encoding="utf-8")
    assert [s.split(": ")[1].split(";")[0] for s in contents(tmp_path)] == ([said] if said else [])


# The command itself goes red.


def wrong_sign(source, name):
    """A module in which one function returns minus what it should."""
    tree = ast.parse(source)
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    result = [n for n in ast.walk(function) if isinstance(n, ast.Return)][-1]
    result.value = ast.UnaryOp(ast.USub(), result.value)
    return ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.parametrize(
    "stored, sign, failed",
    [("0.50", +1, 0), ("0.51", +1, 1), ("0.50", -1, 1)],
    ids=["as stored", "a changed number", "a wrong sign in lib"],
)
def test_strict_nbval(tmp_path, stored, sign, failed):
    shutil.copytree(ROOT / "lib", tmp_path / "lib")
    module = tmp_path / "lib" / "similarity.py"
    if sign < 0:
        module.write_text(
            wrong_sign(module.read_text(encoding="utf-8"), "pearson"), encoding="utf-8"
        )
    outputs = [new_output("stream", name="stdout", text=f"{stored}\n")]
    use = "print(f'{pearson([1, 2, 3], [1, 3, 2]):.2f}')"
    nb = new_notebook(metadata={"kernelspec": KERNEL})
    nb.cells = [
        new_code_cell("from lib.similarity import pearson", id="imports", execution_count=1),
        new_code_cell(use, id="use", execution_count=2, outputs=outputs),
    ]
    nbformat.write(nb, tmp_path / "tiny.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-p", "no:xdist"]
    ran = subprocess.run(
        [*command, "-q", "--rootdir", tmp_path, "-c", os.devnull, "tiny.ipynb"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == failed, ran.stdout
    assert f"{failed} failed" in ran.stdout or not failed
    assert f"{2 - failed} passed" in ran.stdout
