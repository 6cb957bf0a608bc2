"""The LaTeX of the book, before TeX: what `make pdf` cannot know to be wrong."""

import json
import re

import pytest
from building import BOOK, PAGES, ROOT, TOC, build, copy, make_repository


def read(name):
    """A page's text and its code cells; of a notebook, its Markdown cells' text."""
    path = ROOT / f"{name}.ipynb"
    if not path.exists():
        return path.with_suffix(".md").read_text(encoding="utf-8"), []
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return text, [cell for cell in cells if cell["cell_type"] == "code"]


READ = {page: read(page) for page in PAGES}
TEXTS = [text for text, _ in READ.values()]
CELLS = [cell for _, cells in READ.values() for cell in cells]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    book = copy(tmp_path_factory.mktemp("paper") / "book", *BOOK)
    make_repository(book, "https://github.com/someone/a-book.git")
    code, said = build(book, "--builder", "latex")
    assert code == 0, said
    return book / "_build/latex"


@pytest.fixture(scope="module")
def tex(folder):
    return (folder / "the-untrained-network.tex").read_text(encoding="utf-8")


def headings(tex):
    """The parts, the chapters, and where the appendices begin."""
    for command, title in re.findall(r"^\\(part|chapter|appendix)\b(?:\{(.*)\})?$", tex, re.M):
        title = title.replace(r"\sphinxhyphen{}", "-")
        yield command, re.sub(r"\\\w+|[{}]", "", title)


def test_contents(tex):
    expected = [("chapter", "Preface")]
    for part in TOC["parts"]:
        if part["caption"] == "Appendices":
            expected.append(("appendix", ""))
        expected.append(("part", part["caption"]))
        for page in part["chapters"]:
            title = re.search("^# (.*)", READ[page["file"]][0], re.M)[1]
            expected.append(("chapter", title.replace("`", "").replace("'", "’")))
    assert list(headings(tex)) == [*expected, ("chapter", "Solutions")]


def test_preface_says_where_the_book_comes_from(tex):
    preface = tex.split(r"\chapter{Preface}")[1].split(r"\chapter{")[0]
    assert r"\sphinxurl{https://github.com/someone/a-book}" in preface


@pytest.mark.parametrize("what", ["input", "output"])
def test_every_cell_is_there(tex, what):
    """The hidden ones too, which answer the predictions, but not the conditions of the claims."""
    kept = [
        cell
        for cell in CELLS
        if (what == "input" or cell["outputs"])
        and not {"remove-cell", f"remove-{what}", f"hide-{what}"}
        & set(cell["metadata"].get("tags", []))
    ]
    assert tex.count(rf"\begin{{sphinxuseclass}}{{cell_{what}}}") == len(kept)


def test_exercises_stand_in_chapters_and_solutions_at_the_end(tex):
    numbers = [
        f"{k}.{exercise + 1}"
        for k, (text, _) in enumerate(READ.values())
        for exercise in range(text.count("{exercise}"))
    ]
    chapters, end = tex.split(r"\chapter{Solutions}")
    assert re.findall(r"\{note\}\{Exercise (\d+\.\d+)", chapters) == numbers
    assert re.findall(r"\\subsection\{Solution to Exercise (\d+\.\d+)", end) == numbers
    assert "{Solution to" not in chapters
    labels = re.findall(r"\\subsection\{Solution to .*\}\n\\label\{(.*)\}", end)
    assert re.findall(r"\(Solution on page \\pageref\{(.*)\}\.\)", chapters) == labels


def test_figures(tex, folder):
    figures = re.findall(r"\\begin\{\w*figure\b.*?\\end\{\w*figure\b", tex, re.S)
    images = [re.search(r"\\sphinxincludegraphics(?:\[.*\])?\{\{(.*)\}(.*)\}", f) for f in figures]
    assert tex.count(r"\sphinxincludegraphics") == len(figures)
    assert [f for f in figures if not re.search(r"caption\{\w", f)] == []
    assert [image[0] for image in images if not (folder / "".join(image.groups())).exists()] == []
    drawn = sum("image/png" in output.get("data", {}) for c in CELLS for output in c["outputs"])
    assert len(figures) == drawn + sum(text.count("{figure}") for text in TEXTS)


def dangling(tex):
    """References to nothing, and labels given twice."""
    text = tex.partition(r"\begin{document}")[2].replace(r"\detokenize", "")
    labels = re.findall(r"\\label\{+([^{}]*)", text)
    labels += [f"cite.{key}" for key in re.findall(r"\\bibitem\[.*?\]\{(.*?)\}", text)]
    internal = r"\\(?:hyperref\[|hyperlink\{|(?:auto|eq|name)?(?:page)?ref\*?\{)\{?([^{}\]]*)"
    yield from set(re.findall(internal, text)) - set(labels)
    yield from {label for label in labels if labels.count(label) > 1}


def test_references(tex):
    assert list(dangling(tex)) == []


@pytest.mark.parametrize(
    "fault",
    [
        r"\hyperref[\detokenize{a:b}]{A}",
        r"\hyperref[exercise:a]{A}",
        r"(\autopageref*{\detokenize{a:b}})",
        r"\hyperlink{cite.a}{A}\bibitem[A]{b}",
        r"\eqref{a}",
        r"\label{\detokenize{a}}\label{a}",
    ],
)
def test_dangling_reference_is_seen(fault):
    assert len(list(dangling(r"\begin{document}" + fault))) == 1
