"""A server for the tests and a real Chromium, for what only a browser shows."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "load"))
from server import serving

if not find_spec("playwright"):
    raise pytest.UsageError("the browser tests need Playwright: pip install -e '.[test]'")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # tabs share what is compiled of Streamlit's and plotly's scripts, nearly half of a visit
]


def pytest_collection_modifyitems(items):
    """A wait that was too long for the machine is tried once more, and the summary counts it; no other failure is."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))


@pytest.fixture(scope="session")
def app():
    """The server of all browser tests: its address, its work, and how to stop and start it."""
    with serving() as started:
        yield started


@pytest.fixture(scope="session")
def server(app):
    """Address of the server."""
    return f"http://{app.address}"


@pytest.fixture
def fresh_server():
    """Address of a server that has not served a page yet."""
    with serving() as started:
        yield f"http://{started.address}"


@pytest.fixture(scope="package")
def chromium():
    """The browser, closed when the tests of this folder are done.

    Playwright keeps an event loop running in its thread, and no test outside could run a loop of its own meanwhile.
    """
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "no Chromium found: install it with your system's package manager"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def profile(chromium, server):
    """A browser's profile, in which a tab stays open: with the last one a site's process ends, and what it compiled."""
    profile = chromium.new_context()
    profile.new_page().goto(f"{server}/_stcore/health")
    return profile


@pytest.fixture
def tab(profile):
    """Open an empty tab: tab(width=1440, scheme="light") -> page; its `faults` are the errors of scripts in it."""
    pages = []

    def open_tab(width: int = 1440, scheme: str = "light"):
        page = profile.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(60_000)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        return page

    yield open_tab
    for page in pages:
        page.close()


@pytest.fixture
def visit(tab):
    """Open an address in a new tab, a session of its own: visit(url, width=1440, scheme="light") -> page."""

    def open_page(url: str, width: int = 1440, scheme: str = "light", charts: bool = True):
        page = tab(width, scheme)
        page.goto(url)
        page.locator("h1").wait_for()
        if charts:
            page.locator(
                ".descent-lab-chart"
            ).first.scroll_into_view_if_needed()  # charts are drawn where they are seen
            page.wait_for_function("() => [...document.querySelectorAll('.descent-lab-chart')].some(c => c.frames > 0)")
        return page

    return open_page
