"""One screen: question, prediction, controls and stage share it and stay in place; on a phone a swipe scrolls."""

import pytest

from browser.looks import QUICK, at_rest, button, ended, halted, healthy, paused

STAGE = "() => document.querySelector('.st-key-stage .descent-lab-chart').getBoundingClientRect()"
RACES = ["depth?steps=40&depths=1,10&initializers=kaiming&rate=same"]
MORE = [
    "depth",
    "optimizers",
    "regularization",
    "algorithms",
    "learning_rate",
    "batch_size",
    "activations",
    "complexity",
    "minima",
    "domains",
    "sweeps",
]
RACES += [pytest.param(name, marks=pytest.mark.slow) for name in MORE]  # .ci/run tries them all


def placed(page) -> tuple[float, float]:
    """Top of the stage's chart, and how much of it is in view."""
    box = page.evaluate(f"() => {{ const b = ({STAGE})(); return [b.top, b.bottom, window.innerHeight] }}")
    return box[0], min(box[1], box[2]) - max(box[0], 0)


@pytest.mark.parametrize("name", RACES)
def test_the_stage_is_in_view_with_its_question_and_does_not_move(server, visit, name):
    page = visit(f"{server}/{name}", width=1280)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    moments = [placed(page)]
    if halted(page):
        moments.append(placed(at_rest(page)))
        button(page, "Run").click()
    moments.append(placed(ended(page)))
    page.get_by_role("button", name="Show me").click()
    page.get_by_text("Takeaway").wait_for()
    moments.append(placed(at_rest(page)))
    tops, views = zip(*moments, strict=True)
    assert max(tops) - min(tops) <= 8
    assert min(views) >= 240
    assert page.get_by_role("heading", level=1).bounding_box()["y"] >= 0
    assert page.get_by_role("button", name="Reset", exact=True).bounding_box()["y"] < min(tops)
    healthy(page)


def test_a_swipe_over_a_chart_scrolls_the_page(server, chromium):
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.goto(f"{server}/{QUICK}")
    ended(page)
    page.wait_for_function("() => document.querySelector('.descent-lab-chart')?.frames > 0")
    box = page.locator(".descent-lab-chart").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, range_before = placed(page)[0], page.evaluate(RANGE)
    touch = page.context.new_cdp_session(page)
    for kind, moved in [("touchStart", 0), *(("touchMove", 20 * k) for k in range(10)), ("touchEnd", None)]:
        points = [] if moved is None else [{"x": x, "y": y - moved}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(20)
    page.wait_for_timeout(500)
    assert placed(page)[0] < before - 100
    assert page.evaluate(RANGE) == range_before
    assert page.locator(".descent-lab-chart .modebar-btn").count() == 0
    phone.close()


BEFORE_THE_BOARD = """() => {
  document.documentElement.style.removeProperty("--descent-lab-paper")
  return getComputedStyle(document.querySelector(".st-key-run-controls")).backgroundColor
}"""
RANGE = "() => JSON.stringify(document.querySelector('.descent-lab-chart')._fullLayout.xaxis.range)"


def test_on_a_phone_the_run_controls_stay_at_the_bottom_and_all_pages_are_in_the_drawer(server, chromium):
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.goto(f"{server}/{QUICK}")
    ended(page)
    for _ in range(2):
        box = page.get_by_role("button", name="Run again").bounding_box()
        assert 700 < box["y"] < 844 - box["height"]
        page.locator(".descent-lab-chart").last.scroll_into_view_if_needed()
    assert page.evaluate(BEFORE_THE_BOARD) != "rgba(0, 0, 0, 0)"
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Glossary").click()
    page.wait_for_url("**/glossary")
    phone.close()


def test_the_first_chart_is_sketched_where_it_will_be_although_plotly_has_not_come(server, visit, chromium):
    paused(visit(f"{server}/activations"))  # so that the server has read its modules and data
    page = chromium.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.route("**/PlotlyChart*", lambda route: None)  # never answered
    page.goto(f"{server}/activations")
    page.locator(".descent-lab-first path:not(.frame)").first.wait_for(state="attached")
    first = page.evaluate("() => document.querySelector('.descent-lab-first').style.height")
    page.locator(".descent-lab-chart path:not(.frame)").first.wait_for()  # the board goes on with it
    assert first == page.evaluate("() => document.querySelector('.descent-lab-chart').style.height")
    assert not page.locator(".descent-lab-first").is_visible()


def test_a_click_on_the_map_starts_there_and_goes_on_with_the_run(server, visit):
    page = paused(visit(f"{server}/algorithms"))
    page.wait_for_function("() => document.querySelector('.st-key-stage .descent-lab-chart').frames > 0")
    strip = page.locator(".descent-lab-strip p")
    strip.filter(has_text="paused").wait_for()
    told = strip.inner_text()
    map_ = page.locator(".st-key-stage .descent-lab-chart .nsewdrag").first.bounding_box()
    page.mouse.move(map_["x"] + 0.75 * map_["width"], map_["y"] + 0.5 * map_["height"])
    page.mouse.click(map_["x"] + 0.75 * map_["width"], map_["y"] + 0.5 * map_["height"])
    page.wait_for_url("**across=*")
    page.get_by_label("Start, across").first.wait_for()
    chosen = float(page.get_by_role("slider", name="Start, across").get_attribute("value"))
    assert 60 < chosen < 90
    assert f"across={chosen:g}" in page.url.replace(".0", "")
    assert strip.inner_text() == told
    healthy(page)
