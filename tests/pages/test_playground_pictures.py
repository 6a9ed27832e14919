"""The playground's page with convolutions: its controls, its sentences, and that the charts show the numbers."""

import numpy as np
import plotly.graph_objects as go
import pytest
from test_playground_page import control, opened, press, text
from visitor import charts, experiment

from core.playground.playground import Playground
from core.studies.playground import Settings
from pages.figures.playground import charts as figures
from pages.figures.playground.explained import explained, powers, sharpness_told

ONE = {"dataset": "digits", "samples": "100", "layers": "conv-8-3,max_pool-2,flatten"}
TWO = ("conv-4-3", "average_pool-2", "conv-20-2-1-1", "max_pool-2-1", "flatten", "dense-5")
FILTERS, NETWORK = "What does a convolution detect?", "What does each unit compute, and what does the network predict?"


def playground(layers=TWO, **changes):
    result = Playground(Settings(dataset="digits", samples=100, layers=layers, **changes))
    result.update()
    return result


# The page


def typed(at, layers: str) -> None:
    """Type layers that are not offered, which the list of options takes as well."""
    box = control(at, "selectbox", "layers")
    box.options.append(layers)
    box.set_value(layers).run()


def test_a_link_with_layers_starts_that_network():
    at = opened(**ONE)
    result = experiment(at).result
    assert result.network.sizes == [64, 288, 10]
    assert {NETWORK, FILTERS} <= charts(at).keys()
    assert control(at, "selectbox", "layers").value == "conv-8-3, max_pool-2, flatten"
    before = charts(at)[FILTERS]
    for _ in range(5):  # to the end of an update, and forward in the next
        press(at, "operation")
    assert charts(at)[FILTERS]["data"] != before["data"]
    press(at, "epoch")
    assert not at.exception


def test_layers_are_chosen_and_written_for_pictures_only():
    at = opened(samples="100")
    assert not [widget for widget in at.sidebar.selectbox if widget.key.endswith(":layers")]
    assert FILTERS not in charts(at)
    at = opened(samples="100", dataset="digits")
    assert experiment(at).settings.layers == ()
    control(at, "selectbox", "layers").set_value("conv-8-3, conv-16-3, max_pool-2, flatten").run()
    assert experiment(at).settings.layers == ("conv-8-3", "conv-16-3", "max_pool-2", "flatten")
    typed(at, "conv-4-3-1-1, max_pool-2, flatten, dense-6")
    assert experiment(at).settings.layers == ("conv-4-3-1-1", "max_pool-2", "flatten", "dense-6")
    assert at.query_params["layers"] == "conv-4-3-1-1,max_pool-2,flatten,dense-6"
    control(at, "selectbox", "activations").set_value("one for each layer").run()
    control(at, "selectbox", "activations:1").set_value("relu").run()
    assert experiment(at).settings.activations == ("tanh", "relu")
    assert FILTERS in charts(at)
    assert not at.exception


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ("conv-8-9,flatten", "window of 9x9"),
        ("conv-8-3", "put flatten before it"),
        ("max_pool-2,flatten,conv-8-3,flatten", "takes pictures, but gets 16 numbers"),
    ],
)
def test_layers_that_do_not_follow_are_refused_in_one_sentence(layers, sentence):
    at = opened(**ONE | {"layers": layers})
    assert experiment(at).status == "failed"
    (error,) = at.error
    assert sentence in error.value
    assert error.value.count(".") == 1
    control(at, "selectbox", "layers").set_value("conv-8-3, max_pool-2, flatten").run()
    assert experiment(at).status in ("running", "paused")
    assert not at.error
    assert not at.exception


def test_layers_for_data_without_pictures_are_refused_and_can_be_left():
    at = opened(layers="conv-8-3,flatten", samples="100")
    assert "takes pictures, but gets 2 numbers." in text(at)
    assert experiment(at).status == "failed"
    control(at, "selectbox", "layers").set_value("").run()
    assert experiment(at).status in ("running", "paused")
    assert not at.exception


def test_a_layer_that_cannot_be_read_keeps_what_was_there():
    at = opened(**ONE)
    before = experiment(at)
    typed(at, "conv-8-3, max-pool, flatten")
    (error,) = at.error
    assert "max" in error.value
    assert experiment(at).settings == before.settings
    assert not at.exception


