"""The run controls and the charts without a mouse."""

FOCUSED = "() => document.activeElement.innerText"


def test_a_run_is_paused_and_taken_up_again_by_enter_and_the_focus_stays(server, visit):
    page = visit(f"{server}/depth?steps=1000")
    page.get_by_role("button", name="Pause", exact=True).focus()
    page.wait_for_timeout(1500)  # some redraws
    assert page.evaluate(FOCUSED) == "Pause"
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => ({FOCUSED})() === 'Run'")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => ({FOCUSED})() === 'Pause'")
    assert not page.faults


def test_charts_have_a_name_and_tools_that_the_keyboard_reaches_and_none_that_sends_them_away(server, visit):
    page = visit(f"{server}/optimizers")
    names = page.locator(".descent-lab-chart").evaluate_all("charts => charts.map(c => [c.role, c.ariaLabel])")
    assert all(role == "figure" and name.endswith("?") for role, name in names)
    tools = page.locator(".descent-lab-chart").first.locator(".modebar-btn")
    tools.first.focus()
    told = tools.evaluate_all("tools => tools.map(t => t.ariaLabel || t.dataset.title)")
    assert {"Zoom in", "Reset axes"} <= set(told)
    assert not any("Share" in name for name in told)


def test_the_tools_of_a_chart_are_one_stop_and_the_arrows_go_on(server, visit):
    page = visit(f"{server}/optimizers")
    charts = page.locator(".descent-lab-chart")
    charts.first.locator(".modebar-btn").first.focus()
    told = "() => document.activeElement.ariaLabel || document.activeElement.dataset.title"
    first = page.evaluate(told)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(told) != first
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(told) == first
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('.descent-lab-chart').contains(document.activeElement)") is False
