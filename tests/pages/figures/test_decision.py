"""What a network says, as colours, beside training samples that are all of one class, or of one value."""

import numpy as np
import pytest

from core.data import Dataset
from core.nn.probes import Plane
from pages.figures.common.decision import decision, small_multiples


def plane(task, labels, outputs):
    X, y = np.random.default_rng(0).normal(size=(len(labels), 2)), np.array(labels)
    return Plane(Dataset("drawn", task, outputs, X, y, X, y))


@pytest.mark.parametrize(
    ("task", "labels", "outputs", "ends"),
    [
        ("classes", [0, 1, 0, 1], 2, (0, 1)),
        ("classes", [0, 0, 0, 0], 2, (0, 1)),
        ("classes", [1, 1, 1, 1], 2, (0, 1)),
        ("classes", [0, 1, 2, 1], 3, (0, 2)),
        ("classes", [2, 2, 2, 2], 3, (0, 2)),
        ("numbers", [-0.5, 1.5, 0.0, 0.0], 1, (-0.5, 1.5)),
        ("numbers", [0.25, 0.25, 0.25, 0.25], 1, (0.25, 1.25)),
    ],
)
def test_colours_go_from_the_lowest_answer_to_the_highest(task, labels, outputs, ends):
    low, high = ends
    there = plane(task, labels, outputs)
    picture = np.full((48, 48), low, dtype=float)
    picture[0, 0], picture[0, 1] = high, (low + high) / 2
    heat, marks = decision(there, picture, "output")
    assert heat["z"][:2, :2].tolist() == [[255, 128], [0, 0]]
    assert (marks["marker"]["cmin"], marks["marker"]["cmax"]) == ends
    picture[:2, :2] = [[np.nan, np.inf], [-np.inf, low]]
    assert decision(there, picture, "output")[0]["z"][:2, :2].tolist() == [[128, 255], [0, 0]]
    assert small_multiples(there, {"one": picture, "two": picture}).data


def test_around_what_never_varies_there_is_a_standard_deviation_on_either_side():
    X, y = np.c_[[0.0, 0.0, 0.0], [1.0, -1.0, 2.0]], np.zeros(3)
    there = Plane(Dataset("drawn", "numbers", 1, X, y, X, y))
    assert (there.x[0], there.x[-1]) == (-1, 1)
    assert (there.y[0], there.y[-1]) == pytest.approx((-1.24, 2.24))
    there = Plane(Dataset("drawn", "numbers", 1, X[:, 1:], y, X[:, 1:], y))
    assert (there.y[0], there.y[-1]) == (-1, 1)