def test_the_picture_and_the_filters_are_chosen_and_the_pinned_run_is_drawn_beside():
    at = opened(**ONE | {"layers": ",".join(TWO)})
    press(at, "step")
    before = charts(at)
    at.number_input(key="playground picture 50").set_value(9).run()
    assert before[NETWORK]["columns"] != charts(at)[NETWORK]["columns"]
    at.selectbox(key="playground filters").set_value(1).run()
    after = charts(at)
    result = experiment(at).result
    assert result.sample == 8
    assert "training sample 9 " in text(at)
    drawn = figures.filters(result, 1).data[0]["z"]
    assert np.shape(go.Figure(figures.filters(result, 1).to_dict()).data[0].z) == drawn.shape
    assert before[FILTERS]["data"] != after[FILTERS]["data"]
    press(at, "beside pinned")
    press(at, "paused")
    assert {"Pinned: what did a convolution detect?", "Pinned: the network and its predictions"} <= charts(at).keys()
    assert experiment(at).result.sample == at.session_state["playground pinned"].sample == 8
    press(at, "step")
    control(at, "select_slider", "lr").set_value("0.1").run()
    assert "Learning rate: 0.03 → 0.1" in text(at)
    control(at, "select_slider", "l2").set_value("0.1").run()
    assert not at.exception


# The charts


def test_the_drawn_tiles_are_the_feature_maps_the_right_way_up():
    result = playground()
    columns = figures.network(result).to_dict()["columns"]
    maps = [result.picture(), *(values for _, values in result.said())]
    for place, (column, values) in enumerate(zip(columns, maps, strict=True)):
        shown = values[: 10 if place == len(maps) - 1 else 8, ::-1]  # the first row is drawn at the bottom
        np.testing.assert_array_equal(column["maps"], np.rint(128 + 127 * shown / np.abs(shown).max()))


