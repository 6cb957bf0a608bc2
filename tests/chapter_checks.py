"""What every chapter is held to: what nbval does not see, and the anatomy that all chapters share.

A check takes a chapter and yields sentences: which cell, what came, what was expected.
"""

import ast
import base64
import re
import statistics
from pathlib import Path
from typing import NamedTuple

import nbformat

ROOT = Path(__file__).resolve().parent.parent

# The chapter that reaches a module's idea: before it, no chapter may import the module.
REACHED_IN = {
    "figures": 1,
    "similarity": 1,
    "stimuli": 4,
    "networks": 4,
    "collapse": 6,
    "codes": 9,
    "theory": 12,
    "baseline": 15,
    "intervals": 5,
    "inception": 16,
}

FOLDED = {"source_hidden": True, "outputs_hidden": True}
MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
STRAY = {
    "an address": r"\b0x[0-9a-fA-F]{6,}",
    "a path": r"(?<![\w<.)])/(?:home|root|tmp|usr|var|opt|Users)\b|\b[A-Z]:\\|site-packages"
    r"|ipykernel_\d|" + re.escape(str(ROOT)),
    "a date": r"(?<![\d.])(?:19|20)\d\d-[01]\d-[0-3]\d(?![\d.])|\b\d\d?/\d\d?/\d{4}\b"
    rf"|\b\d\d? {MONTH} \d{{4}}\b|\b{MONTH} \d\d?,? \d{{4}}\b",
    "a time": r"(?<![\d:.])[0-2]?\d:[0-5]\d:[0-5]\d(?![\d:])",
}
ALT = r"(?!.*\.(?:png|svg|jpe?g))[^a-z/._].{38,}[.?]"
MAKERS = {
    "default_rng",
    "SeedSequence",
    "PCG64",
    "PCG64DXSM",
    "MT19937",
    "Philox",
    "SFC64",
    "RandomState",
}
# What draws on its own unless told not to; seaborn does for error bars and jitter.
SAMPLERS = {f"scipy.stats.{f}" for f in ("bootstrap", "permutation_test", "monte_carlo_test")} | {
    f"seaborn.{f}plot" for f in ("line", "bar", "point", "rel", "cat", "reg", "lm", "strip")
}
UNREPEATABLE = {"random", "time", "datetime", "secrets", "uuid", "os.urandom", "os.getpid"}
NUMBER = r"(?<![\d.])\d+\.\d+|(?<![\d.])\d{2,}(?![\d.])"
SCREEN = 24  # in lines of prose, of some thirteen words
HASTY = r"(?i)\b(?:simply|obviously|clearly|of course)\b|!(?=[\"”’')*_]*(?:\s|$))"
DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<kind>[\w:-]+)\} *(?P<title>.*)\n"
    r"(?P<body>(?:.*\n)*?)(?P=fence)[`:]* *$",
    re.M,
)


class Chapter(NamedTuple):
    """A notebook, and the names of the pages in its folder."""

    name: str
    text: str
    nb: nbformat.NotebookNode
    pages: set


class Directive(NamedTuple):
    """A MyST directive in the cell with that index; the body includes the options."""

    index: int
    cell: dict
    kind: str
    title: str
    body: str

    def option(self, key):
        """The value of a line such as `:class: dropdown`."""
        return (re.search(rf"(?m)^:{key}: *(\S+)", self.body) or ["", ""])[1]

    def letters(self):
        """The letters of a list of options; an item without one gives a question mark."""
        items = re.findall(r"(?m)^- (?:\*\*(\w)\.\*\*)?", self.body)
        return "".join(item or "?" for item in items)


def read(path):
    """Read a chapter; unlike nbformat.read this mends nothing, such as a missing cell id."""
    text = path.read_bytes().decode()
    return Chapter(
        path.name, text, nbformat.v4.reads(text), {p.name for p in path.parent.iterdir()}
    )


def say(cell, came, expected):
    """One complaint."""
    name = "the notebook" if "cells" in cell else cell.get("id", "a cell without id")
    return f"{name}: {came}; expected {expected}"


def cells(chapter, kind):
    """The cells of one type, in order."""
    return [cell for cell in chapter.nb.cells if cell.cell_type == kind]


def directives(chapter, *kinds):
    """The directives of some kinds, in order."""
    return [
        Directive(i, cell, m["kind"], m["title"].strip(), m["body"])
        for i, cell in enumerate(chapter.nb.cells)
        if cell.cell_type == "markdown"
        for m in DIRECTIVE.finditer(cell.source)
        if m["kind"] in kinds
    ]


