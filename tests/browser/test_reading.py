"""A reader's ways through the book, by keyboard: from page to page, into answers, to a search."""

import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pytest
from bs4 import BeautifulSoup
from building import PAGES, ROOT
from playwright.sync_api import TimeoutError
from test_pages import draw_formulas

GITHUB = "https://github.com/someone/a-book"  # the address that the site was built with


CHAPTERS = [name for name in PAGES if re.match(r"chapters/\d", name)]


def where(page):
    """The page that is open, as `_toc.yml` names it."""
    return re.search(r"/(chapters/[^/]+)\.html", page.url)[1]


def tab_to(page, selector, limit=100):
    """Press the tab key until the keyboard is on what the selector says."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("(one) => document.activeElement.matches(one)", selector):
            return
    pytest.fail(f"the tab key does not lead to {selector}")


def open_search(page):
    """Press its keys until its box has the keyboard: a loaded machine may lose them."""
    for _ in range(10):
        page.keyboard.press("Control+k")
        try:
            page.wait_for_function("document.activeElement.name == 'q'", timeout=3_000)
            return
        except TimeoutError:
            pass
    pytest.fail("the search does not open")


def test_next_and_previous_go_through_the_contents(opened):
    page = opened(PAGES[0])
    for link, pages in [(".right-next", PAGES), (".left-prev", PAGES[::-1])]:
        passed = [where(page)]
        while page.locator(f"a{link}").count():
            with page.expect_navigation():
                page.locator(f"a{link}").press("Enter")
            assert len(passed) < len(PAGES)
            passed.append(where(page))
        assert passed == pages


@pytest.mark.parametrize("width", [1280, 360])
def test_sidebar_lists_the_contents(opened, width):
    page = opened(PAGES[6], width)
    if width == 360:
        page.locator(".primary-toggle").press("Enter")
    links = page.locator("nav.bd-links a")
    links.first.wait_for()
    pages = links.evaluate_all("all => all.map((one) => one.pathname)")
    assert [re.search(r"chapters/[^/.]+", path)[0] for path in pages] == PAGES[1:]
    assert page.locator("nav.bd-links [aria-current=page], nav.bd-links .current > a").count() == 1
    with page.expect_navigation():
        links.nth(11).press("Enter")
    assert where(page) == PAGES[12]


def test_sidebar_of_a_phone_closes_again(opened):
    page = opened(PAGES[6], 360)
    assert page.locator("nav.bd-links").is_hidden()
    page.locator(".primary-toggle").press("Enter")
    page.locator("nav.bd-links").wait_for()
    page.keyboard.press("Escape")
    page.locator("nav.bd-links").wait_for(state="hidden")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.primary-toggle')")


@pytest.mark.parametrize("name", PAGES)
def test_what_is_hidden_opens_and_closes(opened, name):
    page = opened(name)
    for control in page.locator("details > summary").all():
        box = control.locator("xpath=..")
        heights = [box.bounding_box()["height"]]
        for key in "Enter", "Space", "Enter":  # it stays open: what it holds may hide something too
            control.press(key)
            page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            heights.append(box.bounding_box()["height"])
        assert heights[1] > heights[0] + 10, box.inner_text()
        assert heights[2:] == pytest.approx(heights[:2], abs=1), box.inner_text()


def taps_that_open_nothing(page):
    """The headers of folds of which a tap, at their start, middle or end, does something else."""
    for header in page.locator("details > summary").all():
        width = header.bounding_box()["width"]
        for x in (10, width / 2, width - 10):
            before = header.evaluate("(one) => [one.parentElement.open, location.href]")
            header.tap(position={"x": x, "y": 12})
            if header.evaluate("(one) => [one.parentElement.open, location.href]") != [
                not before[0],
                before[1],
            ]:
                yield header.inner_text()
        header.evaluate("(one) => { one.parentElement.open = true; }")


@pytest.fixture
def phone(browser, site):
    """Open a page on a phone, which is tapped; without JavaScript, if so asked."""
    contexts = []

    def go(name, **settings):
        size = {"width": 390, "height": 844}
        contexts.append(
            browser.new_context(viewport=size, has_touch=True, offline=True, **settings)
        )
        page = contexts[-1].new_page()
        page.goto(f"{site.as_uri()}/{name}.html", wait_until="networkidle")
        if settings.get("java_script_enabled", True):  # drawn formulas move what is to be tapped
            draw_formulas(page)
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_tap_on_a_header_opens_it(phone, name):
    assert list(taps_that_open_nothing(phone(name))) == []


def test_header_with_a_link_is_found(phone):
    page = phone(CHAPTERS[4])
    link = "<a style='display: block' href='#exercises'>Exercise</a>"
    page.locator("summary").last.evaluate(f'(one) => {{ one.innerHTML = "{link}"; }}')
    assert "Exercise" in list(taps_that_open_nothing(page))


def choose(page, prediction, option, how):
    """Choose an option; what is then open, in the prediction's answer and reply, and marked."""
    button = page.locator(".prediction").nth(prediction).locator("button.choice").nth(option)
    button.tap() if how == "tap" else button.press(how)
    return page.evaluate(
        """([prediction, option]) => {
            const box = document.querySelectorAll(".prediction")[prediction];
            const after = [...document.querySelectorAll("details")].filter((one) =>
                box.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
            const reply = after.find((one) => one.matches(".reply"));
            return {
                open: after.slice(0, after.indexOf(reply) + 1).map((one) => one.open),
                pressed: [...box.querySelectorAll("button")].map((one) => one.ariaPressed),
                yours: [...reply.querySelectorAll("li")].map((one) =>
                    one.textContent.startsWith("Your choice: ")),
            };
        }""",
        [prediction, option],
    )


