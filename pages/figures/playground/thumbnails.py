"""What stands beside the network while it trains: the data sets as small pictures, and every input there could be."""

from functools import cache
from typing import Any

import numpy as np

from core.data import DATASETS, load_dataset
from core.data.features import INPUTS
from core.nn.decision_map import Plane
from core.playground.playground import Playground
from pages.figures.playground.network import SIDE, Column, answer_colors, sample_places

SAMPLES = 80  # in a thumbnail


@cache
def sets() -> list[dict[str, Any]]:
    """Every data set with some of its samples in the plane of its two features or two principal components."""
    found = []
    for name, source in DATASETS.items():
        data = load_dataset(name, SAMPLES, 20, noise=0.1)
        plane = Plane(data, SAMPLES, side=2)
        ends, colors, steps = answer_colors(plane, data.outputs)
        places = sample_places(plane, plane.points, plane.labels, ends)
        found.append({"name": name, "label": source.label, "colors": colors, "steps": steps} | places)
    return found


def inputs(result: Playground) -> list[dict[str, Any]]:
    """All inputs that data of two features can have, each with its map; none for other data."""
    if result.source.features != 2:
        return []
    plane = result.plane(SIDE)
    x1, x2 = (axis.ravel() for axis in np.meshgrid(plane.x, plane.y))
    maps = [each.of(x1, x2).reshape(1, SIDE, SIDE) for each in INPUTS.values()]
    return [
        {"name": name, "label": each.label, "map": Column.of(values, "", axis=(1, 2)).bytes}
        for (name, each), values in zip(INPUTS.items(), maps, strict=True)
    ]
