"""How a test finds its way on a page in the browser."""

STILL = """() => {
  const charts = [...document.querySelectorAll('.descent-lab-chart')].filter((chart) => chart.inView)
  const still = document.querySelector('[data-test-script-state=notRunning]')
    && charts.every((chart) => chart.frames && !chart.pending && !chart.drawing && !chart.film.length)
  window.stillSince = still ? window.stillSince || Date.now() : 0
  return still && Date.now() - window.stillSince > 500
}"""


def button(page, label: str):
    return page.get_by_role("button", name=label, exact=True)


def at_rest(page):
    """The page once nothing has moved on it for half a second: neither a run of the script nor a chart in view."""
    page.evaluate("() => { window.stillSince = 0 }")
    page.wait_for_function(STILL)
    return page
