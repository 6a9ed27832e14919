"""The surfaces that a visitor moves: a ball dragged along its bowl, one more start, paths that grow."""

import re

import pytest

from browser.looks import at_rest, halted, healthy

SAID = ".descent-lab-ball p"
CURVES = """() => [...document.querySelectorAll('.descent-lab-chart')]
  .find((chart) => /start 1/.test(chart.newest))?._fullData?.length"""
OFFERED = """() => [...document.querySelectorAll('button')]
  .some((button) => /another start/.test(button.innerText) && !button.disabled)"""


def dragged_to(page, x: float) -> str:
    """Drag the ball so that its first step lands at x, in units of its start; returns what is said of that rate."""
    box = page.locator(".descent-lab-ball svg").bounding_box()
    middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle + 0.2 * box["width"], height)
    page.mouse.down()
    page.mouse.move(middle + x / 1.45 * box["width"] / 2, height, steps=6)
    page.mouse.up()
    return page.locator(SAID).inner_text()


def test_the_ball_is_dragged_with_the_rate_and_sticks_to_the_edge(server, visit):
    page = visit(f"{server}/learning_rate?steps=20&decades=1&condition=20", width=1280, charts=False)
    page.locator(SAID).wait_for()
    halted(page)
    at_rest(page)
    assert "on one side" in dragged_to(page, 0.5)
    found = re.match(r"Rate ([.0-9]+), ([.0-9]+) of the edge", page.locator(SAID).inner_text())
    rate, share = map(float, found.groups())
    assert rate == pytest.approx(share * 2 / 20, rel=1e-2)
    assert 1 - 2 * share == pytest.approx(0.5, abs=0.03)  # where the first step lands
    assert "overshoots the bottom, and still ends lower" in dragged_to(page, -0.6)
    assert "Rate 0.1, 1 of the edge 2/L. This is the edge" in dragged_to(page, -1.03)  # near enough: it sticks
    assert page.locator(".descent-lab-ball").get_attribute("data-side") == "at"
    assert "leaves the bowl" in dragged_to(page, -1.3)
    slider = page.get_by_role("slider", name="Learning rate", exact=True).last
    slider.focus()
    slider.press("Home")
    assert "on one side" in page.locator(SAID).inner_text()
    healthy(page)


def test_another_start_is_tried_and_drawn_beside_those_before(server, visit):
    page = visit(f"{server}/minima?trials=10&steps=100&restarts=2&seeds=5&widths=2&depths=1", width=1280)
    page.set_viewport_size({"width": 1280, "height": 720})
    again = page.get_by_role("button", name="Try another start")
    for count in (1, 2):
        page.wait_for_function(OFFERED)
        again.click()
        ends = rf"Start {count} (solves XOR|ends at a loss of .*)\. So far [0-2] of {count} solve it"
        page.get_by_text(re.compile(ends)).wait_for()
    for seen in (again, page.get_by_text("Your own starts")):
        box = seen.bounding_box()
        assert box["y"] + box["height"] < 720  # without scrolling
    page.wait_for_function(f"() => ({CURVES})() === 2")
    healthy(page)
