"""The plane of data with more than two features: it says that it is a projection, and its dots what is right."""

import numpy as np

from core.playground.playground import Playground, Settings
from pages.figures.playground.charts import output


def test_dots_in_a_projection_say_what_is_right():
    played = Playground(Settings(dataset="iris"))
    for _ in range(40):
        played.update()
    chart = output(played)
    dots = {trace["name"]: trace for trace in chart.data if trace.get("name")}
    assert list(dots) == ["training, right", "training, wrong", "test, right", "test, wrong"]
    shown = len(played.plane(8).points)
    wrong = played.predicted(played.source.X_train[:shown]) != played.source.y_train[:shown]
    assert len(dots["training, wrong"]["x"]) == wrong.sum() > 0
    assert len(dots["training, right"]["x"]) == (~wrong).sum() > 0
    assert "a projection of 4 inputs" in str(chart.layout["xaxis"]["title"])
    X = played.source.X_test[:shown]
    assert len(dots["test, right"]["x"]) == (played.predicted()[:shown] == played.source.y_test[:shown]).sum()
    assert np.isfinite(played.plane(8).place(X, X[:, 0])).all()


def test_the_plane_of_two_features_is_no_projection():
    chart = output(Playground(Settings(dataset="moons")))
    assert [trace["name"] for trace in chart.data if trace.get("name")] == ["training samples", "test samples"]
    assert "projection" not in str(chart.layout["xaxis"]["title"])
