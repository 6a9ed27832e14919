"""What a visitor does on the drawing, without a browser: each act changes the run, and a bad one is one sentence."""

import base64
from itertools import count

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_playground_page import SMALL, opened, press
from visitor import ROOT, charts, experiment, finish, nobody_watching

from pages.ui.playground import bench
from pages.ui.playground.bench import ACTS

MOMENTS = count(1)
NETWORK = "What does each unit compute, and what does the network predict?"


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Acts that wait for the drawing, which here is a stand-in for the component in the browser."""
    waiting = []

    def drawing(key, data, on_acts_change):
        if waiting:
            st.session_state[key] = {"acts": 5 if waiting == [5] else [*waiting]}
            on_acts_change()
            waiting.clear()

    monkeypatch.setattr(bench, "component", lambda *files: drawing)
    return waiting


def does(at: AppTest, asked: list, kind: str, value: object) -> list[str]:
    """Act on the drawing and draw the page after it; returns what was refused."""
    asked.append({"kind": kind, "value": value, "at": next(MOMENTS)})
    at.run()
    assert not at.exception
    assert not asked
    said = [each.value for each in at.toast]
    at.run()
    assert not at.exception
    return said


def test_data_units_and_inputs_are_switched_on_the_drawing(asked):
    at = opened(**SMALL)
    does(at, asked, "depth", 1)
    assert experiment(at).settings.hidden == (3, 2, 4)
    assert experiment(at).status == "paused"
    does(at, asked, "units", {"layer": 2, "by": 3})
    assert experiment(at).settings.hidden == (3, 5, 4)
    does(at, asked, "input", "x1_squared")
    assert at.query_params["inputs"] == "x1,x2,x1_squared"
    does(at, asked, "input", "x2")
    assert experiment(at).result.trainer.sizes[0] == 2
    assert at.query_params["inputs"] == "x1,x1_squared"
    does(at, asked, "dataset", "xor")
    assert experiment(at).result.source.name == "xor"
    for _ in range(3):
        does(at, asked, "depth", -1)
    assert experiment(at).settings.hidden == ()


def test_acts_in_quick_succession_are_all_done_once_and_in_order(asked):
    at = opened(**SMALL)
    first, second = ({"kind": "units", "value": {"layer": 2, "by": by}, "at": next(MOMENTS)} for by in (4, -1))
    for together in ([first], [first, second], [second]):  # as sent again until the browser knows that they were done
        asked.extend(together)
        at.run()
        assert not at.exception
    assert experiment(at).settings.hidden == (3, 5)


def test_other_data_than_pictures_get_dense_layers_again(asked):
    at = opened(dataset="digits", samples="100", layers="conv-8-3,max_pool-2,flatten")
    does(at, asked, "dataset", "circles")
    assert experiment(at).settings.layers == ()
    assert experiment(at).result.source.name == "circles"


def test_a_layer_that_is_added_takes_the_activation_of_the_last(asked):
    at = opened(**SMALL | {"activations": "relu,sigmoid"})
    does(at, asked, "depth", 1)
    assert experiment(at).settings.activations == ("relu", "sigmoid", "sigmoid")
    for _ in range(2):
        does(at, asked, "depth", -1)
    assert experiment(at).settings.activations == ("relu",)


def test_a_link_and_a_bias_are_edited_and_frozen_and_the_run_goes_on(asked):
    at = opened(**SMALL)
    press(at, "epoch")
    run = experiment(at).result
    does(at, asked, "weight", {"layer": 0, "unit": 1, "source": 0, "value": "2.5"})
    does(at, asked, "freeze", {"layer": 0, "unit": 1, "source": 0, "on": True})
    does(at, asked, "weight", {"layer": 2, "unit": 0, "source": None, "value": "-1"})
    press(at, "epoch")
    layers = run.network.unpack(run.params)
    assert experiment(at).result is run
    assert layers[0].W[1, 0] == 2.5
    assert layers[2].b[0] != -1
    does(at, asked, "freeze", {"layer": 0, "unit": 1, "source": 0, "on": False})
    press(at, "epoch")
    assert layers[0].W[1, 0] != 2.5


def test_a_layer_is_frozen_and_unfrozen_at_once(asked):
    at = opened(**SMALL)
    run = experiment(at).result
    does(at, asked, "freeze_layer", {"layer": 0, "on": True})
    assert run.frozen[:9].all()
    assert not run.frozen[9:].any()
    before = run.params.copy()
    press(at, "epoch")
    assert ((run.params == before) == run.frozen).all()
    does(at, asked, "freeze_layer", {"layer": 0, "on": False})
    assert not run.frozen.any()


def test_a_unit_that_is_looked_at_is_sent_with_all_its_weights_drawn_or_not_and_is_explained(asked):
    at = opened(**SMALL | {"hidden": "12,2"})
    run = experiment(at).result
    does(at, asked, "hold", {"layer": 0, "unit": 11})
    held = charts(at)[NETWORK]["held"]
    assert (held["layer"], held["unit"], held["units"], held["sources"]) == (0, 11, 12, ["x₁", "x₂"])
    W, b = run.network.unpack(run.params)[0]
    sent = np.frombuffer(base64.b64decode(held["weights"]["bdata"]), held["weights"]["dtype"])
    assert sent == pytest.approx([*W[11], b[11]], rel=1e-6)
    assert any("Unit 12 of hidden layer 1." in each.value for each in at.markdown)
    does(at, asked, "weight", {"layer": 0, "unit": 11, "source": 1, "value": "3"})
    assert W[11, 1] == 3
    does(at, asked, "units", {"layer": 1, "by": -9})  # which takes the unit away
    assert charts(at)[NETWORK]["held"] is None
    assert any("Unit 1 of hidden layer 1." in each.value for each in at.markdown)
    does(at, asked, "hold", {"layer": 0, "unit": 1})
    does(at, asked, "hold", None)
    assert charts(at)[NETWORK]["held"] is None


def test_what_is_no_act_is_let_go(asked):
    at = opened(**SMALL)
    run = experiment(at).result
    for rubbish in ("rubbish", 5):
        asked.append(rubbish)
        at.run()
        assert not at.exception
    assert experiment(at).result is run


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("weight", {"layer": 0, "unit": 1, "source": 0, "value": "1e9"}, "weight is"),
        ("weight", {"layer": 0, "unit": 1, "source": 0, "value": "nan"}, "weight is"),
        ("weight", {"layer": 0, "unit": 1, "source": 0, "value": "<b>"}, "must be a number"),
        ("weight", {"layer": 0, "unit": 9, "source": 0, "value": "1"}, "unit is 9"),
        ("weight", {"layer": 7, "unit": 0, "source": 0, "value": "1"}, "layer is 7"),
        ("freeze", {"layer": 0, "unit": 0, "source": 5, "on": True}, "source is 5"),
        ("freeze", {"unit": "x"}, "layer is None"),
        ("freeze_layer", {"layer": 5, "on": True}, "layer is 5"),
        ("hold", {"layer": 0, "unit": 99}, "unit is 99"),
        ("hold", {"layer": -1, "unit": 0}, "layer is -1"),
        ("weight", "rubbish", "named no link"),
        ("input", ["x1"], "input is"),
        ("input", "x9", "x9"),
        ("units", {"layer": 2, "by": -2}, "hidden is 0"),
        ("units", {"layer": 3, "by": 1}, "none of the 2 hidden layers"),
        ("units", {"layer": 1, "by": 10**6}, "hidden is 1"),
        ("units", "rubbish", "none of the 2 hidden layers"),
        ("depth", 2, "one at a time"),
        ("dataset", "nothing", "dataset is"),
        ("go_on", True, "cannot continue"),
        ("explode", None, "does not do"),
    ],
)
def test_a_bad_act_is_refused_in_a_sentence_and_the_run_stays(asked, kind, value, said):
    at = opened(**SMALL)
    press(at, "epoch")
    run, params = experiment(at).result, experiment(at).result.params.copy()
    (told,) = does(at, asked, kind, value)
    assert said in told
    assert told.endswith(". Nothing was changed.")
    assert experiment(at).result is run
    assert np.array_equal(run.params, params)
    press(at, "epoch")
    assert run.step > 3


def test_a_finished_run_goes_on_without_an_end(asked):
    with nobody_watching():
        at = opened(**SMALL | {"max_epochs": "2"})
        press(at, "running")
        finish(at)
        run, step = experiment(at).result, experiment(at).result.step
        does(at, asked, "go_on", True)
        assert experiment(at).result is run
        assert experiment(at).status == "running"
        for _ in range(200):
            at.run()
            if run.step > 5 * step:
                break
        assert run.epoch > 10
        assert 0 < run.progress < 1
        press(at, "paused")
        assert "no end" in run.phase
        press(at, "reset")
        assert experiment(at).result is not run
        assert experiment(at).settings.max_epochs == 2


def test_every_act_of_the_drawing_is_known():
    script = "".join(path.read_text() for path in (ROOT / "pages/ui/live/components").glob("bench*.js"))
    asked = {part.split('"')[1] for part in script.split("act(")[1:] if part.startswith('"')}
    assert asked == set(ACTS)


def test_one_input_stays(asked):
    at = opened(**SMALL | {"inputs": "x1"})
    (told,) = does(at, asked, "input", "x1")
    assert "at least one input" in told
    assert experiment(at).settings.inputs == ("x1",)
