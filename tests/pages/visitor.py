"""A visitor's session without a browser, and how a test finds its way in it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from core.studies.misconceptions import SECTIONS
from pages.ui.live import session
from pages.ui.playground.state import SPEEDS

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds


def opened(page: str, veiled: bool = False, **query: str) -> AppTest:
    """A fresh session on the page of this name, with a link's settings; what it found is shown unless `veiled`."""
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    at.switch_page(f"pages/{page}.py")
    for key in [] if veiled else [page, *(f"{page} {section}" for section in SECTIONS)]:
        at.session_state[f"{key} shown"] = True
    for name, text in query.items():
        at.query_params[name] = text
    at.run()
    assert not at.exception
    at.page = page
    return at


def experiment(at: AppTest):
    """The experiment of the session, kept under the page's name."""
    return at.session_state[at.page]


def press(at: AppTest, what: str) -> None:
    """Press a button of the page by what it does: running, paused, step or reset, or one of its own."""
    at.button(key=f"{at.page} {what}").click().run()
    assert not at.exception


def until(at: AppTest, seen: Callable[[], object]) -> AppTest:
    """Let the page tick until that is so: how many ticks it takes depends on the machine."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, "it has not come; has its experiment failed?"
        at.run()
        assert not at.exception
    return at


def finish(at: AppTest) -> AppTest:
    """Let the page tick until its experiment has ended, or waits; then draw it as it stands from now on."""
    return until(at, lambda: experiment(at).status != "running").run()


@contextmanager
def nobody_watching() -> Iterator[None]:
    """Meanwhile runs are as fast as the machine: they get further between two ticks, and nothing is filmed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SPEEDS, "watch", SPEEDS["fast"])
        patch.setattr(session, "SHARE", 0.3)
        patch.setattr(session, "PACE", 10.0)
        yield


def unfold(at: AppTest, box: str) -> AppTest:
    """Open a box of the page by its name, and let the page follow."""
    at.session_state[f"{at.page} {box}"] = True
    at.run()
    assert not at.exception
    return at


def told(at: AppTest) -> str:
    """Where the experiment stands, in words."""
    (words,) = filter(None, (json.loads(board.proto.json).get("told") for board in at.get("bidi_component")))
    return words


def charts(at: AppTest) -> dict[str, dict]:
    """The figures that the page shows, by their titles; each property of plotly's has passed its check."""
    found = {}
    for board in at.get("bidi_component"):
        for panel in json.loads(board.proto.json).get("panels", []):
            figure = json.loads(panel["figure"])
            found[panel["title"]] = figure if "drawing" in figure else go.Figure(figure).to_plotly_json()
    return found
