"""The playground as a visitor's session without a browser: each of its tools, and what its charts and texts say."""

import re
import threading
import time

import numpy as np
import plotly.graph_objects as go
import pytest
import visitor
from streamlit.testing.v1 import AppTest
from visitor import charts, experiment, until

from core.gradients import NetworkLoss, extreme_curvature
from core.playground.playground import Playground
from core.studies.playground import Settings
from pages.figures.playground import charts as figures
from pages.figures.playground.explained import explained, one_sample, standing
from pages.ui.playground.state import WATCHED

SMALL = {"samples": "60", "hidden": "3,2", "max_epochs": "400"}
KINDS = {
    "default": {},
    "deep": {"hidden": (64,) * 12},
    "linear": {"hidden": (), "dataset": "blobs"},
    "a line": {"dataset": "wave"},
    "wide": {"dataset": "digits", "hidden": (16,)},
    "a regression": {"dataset": "diabetes", "l2": 0.01},
    "one output": {"loss": "binary_cross_entropy", "label_smoothing": 0.1},
}


def opened(**query: str) -> AppTest:
    """A fresh session on the playground, paused."""
    at = visitor.opened("playground", **query)
    if experiment(at).status == "running":
        press(at, "paused")
    return at


def control(at: AppTest, kind: str, name: str):
    """A setting's control; a run that began with other settings has new ones, of other keys."""
    (found,) = [widget for widget in at.sidebar.get(kind) if widget.key.endswith(f":{name}")]
    return found


def press(at: AppTest, what: str) -> None:
    """Press a button, and let the page tick until the step that it asks for is done."""
    visitor.press(at, what)
    until(at, lambda: experiment(at).grain is None)


def text(at: AppTest) -> str:
    return "\n".join(each.value for each in [*at.markdown, *at.caption, *at.info, *at.error])


def test_four_grains_step_as_far_as_they_say():
    at = opened(**SMALL)
    press(at, "reset")
    for name in ("loss", "backward", "update", "forward"):
        press(at, "operation")
        assert experiment(at).result.operation == name
    assert experiment(at).result.step == 1
    press(at, "step")
    assert experiment(at).result.step == 2
    before = charts(at)
    press(at, "epoch")
    assert experiment(at).result.step == 3  # 30 training samples in batches of 10
    for title in ("Is it learning?", "Does the gradient reach every layer?"):
        assert charts(at)[title] != before[title]
    press(at, "running")
    until(at, lambda: experiment(at).result.step > 3)


def test_the_end_of_a_run_is_reached_by_single_epochs_too():
    at = opened(**SMALL | {"max_epochs": "2"})
    press(at, "reset")
    press(at, "epoch")
    press(at, "epoch")
    until(at, lambda: experiment(at).status == "finished")
    assert experiment(at).result.ended == "All 2 epochs are done"


def test_a_live_setting_acts_without_a_new_start_and_others_start_anew():
    at = opened(**SMALL)
    press(at, "step")
    before, step = experiment(at).result, experiment(at).result.step
    at.select_slider(key="playground:lr").set_value("0.3").run()
    assert experiment(at).result is before
    assert before.step == step
    assert before.trainer.rule.lr == 0.3
    assert at.query_params["lr"] == "0.3"
    at.number_input(key="playground:samples").set_value(80).run()
    assert experiment(at).result is not before
    assert experiment(at).result.trainer.train.size == 40
    press(at, "new data")
    assert experiment(at).settings.data_seed == 1
    assert (experiment(at).status, experiment(at).result.step) == ("paused", 0)  # as it was before


def test_how_sharp_the_loss_is_stands_beside_the_diagnosis_of_a_run_that_stands_still():
    at = opened(**SMALL)
    press(at, "epoch")
    (said,) = [each.value for each in at.caption if "sharpness" in each.value]
    run = experiment(at).result
    value = extreme_curvature(NetworkLoss(run.network, run.data.X_train, run.data.y_train), run.params).value
    assert said.endswith(f"up to a learning rate of 2/{value:.3g} = {2 / value:.3g}.")


def test_a_short_run_goes_slowly_enough_to_be_watched():
    at = opened(**SMALL)  # 1,200 updates, less than a second of work at the pace of longer runs
    press(at, "reset")
    started = time.perf_counter()
    press(at, "running")
    until(at, lambda: experiment(at).result.step)
    assert experiment(at).result.step <= 1 + 1200 / WATCHED * (time.perf_counter() - started)


