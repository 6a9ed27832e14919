"""The script of the live charts by itself, in a tab without the app: which pictures it draws, and in which order."""

from pathlib import Path

import pytest

COMPONENTS = Path(__file__).parents[2] / "pages/ui/live/components"
BOARD = "".join((COMPONENTS / name).read_text() for name in ("plotly.js", "board.js"))
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
        BOARD.replace("const LONGEST_WAIT = 30000", "const LONGEST_WAIT = 100"),
    )
    assert told == [["missing", True]]
