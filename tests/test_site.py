"""The built pages, as a browser, a screen reader or a search engine meets them."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup
from building import BOOK, ROOT, build, copy, make_repository
from pages import address_and_branch

BUTTONS = ".btn-source-repository-button, .btn-source-edit-button, .dropdown-launch-buttons"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The book's pages; it comes from a folder, as after a download or a clone of a clone."""
    book = copy(tmp_path_factory.mktemp("site") / "book", *BOOK)
    make_repository(book, "/srv/elsewhere/book.git")
    code, said = build(book)
    assert code == 0, said
    return book / "_build/html"


@pytest.fixture(scope="module")
def pages(site):
    paths = sorted(site.glob("chapters/*.html"))
    return {path: parse(path.read_text(encoding="utf-8")) for path in paths}


def parse(text):
    return BeautifulSoup(text, "html.parser")


# Each of these yields what is wrong with one page.


def untitled(page):
    if not page.title or not page.title.get_text(strip=True):
        yield "no title"
    if len(page.select("article h1")) != 1:
        yield "not one main heading"


def undescribed(page):
    contents = [tag.get("content", "") for tag in page.select("meta[name=description]")]
    if len(contents) != 1 or not 20 < len(contents[0]) < 250:
        yield f"description {contents}"


def unreadable(page):
    if page.html.get("lang") != "en":
        yield "no language"
    if not page.select("meta[name=viewport]"):
        yield "no viewport"


def unmarked(page):
    for what in "link[rel~=icon]", "img.logo__image":
        if not page.select(what):
            yield f"no {what}"


def textless_images(page):
    for image in page.select("img"):
        alt = image.get("alt", "").strip()
        if not alt or re.search(r"\.(png|svg|jpe?g|gif|webp)$|^\S*/\S*$", alt):
            yield f"image {image.get('src')} with the text {alt!r}"


def unlinked_chapters(page):
    """Chapters named by their number, but for the page's own, code, titles, options of a choice."""
    own = re.match(r"\d+", page.article.h1.get_text(strip=True))
    for text in page.article.find_all(string=re.compile(r"[Cc]hapters? \d")):
        option = text.find_parent("li") and text.find_parent("li").find_parent(class_="prediction")
        if not option and not text.find_parent(["a", "pre", "code", "h1", "h2", "h3", "summary"]):
            for number in re.findall(r"[Cc]hapters? (\d+)", text):
                if number != (own and own[0]):
                    yield f"chapter {number} without a link: {text[:80]}"


def uncaptioned_figures(page):
    for image in page.select(".cell_output img"):
        caption = image.find_parent("figure") and image.find_parent("figure").figcaption
        if not caption or not caption.get_text(strip=True):
            yield f"figure without a caption: {image.get('alt')}"


def parted_signs(page):
    """A percent sign that may begin a line, or a ± that may end one."""
    for text in page.select_one("article").find_all(string=re.compile(r"\d %|\d ±|± \d")):
        if not text.find_parent(["pre", "code"]) and not text.find_parent(class_="dataframe"):
            yield text


def outside_requests(page):
    for tag in page.select("script, link, img, iframe, source, audio, video, object, embed"):
        address = tag.get("src") or tag.get("href") or tag.get("data") or ""
        if re.match(r"(https?:)?//", address) and tag.get("rel") != ["canonical"]:
            yield f"loads {address}"
    for style in page.select("style"):
        if re.search(r"(@import|url\()[\s\"']*(https?:)?//", style.get_text()):
            yield "a style loads from outside"


def leftovers(page):
    text = str(page)
    for what in [
        str(ROOT),
        str(Path.home()),
        sys.prefix,
        "jupyter-stacks-datascience",
        "executablebooks/jupyter-book",
        "Jupyter Book community",
        "Project name not set",
        "My Jupyter Book",
        'class="system-message',
        'class="problematic',
    ]:
        if what in text:
            yield f"contains {what}"


def buttons(page):
    for tag in page.select(f"{BUTTONS}, a[href*=mybinder]"):
        yield f"a button to nowhere: {tag}"


