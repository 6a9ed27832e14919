"""The life of a run in a real browser: open, watch the loss fall, pause, zoom, change a setting, share the link."""

import time
from pathlib import Path

import pytest
from looks import at_rest, button

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("[a-z]*.py"))

FRAMES = "() => [...document.querySelectorAll('.descent-lab-chart')].map(c => c.frames || 0)"
CURVE = """() => {
  const chart = document.querySelector('.descent-lab-chart')
  const lines = (chart._fullData || []).filter(t => t.type === 'scatter' && t.showlegend && t.x)
  return lines.map(t => ({name: t.name, x: [...t.x], y: [...t.y]}))
}"""


def finished(page):
    """The page at the end of the run, once its charts show it."""
    page.get_by_text("finished,").wait_for()
    return at_rest(page)


def test_the_loss_is_seen_to_fall_while_the_network_trains(server, visit):
    page = visit(f"{server}/depth?steps=400&depths=1,5&rate=same")
    page.wait_for_function(f"() => ({CURVE})().some(t => t.y.length > 3)")
    early = page.evaluate(CURVE)
    finished(page)
    late = page.evaluate(CURVE)
    assert len(late[0]["y"]) > len(early[0]["y"]) > 0
    assert min(min(t["y"]) for t in late) < min(min(t["y"]) for t in early)
    assert page.evaluate(FRAMES)[0] > 5
    page.get_by_text("The verdict of this run").wait_for()
    assert not page.faults


def test_a_finished_run_can_be_looked_back_through_and_all_charts_follow(server, visit):
    page = finished(visit(f"{server}/depth?steps=400&depths=1,5&rate=same"))
    slider = page.locator(".descent-lab-replay input")
    drawn = "() => [...document.querySelectorAll('.descent-lab-chart')].map(c => JSON.stringify(c.spec))"
    lines = page.evaluate(CURVE)

    def all_charts():
        for chart in page.locator(".descent-lab-chart").all():  # each is drawn where it is seen
            chart.scroll_into_view_if_needed()
            at_rest(page)
        slider.scroll_into_view_if_needed()
        return page.evaluate(drawn)

    end = all_charts()
    slider.fill("0.3")
    page.wait_for_function(f"() => ({CURVE})()[0].y.length < {len(lines[0]['y'])}")
    early = page.evaluate(CURVE)
    assert lines[0]["y"][: len(early[0]["y"])] == early[0]["y"]
    assert page.get_by_text("30 %").is_visible()
    assert sum(before != now for before, now in zip(end, all_charts(), strict=True)) >= 2
    slider.fill("1")
    page.wait_for_function(f"() => ({CURVE})()[0].y.length == {len(lines[0]['y'])}")
    assert page.evaluate(CURVE) == lines
    button(page, "Run again").click()
    slider.wait_for(state="hidden")
    assert not page.faults


def test_pause_stops_within_moments_and_run_goes_on(server, visit):
    page = visit(f"{server}/depth?steps=1000")
    button(page, "Pause").click()
    button(page, "Run").wait_for()
    held = at_rest(page).evaluate(FRAMES)
    page.wait_for_timeout(1000)
    assert page.evaluate(FRAMES) == held
    button(page, "Run").click()
    page.wait_for_function(f"() => ({FRAMES})()[0] > {held[0]}")
    assert not page.faults


def test_zoom_and_legend_survive_new_frames(server, visit):
    page = visit(f"{server}/depth?steps=1000&rate=same")
    page.wait_for_function(f"() => ({CURVE})().some(t => t.y.length > 2)")
    page.locator(".descent-lab-chart .legendtoggle").first.click()
    chart = "document.querySelector('.descent-lab-chart')"
    page.wait_for_function(f"() => {chart}.data.some(t => t.visible === 'legendonly')")
    page.evaluate(f"() => window.Plotly.relayout({chart}, {{'xaxis.range': [0, 50]}})")
    before = page.evaluate(FRAMES)[0]
    page.wait_for_function(f"() => ({FRAMES})()[0] > {before + 5}")
    assert page.evaluate(f"() => {chart}.layout.xaxis.range") == [0, 50]
    assert page.evaluate(f"() => {chart}.data.some(t => t.visible === 'legendonly')")


def test_the_chart_never_goes_blank_while_it_runs(server, visit):
    page = visit(f"{server}/depth?steps=600&rate=same")
    page.wait_for_function(f"() => ({CURVE})().some(t => t.y.length > 1)")
    blank = page.evaluate("""async () => {
      let blank = 0
      for (let i = 0; i < 60; i++) {
        await new Promise(requestAnimationFrame)
        const lines = document.querySelectorAll('.descent-lab-chart .scatterlayer .js-line')
        if (!lines.length) blank++
      }
      return blank
    }""")
    assert blank == 0