def images(cell):
    """The pictures that a cell gives."""
    return [
        o.data["image/png"] for o in cell.get("outputs", []) if "image/png" in o.get("data", {})
    ]


def about_figure(cell):
    """A figure's alt text, caption and name."""
    mystnb = cell.metadata.get("mystnb", {})
    image, figure = mystnb.get("image", {}), mystnb.get("figure", {})
    return str(image.get("alt", "")), str(figure.get("caption", "")), str(figure.get("name", ""))


def printed(cell):
    """What a cell prints as a reader sees it: no tags of a table, no repr behind a picture."""
    shown = []
    for output in cell.outputs:
        data = output.get("data", {})
        html = re.sub(r"(?s)<style.*?</style>|<[^>]*>", " ", data.get("text/html", ""))
        text = "" if "image/png" in data else data.get("text/plain", "")
        shown.append(output.get("text") or html or text)
    return "\n".join(shown)


def plain(text):
    """Markdown as it is read aloud: no code, mathematics, options or addresses."""
    text = re.sub(r"(?s)\A---\n.*?\n---\n|\$\$.*?\$\$|\$[^$]+\$|<!--.*?-->", " ", text)
    text = re.sub(r"(?ms)^(```+)(?:(?!\{)|\{(?:math|code[\w-]*)\}).*?^\1`*\s*$", " ", text)
    text = re.sub(r"(?m)^(?:`{3,}|:{3,}).*$|^:[\w-]+:.*$|^\([\w-]+\)=$", " ", text)
    return re.sub(r"(?:\{[\w:]+\})?`[^`]+`|\]\([^)]*\)", " ", text)


