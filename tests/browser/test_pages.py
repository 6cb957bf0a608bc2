"""Every page as it opens: wide and on a phone, light and dark."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from building import PAGES

from lib import figures

# What axe finds and this book cannot mend, each with its reason.
OF_THE_THEME = {
    # The logo, a link to the first page, stands in the sidebar above the landmark that holds the
    # links. A screen reader meets it all the same, as the first link of the page.
    ("region", ".logo__image"),
    ("region", ".logo__title"),
}


def draw_formulas(page):
    """Wait for MathJax, whose settings a page has before, on a loaded machine long before."""
    page.wait_for_function("!window.MathJax || MathJax.startup?.promise")
    page.evaluate("window.MathJax?.startup.promise")


@pytest.fixture
def unfolded(opened):
    """Open a page of the book, draw its mathematics, and open all that it hides."""

    def go(*which, **how):
        page = opened(*which, **how)
        draw_formulas(page)
        page.locator("details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        # The theme lets the keyboard into a box that scrolls a moment after the box is there.
        page.wait_for_function(
            """[...document.querySelectorAll("main :is(pre, .pst-scrollable-table-container)")]
                .every((one) => one.scrollWidth <= one.clientWidth || one.tabIndex === 0)"""
        )
        return page

    return go


# Each of these yields what is wrong with a page.


def barriers(page):
    """What axe-core finds for people who see little, hear the page or type only."""
    options = {"resultTypes": ["violations"], "preload": False}  # no page may read files on disk
    for violation in Axe().run(page, options=options).response["violations"]:
        for node in violation["nodes"]:
            known = page.locator(node["target"][0]).evaluate(
                "(one, selectors) => selectors.some((selector) => one.matches(selector))",
                [selector for rule, selector in OF_THE_THEME if rule == violation["id"]],
            )
            if not known:
                yield f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"


def undrawn_formulas(page):
    yield from page.locator("main .math").evaluate_all(
        """all => all.filter((one) => {
            const drawn = one.querySelector("mjx-container:not(:has(mjx-merror))");
            return one.checkVisibility() && !(drawn?.getBoundingClientRect().height > 5);
        }).map((one) => `not drawn: ${one.textContent}`)"""
    )
    if r"\(" in page.inner_text("main") or r"\[" in page.inner_text("main"):
        yield "TeX in the text"


def cut_off(page):
    """What is wider than the window, but for what stands in a box of its own that scrolls."""
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width > window:
        yield f"{width} pixels wide, in a window of {window}"
    yield from page.locator("main *").evaluate_all(
        """all => all.filter((one) => {
            const { left, right, width, height } = one.getBoundingClientRect();
            if (width < 2 || height < 2 || (left >= -1 && right <= innerWidth + 1)) return false;
            if (one.closest("mjx-assistive-mml, .visually-hidden")) return false;
            for (let box = one; box; box = box.parentElement) {
                if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return false;
            }
            return true;
        }).map((one) => `cut off: ${one.outerHTML.slice(0, 200)}`)"""
    )


def small_figures(page):
    """Images that did not load or are stretched, and figures whose smallest text is under eight
    pixels high.
    """
    images = page.locator("main img").evaluate_all(
        """all => all.filter((one) => one.checkVisibility()).map((one) => {
            const { paddingLeft, paddingTop } = getComputedStyle(one);
            const [width, height] = [one.clientWidth - 2 * parseFloat(paddingLeft),
                one.clientHeight - 2 * parseFloat(paddingTop)];
            return [one.alt, one.naturalWidth, one.naturalHeight, width, height];
        })"""
    )
    for alt, natural, natural_height, shown, height in images:
        if not natural or not shown:
            yield f"not loaded: {alt}"
        elif abs(height / shown * natural / natural_height - 1) > 0.02:
            yield f"stretched, {shown} by {height} pixels: {alt}"
        # lib writes nothing smaller than 8 points, and draws two pixels for each that is shown.
        elif 8 / 72 * 2 * figures.STYLE["figure.dpi"] * shown / natural < 8:
            yield f"too small, {shown} of {natural} pixels: {alt}"


def hidden_results(page):
    """Printed lines that do not fit the screen, and tables of results that reach beyond it.

    What the blog post's program prints is as wide as it is.
    """
    yield from page.locator("main .cell:not(.tag_blog) .cell_output pre").evaluate_all(
        """all => all.filter((one) => {
            const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(one);
            const height = one.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
            const lines = one.textContent.trimEnd().split("\\n").length;
            return height > (lines + 0.5) * parseFloat(lineHeight)
                || one.scrollWidth > one.clientWidth;
        }).map((one) => `broken lines: ${one.textContent}`)"""
    )
    yield from page.locator("main .cell_output table").evaluate_all(
        """all => all.filter((one) => {
            const room = one.closest(".output").getBoundingClientRect();
            return one.getBoundingClientRect().right > room.right + 1;
        }).map((one) => `beyond the screen: ${one.innerText}`)"""
    )


def small_text(page):
    yield from page.locator("main").evaluate(
        """(main) => {
            const found = [];
            const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const box = texts.currentNode.parentElement;
                const size = parseFloat(getComputedStyle(box).fontSize);
                if (size < 11 && texts.currentNode.data.trim() && !box.closest("mjx-container")
                    && box.checkVisibility()) {
                    found.push(`${size} pixels: ${texts.currentNode.data}`);
                }
            }
            return found;
        }"""
    )


def broken_words(page):
    """Words of a table that go on in the next line because their column is too narrow."""
    yield from page.locator("main table :is(th, td)").evaluate_all(
        """cells => cells.flatMap((cell) => {
            const found = [];
            const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                for (const word of texts.currentNode.data.matchAll(/[\\p{L}\\p{N}.]+/gu)) {
                    const range = document.createRange();
                    range.setStart(texts.currentNode, word.index);
                    range.setEnd(texts.currentNode, word.index + word[0].length);
                    const lines = [...range.getClientRects()].map((line) => line.bottom);
                    if (Math.max(...lines) - Math.min(...lines) > 8) found.push(`broken: ${word}`);
                }
            }
            return found;
        })"""
    )


def stray_punctuation(page):
    """Lines that begin with the comma that belongs to the formula before."""
    yield from page.locator("main span.math").evaluate_all(
        """all => all.filter((one) => {
            if (!/^[).,;:?]/.test(one.nextSibling?.data ?? "")) return false;
            const range = document.createRange();
            range.setStart(one.nextSibling, 0);
            range.setEnd(one.nextSibling, 1);
            return range.getBoundingClientRect().top >= one.getBoundingClientRect().bottom
                && one.checkVisibility();
        }).map((one) => `stray: ${one.textContent}${one.nextSibling.data}`)"""
    )


CHECKS = [
    barriers,
    undrawn_formulas,
    cut_off,
    small_figures,
    small_text,
    broken_words,
    stray_punctuation,
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", [*PAGES, "genindex", "search"])
def test_page(unfolded, name, width, theme):
    page = unfolded(name, width, theme)
    assert [wrong for check in CHECKS for wrong in check(page)] == []


def in_time(page, condition, seconds=10):
    """A page answers when its machine has time for it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"not so after {seconds} seconds")


