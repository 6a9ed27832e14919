"""The pages of results beyond the article: each runs, ends and gives its answer, with its first chart in place."""

import pytest

from browser.looks import at_rest, ended, healthy, shown
from browser.test_stage import placed

QUICK = ["double_descent?samples=40&most=4", "restarts?groups=20&steps=400"]
PAGES = [*QUICK, "edge_of_stability", "random_labels", "critical_batch", "saddles"]


@pytest.mark.slow
@pytest.mark.parametrize("address", PAGES)
def test_it_runs_ends_and_shows_its_answer_with_its_chart_in_place(server, visit, address):
    page = visit(f"{server}/{address}", width=1280)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    tops = [placed(page)[0], placed(ended(page))[0], placed(at_rest(shown(page)))[0]]
    assert max(tops) - min(tops) <= 8
    assert placed(page)[1] >= 240
    assert page.locator("[data-testid=stMain] .stMarkdownBadge").first.is_visible()
    for chart in page.locator(".descent-lab-chart").all():
        chart.scroll_into_view_if_needed()
        at_rest(page)
    frames = page.evaluate("() => [...document.querySelectorAll('.descent-lab-chart')].map((chart) => chart.frames)")
    assert len(frames) >= 2
    assert all(frames)
    healthy(page)