def imported(tree):
    """The names that a cell imports, each with what it stands for in full."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return names


def trees(chapter):
    """Every code cell with its syntax tree and the names imported so far."""
    names = {}
    for cell in cells(chapter, "code"):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # plain_python complains of it
            continue
        names |= imported(tree)
        yield cell, tree, names


def references(tree, names):
    """Every name used, with its node, in full: `np.random.rand` as numpy.random.rand."""

    def in_full(node):
        if isinstance(node, ast.Attribute):
            base = in_full(node.value)
            return base and f"{base}.{node.attr}"
        return names.get(node.id, "") if isinstance(node, ast.Name) else ""

    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
            yield node, in_full(node)


# What nbval does not see.


def ran_in_order(chapter):
    """Every code cell has source and was run, in order from 1: nbval passes one never run."""
    if not cells(chapter, "code"):
        yield say(chapter.nb, "no code cell", "at least one")
    for i, cell in enumerate(cells(chapter, "code"), 1):
        counts = {o.execution_count for o in cell.outputs if o.output_type == "execute_result"}
        if not cell.source.strip():
            yield say(cell, "an empty code cell", "some code")
        elif counts | {cell.execution_count} != {i}:
            yield say(cell, f"execution_count {cell.execution_count}", f"{i}, run in order")


def clean_outputs(chapter):
    """No error, no stderr, no bare repr of an object, no address, path, date or time."""
    for cell in cells(chapter, "code"):
        for output in cell.outputs:
            data = output.get("data", {})
            texts = [v for k, v in data.items() if k.startswith("text/")] + [output.get("text", "")]
            if output.output_type == "error" or output.get("name") == "stderr":
                yield say(cell, output.get("ename") or f"stderr {output.text[:60]!r}", "no error")
            if set(data) == {"text/plain"} and re.match(r"[\[(]?<\w", data["text/plain"]):
                yield say(cell, f"the repr {data['text/plain'][:60]!r}", "a value or nothing")
            for what, pattern in STRAY.items():
                if hit := re.search(pattern, "\n".join(texts)):
                    yield say(cell, f"{what} in the output, {hit[0]!r}", "none")


def figures_described(chapter):
    """A figure has alt text, a caption and a name, and nothing else has."""
    for cell in chapter.nb.cells:
        kinds = {kind for o in cell.get("outputs", []) for kind in o.get("data", {})}
        if other := {kind for kind in kinds if kind.startswith("image/")} - {"image/png"}:
            yield say(cell, f"an output of {sorted(other)}", "image/png")
        alt, caption, name = about_figure(cell)
        if not images(cell):
            if alt or caption or name:
                yield say(cell, "alt text or a caption without a figure", "none")
            continue
        if len(images(cell)) > 1:
            yield say(cell, f"{len(images(cell))} pictures", "one, which the alt text describes")
        if not re.fullmatch(ALT, alt, re.S):
            yield say(cell, f"the alt text {alt!r}", "a sentence of at least 40 characters")
        if not caption.strip() or not re.fullmatch(r"\S+", name):
            yield say(cell, f"the caption {caption!r} and name {name!r}", "a caption and a name")


def figures_with_numbers(chapter):
    """nbval compares no picture: its numbers are printed there or in the code cell beside it."""
    code = cells(chapter, "code")
    numbers = [bool(re.search(r"\d", printed(cell))) for cell in code]
    for i, cell in enumerate(code):
        if images(cell) and not any(numbers[max(0, i - 1) : i + 2]):
            yield say(cell, "a figure without a printed number", "one here or a code cell away")


def sizes(chapter):
    """An image of at most 200 kB, 6,000 characters of text a cell, 1.5 MB a notebook."""
    if (size := len(chapter.text.encode())) > 1_500_000:
        yield say(chapter.nb, f"{size} bytes", "at most 1500000")
    for cell in cells(chapter, "code"):
        if (length := len(printed(cell))) > 6_000:
            yield say(cell, f"{length} characters of text", "at most 6000")
        for image in images(cell):
            if (size := len(base64.b64decode(image))) > 200_000:
                yield say(cell, f"an image of {size} bytes", "at most 200000")


def sharp_figures(chapter):
    """A figure has twice the pixels that it is shown at, in few colours, as `make execute` has it.

    The text of a page is up to 790 pixels wide.
    """
    for cell in cells(chapter, "code"):
        for png in images(cell):
            header = base64.b64decode(png)[:26]
            width, has_palette = int.from_bytes(header[16:20]), header[25] == 3
            if width < 2 * 790:
                yield say(cell, f"a figure {width} pixels wide", f"at least {2 * 790}")
            elif not has_palette:
                yield say(cell, "a figure in all colours", "256: run make execute")


def plain_python(chapter):
    """No magic, no shell line, nothing that hides code from nbval or from the other checks."""
    for cell in cells(chapter, "code"):
        marks = " ".join([cell.source, *cell.metadata.get("tags", [])])
        if hit := re.search(r"(?i)nbval[-_](?!check)\w+|raises-exception|skip-execution", marks):
            yield say(cell, f"the mark {hit[0]}", "a cell that nbval runs and compares")
        try:
            tree = ast.parse(cell.source)
        except SyntaxError as error:
            yield say(cell, f"{(error.text or '').strip()!r}", "Python, no % or ! line")
            continue
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | imported(tree).keys()
        if hiding := used & {"*", "get_ipython", "exec", "eval", "__import__"}:
            yield say(cell, f"a use of {sorted(hiding)}", "code in the open")


def seeded_draws(chapter):
    """Every draw can be repeated: each generator is given a seed.

    Legacy draws need `np.random.seed(<whole number>)` as an earlier statement of the same cell.
    """
    for cell, tree, names in trees(chapter):
        seeded = False
        for statement in tree.body:
            calls = {id(n.func): n for n in ast.walk(statement) if isinstance(n, ast.Call)}
            used = list(references(statement, names))
            for node, full in used:
                if not may_draw(node, full, calls.get(id(node)), seeded):
                    yield say(cell, f"{ast.unparse(node)} without a seed", "a seed written down")
            first = getattr(getattr(statement, "value", None), "func", None)
            seeded |= any(node is first and full == "numpy.random.seed" for node, full in used)


def may_draw(node, full, call, seeded):
    """Whether this use of a name leaves the chapter repeatable."""
    given = {k.arg: ast.unparse(k.value) for k in call.keywords} if call else {}
    if UNREPEATABLE & {full, full.split(".")[0]}:
        return False
    if full in SAMPLERS or getattr(node, "attr", "") == "rvs":
        told = {given.get(key, "None") for key in ("rng", "random_state", "seed")} != {"None"}
        return told or given.get("errorbar") == "None" or given.get("jitter") == "False"
    if not f"{full}.".startswith("numpy.random."):
        return True
    what = full.removeprefix("numpy.random.")
    seed = ast.unparse(call.args[0]) if call and call.args else ""
    seed = seed or given.get("seed") or given.get("entropy") or "None"
    if what in MAKERS:
        return not re.search(r"\bNone\b|\b(?:hash|id)\(", seed)
    if what == "seed":
        return seed.isdecimal()
    return seeded or what in ("Generator", "BitGenerator")


# The anatomy of a chapter.


def opening(chapter):
    """The first cell: title, question, and the box that says what, how long, and after what."""
    first, *rest = chapter.nb.cells
    text = re.sub(r"(?s)\A---\n.*?\n---\n|^\([\w-]+\)=\n", "", first.source).strip()
    start = r"# \S.*\n\n\*[^*]+\?\*\n\n:::\{admonition\} In this chapter\n"
    if first.cell_type != "markdown" or not re.match(start, text):
        expected = "'# Title', '*question?*' and ':::{admonition} In this chapter', spaced"
        yield say(first, f"{text[:80]!r} at the start", expected)
    box = "".join(d.body for d in directives(chapter, "admonition") if d.title == "In this chapter")
    items = len(re.findall(r"(?m)^- \S", box))
    if items != 3 or "**Builds on**" not in box or not re.search(r"\*\*Time\*\*.*\d.*min", box):
        yield say(
            first, f"{items} items in {box!r}", "three, '**Time** n minutes', '**Builds on**'"
        )
    for cell in rest:
        code = cell.cell_type == "code"
        if not code and re.search(r"(?m)^# ", re.sub(r"(?ms)^(```+).*?^\1", "", cell.source)):
            yield say(cell, "another title", "one a chapter")


def predictions(chapter):
    """Each prediction has three options, then a folded cell that answers, then a reply to each."""
    boxes = directives(chapter, "admonition")
    asked = [d for d in boxes if d.title == "Predict"]
    if not asked:
        yield say(chapter.nb, "no admonition Predict", "at least one")
    ends = [*(d.index for d in asked[1:]), len(chapter.nb.cells)]
    for d, end in zip(asked, ends, strict=False):
        if d.letters() != "ABC":
            yield say(d.cell, f"the options {d.letters()}", "'- **A.**', '- **B.**', '- **C.**'")
        code = [i for i in range(d.index + 1, end) if chapter.nb.cells[i].cell_type == "code"]
        marks = [(i, chapter.nb.cells[i].metadata) for i in code]
        folded = [
            i for i, m in marks if "hide-cell" in m.get("tags", []) and m.get("jupyter") == FOLDED
        ]
        replies = [r for r in boxes if r.title == "Reply" and folded and folded[0] < r.index < end]
        if not folded:
            cell = chapter.nb.cells[code[0]] if code else d.cell
            yield say(cell, "no answer", f"a code cell tagged hide-cell with jupyter: {FOLDED}")
        elif len(replies) != 1:
            yield say(d.cell, f"{len(replies)} admonitions Reply after the answer", "one")
        elif replies[0].letters() != "ABC" or replies[0].option("class") != "dropdown":
            came = f"a reply to {replies[0].letters()} of class {replies[0].option('class')!r}"
            yield say(replies[0].cell, came, "one to ABC of class dropdown")
        elif len(right(replies[0])) != 1:
            expected = "one, whose reply begins with Yes"
            yield say(replies[0].cell, f"the right options {right(replies[0])!r}", expected)


def right(reply):
    """The letters of the options that a reply calls right."""
    return "".join(re.findall(r"(?m)^- \*\*([ABC])\.\*\* Yes\b", reply.body))


def leaks(chapter):
    """No number of a prediction's answer within a screen below it, but those that stand above."""
    boxes = directives(chapter, "admonition")
    for asked in (d for d in boxes if d.title == "Predict"):
        reply = next((d for d in boxes if d.title == "Reply" and d.index > asked.index), None)
        if reply is None:
            continue  # `predictions` says so
        all_cells = chapter.nb.cells
        above = " ".join(seen(cell) for cell in all_cells[: asked.index + 1])
        hidden = all_cells[asked.index + 1 : reply.index + 1]
        answer = " ".join(printed(c) if c.cell_type == "code" else c.source for c in hidden)
        secret = set(re.findall(NUMBER, answer)) - set(re.findall(NUMBER, above))
        secret = {number for number in secret if float(number) not in (0, 1)}
        room = SCREEN
        for cell in all_cells[reply.index + 1 :]:
            text, above_text, lines = seen(cell), *height(cell)
            shown = " ".join(text.split(" ")[: max(0, int(13 * (room - above_text)))])
            if told := sorted(secret & set(re.findall(NUMBER, shown))):
                yield say(cell, f"{told} under the prediction {asked.cell.id}", "them a screen on")
            room -= above_text + lines
            if room <= 0:
                break


