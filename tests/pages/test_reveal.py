"""Predict, watch, reveal: what is kept back, what a choice does, and that it stays as it was made."""

import json

import pytest
from visitor import charts, experiment, finish, nobody_watching, opened

from pages.ui.frame.reveal import ASK
from pages.ui.live.session import VEIL

QUICK = {"steps": "20", "samples": "40", "depths": "1,2", "rate": "same"}


def telling(at) -> list[str]:
    """What on the page tells the answer: headline, cards, tables, files."""
    texts = [text.value for text in at.markdown if "Takeaway" in text.value or "-badge[" in text.value]
    return [
        *texts,
        *(table.value for table in at.dataframe),
        *(box.label for box in at.expander if "files" in box.label),
    ]


@pytest.fixture
def veiled():
    with nobody_watching():
        yield finish(opened("depth", veiled=True, **QUICK))


def test_a_finished_run_keeps_its_answer_until_the_visitor_has_said_or_asked(veiled):
    assert not telling(veiled)
    assert charts(veiled)["Does the deepest network still learn?"]["data"]
    veiled.button(key="depth show").click().run()
    assert len(telling(veiled)) >= 5
    assert veiled.button(key="depth show").disabled
    assert not any("expected" in told.value for told in veiled.info)  # nothing was predicted


def test_a_choice_reveals_counts_and_stays(veiled):
    veiled.button_group(key="depth prediction").set_value("kaiming").run()
    (told,) = [told.value for told in veiled.info if "expected" in told.value]
    assert "you expected “Kaiming”" in told
    assert veiled.button_group(key="depth prediction").proto.disabled
    assert experiment(veiled).status == "finished"
    veiled.session_state["depth prediction"] = "xavier"  # as a browser might that does not know yet
    veiled.run()
    assert veiled.session_state["depth choice"] == "kaiming"


def test_a_choice_before_the_end_is_answered_at_the_end():
    with nobody_watching():
        at = opened("depth", veiled=True, **QUICK)
        at.button_group(key="depth prediction").set_value("too close to tell").run()
        finish(at)
    assert any("you expected “too close to tell”" in told.value for told in at.info)


def test_what_is_not_decided_does_not_count_and_what_is_counts_once():
    with nobody_watching():
        at = finish(opened("history", veiled=True))
        assert all(VEIL in str(chart["layout"]["annotations"]) for chart in charts(at).values())
        at.button_group(key="history prediction").set_value("1960s").run()
        first = [told.value for told in at.info if "expected" in told.value]
        at.run()
    assert [told.value for told in at.info if "expected" in told.value] == first
    assert "predicted 1 of 1" in first[0]
    assert all(chart["data"] for chart in charts(at).values())


def test_each_misconception_has_a_veil_of_its_own():
    with nobody_watching():
        at = finish(opened("misconceptions", veiled=True, sections="one_thing,weights_only", steps="20"))
    assert not telling(at)
    assert [told.value for told in at.caption].count(ASK) >= 2
    at.button_group(key="misconceptions weights_only prediction").set_value("neither: the optimizer does").run()
    assert any("we measured “neither: the optimizer does”" in told.value for told in at.info)
    assert any("-badge[" in text for text in telling(at))
    assert [told.value for told in at.caption].count(ASK) == 4


def test_the_chain_rule_is_walked_through_before_its_price_is_told():
    with nobody_watching():
        at = finish(opened("chain_rule", veiled=True))
    assert not telling(at)
    assert "What does a gradient cost?" not in charts(at)
    (sent,) = [json.loads(each.proto.json) for each in at.get("bidi_component") if "motion" in each.proto.json]
    assert len(sent["motion"]["moments"]) == 26
    at.button(key="chain_rule show").click().run()
    assert "What does a gradient cost?" in charts(at)
    assert telling(at)


def test_what_the_settings_leave_open_is_said_in_one_line_until_the_answer_says_it():
    at = opened("optimizers", veiled=True, contestants="adam", dataset="wave", seeds="5", epochs="1", rate="same")
    (said,) = [each.value for each in at.caption if "These settings leave" in each.value]
    assert said.startswith("These settings leave questions open. ")
    assert said.count("Choose ") > 3
    at.session_state["optimizers shown"] = True
    finish(at)
    assert not [each for each in at.caption if "These settings leave" in each.value]