def test_the_drawn_links_are_the_mean_weights_of_channels():
    result = playground()
    links = figures.network(result).to_dict()["links"]
    (W1, _), (W2, _), (W3, _), (W4, b4) = result.network.unpack(result.params)
    want = [W1.mean(axis=(2, 3)), W2[:8].mean(axis=(2, 3)), np.empty((5, 8)), W4]
    for unit, channel in np.ndindex(5, 8):
        want[2][unit, channel] = W3[unit, channel * 9 : channel * 9 + 9].mean()  # 3 x 3 places of each
    drawn = [link["weights"][0] for link in links if "weights" in link]
    for each, weights in zip(drawn, want, strict=True):
        np.testing.assert_allclose(each, weights, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(links[-1]["weights"][1], b4, rtol=1e-6)
    assert [link["to"] for link in links if "weights" not in link] == [2, 4]  # what a pooling is given, and passes on
    assert [link["each"] for link in links if "weights" in link] == [
        9,
        4,
        9,
        1,
    ]  # the windows, the places of a channel, a unit


def test_a_link_is_frozen_where_all_its_weights_are():
    result = playground(("conv-2-3", "flatten"))
    for source in range(8):
        result.freeze(0, 1, source, True)

    def frozen():
        return figures.network(result).to_dict()["links"][0]["frozen"][0]

    assert frozen().max() < 1
    result.freeze(0, 1, 8, True)
    assert frozen()[1, 0] == 1


@pytest.mark.parametrize(
    ("layers", "place"), [(TWO, 0), (TWO, 2), (("conv-20-3-1-1", "flatten"), 0), (("conv-6-2", "flatten"), 0)]
)
def test_the_drawn_filters_are_the_weights(layers, place):
    result = playground(layers)
    W = result.network.unpack(result.params)[place if place in result.convolutions else 0].W
    z = np.asarray(figures.filters(result, place).data[0]["z"])
    size, seen = W.shape[2], W.shape[1]
    for channel, source in np.ndindex(min(len(W), 16), seen):
        top, left = source * (size + 1), channel * (size + 1)
        np.testing.assert_allclose(z[top : top + size, left : left + size], W[channel, source], rtol=1e-6)
    chart = figures.filters(result, place).data[0]
    assert chart["zmax"] == -chart["zmin"] == pytest.approx(np.nanmax(np.abs(z)))


def test_the_true_class_is_marked_and_the_answer_is_said():
    result = playground()
    for result.sample in (0, 3):
        columns = figures.network(result).to_dict()["columns"]
        true = int(result.data.y_train[result.sample])
        assert columns[-1]["true"] == str(true)
        assert columns[0]["title"] == f"picture {result.sample + 1}, class {true}"
        said = int(result.network.predict(result.params, result.data.X_train[[result.sample]]).argmax())
        assert columns[-1]["title"] == f"outputs say {said}"
        assert columns[-1]["names"] == list("0123456789")


@pytest.mark.parametrize(
    "layers", [TWO, ("conv-8-3", "max_pool-2", "flatten"), ("max_pool-2", "flatten"), ("flatten",)]
)
@pytest.mark.parametrize("lr", [0.03, 100.0])
def test_every_figure_and_text_is_there_for_pictures(layers, lr):
    run, other = playground(layers, lr=lr, max_epochs=3), playground(("dense-3",))
    while not run.ended:
        run.update()
    assert len(figures.network(run).to_json()) < 30_000
    assert "NaN" not in figures.network(run).to_json()
    drawn = [figures.answers(run)]
    drawn += [draw(run, other) for draw in (figures.losses, figures.scores, figures.norms, figures.idle_units)]
    assert all(go.Figure(chart.to_dict()).layout.height for chart in drawn)
    assert not any("Infinity" in chart.to_json() for chart in drawn)
    drawn += [figures.filters(run)] if run.convolutions else []
    assert max(len(chart.to_json()) for chart in drawn) < 60_000
    for layer in range(len(run.network.affine)):
        assert (
            len(figures.network(run, held=(layer, 1)).drawn["held"]["weights"]) == run.network.affine[layer].fan_in + 1
        )
        assert all(len(said) > 20 for _, said in explained(run, layer, 0))


def test_the_numbers_of_a_convolution_are_explained_with_its_own_gradient():
    run = playground(("conv-3-3", "max_pool-2", "flatten"))
    run.sample = 4
    _, grads = run.network.loss_and_gradient(run.params, run.data.X_train[[4]], run.data.y_train[[4]])
    texts = dict(explained(run, 0, 2))
    first = run.network.unpack(grads)[0].W[2].flat[0]
    assert f"\\sum_p \\delta_p a_p = {first:.4g}$$" in texts["Backward: how sensitive the loss is to the unit"]
    assert "one training picture" in texts["What the picture shows"]
    assert figures.network(run, held=(1, 0)).drawn["held"]["sources"] == (3, 3, 3)  # what the pooling leaves


def test_powers_of_ten_are_written_so_that_no_formula_reads_as_a_difference():
    assert powers("$$a = (-4.5e-54)(2e+08)$$ a step of -1.01e-42, $b = 3e-05$; else 1e-3x") == (
        r"$$a = (-4.5 \cdot 10^{-54})(2 \cdot 10^{8})$$ a step of -1.01·10⁻⁴², $b = 3 \cdot 10^{-5}$; else 1·10⁻³x"
    )


def test_a_zero_has_no_sign_and_a_rule_is_shown_as_it_is_written():
    assert (
        powers("$$(-0.3)(-0) = -0$$ a step of -0, of -0.05; conv-4-0")
        == "$$(-0.3)(0) = 0$$ a step of 0, of -0.05; conv-4-0"
    )
    update = dict(explained(playground(optimizer="adamax"), 0, 0))["Update: how the weights change"]
    assert "`m ← β1 m + (1-β1) g; u ← max(β2 u, |g| + eps); x ← x - lr/(1-β1ᵗ) m/u.`" in update


def test_no_limit_of_the_rate_is_told_where_the_loss_is_flat():
    assert "2/1.24·10⁶ = 1.61·10⁻⁶" in sharpness_told(1.24e6, 10, 10)
    assert "almost flat" in sharpness_told(4.38e-13, 10, 10)
    assert "no direction" in sharpness_told(-1.0, 10, 10)


def test_an_exploding_score_does_not_hide_the_baselines():
    run = Playground(Settings(dataset="wave", lr=10.0, hidden=(4,), max_epochs=50))
    while not run.ended:
        run.update()
    assert min(run.history.test_score)[0] < -1e6
    assert figures.scores(run).layout["yaxis"]["range"][0] > -2
