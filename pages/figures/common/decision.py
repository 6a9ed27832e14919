"""Decision maps: the output of each network over the plane of its data."""

from collections.abc import Mapping

import numpy as np

from core.nn.probes import Plane
from pages.figures.common.plots import Chart, plot
from pages.figures.common.style import DIVERGING, PALETTE, color
from pages.figures.common.traces import Trace, heatmap, line, marks
from pages.figures.common.words import words

HIDDEN = {"showticklabels": False, "ticks": "", "zeroline": False, "showgrid": False, "constrain": "domain"}  # an axis
SCALE = [str(color) for _, color in DIVERGING]  # below zero, zero, above


def small_multiples(plane: Plane, pictures: Mapping[str, np.ndarray]) -> Chart:
    """The outputs of several networks side by side, on axes of the same range, equal if both are features."""
    columns = min(3, len(pictures))
    rows = -(-len(pictures) // columns)
    parts: list[Trace] = [{"grid": {"rows": rows, "columns": columns, "pattern": "independent", "ygap": 0.2}}]
    for place, (label, picture) in enumerate(pictures.items()):
        x, y = (f"{axis}{place + 1}" if place else axis for axis in "xy")
        parts += [trace | {"xaxis": x, "yaxis": y} for trace in decision(plane, picture, label)]
        equal = {"scaleanchor": x, "constraintoward": "top"} if plane.features > 1 else {}
        title = {"title": {"text": words(label), "standoff": 4}, "side": "top"}
        for axis, values, more in ((x, plane.x, title), (y, plane.y, equal)):
            parts.append({f"{axis[0]}axis{axis[1:]}": HIDDEN | more | {"range": [values[0], values[-1]]}})
    return plot(parts, height=max(380, 220 * rows), showlegend=False)


def decision(plane: Plane, picture: np.ndarray, label: str) -> list[Trace]:
    """The outputs as colours, or as a curve, with the training samples."""
    x, y = plane.points[:, 0], plane.points[:, 1]
    if plane.features == 1:
        return [marks(x, y, size=3, opacity=0.4), line(plane.x, picture, color=color(label))]
    (low, high), colors, _ = answer_colors(plane, int(plane.labels.max()) + 1)
    scale = [[place / (len(colors) - 1), each] for place, each in enumerate(colors)]
    edge = {"width": 0.5, "color": "white"}
    marker = {"size": 4, "color": plane.labels, "colorscale": scale, "cmin": low, "cmax": high, "line": edge}
    image = in_bytes(picture, (low, high))
    return [
        heatmap(plane.x, plane.y, image, scale, zmin=0, zmax=255, opacity=0.75, hoverinfo="skip"),
        marks(x, y, marker=marker, hoverinfo="skip"),
    ]


def answer_colors(plane: Plane, outputs: int) -> tuple[tuple[float, float], list[str], bool]:
    """The smallest and largest answer, the colours from one to the other, and whether there are none in between."""
    low, high = float(plane.labels.min()), float(plane.labels.max())
    if plane.task == "classes":  # whichever of them the samples shown belong to
        low, high = 0.0, max(1.0, outputs - 1.0)
    steps = plane.task == "classes" and high > 1
    colors = [PALETTE[place % len(PALETTE)] for place in range(int(high) + 1)] if steps else SCALE
    return (low, high if high > low else low + 1), colors, steps  # a standard deviation around one value


def in_bytes(answers: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Answers as shares of the way between the ends; from a run that diverged, half of it."""
    shares = np.clip(np.nan_to_num((answers - ends[0]) / (ends[1] - ends[0]), nan=0.5), 0, 1)
    return np.rint(255 * shares).astype(np.uint8)
