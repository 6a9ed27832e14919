"""Exchanging a half on the page of the question: what is drawn, what is said, and what does not go together."""

import json

import numpy as np
import pytest
from visitor import experiment, nobody_watching, opened

from core.studies.question.exchange import SOURCES, USES
from core.studies.question.matrix import CELLS
from pages.ui.frame.reveal import ASK


def shown(at):
    """What the drawing is sent."""
    (sent,) = [json.loads(each.proto.json) for each in at.get("bidi_component") if "motion" in each.proto.json]
    return sent


def exchange(at, block, name):
    at.button_group(key=f"question {block}").set_value(name).run()
    assert not at.exception
    return shown(at)


def said(at):
    return [text.value for text in at.markdown if "You exchanged" in text.value]


@pytest.fixture
def page():
    with nobody_watching():
        yield opened("question")


def test_another_source_makes_the_same_steps_and_another_rule_makes_others_of_the_same_gradient(page):
    first = shown(page)
    assert first["motion"]["source"]["name"] == "backpropagation"
    assert not said(page)
    source = exchange(page, "source", "central_differences")
    assert source["changed"] == "source"
    weights = [[each["before"] for each in sent["motion"]["updates"]] for sent in (first, source)]
    np.testing.assert_allclose(*weights, atol=1e-5)
    assert source["motion"]["updates"][0]["deltas"] == []
    assert said(page) == [
        "You exchanged the source. The first gradient is the same but for rounding; the first step is the same but for "
        "rounding."
    ]
    use = exchange(page, "use", "adam")
    assert use["changed"] == "use"
    assert use["motion"]["updates"][0]["gradients"] == source["motion"]["updates"][0]["gradients"]
    assert use["motion"]["updates"][0]["after"] != source["motion"]["updates"][0]["after"]
    assert "The first gradient is the same to the last bit; the first step is" in said(page)[0]


def test_what_was_exchanged_is_said_only_to_those_who_have_predicted():
    with nobody_watching():
        at = opened("question", veiled=True)
        exchange(at, "source", "spsa")
    assert not said(at)
    assert ASK in [text.value for text in at.markdown]


def test_a_pair_that_does_not_go_together_gets_a_sentence_and_the_drawing_stays(page):
    exchange(page, "source", "spsa")
    kept = shown(page)["motion"]
    assert exchange(page, "use", "lbfgs")["motion"] == kept
    (warning,) = page.warning
    assert warning.value.startswith("L-BFGS finds no curvature in noise, so it does not go together with SPSA. ")
    exchange(page, "use", "adam")
    assert not page.warning
    assert exchange(page, "use", "nothing")["motion"]["use"]["name"] == "nothing"


def test_a_link_has_the_pair_and_an_exchange_leaves_the_run_alone(page):
    run = experiment(page).result
    exchange(page, "use", "adam")
    exchange(page, "source", "forward_mode")
    assert page.query_params["pair"] == "forward_mode-adam"
    assert experiment(page).result is run
    again = shown(opened("question", pair="forward_mode-adam"))["motion"]
    assert again == shown(page)["motion"]
    assert (again["source"]["name"], again["use"]["name"]) == ("forward mode", "Adam")


@pytest.mark.parametrize("pair", ["spsa-lbfgs", "backpropagation", "x" * 5000])
def test_a_link_with_a_pair_that_there_is_not_gets_a_sentence_and_the_default(pair):
    at = opened("question", pair=pair)
    (notice,) = at.warning
    assert notice.value.startswith("pair ")
    assert notice.value.endswith("the default is used instead.")
    assert shown(at)["motion"]["use"]["name"] == "SGD"


@pytest.mark.parametrize("source", SOURCES)
def test_every_pair_is_drawn_or_refused(page, source):
    if source != "backpropagation":
        exchange(page, "source", source)
    for use in [name for name in USES if name != "sgd"]:
        exchange(page, "use", use)
        assert bool(page.warning) == ((source, use) not in CELLS)


def test_the_misconception_about_biases_shows_which_half_moves_them():
    with nobody_watching():
        motion = shown(opened("misconceptions", sections="weights_only"))["motion"]
    assert (motion["source"]["name"], motion["use"]["name"]) == ("backpropagation", "Adam")
    biases = [place for place, (source, _) in enumerate(motion["links"]) if source.startswith("1")]
    update = motion["updates"][0]
    assert biases
    assert all(update["gradients"][place] for place in biases)
    assert all(update["before"][place] != update["after"][place] for place in biases)