def seen(cell):
    """What a page shows of a cell with every fold shut."""
    if cell.cell_type == "code":
        return "" if "hide-cell" in cell.metadata.get("tags", []) else printed(cell)
    return DIRECTIVE.sub(lambda m: "" if ":class: dropdown" in m["body"] else m[0], cell.source)


def height(cell):
    """On a wide page, in lines of prose: of the code above a cell's text, and of the text."""
    text = seen(cell)
    if cell.cell_type == "markdown":
        return 0, 1 + len(text.split()) / 13 + text.startswith("#")
    if "hide-cell" in cell.metadata.get("tags", []):
        return 2, 0
    code, output = cell.source.count("\n") + 1, text.count("\n")
    return 1 + 0.6 * code, 1 + 0.6 * output + 15 * len(images(cell))


def findings(chapter):
    """What we found, in one to five sentences and a line on the claims, and then the exercises."""
    text = "\n\n".join(cell.source for cell in cells(chapter, "markdown"))
    parts = re.split(r"(?m)^## (What we found|Exercises) *$", text)
    if parts[1::2] != ["What we found", "Exercises"]:
        yield say(chapter.nb, f"the headings {parts[1::2]}", "What we found, then Exercises")
        return
    text = plain(re.sub(r"(?m)^\*\*Claim.*", "", re.split(r"(?m)^#+ ", parts[2])[0]))
    text = re.sub(r"(?m)^\s*(?:[-*]|\d+\.) |\b(?:e\.g|i\.e|vs|cf|Eq|Fig|al)\.", " ", text)
    n = len(re.findall(r"[.?][\"”’')*_]*(?=\s|$)", text))
    if not 1 <= n <= 5:
        cell = next(c for c in cells(chapter, "markdown") if "## What we found" in c.source)
        yield say(cell, f"{n} sentences", "one to five")


