"""Sessions as visitors really live them, S1 to S16: impatient clicks, closed tabs, reloads, a server that goes away."""

import json
import time

import pandas as pd
from looks import at_rest, button

QUICK = "depth?steps=10&depths=1&initializers=kaiming&rate=same"
LONG = "depth?steps=1000"  # about the most that starts by itself
DRAWN = "() => [...document.querySelectorAll('.descent-lab-chart')].map(c => JSON.stringify(c.spec))"


def ended(page):
    page.get_by_text("finished,").wait_for()
    button(page, "Run again").wait_for()
    return page


def numbers(page):
    """The first chart's curves as drawn, once the last picture has come."""
    page.locator(".descent-lab-chart").first.scroll_into_view_if_needed()
    drawn = at_rest(page).evaluate(DRAWN)[0]
    assert drawn
    return drawn


def progress(page):
    """Percent of the run that the bar shows, read when it is there."""
    return int(page.locator("[data-testid=stProgress] [role=progressbar]").get_attribute("aria-valuenow"))


def goes_on(page, since):
    """The run moves on from where it was, and does not begin again."""
    bar = "document.querySelector('[data-testid=stProgress] [role=progressbar]')"
    page.wait_for_function(f"() => {bar} && +{bar}.getAttribute('aria-valuenow') > {since}")


def idle(app, seconds=1.0):
    """Share of one processor that the server uses after it had two seconds to notice."""
    time.sleep(2)
    before = app.work
    time.sleep(seconds)
    return (app.work - before) / seconds


def healthy(page):
    assert not page.faults
    assert not page.locator("[data-testid=stException]").count()


def test_s1_s2_an_impatient_visitor(server, visit):
    """Double clicks, a setting changed and the page switched in the middle of a run."""
    page = ended(visit(f"{server}/{QUICK}"))
    button(page, "Run again").dblclick()
    ended(page)
    page.goto(f"{server}/{LONG}")
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


def test_s3_s13_another_page_stops_the_run_and_the_way_back_goes_on_with_it(app, server, visit):
    page = visit(f"{server}/{LONG}")
    goes_on(page, 0)
    page.get_by_test_id("stTopNavSection").get_by_text("Background").click()
    page.get_by_test_id("stTopNavDropdownLink").get_by_text("Glossary").click()
    page.wait_for_url("**/glossary")
    assert idle(app) < 0.1
    page.go_back()
    page.wait_for_url("**/depth**")
    goes_on(page, 1)
    assert progress(page) < 90
    healthy(page)


def test_s4_a_closed_tab_leaves_nothing_running(app, server, visit):
    page = visit(f"{server}/{LONG}")
    assert not page.get_by_text("finished,").count()
    page.close()
    assert idle(app) < 0.1


def test_s5_a_reload_in_the_middle_starts_the_same_settings_anew(app, server, visit):
    page = visit(f"{server}/{LONG}&seed=5")
    goes_on(page, 1)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    goes_on(page, 0)
    assert {url for url in asked if not url.startswith((server, "data:", "blob:"))} == set()  # nobody else is asked
    assert asked
    assert page.get_by_role("spinbutton", name="First seed").input_value() == "5"
    healthy(page)
    page.close()
    assert idle(app) < 0.1  # neither of the two runs is left


def test_s6_two_tabs_and_a_reload_show_the_same_numbers(server, visit):
    first, second = (ended(visit(f"{server}/{QUICK}&seed=3")) for _ in range(2))
    wanted = numbers(first)
    assert numbers(second) == wanted
    first.reload()
    assert numbers(ended(first)) == wanted
    third = ended(visit(f"{server}/{QUICK}&seed=4"))
    assert numbers(third) != wanted
    assert numbers(second) == wanted
    healthy(first)


def test_s7_pages_come_back_when_the_server_was_started_again(app, server, visit):
    slower = QUICK.replace("steps=10&depths=1", "steps=200&depths=8")  # so that one sees it run
    done, under_way = ended(visit(f"{server}/{slower}&seed=3")), visit(f"{server}/{LONG}&seed=8", charts=False)
    wanted = numbers(done)
    button(under_way, "Pause").wait_for()
    chart = under_way.locator(".descent-lab-chart").first
    chart.wait_for(state="attached")
    with app.away():
        chart.scroll_into_view_if_needed()  # and so ask for what draws it
    under_way.locator("[data-test-connection-state=CONNECTED]").wait_for()
    under_way.wait_for_function("() => document.querySelector('.descent-lab-chart')?.frames > 3")
    assert under_way.get_by_role("spinbutton", name="First seed").input_value() == "8"
    paused = button(under_way, "Run")
    for _ in range(10):  # a click before the new session has made its page finds nobody there
        if not paused.is_visible():
            button(under_way, "Pause").click()
            under_way.wait_for_timeout(2000)
    assert paused.is_visible()
    button(done, "Run again").click()  # its session is gone: the page begins anew, with its settings
    done.get_by_text("finished,").wait_for(state="hidden")
    assert numbers(ended(done)) == wanted
    for page in (done, under_way):
        healthy(page)


def test_s8_a_lost_connection_holds_the_run_and_it_goes_on_when_it_is_back(app, server, visit):
    page = visit(f"{server}/{LONG}")
    goes_on(page, 3)
    page.context.set_offline(True)
    assert idle(app) < 0.1
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
    page = visit(f"{server}/{LONG}", width=375, scheme="dark")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
    page.evaluate("() => scrollTo(0, 0)")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.innerText") == "Pause":
            break
    page.keyboard.press("Enter")
    button(page, "Run").wait_for()
    healthy(page)


def downloaded(page, label):
    with page.expect_download() as arriving:
        button(page, label).click()
    return arriving.value.path().read_text()


def test_s16_files_are_whole_however_often_they_are_taken(server, visit):
    page = ended(visit(f"{server}/{QUICK}"))
    first, again = (downloaded(page, "Curves (CSV)") for _ in range(2))
    assert first == again
    rows = pd.read_csv(pd.io.common.StringIO(first))
    everything = json.loads(downloaded(page, "Everything (JSON)"), parse_constant=lambda name: 1 / 0)  # no NaN token
    assert len(rows) == len(everything["curves"]) > 10
    healthy(page)