@pytest.mark.parametrize("name", CHAPTERS)
def test_choice_opens_answer_and_reply_and_is_shown(phone, name):
    page = phone(name)
    for prediction in range(page.locator(".prediction").count()):
        assert page.locator(".prediction").nth(prediction).locator("button.choice").count() == 3
        for option, how in enumerate(["Enter", "Space", "tap"]):
            shown = choose(page, prediction, option, how)
            chosen = [k == option for k in range(3)]
            assert len(shown["open"]) >= 2 and all(shown["open"])
            assert shown["pressed"] == ["true" if one else "false" for one in chosen]
            assert shown["yours"] == chosen
            assert page.locator("strong:text-is('Your choice:')").count() == prediction + 1


@pytest.mark.parametrize("name", CHAPTERS)
def test_predictions_without_javascript(phone, name):
    page = phone(name, java_script_enabled=False)
    assert page.locator(".prediction button").count() == 0
    assert page.locator(".prediction li").count() == 3 * page.locator(".prediction").count()
    reply = page.locator("details.reply").first
    reply.locator("summary").tap()
    assert reply.locator("li").first.is_visible()


@pytest.mark.parametrize("name", ["chapters/01-matrix-multiplication", "chapters/try-it"])
def test_keyboard_goes_everywhere_and_is_seen(opened, name):
    page = opened(name)
    unseen, passed = [], 0
    while True:
        page.keyboard.press("Tab")
        passed += 1
        assert passed < 300
        if page.evaluate("document.activeElement === document.body"):
            break
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        unseen += page.evaluate(
            """() => {
                const style = getComputedStyle(document.activeElement);
                const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
                const shadow = /[1-9]px/.test(style.boxShadow);
                return ring || shadow ? [] : [document.activeElement.outerHTML.slice(0, 200)];
            }"""
        )
    assert unseen == []
    assert passed > page.locator("nav.bd-links a").count() + 10


def test_skip_link_passes_the_contents(opened):
    page = opened(PAGES[1])
    page.keyboard.press("Tab")
    skip = "a[href='#main-content']"
    assert page.evaluate("(one) => document.activeElement.matches(one)", skip)
    page.keyboard.press("Enter")
    # The browser moves the keyboard a frame after it has followed the link.
    page.wait_for_function("(one) => !document.activeElement.matches(one)", arg=skip)
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


@pytest.mark.parametrize("address", ["disk", "web"], indirect=True)
def test_search_by_keyboard(opened, page, address):
    page = opened(PAGES[3])
    open_search(page)
    page.keyboard.type("convolution")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results .search-summary:has-text('Search finished')")
    result = "#search-results li:has(a[href*='14-any-topology'])"
    if address.startswith("http"):
        excerpt = page.locator(f"{result} .context").first
        excerpt.wait_for()
        assert "convolution" in excerpt.inner_text().lower()
    tab_to(page, f"{result} a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/14-any-topology.html*")


