"""The misconceptions: the first is asked and drawn on one screen, and each has an answer of its own."""

import pytest

from browser.looks import at_rest, ended, healthy, paused
from browser.test_stage import placed


@pytest.mark.slow
def test_the_first_belief_its_question_and_its_chart_share_the_screen_and_stay_in_place(server, visit):
    page = visit(f"{server}/misconceptions", width=1280)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    moments = [placed(page), placed(at_rest(paused(page)))]
    page.get_by_role("button", name="Run", exact=True).click()
    moments.append(placed(ended(page)))
    page.get_by_role("button", name="Show me").first.click()
    page.get_by_text("Takeaway:").wait_for()
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    moments.append(placed(at_rest(page)))
    tops, views = zip(*moments, strict=True)
    assert max(tops) - min(tops) <= 8
    assert min(views) >= 240
    asked = page.get_by_text("Is backpropagation the same thing as gradient descent?").bounding_box()
    assert 0 <= page.get_by_role("heading", level=1).bounding_box()["y"] < asked["y"] < min(tops)
    assert page.get_by_text("Takeaway:").count() == 1  # the other four are still to be said or asked
    healthy(page)
