"""What the browser draws of a playground: the weights, the maps, the answer and the samples as they are."""

import numpy as np
import pytest

from core.data import DATASETS, read_table
from core.data.rows import INPUTS
from core.playground.playground import Playground, Settings
from pages.figures.playground.charts import output
from pages.figures.playground.network import ANSWER, GRID, inputs, network, sets


def trained(**settings) -> Playground:
    played = Playground(Settings(**settings))
    for _ in range(40):
        played.update()
    return played


def test_the_links_are_the_weights_and_the_gradients():
    run = trained(hidden=(3,), samples=80)
    layers, slopes = run.network.unpack(run.params), run.inside().gradients
    links = network(run).to_dict()["links"]
    assert [link["to"] for link in links] == [1, 2]
    for link, (W, b), (dW, db) in zip(links, layers, slopes, strict=True):
        for drawn, exact in (
            *zip(link["weights"], (W, b), strict=True),
            *zip(link["gradients"], (dW, db), strict=True),
        ):
            np.testing.assert_allclose(drawn, exact, rtol=1e-6)
        assert link["each"] == 1
    run.freeze(0, 2, None, True)
    W, b = network(run).to_dict()["links"][0]["frozen"]
    assert not W.any()
    assert b.tolist() == [0, 0, 1]


def test_the_answer_is_the_probability_of_the_second_class():
    run = trained(dataset="moons")
    drawn = network(run).to_dict()["answer"]
    picture = run.output_map(ANSWER)
    np.testing.assert_allclose(drawn["picture"] / 255, picture, atol=0.5 / 255 + 1e-9)
    plane, train = run.plane(ANSWER), drawn["samples"]["train"]
    back = plane.x[0] + train["x"] / GRID * np.ptp(plane.x)
    np.testing.assert_allclose(back, plane.points[:, 0], atol=np.ptp(plane.x) / GRID)
    assert (train["shares"] == 255 * plane.labels).all()
    assert "right" not in train
    assert drawn["axes"] == ["x₁", "x₂"]


def test_samples_in_a_projection_say_what_is_right():
    run = trained(dataset="iris")
    drawn = network(run).to_dict()["answer"]
    for part, X, y in (("train", run.data.X_train, run.data.y_train), ("test", run.data.X_test, run.data.y_test)):
        shown = len(drawn["samples"][part]["x"])
        assert (drawn["samples"][part]["right"] == (run.predicted(X[:shown]) == y[:shown])).all()
    assert (drawn["samples"]["train"]["right"] == 0).any()
    assert all("projection" in axis for axis in drawn["axes"])
    assert drawn["steps"]
    assert len(drawn["colors"]) == len(drawn["classes"]) == 3


def test_a_plane_of_features_is_drawn_over_their_names():
    run = trained(dataset="iris")
    run.view = (3, 2)
    named = network(run).to_dict()["answer"]["axes"]
    assert named == ["x₄ (a projection)", "x₃ (a projection)"]
    table = read_table("<b>a</b>,b,c\n" + "\n".join(f"{k % 7},{k % 5},{'xy'[k % 2]}" for k in range(40)))
    own = Playground(Settings(dataset="own"), table.dataset("c"))
    assert network(own).to_dict()["answer"]["axes"] == ["<b>a</b>", "b"]
    titles = output(own).layout
    assert (titles["xaxis"]["title"]["text"], titles["yaxis"]["title"]["text"]) == ("&lt;b&gt;a&lt;/b&gt;", "b")


def test_a_run_that_diverged_is_drawn_without_nan():
    run = Playground(Settings(dataset="wave", activations=("relu",), lr=100.0, samples=60))
    while not run.ended:
        run.update()
    assert "NaN" not in network(run).to_json()
    assert "Infinity" not in network(run).to_json()
    assert network(run).to_dict()["told"]["numbers"].keys() <= {"training loss", "test loss", "test R²"}


@pytest.mark.parametrize("dataset", ["circles", "iris", "wave"])
def test_there_is_a_thumbnail_of_every_data_set_and_a_map_of_every_input(dataset):
    assert [each["name"] for each in sets()] == list(DATASETS)
    assert all(len(each["x"]) == len(each["shares"]) > 20 for each in sets())
    shown = inputs(Playground(Settings(dataset=dataset)))
    if dataset != "circles":
        assert shown == []
        return
    assert [each["name"] for each in shown] == list(INPUTS)
    drawn = network(Playground(Settings(dataset=dataset))).to_dict()["columns"][0]["maps"]
    np.testing.assert_array_equal(shown[0]["map"][0], drawn[0])