@pytest.mark.parametrize("address", ["disk", "web"], indirect=True)
@pytest.mark.parametrize(
    "word, chapter, folded",
    [
        ("gigabytes", "12-a-theory-of-untrained-networks", True),  # a solution
        ("swapped", "05-measuring-structure", True),  # the cell that answers a prediction
        ("echo", "14-any-topology", False),
    ],
)
def test_search_shows_what_it_found(opened, page, address, word, chapter, folded):
    page = opened("search")
    page.goto(f"{page.url}?q={word}")
    page.locator(f"#search-results a[href*='{chapter}']").first.click()
    hit = page.locator(".bd-article .highlighted").first
    page.wait_for_function(
        """() => {
            const hit = document.querySelector(".bd-article .highlighted");
            if (!hit?.checkVisibility({ visibilityProperty: true })) return false;
            const { top, bottom } = hit.getBoundingClientRect();
            return top >= 0 && bottom <= innerHeight;
        }"""
    )
    assert hit.inner_text().lower() == word
    unfolded = page.locator("details[open]").count()
    assert unfolded == folded


def test_link_into_what_is_folded_opens_it(opened):
    page = opened(PAGES[5])
    fold = page.locator("details").first
    fold.evaluate("fold => fold.lastElementChild.id = 'inside'")
    page.evaluate("location.hash = 'inside'")
    page.wait_for_function("document.querySelector('#inside').checkVisibility()")


@pytest.mark.parametrize("name", PAGES)
def test_paper_shows_what_the_screen_folds(opened, name):
    page = opened(name)

    def missing():
        return page.locator("details > :not(summary)").evaluate_all(
            """all => all.filter((one) => one.textContent.trim() && !(
                one.checkVisibility({ visibilityProperty: true })
                && one.getBoundingClientRect().height > 5
                && getComputedStyle(one).opacity === "1"
            )).map((one) => one.outerHTML.slice(0, 200))"""
        )

    folds = page.locator("details:not([open])")
    before = folds.count()
    assert bool(missing()) == bool(before)
    page.emulate_media(media="print")
    assert missing() == []
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert missing() == []
    assert folds.count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert folds.count() == before


def test_search_that_finds_nothing_says_so(opened):
    page = opened("search")
    open_search(page)
    page.keyboard.type("zebra")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results:has-text('did not match any documents')")


@pytest.mark.parametrize("name", PAGES)
def test_buttons_lead_to_the_repository_and_to_binder(opened, name):
    page = opened(name)
    file = next(ROOT.glob(f"{name}.*")).relative_to(ROOT).as_posix()
    expected = {"Repository": GITHUB, "Suggest edit": f"{GITHUB}/edit/trunk/{file}"}
    if file.endswith(".ipynb"):
        binder = "https://mybinder.org/v2/gh/someone/a-book/trunk?urlpath=lab/tree/"
        expected["Binder"] = binder + file
    found = {}
    for menu in page.locator(".dropdown-launch-buttons, .dropdown-source-buttons").all():
        menu.locator("button").press("Enter")
        for link in menu.locator("a").all():
            link.wait_for()
            found[link.inner_text().strip()] = link.get_attribute("href")
        page.keyboard.press("Escape")
    assert found == expected


def test_colour_mode_is_chosen_by_keyboard_and_stays(opened):
    page = opened(PAGES[1])
    theme = "document.documentElement.dataset.theme"
    while page.evaluate(theme) != "dark":
        page.locator(".theme-switch-button").press("Enter")
    page.goto(page.url.replace("01-matrix-multiplication", "02-squashing"))
    assert page.evaluate(theme) == "dark"


def test_searchs_sign_is_not_on_its_words(opened):
    page = opened("chapters/index")
    open_search(page)
    sign, words = page.evaluate(
        """() => {
            const box = document.activeElement;
            const { paddingLeft, borderLeftWidth } = getComputedStyle(box);
            const sign = box.parentElement.querySelector("i, svg").getBoundingClientRect();
            const start = box.getBoundingClientRect().left;
            return [sign.right, start + parseFloat(paddingLeft) + parseFloat(borderLeftWidth)];
        }"""
    )
    assert sign <= words