def exercises(chapter):
    """Warm-up, Core and Open, each with a gated solution: folded cells that give output."""
    steps = directives(chapter, "exercise", "solution", "solution-start", "solution-end")
    if [d.kind for d in steps] != ["exercise", "solution-start", "solution-end"] * 3:
        came = ", ".join(d.kind for d in steps)
        yield say(chapter.nb, came, "exercise, solution-start, solution-end, three times")
        return
    groups = zip(("Warm-up", "Core", "Open"), steps[::3], steps[1::3], steps[2::3], strict=True)
    for title, task, start, end in groups:
        if task.title != title or not task.option("label"):
            came = f"{task.title!r} with label {task.option('label')!r}"
            yield say(task.cell, came, f"{title} with a label")
        elif start.title != task.option("label") or start.option("class") != "dropdown":
            came = f"a solution to {start.title!r} of class {start.option('class')!r}"
            yield say(start.cell, came, f"one to {task.option('label')} of class dropdown")
        work = [c for c in chapter.nb.cells[start.index : end.index] if c.cell_type == "code"]
        if not any(cell.outputs for cell in work):
            yield say(
                (work or [start.cell])[0], "a solution without output", "a cell that gives some"
            )
        for cell in work:
            if cell.metadata.get("jupyter") != FOLDED:
                yield say(cell, "a solution not folded in JupyterLab", f"jupyter: {FOLDED}")


def link_on(chapter):
    """The last cell says where to go on, with one link to another page that is there."""
    last = chapter.nb.cells[-1]
    links = re.findall(r"\]\(([^)\s#]*)", last.source)
    there = set(links) <= chapter.pages - {chapter.name}
    if not last.source.startswith("Next: ") or len(links) != 1 or not there:
        yield say(last, f"{last.source[:80]!r} at the end", "'Next: ' and one link to another page")