def test_each_layer_can_have_an_activation_of_its_own():
    at = opened(**SMALL | {"hidden": "3,2,4"})
    at.selectbox(key="playground:activations").set_value("one for each layer").run()
    at.selectbox(key="playground:activations:1").set_value("relu").run()
    assert experiment(at).settings.activations == ("tanh", "relu", "tanh")
    at = opened(**SMALL | {"hidden": "None"})
    at.selectbox(key="playground:activations").set_value("one for each layer").run()
    assert experiment(at).settings.activations == ("tanh",)
    assert not at.exception


def test_label_smoothing_waits_for_a_loss_that_has_it():
    at = opened(**SMALL, label_smoothing="0.2")
    assert experiment(at).result.network.loss.label_smoothing == 0.2
    for loss, waits in (("huber", True), ("binary_cross_entropy", False)):
        at.selectbox(key="playground:loss").set_value(loss).run()
        assert not at.error
        assert any(each.key == "playground:label_smoothing" for each in at.sidebar.slider) != waits
    assert experiment(at).result.network.loss.label_smoothing == 0.2


def test_the_doctor_names_the_failure_and_its_cure_runs_beside_it():
    at = opened(dataset="wave", hidden="8,8", activations="relu", lr="50.0", samples="100")
    if experiment(at).status == "paused":
        press(at, "running")
    until(at, lambda: experiment(at).result.ended).run()
    assert experiment(at).result.ended.startswith("Diverged")
    assert "Nothing wrong" not in text(at)
    assert ":red-badge[Doctor:" in text(at)
    cures = [button for button in at.button if button.label.startswith("Try ")]
    before = experiment(at)
    cures[0].click().run()
    assert not at.exception
    assert at.session_state["playground pinned"] is before.result
    assert experiment(at).settings != before.settings
    assert at.query_params["lr"] != "50.0"
    assert "Pinned: the network and its predictions" in charts(at)


def test_a_pasted_table_is_previewed_and_trained_on_beside_its_baselines():
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f}\t{b:.3f}\t{'yes' if a * b > 0 else 'no'}" for a, b in rng.standard_normal((80, 2))]
    at = opened(**SMALL)
    at.button_group(key="playground way").set_value("Paste").run()
    at.text_area(key="playground pasted").set_value("\n".join(["left\tright\tsame", *rows, "1.0\t\tno"])).run()
    assert not at.exception
    assert "80 rows" in text(at) or "81 rows" in text(at)
    assert "1 missing" in text(at)
    press(at, "train own")
    assert experiment(at).settings.dataset == "own"
    result = experiment(at).result
    assert (result.source.columns[:2], result.source.labels) == (("left", "right"), ("no", "yes"))
    assert "1 missing cell in 'right' is filled" in text(at)
    assert set(result.baselines()) == {"majority", "linear", "neighbours"}
    assert at.query_params["dataset"] == "own"
    control(at, "slider", "test_share").set_value(0.3).run()
    assert len(experiment(at).result.source.X_test) == 24


def test_a_split_whose_test_targets_are_all_the_same_has_no_score_to_beat(rng):
    rows = [f"{t / 10},{x:.3f},{x if t < 30 else 5:.3f}" for t, x in enumerate(rng.standard_normal(80))]
    at = opened(**SMALL)
    at.button_group(key="playground way").set_value("Paste").run()
    at.text_area(key="playground pasted").set_value("\n".join(["moment,x,y", *rows])).run()
    assert "To beat, on the test rows" in text(at)
    (split,) = [each for each in at.button_group if each.label == "Test rows"]
    split.set_value("time").run()
    assert "To beat" not in text(at)
    assert "The test targets are all the same, so R² is undefined." in text(at)


def test_a_bad_table_is_refused_in_one_sentence():
    at = opened(**SMALL)
    at.button_group(key="playground way").set_value("Paste").run()
    at.text_area(key="playground pasted").set_value("a,b\n1,2\n3,4\n").run()
    (error,) = at.error
    assert error.value.endswith(".")
    assert not at.exception


def test_a_link_to_own_data_asks_for_it():
    at = opened(dataset="own")
    assert experiment(at).status == "failed"
    assert "open Data, above" in text(at)
    press(at, "ready data")
    assert experiment(at).status == "running"
    assert experiment(at).settings.dataset == "circles"


