"""The life of a run in a real browser: open, watch the loss fall, look back, pause, zoom, on a desk and on a phone."""

import pytest

from browser.looks import CURVE, DRAWN, FRAMES, at_rest, button, ended, healthy, paused, shown

RACE = "depth?steps=1000&depths=10,30&rate=same"  # trains from the first moment on
# One page of each kind; a race is in test_sessions.py, S15
KINDS = {
    "misconceptions": "several races",
    "history": "done at once",
    "glossary": "text",
    "playground": "playground",
    "trial": "trial",
    "sweeps": "sweeps",
}


@pytest.mark.slow
def test_the_loss_falls_while_it_trains_and_one_can_look_back_through_the_run(server, visit):
    page = visit(f"{server}/depth?steps=400&depths=1,5&rate=same")
    page.get_by_text("racing").wait_for()  # before that it draws trials of the rate
    grown = "c.length === 4 && c.some(t => t.y.length > 3) && c.every(t => t.y.every(Number.isFinite)) && c"
    seen = page.wait_for_function(f"() => {{ const c = ({CURVE})(); return {grown} }}")
    early = seen.json_value()
    at_rest(ended(page))
    lines = page.evaluate(CURVE)
    assert len(lines[0]["y"]) > len(early[0]["y"]) > 0
    assert min(min(t["y"]) for t in lines) < min(min(t["y"]) for t in early)
    assert page.evaluate(FRAMES)[0] > 5
    shown(page)

    page.set_viewport_size({"width": 1440, "height": 3000})  # charts are drawn where they are seen: all of them
    page.wait_for_function(f"() => ({FRAMES})().every(frames => frames > 0)")
    end = at_rest(page).evaluate(DRAWN)
    slider = page.locator(".descent-lab-replay input")
    slider.fill("0.8")
    page.wait_for_function(f"() => ({CURVE})()[0].y.length < {len(lines[0]['y'])}")
    past = at_rest(page).evaluate(CURVE)
    assert lines[0]["y"][: len(past[0]["y"])] == past[0]["y"]
    assert page.get_by_text("80 %").is_visible()
    assert sum(before != now for before, now in zip(end, page.evaluate(DRAWN), strict=True)) >= 2
    slider.fill("1")
    page.wait_for_function(f"() => ({CURVE})()[0].y.length == {len(lines[0]['y'])}")
    assert at_rest(page).evaluate(CURVE) == lines
    button(page, "Run again").click()
    slider.wait_for(state="hidden")
    healthy(page)


def test_pause_holds_every_chart_and_zoom_and_legend_survive_what_comes_after_it(server, visit):
    page = visit(f"{server}/{RACE}")
    chart = "document.querySelector('.descent-lab-chart')"
    page.wait_for_function(f"() => {chart}._fullLayout?.xaxis.title.text === 'updates'")  # no longer the start
    page.wait_for_function(f"() => ({CURVE})().some(t => t.y.length > 2)")
    held = at_rest(paused(page)).evaluate(DRAWN)
    page.locator(".descent-lab-chart .legendtoggle").first.click()
    page.wait_for_function(f"() => {chart}.data.some(t => t.visible === 'legendonly')")
    page.evaluate(f"() => Plotly.relayout({chart}, {{'xaxis.range': [0, 50]}})")
    after = at_rest(page).evaluate(DRAWN)
    assert [now for now, before in zip(after, held, strict=True) if before] == [each for each in held if each]
    drawn = page.evaluate(FRAMES)[0]
    button(page, "Run").click()
    blank = page.evaluate(f"""async () => {{
      const chart = {chart}
      let blank = 0
      while (chart.frames <= {drawn + 5}) {{
        await new Promise(requestAnimationFrame)
        if (!chart.querySelector('.scatterlayer .js-line')) blank++
      }}
      return blank
    }}""")
    assert blank == 0
    assert page.evaluate(f"() => {chart}.layout.xaxis.range") == [0, 50]
    assert page.evaluate(f"() => {chart}.data.some(t => t.visible === 'legendonly')")
    healthy(page)


@pytest.mark.parametrize("name", KINDS)
def test_a_page_of_each_kind_fits_a_phone(server, visit, name):
    page = visit(f"{server}/{name}", width=390, scheme="dark", charts=KINDS[name] != "text")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert page.locator("h1").inner_text()
    healthy(page)


def test_a_deep_link_on_a_fresh_server_comes_with_the_navigation(fresh_server, visit):
    page = visit(f"{fresh_server}/depth")
    page.get_by_test_id("stTopNavSection").get_by_text("Training").wait_for()
