"""The script of the live charts by itself, in a tab without the app: which pictures it draws, and in which order."""

import json
import re

import numpy as np
import pytest

from pages.figures.common.plots import plot
from pages.figures.common.style import NEUTRAL
from pages.figures.common.traces import line
from pages.ui.live.board import SCRIPTS, text

BOARD = text(*SCRIPTS)
# A plotly that only notes what it is to draw, and the message of a board with one chart
NOTED = """
const drawn = []
const plotly = { react: async (chart, data) => { chart.on = () => {}; drawn.push(data[0]?.picture) } }
const { default: show } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))
const parentElement = document.body
const figure = (picture) => JSON.stringify({ data: picture < 2 ? [] : [{ picture }], layout: { picture } })
const message = (picture) => ({ pace: 10, run: 1, progress: picture / 9, moving: picture < 9,
  panels: [{ title: "A chart", caption: "", height: 100, figure: figure(picture) }] })
const pause = (time) => new Promise((over) => setTimeout(over, time))
const settled = async () => {
  const chart = () => document.querySelector(".descent-lab-chart")
  while (!chart()?.frames || chart().pending || chart().drawing || chart().film.length) await pause(10)
  await pause(100) // what is out of date would come now
}
"""


@pytest.fixture
def drawn_by(tab):
    """What the board draws in a story told in JavaScript."""
    page = tab()
    yield lambda story, board=BOARD: page.evaluate(f"async (source) => {{ {NOTED} {story} return drawn }}", board)
    assert not page.faults


def test_charts_show_the_newest_although_what_came_before_it_comes_after_it(drawn_by):
    """As when a whole run is over while Streamlit still loads the board: it calls it for the newest figures first."""
    drawn = drawn_by("""
      globalThis.Plotly = plotly
      show({ data: message(9), parentElement })
      const outOfDate = show({ data: message(5), parentElement })
      outOfDate()
      await settled()
    """)
    assert drawn == [9]


def test_a_run_that_ended_before_the_charts_could_be_drawn_is_shown_from_its_begin(drawn_by):
    drawn = drawn_by("""
      for (let picture = 0; picture < 10; picture++) {
        show({ data: message(picture), parentElement })
        await pause(20)
      }
      globalThis.Plotly = plotly
      await settled()
    """)
    assert drawn == list(range(2, 10))  # the first two have nothing to show


def test_a_browser_without_plotly_says_so_once(drawn_by):
    told = drawn_by(
        """
      const setStateValue = (...told) => drawn.push(told)
      for (const picture of [3, 4, 9]) show({ data: message(picture), parentElement, setStateValue })
      await pause(500)
    """,
        BOARD.replace("const LONGEST_WAIT = 120000", "const LONGEST_WAIT = 100"),
    )
    assert told == [["missing", True]]


def test_a_chart_is_sketched_from_its_numbers_until_plotly_has_come(drawn_by):
    y = np.array([100.0, 10.0, np.nan, 1.0])
    chart = plot([line(np.arange(4.0), y, color="#123456"), line([0, 3], [1, 1])], yaxis={"type": "log"})
    before, after = drawn_by(f"""
      const sketched = message(9)
      sketched.panels[0].figure = {json.dumps(chart.to_json())}
      show({{ data: sketched, parentElement }})
      await pause(300)
      const paths = () => [...document.querySelectorAll(".descent-lab-sketch path:not(.frame)")]
      const before = paths().map((each) => [each.getAttribute("stroke"), each.getAttribute("d")])
      globalThis.Plotly = plotly
      await settled()
      drawn.splice(0, drawn.length, before, paths().length)
    """)
    assert after == 0
    assert [hue for hue, _ in before] == ["#123456", NEUTRAL]
    first, gap = re.fullmatch(r"(M\S+ \S+L\S+ \S+)(M\S+ \S+)", before[0][1]).groups()  # a gap where there is no number
    x, y = np.array(re.findall(r"[ML](\S+) ([\d.]+)", first + gap), float).T
    assert x[1] - x[0] == pytest.approx((x[2] - x[1]) / 2, abs=0.2)
    assert y[1] - y[0] == pytest.approx(y[2] - y[1], abs=0.2)  # a tenth each, on a logarithmic axis
    assert y[2] > y[0]