def rhythm(chapter):
    """Prose between code; code cells of at most 20 lines (tag blog excepted), half within 8.

    In Part I half are within 6. Comments and empty lines are not counted.
    """
    lengths = []
    for before, cell in zip([None, *chapter.nb.cells], chapter.nb.cells, strict=False):
        if cell.cell_type == "code":
            if before and before.cell_type == "code":
                yield say(cell, "code right after code", "a markdown cell between")
            if "blog" not in cell.metadata.get("tags", []):
                lengths.append(len(re.findall(r"(?m)^[ \t]*[^\s#]", cell.source)))
                if lengths[-1] > 20:
                    yield say(cell, f"{lengths[-1]} lines of code", "at most 20")
    part_one = re.match(r"0[1-8]", chapter.name)
    most = 6 if part_one else 8
    if lengths and statistics.median(lengths) > most:
        yield say(chapter.nb, f"a median of {statistics.median(lengths)} lines", f"at most {most}")


def words(chapter):
    """900 to 2,500 words of prose.

    Counted: markdown before `## Exercises`, and the last cell. Not counted: exercises, solutions,
    dropdowns, options and titles of directives, code, mathematics.
    """
    text = "\n\n".join(cell.source for cell in cells(chapter, "markdown")[:-1])
    text = re.split(r"(?m)^## Exercises *$", text)[0] + "\n\n" + chapter.nb.cells[-1].source
    text = DIRECTIVE.sub(lambda m: "" if ":class: dropdown" in m["body"] else m[0], text)
    n = sum(any(map(str.isalnum, word)) for word in plain(text).split())
    if not 900 <= n <= 2_500:
        yield say(chapter.nb, f"{n} words", "900 to 2500")


def manner(chapter):
    """No exclamation, no word that hurries a reader, nothing left to do, no empty link."""
    for cell in chapter.nb.cells:
        markdown = cell.cell_type == "markdown"
        prose = "\n".join([plain(cell.source) if markdown else "", *about_figure(cell)])
        for hit in re.findall(HASTY, prose):
            yield say(cell, f"{hit!r} in prose", "a calmer sentence")
        if hit := re.search(r"\b(?:TODO|FIXME)\b", cell.source):
            yield say(cell, hit[0], "it done")
        if markdown and re.search(r"\]\(\s*(?:#|<>)?\s*\)|!\[\s*\]", cell.source):
            yield say(cell, "an empty link or alt text", "a target and a text")


def readable_diffs(chapter):
    """Cells named for what they do, no metadata but what the book uses, a file written one way."""
    nb, seen = chapter.nb, set()
    for cell in nb.cells:
        name = cell.get("id", "")
        worded = re.fullmatch(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*", name)
        if not worded or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4,12})*", name) or name in seen:
            yield say(cell, f"the id {name!r}", "lower-case words joined by hyphens, used once")
        seen.add(name)
        if extra := set(cell.metadata) - {"tags", "mystnb", "jupyter"}:
            yield say(cell, f"metadata {sorted(extra)}", "tags, mystnb and jupyter at most")
    if set(nb.metadata) - {"kernelspec", "language_info"}:
        yield say(nb, f"metadata {sorted(nb.metadata)}", "kernelspec and language_info")
    if set(nb.metadata.get("language_info", {})) - {"name"}:
        yield say(nb, f"language_info {sorted(nb.metadata.language_info)}", "its name alone")
    if nb.metadata.get("kernelspec", {}).get("name") != "python3":
        yield say(nb, "another kernel", "python3, which every machine has")
    if (nb.nbformat, nb.nbformat_minor) != (4, 5):
        yield say(nb, f"nbformat {nb.nbformat}.{nb.nbformat_minor}", "4.5")
    if chapter.text != nbformat.v4.writes(nb) + "\n":
        yield say(nb, "a file not as nbformat writes it", "an indent of 1, one newline at the end")


def reached(chapter):
    """Only modules of lib whose idea this chapter or one before it has reached."""
    number = re.match(r"\d+", chapter.name)
    for cell, tree, _ in trees(chapter):
        for full in imported(tree).values():
            package, module, *_ = [*full.split("."), ""]
            first = REACHED_IN.get(module)
            if package == "lib" and (first is None or (number and int(number[0]) < first)):
                expected = f"it from chapter {first} on" if first else f"one of {list(REACHED_IN)}"
                yield say(cell, f"an import of {module or 'all of it'} from lib", expected)


# Of every notebook; and of the numbered ones, the chapters.
CHECKS = [ran_in_order, clean_outputs, figures_described, figures_with_numbers, sizes]
CHECKS += [sharp_figures, plain_python]
CHECKS += [seeded_draws, manner, readable_diffs, reached]
ANATOMY = [opening, predictions, leaks, findings, exercises, link_on, rhythm, words]


