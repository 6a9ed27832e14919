"""The charts without a mouse; the run controls are in test_sessions.py, S15."""

from browser.looks import QUICK

FOCUS = "() => document.activeElement.textContent"
NAME = "document.activeElement.ariaLabel || document.activeElement.dataset.title"


def test_charts_have_names_and_tools_that_are_one_stop_for_tab_and_none_sends_a_chart_away(server, visit):
    page = visit(f"{server}/{QUICK}")
    charts = page.locator(".descent-lab-chart")
    names = charts.evaluate_all("charts => charts.map(c => [c.role, c.ariaLabel])")
    assert all(role == "figure" and name.endswith("?") for role, name in names)
    tools = charts.first.locator(".modebar-btn")
    named = tools.evaluate_all("tools => tools.map(t => t.ariaLabel || t.dataset.title)")
    assert {"Zoom in", "Reset axes"} <= set(named)
    assert not any("Share" in name for name in named)
    tools.first.focus()
    first = page.evaluate(NAME)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(NAME) != first
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(NAME) == first
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('.descent-lab-chart').contains(document.activeElement)") is False


def test_the_first_stop_of_the_tab_key_leads_past_navigation_and_settings(server, visit):
    page = visit(f"{server}/{QUICK}")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "Skip to the experiment"
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS) == "Kaiming"  # the first choice of the prediction
    stops = 0
    while page.evaluate(FOCUS) != "Reset":
        page.keyboard.press("Tab")
        stops += 1
        assert stops <= 8
