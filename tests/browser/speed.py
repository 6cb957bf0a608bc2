"""What the site takes of the processor, in milliseconds: run by `make bench`, which prints it."""

import pytest
from building import PAGES
from test_try_it import LARGEST, at_rest

CHANGES = {
    "other weights": "document.querySelector('[data-draw=weights]').click()",
    "fewer units": """
        document.querySelector('#explorable-units').stepDown();
        document.querySelector('#explorable-units')
            .dispatchEvent(new Event('input', { bubbles: true }))""",
}


@pytest.fixture
def milliseconds(page):
    """Those that a page has taken since it was opened, whatever else the machine does."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def so_far():
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    return so_far


def test_load(opened, milliseconds):
    print("\nPages, until they are at rest")
    for name in PAGES:
        opened(name)
        print(f"{name:50}{milliseconds():6.0f} ms")


def test_try_it(page, address, milliseconds):
    print("\nTry it at its largest, from a change to its picture: the least, the most of ten")
    settings = "&".join(f"{name}={value}" for name, value in LARGEST.items())
    page.goto(f"{address}/chapters/try-it.html#{settings}")
    at_rest(page)
    for what, change in CHANGES.items():
        taken = []
        for _ in range(10):
            before = milliseconds()
            page.evaluate(change)
            page.evaluate("new Promise((go) => requestAnimationFrame(() => setTimeout(go)))")
            taken.append(milliseconds() - before)
        print(f"{what:50}{min(taken):6.0f} ms{max(taken):6.0f} ms")