VERDICT = r"(?:holds|does not hold)(?:[:;] .+)?|holds in this sense: .+|not tested here"


def claims(page):
    """Each row computes its figure, and its verdict rests on a condition unless nothing was run."""
    rows = [
        (cell, call)
        for cell, tree, _ in trees(page)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "row"
    ]
    if not rows:
        yield say(page.nb, "no call of row", "one a claim")
    for cell, call in rows:
        claim, tested_in, _, verdict, because = map(ast.unparse, call.args)
        typed = [
            part.value
            for part in ast.walk(call.args[2])
            if isinstance(part, ast.Constant) and re.search(r"\d\.\d", str(part.value))
        ]
        if typed:
            yield say(cell, f"the figures {typed} of {claim}", "figures that are computed")
        if not re.fullmatch(VERDICT, ast.literal_eval(verdict)):
            yield say(cell, f"the verdict {verdict}", "one of the four")
        run = "not tested here" not in verdict
        if run != (tested_in != "()") or run != (because != "True"):
            expected = "chapters and a condition for what was run, () and True for the rest"
            yield say(cell, f"{tested_in} and {because} with {verdict}", expected)


# The book: these take all chapters, or the folder.


def distinct(chapters):
    """No alt text, no figure's name and no exercise's label twice in the book."""
    seen = {}
    for chapter in chapters:
        used = [(d.cell, d.option("label")) for d in directives(chapter, "exercise")]
        used += [(c, value) for c in chapter.nb.cells for value in about_figure(c)[::2]]
        for cell, value in used:
            if value in seen:
                yield f"{chapter.name}, {say(cell, repr(value), f'not that of {seen[value]}')}"
            if value:
                seen[value] = f"{cell.get('id')} in {chapter.name}"


def spread_letters(chapters):
    """No letter is the right one so often, or so seldom, that it pays to know."""
    letters = "".join(
        right(d)
        for chapter in chapters
        for d in directives(chapter, "admonition")
        if d.title == "Reply"
    )
    for letter in "ABC":
        if not 0.25 * len(letters) <= letters.count(letter) <= 0.45 * len(letters):
            came = f"{letter} is right in {letters.count(letter)} of {len(letters)} predictions"
            yield f"{came}; expected a quarter to less than a half"


def built_first(chapters):
    """The first chapter to use a function of lib compares it with a plain build.

    That is a cell that uses it and asserts, or prints that array_equal or allclose is True.
    """
    known = set()
    for chapter in chapters:
        users, compared = {}, set()
        for cell, tree, names in trees(chapter):
            used = {full for _, full in references(tree, names)}
            asserts = re.search(r"\bassert", cell.source)
            told = re.search(r"\b(?:allclose|array_equal)\(", cell.source) and "True" in printed(
                cell
            )
            compared |= used if asserts or told else set()
            for full in used | set(imported(tree).values()):
                if re.fullmatch(r"lib\.(?!figures)\w+\.\w+", full):
                    users.setdefault(full, cell)
        for full in sorted(users.keys() - known - compared):
            expected = "a comparison with its plain build"
            yield f"{chapter.name}, {say(users[full], f'{full} taken on trust', expected)}"
        known |= users.keys()


def linked_terms(chapters):
    """Every term of the glossary is linked from a chapter, where it is first used."""
    text = (ROOT / "chapters/glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"(?m)^([^\s`{#].*)\n    ", text)
    roles = re.findall(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`", " ".join(c.text for c in chapters))
    for term in sorted(set(terms) - set(roles)):
        yield f"the term {term} of the glossary is linked from no chapter"


def contents(root):
    """_toc.yml lists every page of chapters/ once, and nothing that does not exist."""
    toc = (root / "_toc.yml").read_text(encoding="utf-8")
    listed = re.findall(
        r"(?m)^[ -]*(?:root|file): *[\"']?([^\s\"']+?)(?:\.md|\.ipynb)?[\"']? *$", toc
    )
    files = [p for p in (root / "chapters").iterdir() if p.suffix in (".md", ".ipynb")]
    pages = {f"chapters/{path.stem}" for path in files}
    for page in sorted({*listed, *pages}):
        there = any((root / f"{page}{end}").exists() for end in (".md", ".ipynb"))
        if not there or listed.count(page) != 1:
            came = f"{listed.count(page)} entries, {'a' if there else 'no'} file"
            yield f"_toc.yml: {page} with {came}; expected one and one"