def test_copied_code_is_the_cells(opened):
    page = opened("chapters/02-squashing")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input").first
    cell.locator("button.copybtn").press("Enter")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()
    assert "import" in copied


@pytest.mark.parametrize("name", PAGES)
def test_page_is_light(page, opened, name):
    loaded = set()
    page.on("requestfinished", lambda request: loaded.add(urlsplit(request.url)))
    opened(name)
    sizes = {
        url.path: len(gzip.compress(Path(url2pathname(unquote(url.path))).read_bytes()))
        for url in loaded
        if url.scheme == "file" and "/mathjax/" not in url.path
    }
    assert len(sizes) > 10
    assert sum(sizes.values()) < 1_000_000, sorted(sizes.items(), key=lambda item: -item[1])[:5]


# What is shared, run and cited of a published copy.

AT = "https://someone.github.io/a-book/"


def without_a_card(page, site):
    """What a card lacks for those who share a page: a title, a text, an address, a picture."""
    card = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}
    for name in "title", "description", "url", "image", "image:alt", "site_name", "type":
        if not card.get(f"og:{name}"):
            yield f"no {name}"
    if not page.select("meta[name='twitter:card'][content=summary_large_image]"):
        yield "a small card"
    for name in "url", "image":
        address = card.get(f"og:{name}", "")
        path = site / address.removeprefix(AT)
        if not address.startswith(AT) or not path.is_file():
            yield f"{name} leads to {address}"


def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("name", PAGES)
def test_shared_page_shows_a_card(site, name):
    assert list(without_a_card(parsed(site / f"{name}.html"), site)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card["og:image"].decompose(),
        lambda card: card["og:image"].attrs.update(content=AT + "_static/gone.png"),
        lambda card: card["og:image"].attrs.update(content="_static/two-rulers.png"),
        lambda card: card["og:description"].attrs.update(content=""),
    ],
)
def test_faulty_card_is_noticed(site, change):
    page = parsed(site / "chapters/index.html")
    change({tag["property"]: tag for tag in page.select("meta[property^='og:']")})
    assert list(without_a_card(page, site)) != []


def test_published_pages_say_in_words_where_they_run(site):
    for name in PAGES:
        page = parsed(site / f"{name}.html")
        lines = page.select("article .run")
        if not re.match(r"chapters/(\d|index)", name):
            assert lines == []
            continue
        assert len(lines) == 2  # below the title, and at the end
        assert lines[0].find_previous_sibling().name == "h1"
        chapter = PAGES[1] if name == "chapters/index" else name
        for line in lines:
            binder, colab = line.select("a")
            assert (binder.get_text(), colab.get_text()) == ("Run in Binder", "Run in Colab")
            assert binder["href"] == (
                f"https://mybinder.org/v2/gh/someone/a-book/trunk?urlpath=lab/tree/{chapter}.ipynb"
            )
            assert colab["href"] == (
                "https://colab.research.google.com/github/someone/a-book/blob/colab/"
                f"{chapter}.ipynb"
            )


def test_footer_says_licence_version_how_to_cite_and_where_to_report(site):
    for name in PAGES:
        footer = parsed(site / f"{name}.html").select_one("footer .footer-item:-soup-contains(MIT)")
        cite, fault = footer.select("a")
        target = (site / name).parent / cite["href"].split("#")[0]
        assert parsed(target if cite["href"][0] != "#" else site / f"{name}.html").find(
            id="how-to-cite"
        )
        assert fault["href"] == f"{GITHUB}/issues"
        assert re.search(r"CC BY 4\.0, code MIT\. Version \d+\.\d+", footer.get_text())


def test_first_screen_says_what_to_do(opened):
    page = opened("chapters/index")
    page.set_viewport_size({"width": 1366, "height": 650})
    for name, target in [
        ("Start with chapter 1", PAGES[1]),
        ("Play with a random network", "chapters/try-it"),
        ("How to run it", "#how-to-run"),
    ]:
        button = page.locator("article .sd-btn", has_text=name)
        assert target in button.evaluate("(one) => one.href")
        assert button.bounding_box()["y"] + button.bounding_box()["height"] < 650
    assert page.locator(".small-try svg").first.bounding_box()["y"] < 650