def test_a_panel_that_comes_between_others_takes_none_of_their_pictures(drawn_by):
    """As after "Show me", when charts that tell the answer take their places."""
    seen = drawn_by("""
      globalThis.Plotly = plotly
      const of = (...keys) => ({ ...message(9), panels: keys.map((key) => ({
        key, title: key, caption: "", height: 100, figure: figure(key.length) })) })
      const heads = () => [...document.querySelectorAll("section")].map((panel) => panel.querySelector("h2").textContent
        + JSON.parse(panel.querySelector(".descent-lab-chart").spec).layout.picture)
      for (const keys of [["first", "last one"], ["first", "middle", "last one"], ["last one", "middle"]]) {
        show({ data: of(...keys), parentElement })
        await pause(50)
        await settled()
        drawn.push(heads())
      }
    """)
    assert [each for each in seen if isinstance(each, list)] == [
        ["first5", "last one8"],
        ["first5", "middle6", "last one8"],
        ["last one8", "middle6"],
    ]


def test_a_picture_has_its_own_title_also_when_one_looks_back(drawn_by):
    seen = drawn_by("""
      globalThis.Plotly = plotly
      const told = (picture) => ({ ...message(picture), told: "told" })
      for (let picture = 2; picture < 10; picture++) {
        const data = told(picture)
        data.panels[0].title = picture < 5 ? "How were the rates chosen?" : "Which one learns?"
        show({ data, parentElement })
        await pause(20)
      }
      await settled()
      const chart = document.querySelector(".descent-lab-chart")
      const title = () => [document.querySelector("section h2").textContent, chart.ariaLabel]
      drawn.push(title())
      const slider = document.querySelector(".descent-lab-replay input")
      slider.value = 3 / 9
      slider.oninput()
      await settled()
      drawn.push(title())
    """)
    titles = [each for each in seen if isinstance(each, list)]
    assert titles == [["Which one learns?"] * 2, ["How were the rates chosen?"] * 2]


def test_a_click_is_told_until_it_is_done_although_the_chart_is_drawn_anew_between_press_and_release(drawn_by):
    told = drawn_by(
        """
      globalThis.Plotly = plotly
      const setTriggerValue = (name, acts) => drawn.push([name, acts.map(({ kind, value }) => [kind, value])])
      const board = (done) => show({ data: { ...message(9), done }, parentElement, setTriggerValue })
      board(0)
      await settled()
      drawn.length = 0
      const chart = document.querySelector(".descent-lab-chart")
      const ground = () => {
        chart.querySelector(".nsewdrag")?.remove()
        const style = "position: fixed; left: 0; top: 0; width: 100px; height: 40px"
        chart.insertAdjacentHTML("beforeend", `<div class="nsewdrag" style="${style}"></div>`)
        return chart.lastChild
      }
      chart.layout = { meta: "clicked", xaxis: { range: [0, 1] }, yaxis: { range: [-1, 1] } }
      const at = (clientX, clientY = 10) => ({ clientX, clientY, bubbles: true })
      const click = (from, to) => {
        ground().dispatchEvent(new PointerEvent("pointerdown", at(from)))
        ground().dispatchEvent(new PointerEvent("pointerup", at(to)))
      }
      click(25, 75) // a drag
      click(25, 25)
      await pause(20)
      board(0) // Python has not heard of it
      await pause(200)
      board(Date.now())
      await pause(20)
      const often = drawn.length
      await pause(500)
      drawn.splice(0, drawn.length, ...new Set(drawn.map(JSON.stringify)), often > 1, drawn.length === often)
    """,
        BOARD.replace("const PATIENCE = 1500", "const PATIENCE = 30"),
    )
    assert told == [json.dumps(["acts", [["click", {"x": 0.25, "y": 0.5}]]], separators=(",", ":")), True, True]
