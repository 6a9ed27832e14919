"""A server of our own and a real Chromium for what only a browser shows."""

import os
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "load"))
from server import serving

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def app():
    """The server of all browser tests: its address, its work, and how to stop and start it."""
    with serving() as started:
        yield started


@pytest.fixture(scope="session")
def server(app):
    """Where it is found."""
    return f"http://{app.address}"


@pytest.fixture
def fresh_server():
    with serving() as started:
        yield f"http://{started.address}"


@pytest.fixture(scope="session")
def chromium():
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


@pytest.fixture(scope="session")
def profiles(chromium):
    """A browser's profile for each width and scheme: all visits in it have Streamlit's scripts at hand."""
    return cache(
        lambda width, scheme: chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    )


@pytest.fixture
def visit(profiles):
    """Open an address in a new tab, a session of its own: visit(url, width=1440, scheme="light") -> page."""
    pages = []

    def open_page(url: str, width: int = 1440, scheme: str = "light", charts: bool = True):
        page = profiles(width, scheme).new_page()
        pages.append(page)
        page.set_default_timeout(60_000)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(url)
        page.locator("h1").wait_for()
        if charts:
            page.locator(
                ".descent-lab-chart"
            ).first.scroll_into_view_if_needed()  # charts are drawn where they are seen
            page.wait_for_function("() => [...document.querySelectorAll('.descent-lab-chart')].some(c => c.frames > 0)")
        return page

    yield open_page
    for page in pages:
        page.close()
