"""The page that a student gets back: points first, nothing loaded, no script, under a megabyte."""

import re

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell
from submissions import NAME, feedback, grade, hand_in, new_course, released, solved

SCRIPT = "<script>document.title = 'mine'</script>"
LOADS = f"""
Text with <b onclick="alert(1)">HTML</b>, {SCRIPT} and an <img src="https://example.org/a.png">.

![a picture](https://example.org/b.png) ![](javascript:alert(1)) [a link](javascript:alert(1))
[x]: https://example.org
<iframe src="https://example.org"></iframe><style>body {{ display: none }}</style>
"""
SHOWS = f"""
from IPython.display import HTML, Image, Javascript, Markdown, SVG, display
display(HTML({SCRIPT!r}), Javascript("alert(1)"), Markdown({SCRIPT!r}), SVG("<svg />"))
print({SCRIPT!r})
HTML('<img src="https://example.org/c.png" onerror="alert(1)">')
"""
RAISES = f"raise ValueError({SCRIPT!r})"
FIGURES = """
for k in range(60):
    plt.figure(figsize=(9, 9))
    plt.imshow(np.random.default_rng(k).random((300, 300)))
    plt.show()
"""
FLOOD = "for k in range(20_000):\n    print('line', k, 'of a table that nobody reads')"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Ada and what she has in her notebook; Bob, whose pages cannot be made."""
    course = new_course(tmp_path_factory.mktemp("page"))
    nb = solved(course, {"build-squash": f"{SCRIPT!r}\nsquash = abs  # {SCRIPT}"})
    nb.cells += [new_markdown_cell(LOADS), *map(new_code_cell, [SHOWS, RAISES])]
    nb.cells += [*map(new_code_cell, [FLOOD] * 5), new_code_cell(FIGURES)]
    nb.cells.append(new_code_cell("x = '" + "a long line " * 20_000 + "'"))
    nb.cells.append(new_markdown_cell("the last word " * 100_000))
    name = "Ada <b>Lovelace_12_assignsubmission_file_"
    hand_in(course, **{name: nb, "bob": released(course)})
    (course.lab / "feedback" / "bob" / NAME / f"{NAME}.html").mkdir(parents=True)  # in the way
    rows = grade(course)
    course.page, course.bob, course.ada = feedback(course, name), rows["bob"], rows[name]
    return course


def test_begins_with_name_and_points(course):
    body = BeautifulSoup(course.page, "html.parser").body
    assert [tag.name for tag in body.find_all(True, recursive=False)][:3] == ["h1", "p", "ul"]
    assert body.h1.text == "Ada <b>Lovelace"
    assert body.p.text == "Score: 63.0 / 85.0, without the open question"
    tasks = [item.text for item in body.ul.find_all("li")]
    assert len(tasks) == 12
    assert tasks[2] == "The squash (7 points) (Score: 0.0 / 7.0)"
    assert tasks[-1] == "5. An open question (15 points) (not marked yet)"
    for link in body.ul.find_all("a"):
        assert body.find(id=link["href"].removeprefix("#"))


def test_setup_and_checks_are_folded(course):
    page = BeautifulSoup(course.page, "html.parser")
    assert page.find(id="setup").details.pre.text.startswith("import matplotlib.pyplot as plt")
    assert not page.find(id="setup").details.has_attr("open")
    assert not page.find(id="build-squash").details
    hint = page.find(id="build-squash-check").find(class_="hint").text
    assert hint.startswith("Not yet. A total of 3 becomes 3.00")


def test_nothing_is_loaded_and_no_script_runs(course):
    page = BeautifulSoup(course.page, "html.parser")
    assert not page.find_all(["script", "iframe", "link", "object", "embed", "svg", "base"])
    assert len(page.find_all("style")) == 1
    for tag in page.find_all(True):
        for attribute, value in tag.attrs.items():
            assert not attribute.startswith("on")
            if attribute in ("src", "href", "srcset", "action", "data"):
                assert re.match("#|data:image/(png|jpeg);base64,", value), value
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert course.page.count("&lt;script&gt;") >= 4  # shown as what it is


def test_less_than_a_megabyte(course):
    assert 300_000 < len(course.page.encode()) < 1_000_000
    assert "characters more" in course.page
    assert "left out: the page would be too large" in course.page


def test_page_that_cannot_be_made_costs_no_points(course):
    assert float(course.bob["automatic"]) == 0
    assert course.bob["predict"] == "0.0"
    assert "no page for the student (" in course.bob["notes"]
    assert "but the points stand" in course.bob["notes"]
    assert course.ada["notes"] == "open question: not marked yet"