def test_charts_show_the_newest_although_what_came_before_it_comes_after_it(server, visit):
    """As when a whole run is over while Streamlit still loads the board: it calls it for the newest figures first."""
    page = visit(f"{server}/glossary", charts=False)
    board = (ROOT / "pages/ui/live/components/board.js").read_text()
    drawn = page.evaluate(
        """async (source) => {
      const drawn = []
      window.descentLabPlotly = Promise.resolve({
        react: async (chart, data) => { chart.on = () => {}; drawn.push(data[0].picture) }
      })
      const { default: show } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))
      const parentElement = document.querySelector("h1").parentElement
      const message = (picture) => ({ pace: 85, run: 1, progress: picture / 9, moving: picture < 9,
        panels: [{ title: "A chart", caption: "", height: 100, figure: JSON.stringify({ data: [{ picture }] }) }] })
      show({ data: message(9), parentElement })
      const outOfDate = show({ data: message(5), parentElement })
      outOfDate()
      await new Promise((over) => setTimeout(over, 1000))
      return drawn
    }""",
        board,
    )
    assert drawn == [9]


def test_a_run_that_ended_before_the_charts_could_be_drawn_is_shown_from_its_begin(server, visit):
    page = visit(f"{server}/glossary", charts=False)
    board = (ROOT / "pages/ui/live/components/board.js").read_text()
    drawn = page.evaluate(
        """async (source) => {
      const drawn = []
      let loaded
      window.descentLabPlotly = new Promise((over) => { loaded = () => over({
        react: async (chart, data) => { chart.on = () => {}; drawn.push(data[0]?.picture) }
      }) })
      const { default: show } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))
      const parentElement = document.querySelector("h1").parentElement
      const figure = (picture) => JSON.stringify({ data: picture < 2 ? [] : [{ picture }], layout: { picture } })
      const message = (picture, moving) => ({ pace: 10, run: 1, progress: picture / 9, moving,
        panels: [{ title: "A chart", caption: "", height: 100, figure: figure(picture) }] })
      for (let picture = 0; picture < 10; picture++) {
        show({ data: message(picture, picture < 9), parentElement })
        await new Promise((over) => setTimeout(over, 50))
      }
      loaded()
      await new Promise((over) => setTimeout(over, 1000))
      return drawn
    }""",
        board,
    )
    assert drawn == list(range(2, 10))  # the first two have nothing to show


def test_a_link_in_another_browser_gives_the_same_curve(server, visit):
    page = visit(f"{server}/depth?steps=60&seed=11&depths=1,5")
    first = finished(page).evaluate(CURVE)
    address = page.evaluate("() => location.href")
    assert "seed=11" in address
    other = finished(visit(address))
    assert other.evaluate(CURVE) == first


def test_a_changed_setting_starts_a_new_run_with_it(server, visit):
    page = visit(f"{server}/depth?steps=1000&depths=1,5")
    seed = page.get_by_role("spinbutton", name="First seed")
    seed.fill("5")
    seed.press("Enter")
    page.wait_for_url("**seed=5**")
    assert button(page, "Pause").is_visible()
    assert not page.faults


def test_clicking_twice_does_what_clicking_once_does(server, visit):
    page = visit(f"{server}/depth?steps=1000")
    button(page, "Pause").dblclick()
    page.wait_for_timeout(500)
    held = at_rest(page).evaluate(FRAMES)
    page.wait_for_timeout(700)
    assert page.evaluate(FRAMES) == held or button(page, "Pause").is_visible()
    assert not page.faults


@pytest.mark.parametrize("name", PAGES)
def test_each_page_opens_by_its_own_address_and_fits_a_phone(server, visit, name):
    charts = "Panel(" in (ROOT / f"pages/{name}.py").read_text()
    page = visit(f"{server}/{name}", width=390, scheme="dark", charts=charts)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert page.locator("h1").inner_text()
    assert not page.faults


def test_a_deep_link_on_a_fresh_server_comes_with_the_navigation(fresh_server, visit):
    page = visit(f"{fresh_server}/depth")
    page.get_by_test_id("stTopNavSection").get_by_text("Training").wait_for()


def turn_to(page, title: str):
    """Choose a page from the menu."""
    page.get_by_test_id("stTopNavSection").get_by_text("Training").click()
    page.get_by_test_id("stTopNavDropdownLink").get_by_text(title).click()


def test_leaving_a_page_stops_its_work(server, visit):
    page = visit(f"{server}/depth?steps=1000")
    turn_to(page, "Activation functions")
    page.wait_for_url("**/activations")
    turn_to(page, "Depth and convergence")
    page.wait_for_url("**/depth**")
    page.wait_for_function("() => [...document.querySelectorAll('.descent-lab-chart')].some(c => c.frames > 0)")
    progress = page.get_by_test_id("stProgress").inner_text()
    time.sleep(0.5)
    assert progress
    assert button(page, "Pause").is_visible()  # it goes on where it was left, and did not finish behind our back