def test_clicked_points_become_a_task():
    at = opened(**SMALL)
    at.session_state["playground points"] = [(x, x % 3, "ab"[int(x) % 2]) for x in np.linspace(-3, 3, 20)]
    at.button_group(key="playground way").set_value("Click points").run()
    assert "20 points" in text(at)
    press(at, "train own")
    assert experiment(at).result.source.features == 2


def test_a_comparison_over_seeds_reaches_a_verdict():
    at = opened(**SMALL)
    press(at, "epoch")
    press(at, "beside pinned")
    press(at, "paused")
    control(at, "select_slider", "lr").set_value("1e-06").run()
    assert "Learning rate: 0.03 → 1e-06" in text(at)
    assert "Initial weights are the same" in text(at)
    press(at, "ask")
    until(at, lambda: at.session_state["playground comparison"].status == "finished").run()
    assert "(n = 5)" in text(at)
    press(at, "close")
    press(at, "unpin")
    assert "Pinned: the network and its predictions" not in charts(at)
    assert not at.exception


@pytest.mark.parametrize("name", KINDS)
def test_every_figure_and_text_is_there_for_every_kind_of_network(name):
    settings = Settings(**KINDS[name], samples=80, max_epochs=2)
    run, other = Playground(settings), Playground(settings)
    other.epoch_(0.5)
    run.update()
    assert len(go.Figure(figures.answers(run).to_dict()).data)  # each property passes plotly's check
    assert len(figures.network(run).to_json()) < 80_000
    assert go.Figure(figures.output(run).to_dict()).layout.height  # what a notebook keeps
    for draw in (figures.losses, figures.scores, figures.norms, figures.idle_units):
        assert len(go.Figure(draw(run, other).to_dict()).data) >= len(draw(run).data)
    for layer in range(len(run.network.affine)):
        assert all(len(text) > 20 and "nan" not in text for _, text in explained(run, layer, 0))
        drawn = figures.network(run, held=(layer, 0)).drawn["held"]
        assert len(drawn["weights"]) == run.network.affine[layer].fan_in + 1
        assert np.prod(drawn["sources"]) if isinstance(drawn["sources"], tuple) else len(drawn["sources"]) > 0


def test_the_numbers_of_the_explanation_are_those_of_the_network():
    run = Playground(Settings(samples=80))
    work = one_sample(run)
    X, y = run.data.X_train[:1], np.eye(2)[run.data.y_train[:1]]
    _, grads = run.network.loss_and_gradient(run.params, X, y)
    assert work.grads[0] == pytest.approx(grads, rel=1e-12, abs=1e-15)
    assert f"= {work.affine[0].above.values[0, 1, 0]:.4g}$$" in explained(run, 0, 1)[0][1]


def test_a_plane_chosen_for_other_data_does_not_turn_that_of_two_features():
    at = opened(dataset="iris", samples="60", max_epochs="2")
    at.multiselect(key="playground axes").set_value([1, 0]).run()
    assert experiment(at).result.view == (1, 0)
    at.session_state["playground settings"] = Settings(dataset="moons", samples=60, max_epochs=2)
    at.session_state["playground generation"] = 1  # as an act on the drawing does
    at.run()
    assert experiment(at).result.settings.dataset == "moons"
    assert experiment(at).result.view is None


def test_a_run_that_diverged_has_no_numbers_and_says_so():
    run = Playground(Settings(samples=80, batch_size=1, lr=100.0, loss="mean_squared_error", activations=("relu",)))
    while not run.ended:
        run.update()
    told = "".join([standing(run), *(text for pair in explained(run, 0, 0) for text in pair)])
    assert run.ended.startswith("Diverged")
    assert "Test accuracy **undefined**, training undefined" in told
    assert not re.findall(r"(?<![\w.])-?(?:nan|inf)\b|step of -0\.$", told, re.MULTILINE)


def test_a_number_is_changed_between_two_updates_of_a_running_network(monkeypatch):
    changed, change = [], Playground.change

    def changing(run, settings):
        lock = experiment(at).lock
        worker = threading.Thread(target=lambda: changed.append(lock.acquire(blocking=False) and not lock.release()))
        worker.start()
        worker.join()
        return change(run, settings)

    at = opened(**SMALL)
    monkeypatch.setattr(Playground, "change", changing)
    control(at, "number_input", "batch_size").set_value(5000).run()
    assert not at.exception
    assert experiment(at).result.trainer.batches.full
    assert changed
    assert not any(changed)