CHECKS = [
    untitled,
    undescribed,
    unreadable,
    unmarked,
    textless_images,
    unlinked_chapters,
    uncaptioned_figures,
    parted_signs,
    outside_requests,
    leftovers,
    buttons,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_pages(pages, check):
    assert len(pages) > 3
    assert [(path.name, wrong) for path, page in pages.items() for wrong in check(page)] == []


@pytest.mark.parametrize(
    "check, fault",
    [
        (untitled, "<title> </title><article><h1>A</h1></article>"),
        (untitled, "<title>A</title><article><h1>A</h1><h1>B</h1></article>"),
        (undescribed, "<meta name=description content=''>"),
        (unreadable, "<html><meta name=viewport></html>"),
        (unreadable, "<html lang=en></html>"),
        (unmarked, "<img class=logo__image>"),
        (unmarked, "<link rel=icon>"),
        (textless_images, "<img src=a.png>"),
        (textless_images, "<img src=a.png alt=' '>"),
        (textless_images, "<img src=a.png alt='../_images/a.png'>"),
        (textless_images, "<img src=a alt=_images/a>"),
        (unlinked_chapters, "<article><h1>6. A</h1><p>as in chapter 8</p></article>"),
        (uncaptioned_figures, "<div class=cell_output><img alt=A></div>"),
        (uncaptioned_figures, "<figure class=cell_output><img><figcaption></figcaption></figure>"),
        (parted_signs, "<article><p>holds 95 % of networks</p></article>"),
        (parted_signs, "<article><p>0.71 ± 0.09</p></article>"),
        (outside_requests, "<script src=https://example.org/a.js></script>"),
        (outside_requests, "<link rel=stylesheet href=//example.org/a.css>"),
        (outside_requests, "<style>@import 'https://example.org/a.css'</style>"),
        (leftovers, f"<p>{ROOT}/chapters</p>"),
        (leftovers, "<p class='system-message'>"),
        (buttons, "<div class='dropdown dropdown-launch-buttons'>"),
        (buttons, "<a href=https://mybinder.org/v2/gh/a/b/main>"),
    ],
)
def test_check_sees_a_fault(check, fault):
    assert list(check(parse(fault)))


def test_descriptions_differ(pages):
    texts = [page.select_one("meta[name=description]")["content"] for page in pages.values()]
    assert len(set(texts)) == len(texts)


def dead_links(path, page, ids):
    """Links to files or anchors that are not there; `ids` gives the anchors of a page."""
    for tag in page.select("[href], [src]"):
        address = tag.get("href") or tag.get("src")
        if not address or re.match(r"[a-z]+:|//", address):
            continue
        file, anchor = urldefrag(unquote(address))
        target = (path.parent / file.partition("?")[0]).resolve() if file else path
        if not target.is_file():
            yield address
        elif anchor and target.suffix == ".html" and anchor not in ids(target):
            yield address


def test_links_lead_somewhere(site, pages):
    anchors = {}

    def ids(path):
        if path not in anchors:
            page = pages.get(path) or parse(path.read_text(encoding="utf-8"))
            anchors[path] = {
                tag.get("id") or tag.get("name") for tag in page.select("[id], [name]")
            }
        return anchors[path]

    everywhere = {p: parse(p.read_text(encoding="utf-8")) for p in site.glob("*.html")} | pages
    assert [
        (path.name, link)
        for path, page in everywhere.items()
        for link in dead_links(path, page, ids)
    ] == []
    start = parse((site / "index.html").read_text())
    assert "url=chapters/index.html" in start.select_one("meta[http-equiv=Refresh]")["content"]


@pytest.mark.parametrize(
    "link",
    ["<a href=gone.html>", "<a href=#gone>", "<img src=gone.png>", "<a href=page.html#gone>"],
)
def test_dead_link_is_seen(tmp_path, link):
    path = tmp_path / "page.html"
    path.write_text("<p id=here></p><a href=#here></a>" + link)
    assert len(list(dead_links(path, parse(path.read_text()), lambda path: {"here"}))) == 1


def unknown_tex(formula, mathjax):
    """Macros and environments that MathJax's own source does not define."""
    names = set(re.findall(r"\\([A-Za-z]+)", formula)) - {"begin", "end"}
    names |= set(re.findall(r"\\begin\{([a-z]+)\*?\}", formula))
    return {name for name in names if not re.search(rf'[{{,]"?(\\\\)?{name}"?:(\["|")', mathjax)}


def test_a_page_of_no_known_address_has_no_card_and_nowhere_to_run(pages):
    for page in pages.values():
        assert not page.select("meta[property^='og:'], .run")
        footer = page.select_one("footer .footer-item:-soup-contains('Version')").get_text()
        assert re.search(r"CC BY 4\.0, code MIT\. Version \d+\.\d+", footer)
        assert "Report a fault" not in footer


def test_titles_and_descriptions_say_what_a_page_is(pages):
    titles = {path.stem: page.title.get_text() for path, page in pages.items()}
    assert titles["index"] == "The Untrained Network"
    assert titles["06-twenty-layers"].endswith("category smaller? — The Untrained Network")
    assert len(set(titles.values())) == len(titles)
    said = {
        path.stem: page.select_one("meta[name=description]")["content"]
        for path, page in pages.items()
    }
    assert len(set(said.values())) == len(said)
    for name, text in said.items():
        assert ("a book of programs that run" in text.lower()) == bool(
            re.match(r"\d\d-|index", name)
        ), text


def test_formulas_use_what_mathjax_knows(site, pages):
    mathjax = (site / "_static/mathjax/tex-chtml.js").read_text()
    assert unknown_tex(r"\frac{\mathbf{a}}{\lVert b \rVert} \begin{pmatrix}", mathjax) == set()
    assert unknown_tex(r"\fraction \begin{rmatrix}", mathjax) == {"fraction", "rmatrix"}
    formulas = [tag.get_text() for page in pages.values() for tag in page.select(".math")]
    assert formulas
    assert set().union(*(unknown_tex(formula, mathjax) for formula in formulas)) == set()


def test_reference_lists_every_function_of_lib(pages):
    page = next(page for path, page in pages.items() if path.name == "api.html")
    modules = [path.stem for path in (ROOT / "lib").glob("[a-z]*.py")]
    assert "baseline" in modules
    for module in modules:
        functions = inspect.getmembers(importlib.import_module(f"lib.{module}"), inspect.isfunction)
        for name, function in functions:
            if name.startswith("_") or function.__module__ != f"lib.{module}":
                continue
            entry = page.find(id=f"lib.{module}.{name}")
            assert entry, f"lib.{module}.{name} is not in the reference"
            assert entry.find_next("dd").p, f"lib.{module}.{name} has no docstring"


GITHUB = "https://github.com/someone/a-book"


@pytest.mark.parametrize(
    "remote, address",
    [
        ("https://github.com/someone/a-book.git", GITHUB),
        ("https://github.com/someone/a-book/", GITHUB),
        ("https://token@github.com/someone/a-book", GITHUB),
        ("git@github.com:someone/a-book.git", GITHUB),
        ("ssh://git@github.com/someone/a-book", GITHUB),
        ("https://gitlab.com/someone/a-book", ""),
        ("https://github.com.example.org/someone/a-book", ""),
        ("https://example.org/github.com/someone/a-book", ""),
        ("/srv/github.com/someone/a-book", ""),
        ("../a-book", ""),
    ],
)
def test_address_of_a_remote(tmp_path, monkeypatch, remote, address):
    for name in "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_HEAD_REF", "GITHUB_REF_NAME":
        monkeypatch.delenv(name, raising=False)
    assert address_and_branch(tmp_path) == ("", "")
    make_repository(tmp_path, remote)
    assert address_and_branch(tmp_path) == (address, "trunk" if address else "")
    (tmp_path / "copied").mkdir()
    assert address_and_branch(tmp_path / "copied") == ("", "")


def git(folder, *arguments):
    who = "-c", "user.name=someone", "-c", "user.email=someone@example.org"
    result = subprocess.run(
        ["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True
    )
    return result.stdout.strip()


@pytest.mark.parametrize("branch", ["master", "some/change"])
@pytest.mark.parametrize("fresh", [False, True], ids=["own branch", "clone"])
def test_checkout_without_a_branch(tmp_path, monkeypatch, branch, fresh):
    for name in "GITHUB_REPOSITORY", "GITHUB_HEAD_REF", "GITHUB_REF_NAME":
        monkeypatch.delenv(name, raising=False)
    book = tmp_path / "book"
    book.mkdir()
    git(book, "init", "-b", branch)
    for message in "first", "second":
        git(book, "commit", "--allow-empty", "-m", message)
    first = git(book, "rev-parse", "HEAD~")
    git(book, "tag", "v1.0", first)
    if fresh:
        git(tmp_path, "clone", book, "copy")
        book = tmp_path / "copy"
    git(book, "checkout", "--detach")
    if fresh:
        git(book, "branch", "-D", branch)
    git(book, "remote", "set-url" if fresh else "add", "origin", "git@github.com:someone/a-book")
    assert address_and_branch(book) == (GITHUB, branch)
    git(book, "checkout", "v1.0")
    assert address_and_branch(book) == (GITHUB, "v1.0")
    git(book, "tag", "-d", "v1.0")
    assert address_and_branch(book) == (GITHUB, branch)
    git(book, "checkout", "--orphan", "lost")
    git(book, "commit", "--allow-empty", "-m", "third")
    git(book, "checkout", "--detach")
    git(book, "branch", "-D", "lost")
    assert address_and_branch(book) == (GITHUB, git(book, "rev-parse", "HEAD"))


def test_address_in_github_actions(tmp_path, monkeypatch):
    make_repository(tmp_path, "git@github.com:somebody/else.git")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/a-book")
    monkeypatch.setenv("GITHUB_REF_NAME", "main")
    monkeypatch.delenv("GITHUB_HEAD_REF", raising=False)
    assert address_and_branch(tmp_path) == (GITHUB, "main")
    monkeypatch.setenv("GITHUB_REF_NAME", "12/merge")
    monkeypatch.setenv("GITHUB_HEAD_REF", "a-change")
    assert address_and_branch(tmp_path) == (GITHUB, "a-change")
