"""Sessions as visitors really live them, S1 to S16: impatient clicks, closed tabs, reloads, a server that goes away."""

import json
import time

import pandas as pd
import pytest

from browser.looks import (
    BAR,
    DRAWN,
    LONG,
    QUICK,
    at_rest,
    button,
    ended,
    first_seed,
    goes_on,
    healthy,
    paused,
    progress,
    shown,
    turn_to,
)

AT_ONCE = 6.0  # seconds in which a server has come to rest; the work of LONG takes twice as long


def numbers(page):
    """The first chart's curves as drawn, once the last picture has come."""
    page.locator(".descent-lab-chart").first.scroll_into_view_if_needed()
    drawn = at_rest(page).evaluate(DRAWN)[0]
    assert drawn
    return drawn


def comes_to_rest(app):
    """Nothing is left at work on the server: for half a second, between what it tidies up, it uses next to nothing."""
    deadline, used = time.monotonic() + AT_ONCE, 1.0
    while used > 0.05:
        assert time.monotonic() < deadline
        before = app.work
        time.sleep(0.5)
        used = app.work - before


def test_s1_s2_an_impatient_visitor(server, visit):
    """Double clicks, a setting changed and the page switched in the middle of a run."""
    page = ended(visit(f"{server}/{QUICK}"))
    button(page, "Run again").dblclick()
    ended(page)
    page.goto(f"{server}/{LONG}")
    button(page, "Pause").dblclick()
    button(page, "Run").or_(button(page, "Pause")).first.wait_for()
    field = first_seed(page)
    field.fill("7")
    field.press("Enter")
    page.wait_for_url("**seed=7**")
    button(page, "Pause").wait_for()
    page.get_by_text("about").first.wait_for()
    page.get_by_role("link", name="Next:").click()
    page.wait_for_url("**/regularization**")
    page.locator("h1").wait_for()
    healthy(page)


def test_s3_s13_another_page_stops_the_run_and_the_way_back_goes_on_with_it(app, server, visit):
    page = visit(f"{server}/{LONG}")
    goes_on(page, 0)
    turn_to(page, "Background", "Glossary", "glossary")
    comes_to_rest(app)
    page.go_back()
    page.wait_for_url("**/depth**")
    goes_on(page, 1)
    turn_to(page, "Training", "Activation functions", "activations")
    turn_to(page, "Training", "Depth and convergence", "depth")
    goes_on(page, 2)
    assert progress(page) < 90
    assert button(page, "Pause").is_visible()
    healthy(page)


def test_the_back_button_leads_to_the_page_before_and_not_through_each_changed_setting(server, visit):
    page = visit(f"{server}/glossary", charts=False)
    page.get_by_text("What is stored where").wait_for()
    turn_to(page, "Background", "History", "history")
    turn_to(page, "Training", "Depth and convergence", "depth")
    paused(page)
    width = page.get_by_role("slider", name="Units per layer")
    for units in (25, 26):
        width.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**width={units}**")
    page.go_back()
    page.wait_for_url("**/history**")
    page.go_forward()
    page.wait_for_url("**/depth?width=26**")
    healthy(page)


@pytest.mark.slow
def test_s4_s5_a_reload_starts_the_same_settings_anew_and_a_closed_tab_leaves_nothing_running(app, server, visit):
    page = visit(f"{server}/{LONG}&seed=5")
    goes_on(page, 1)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    goes_on(page, 0)
    assert {url for url in asked if not url.startswith((server, "data:", "blob:"))} == set()  # nobody else is asked
    assert asked
    assert first_seed(page).input_value() == "5"
    assert not page.get_by_text("finished,").count()
    healthy(page)
    page.close()
    comes_to_rest(app)  # neither of the two runs is left


@pytest.mark.slow
def test_s6_a_link_in_another_tab_and_a_reload_show_the_same_numbers(server, visit):
    first = ended(visit(f"{server}/{QUICK}&seed=11"))
    wanted = numbers(first)
    address = first.evaluate("() => location.href")
    assert "seed=11" in address
    second = ended(visit(address))
    assert numbers(second) == wanted
    first.reload()
    assert numbers(ended(first)) == wanted
    seed = first_seed(first)
    seed.fill("4")
    seed.press("Enter")
    first.wait_for_url("**seed=4**")
    assert numbers(ended(first)) != wanted
    assert numbers(second) == wanted
    healthy(first)


@pytest.mark.slow
def test_s7_pages_come_back_when_the_server_was_started_again(app, server, visit):
    slower = QUICK.replace("steps=10&depths=1", "steps=200&depths=8")  # so that one sees it run
    done, under_way = ended(visit(f"{server}/{slower}&seed=3")), visit(f"{server}/{LONG}&seed=8", charts=False)
    wanted = numbers(done)
    goes_on(under_way, 15)
    chart = under_way.locator(".descent-lab-chart").first
    chart.wait_for(state="attached")
    with app.away():
        chart.scroll_into_view_if_needed()  # and so ask for what draws it
    under_way.locator("[data-test-connection-state=CONNECTED]").wait_for()
    under_way.wait_for_function(f"() => {BAR} && {BAR}.value < 15")  # the new session's run
    under_way.wait_for_function("() => document.querySelector('.descent-lab-chart')?.frames > 3")
    assert first_seed(under_way).input_value() == "8"
    paused(under_way)
    button(done, "Run again").click()  # its session is gone: the page begins anew, with its settings
    done.get_by_text("finished,").wait_for(state="hidden")
    assert numbers(ended(done)) == wanted
    for page in (done, under_way):
        healthy(page)


def test_s8_a_lost_connection_holds_the_run_and_it_goes_on_when_it_is_back(app, server, visit):
    page = visit(f"{server}/{LONG}")
    goes_on(page, 3)
    page.context.set_offline(True)
    comes_to_rest(app)
    held = progress(page)
    page.context.set_offline(False)
    goes_on(page, held)
    assert held >= 3
    healthy(page)


def test_s13_an_unknown_address_says_so_and_shows_the_way_home(server, visit):
    page = visit(f"{server}/no_such_page", charts=False)
    page.get_by_text("Page not found").wait_for()
    page.keyboard.press("Escape")
    page.get_by_test_id("stTopNavSection").get_by_text("Training").wait_for()
    healthy(page)


def test_s15_a_small_phone_and_the_keyboard_alone(server, visit):
    """The run is paused and taken up again by Enter, and the focus stays where it is through every new drawing."""
    page = visit(f"{server}/{LONG}", width=375, scheme="dark")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
    focused = "() => document.activeElement.innerText"
    page.evaluate("() => scrollTo(0, 0)")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "Pause":
            break
    goes_on(page, progress(page) + 1)
    assert page.evaluate(focused) == "Pause"
    for label in ("Run", "Pause"):
        page.keyboard.press("Enter")
        button(page, label).wait_for()
        page.wait_for_function(f"() => ({focused})() === '{label}'")
    healthy(page)


def downloaded(page, label):
    with page.expect_download() as arriving:
        button(page, label).click()
    return arriving.value.path().read_text()


@pytest.mark.slow
def test_s16_files_are_whole_however_often_they_are_taken(server, visit):
    page = ended(visit(f"{server}/{QUICK}"))
    shown(page).get_by_text("The numbers as files").click()
    first, again = (downloaded(page, "Curves (CSV)") for _ in range(2))
    assert first == again
    rows = pd.read_csv(pd.io.common.StringIO(first))
    everything = json.loads(downloaded(page, "Everything (JSON)"), parse_constant=lambda name: 1 / 0)  # no NaN token
    assert len(rows) == len(everything["curves"]) > 10
    healthy(page)
