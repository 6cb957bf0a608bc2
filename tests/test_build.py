"""A fault in a chapter makes the build fail."""

import pytest
from building import build, copy

SOUND = """\
# A page

See {ref}`here <a-place>`, {cite:t}`someone`, {term}`layer` and {eq}`square`.

(a-place)=
## A place

$$x^2$$ (square)

```{glossary}
layer
  A row of units.
```

```{bibliography}
```
"""
TOC = "format: jb-book\nroot: chapters/index\n"


@pytest.fixture
def book(tmp_path):
    book = copy(tmp_path / "book", "_config.yml", "_ext", "_static")
    (book / "_toc.yml").write_text(TOC)
    (book / "chapters").mkdir()
    (book / "chapters/index.md").write_text(SOUND)
    (book / "chapters/references.bib").write_text(
        "@misc{someone, author={A. One}, title={A title}, year={2017}}"
    )
    return book


def test_sound_book_builds(book):
    code, said = build(book)
    assert code == 0, said


@pytest.mark.parametrize(
    "sound, broken",
    [
        ("<a-place>", "<no-place>"),
        ("`someone`", "`nobody`"),
        ("{term}`layer`", "{term}`lair`"),
        ("{eq}`square`", "{eq}`cube`"),
        ("## A place", "## A place\n\n[Read](no-page.md)"),
        ("## A place", "## A place\n\n```{no-directive}\n```"),
    ],
    ids=["reference", "citation", "term", "equation", "link", "directive"],
)
def test_fault_fails(book, sound, broken):
    page = book / "chapters/index.md"
    page.write_text(SOUND.replace(sound, broken))
    code, said = build(book)
    assert code != 0
    assert "index.md" in said and "WARNING" in said, said


def test_dead_entry_in_contents_fails(book):
    (book / "_toc.yml").write_text(TOC + "chapters:\n  - file: chapters/no-page\n")
    code, said = build(book)
    assert code != 0
    assert "no-page" in said, said
