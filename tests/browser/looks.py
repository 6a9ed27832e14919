"""How a test finds its way on a page in the browser, and how it waits for what it wants to see."""

from contextlib import suppress

from playwright.sync_api import TimeoutError

QUICK = "depth?steps=10&depths=1&initializers=kaiming&rate=same"  # over as soon as it can be
LONG = "depth?steps=1000"  # about the most that starts by itself

FRAMES = "() => [...document.querySelectorAll('.descent-lab-chart')].map(c => c.frames || 0)"
DRAWN = "() => [...document.querySelectorAll('.descent-lab-chart')].map(c => JSON.stringify(c.spec))"
CURVE = """() => {
  const chart = document.querySelector('.descent-lab-chart')
  const lines = (chart._fullData || []).filter(t => t.type === 'scatter' && t.showlegend && t.x)
  return lines.map(t => ({name: t.name, x: [...t.x], y: [...t.y]}))
}"""
BAR = "document.querySelector('.descent-lab-strip progress')"
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


def ended(page):
    """The page at the end of the run."""
    page.get_by_text("finished,").wait_for(timeout=200_000)  # a whole experiment, also beside other work
    button(page, "Run again").wait_for()
    return page


def paused(page):
    """The page after a press of Pause."""
    button(page, "Pause").click()
    button(page, "Run").wait_for()
    return page


def halted(page) -> bool:
    """Press Pause of the run; false where it was over before the press came."""
    controls = page.locator(".st-key-run-controls")
    button(controls, "Pause").or_(button(controls, "Run again")).first.wait_for()
    try:
        button(controls, "Pause").click(timeout=10_000)
    except TimeoutError:
        button(controls, "Run again").wait_for()
        return False
    button(controls, "Pause").wait_for(state="hidden")
    return button(controls, "Run").is_visible()


def chosen(page, box, name: str) -> None:
    """Choose an option of a list, opened again where a new picture of the page closed it."""
    option = page.get_by_role("option", name=name, exact=True)
    for patience in (2_000, 5_000, 20_000):
        box.focus()  # a click that scrolls may open nothing
        page.keyboard.press("ArrowDown")
        with suppress(TimeoutError):
            return option.click(force=True, timeout=patience)  # the list moves with the page
    raise AssertionError(f"no list with {name!r}")


def first_seed(page):
    """The control of the first seed, in the box that holds what all experiments ask."""
    field = page.get_by_role("spinbutton", name="First seed")
    if not field.is_visible():
        page.get_by_text("Seeds and learning rate").click()
    field.wait_for()
    return field


def shown(page):
    """The page with its answer."""
    page.get_by_role("button", name="Show me").click()
    page.get_by_text("Takeaway").wait_for()
    return page


def progress(page) -> int:
    """Percent of the run that the bar shows, read when it is there."""
    return int(page.locator(".descent-lab-strip progress").first.get_attribute("value"))


def goes_on(page, since: int) -> None:
    """The run moves on from where it was, and does not begin again."""
    page.wait_for_function(f"() => {BAR} && {BAR}.value > {since}")


def turn_to(page, group: str, title: str, address: str) -> None:
    """Choose a page from the menu."""
    page.get_by_test_id("stTopNavSection").get_by_text(group).click()
    page.get_by_test_id("stTopNavDropdownLink").get_by_text(title).click()
    page.wait_for_url(f"**/{address}**")


def healthy(page) -> None:
    assert not page.faults
    assert not page.locator("[data-testid=stException]").count()
