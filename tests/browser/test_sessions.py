"""Sessions as visitors really live them: impatient clicks, closed tabs, reloads, two tabs."""

import sys
import time
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "load"))
from server import serving

QUICK = "depth?steps=10&depths=1&initializers=kaiming&rate=same"
LONG = "depth?steps=1000"  # about the most that starts by itself
DRAWN = "() => [...document.querySelectorAll('.descent-lab-chart')].map(c => JSON.stringify(c.spec))"


@pytest.fixture(scope="module")
def app():
    with serving() as started:
        yield started


def button(page, label):
    return page.get_by_role("button", name=label, exact=True)


def ended(page):
    page.get_by_text("finished,").wait_for()
    button(page, "Run again").wait_for()
    return page


def numbers(page):
    """The first chart's curves as drawn, once the last picture has come."""
    page.wait_for_function("() => (c => !c.pending && !c.drawing)(document.querySelector('.descent-lab-chart'))")
    drawn = page.evaluate(DRAWN)[0]
    assert drawn
    return drawn


def idle(app, seconds=2.0):
    """Share of one processor that the server uses after it had two seconds to notice."""
    time.sleep(2)
    before = app.work
    time.sleep(seconds)
    return (app.work - before) / seconds


def healthy(page):
    assert not page.faults
    assert not page.locator("[data-testid=stException]").count()


def test_an_impatient_visitor(app, visit):
    """Double clicks, a setting changed and the page switched in the middle of a run."""
    page = ended(visit(f"http://{app.address}/{QUICK}"))
    button(page, "Run again").dblclick()
    ended(page)
    page.goto(f"http://{app.address}/{LONG}")
    button(page, "Pause").dblclick()
    button(page, "Run").or_(button(page, "Pause")).first.wait_for()
    field = page.get_by_role("spinbutton", name="First seed")
    field.fill("7")
    field.press("Enter")
    page.wait_for_url("**seed=7**")
    page.get_by_text("about").first.wait_for()
    page.get_by_role("link", name="Next:").click()
    page.wait_for_url("**/regularization**")
    page.locator("h1").wait_for()
    healthy(page)


def test_a_closed_tab_leaves_nothing_running(app, visit):
    page = visit(f"http://{app.address}/{LONG}")
    assert not page.get_by_text("finished,").count()
    page.close()
    assert idle(app) < 0.1


def test_two_tabs_and_a_reload_show_the_same_numbers(app, visit):
    first, second = (ended(visit(f"http://{app.address}/{QUICK}&seed=3")) for _ in range(2))
    wanted = numbers(first)
    assert numbers(second) == wanted
    first.reload()
    assert numbers(ended(first)) == wanted
    third = ended(visit(f"http://{app.address}/{QUICK}&seed=4"))
    assert numbers(third) != wanted
    assert numbers(second) == wanted
    healthy(first)
