"""Everyone can use it: axe-core finds nothing serious, a chart can be read as text, zoom keeps all in reach."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.looks import QUICK, at_rest, button, ended, halted, healthy, shown

PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "pages").glob("[a-z]*.py"))
SERIOUS = ("serious", "critical")
STREAMLIT = {  # rules that its own elements break, with the element
    "aria-allowed-attr": "stExpander",
}


def faults(page) -> list[str]:
    """What axe-core calls serious or critical, with the element, Streamlit's own left out."""
    found = Axe().run(page).response["violations"]
    nodes = [(rule["id"], node["html"]) for rule in found if rule["impact"] in SERIOUS for node in rule["nodes"]]
    return [f"{name}: {html}" for name, html in nodes if STREAMLIT.get(name, "no element") not in html]


@pytest.mark.slow  # 27 pages, 3 min
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_and_at_200_percent_everything_is_in_reach(server, visit, name):
    page = visit(f"{server}/{name}", width=1280, charts=False)
    if page.locator(".st-key-run-controls").count():
        halted(page)
    at_rest(page)
    if button(page, "Show me").count():
        button(page, "Show me").first.click()
        at_rest(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not faults(at_rest(page)), scheme
    page.set_viewport_size({"width": 640, "height": 360})  # as 1280x720 at 200 %
    at_rest(page)
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"() => {main}.scrollWidth - {main}.clientWidth") <= 1
    for control in page.locator(".st-key-run-controls button").all():
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 640
        assert box["y"] + box["height"] <= 360
    healthy(page)


@pytest.mark.slow
def test_axe_sees_a_fault_that_is_there(server, visit):
    page = at_rest(visit(f"{server}/{QUICK}"))
    page.evaluate("() => document.querySelector('h1').innerHTML = '<span style=\"color: #eee\">faint</span>'")
    assert any(fault.startswith("color-contrast: <span") for fault in faults(page))


LINES = """() => document.querySelector('.descent-lab-chart')._fullData
  .filter(t => t.hoverinfo !== 'skip' && t.visible !== false)
  .map(t => [t.name, t.x.length, +t.y[t.y.length - 1].toPrecision(4)])"""


@pytest.mark.slow
def test_a_chart_tells_what_was_found_and_its_numbers_stand_below_it(server, visit):
    page = at_rest(shown(ended(visit(f"{server}/{QUICK}"))))
    chart = page.locator(".descent-lab-chart").first
    text = page.locator(f"#{chart.get_attribute('aria-describedby')}").text_content()
    caption = page.locator(".descent-lab-board p").first.inner_text()
    found, values, _ = text.removeprefix(caption).partition("Last values: ")
    assert values
    assert found.strip() in page.get_by_test_id("stMain").inner_text()
    page.locator(".descent-lab-numbers summary").first.click()
    row = page.locator(".descent-lab-numbers table").first.locator("tbody tr").last
    row.wait_for()
    cells = row.locator("td").all_inner_texts()
    lines = page.evaluate(LINES)
    assert lines
    for name, _, last in lines:
        assert f"{name}: {last:g}" in text.replace("  ", " ")
        assert f"{last:g}" in cells
    healthy(page)
