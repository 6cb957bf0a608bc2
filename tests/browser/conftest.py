"""The built book in a browser: what every test here starts from."""

import os
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from building import BOOK, build, copy, make_repository
from filelock import FileLock
from playwright.sync_api import sync_playwright

CHROMIUM = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
]


def pytest_configure():
    if not any(map(shutil.which, CHROMIUM)):
        raise pytest.UsageError(
            "the site's tests need Chromium or Chrome, and neither is installed: install one "
            "(on Debian: apt install chromium) and run make test-site again"
        )


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built pages, as GitHub would publish them; one for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with FileLock(shared / "site.lock"):
        if not (shared / "site").exists():
            book = copy(shared / "book", *BOOK)
            make_repository(book, "https://github.com/someone/a-book.git")
            code, said = build(book)
            assert code == 0, said
            (book / "_build/html").rename(shared / "site")
    return shared / "site"


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, CHROMIUM)))
        with playwright.chromium.launch(executable_path=executable) as browser:
            yield browser


@pytest.fixture
def problems():
    """What has gone wrong in `page` so far; a test that expects something clears the list."""
    return []


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(site, request):
    """Where the book stands: on disk, or on the Web for a test that asks for "web"."""
    if getattr(request, "param", "disk") == "disk":
        yield site.as_uri()
    else:
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()


@pytest.fixture
def page(browser, address, problems):
    """A page of the browser, 1280 pixels wide and light, that reaches nothing but the book.

    It opens a page of the book by `page.goto(f"{address}/chapters/index.html")`. At the end of
    the test its problems fail the test: errors, failed requests, requests that leave the site.
    """
    on_disk = address.startswith("file:")
    with browser.new_context(viewport={"width": 1280, "height": 800}, offline=on_disk) as context:
        page = context.new_page()

        def leaves(request):
            if not request.url.startswith((address, "data:", "blob:")):
                problems.append(f"leaves the site: {request.url}")

        def complains(message):
            if message.type == "error":
                problems.append(f"console: {message.text}")

        page.on("request", leaves)
        page.on("requestfailed", lambda request: problems.append(f"failed: {request.url}"))
        page.on("console", complains)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        yield page
        assert problems == []


@pytest.fixture
def opened(page, address):
    """Open a page of the book, by its name in `_toc.yml`."""

    def go(name, width=1280, theme="light"):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        return page

    return go