@pytest.mark.parametrize(
    "name", [name for name in PAGES if re.match(r"chapters/(\d|claims)", name)]
)
def test_results_are_seen_on_a_phone(unfolded, name):
    page = unfolded(name, width=390)
    assert list(hidden_results(page)) == []


@pytest.mark.parametrize(
    "check, fault",
    [
        (barriers, "paragraph.style.color = '#8a8a8a'"),
        (barriers, "image.removeAttribute('alt')"),
        (barriers, "main.innerHTML += '<button></button>'"),
        (barriers, "main.querySelector('th').textContent = ''"),
        (barriers, "main.querySelector('section ul').innerHTML = '<p>No item</p>'"),
        (undrawn_formulas, "main.querySelector('mjx-container').remove()"),
        (undrawn_formulas, "main.querySelector('.math').innerHTML = '<mjx-container>'"),
        (undrawn_formulas, "paragraph.textContent = '\\\\(x^2\\\\)'"),
        (cut_off, "paragraph.innerHTML = '<div style=\"width: 370px\">Too wide</div>'"),
        (cut_off, "main.style.overflow = 'clip'; paragraph.style.marginLeft = '-30px'"),
        (small_figures, "image.src = 'gone.png'"),
        (small_figures, "image.style.width = '340px'"),
        (small_figures, "image.style.setProperty('height', '99px', 'important')"),
        (hidden_results, "output.textContent += '0.50 ± 0.25   '.repeat(4)"),
        (hidden_results, "numbers.querySelector('td').style.minWidth = '300px'"),
        (small_text, "paragraph.style.fontSize = '10px'"),
        (
            stray_punctuation,
            "paragraph.innerHTML = '<span class=math>x</span>, y'; paragraph.style.width = '0'",
        ),
        (broken_words, "cell.textContent = 'A'.repeat(99); cell.style.wordBreak = 'break-all'"),
    ],
)
def test_check_sees_a_fault(unfolded, problems, check, fault):
    page = unfolded("chapters/13-what-training-adds", width=360)
    page.evaluate(
        f"""() => {{
            const main = document.querySelector("main");
            const paragraph = main.querySelector("section > p:not(.run)");
            const image = main.querySelector("figure img");
            const cell = main.querySelector("td");
            const output = main.querySelector(".cell_output pre");
            const numbers = main.querySelector(".cell_output table");
            {fault};
        }}"""
    )
    in_time(page, lambda: list(check(page)))
    problems.clear()


@pytest.mark.parametrize(
    "fault",
    [
        "@font-face { font-family: X; src: url(https://example.org/x.woff2) } p { font-family: X }",
        "@import 'https://example.org/x.css';",
        "p { background: url(gone.png) }",
        "p { background: url(/etc/hostname) }",
    ],
)
def test_request_is_a_problem(unfolded, problems, fault):
    page = unfolded("chapters/index")
    assert problems == []
    page.evaluate(
        """(css) => {
            const style = document.createElement("style");
            style.textContent = css;
            document.head.append(style);
        }""",
        fault,
    )
    in_time(page, lambda: problems)
    problems.clear()


@pytest.mark.parametrize("fault", ["undefined.name", "console.error('wrong')"])
def test_error_of_a_script_is_a_problem(unfolded, problems, fault):
    page = unfolded("chapters/index")
    page.evaluate(f"setTimeout(() => {{ {fault} }})")
    in_time(page, lambda: problems)
    problems.clear()
