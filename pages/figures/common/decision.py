"""Decision maps: the output of each network over the plane of its data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.nn.decision_map import Plane
from pages.figures.common.plots import Chart, note, plot
from pages.figures.common.style import DIVERGING, PALETTE, color
from pages.figures.common.traces import Trace, heatmap, line, marks
from pages.figures.common.words import words

GAP, TITLE = 0.03, 0.07  # fractions of the chart's width and of a row's height


def small_multiples(plane: Plane, pictures: Mapping[str, np.ndarray]) -> Chart:
    """The outputs of several networks side by side, on axes of the same range."""
    columns = min(3, len(pictures))
    rows = -(-len(pictures) // columns)
    traces: list[Trace] = []
    axes: dict[str, Any] = {}
    titles = []
    for place, (label, picture) in enumerate(pictures.items()):
        row, column, suffix = place // columns, place % columns, str(place + 1) if place else ""
        left, top = column / columns, 1 - row / rows
        x = [left, left + 1 / columns - GAP]
        y = [top - 1 / rows + GAP, top - TITLE]
        hidden = {"showticklabels": False, "zeroline": False, "showgrid": False}
        axes[f"xaxis{suffix}"] = hidden | {"domain": x, "anchor": f"y{suffix}", "range": [plane.x[0], plane.x[-1]]}
        axes[f"yaxis{suffix}"] = hidden | {"domain": y, "anchor": f"x{suffix}", "range": [plane.y[0], plane.y[-1]]}
        titles.append(note(words(label), sum(x) / 2, y[1], xanchor="center", yanchor="bottom"))
        target = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        traces += [trace | target for trace in decision(plane, picture, label)]
    return plot(traces, height=max(380, 220 * rows), showlegend=False, annotations=titles, **axes)


def decision(plane: Plane, picture: np.ndarray, label: str) -> list[Trace]:
    """The outputs as colours, or as a curve, with the training samples."""
    x, y = plane.points[:, 0], plane.points[:, 1]
    if plane.features == 1:
        return [marks(x, y, size=3, opacity=0.4), line(plane.x, picture, color=color(label))]
    low, high = float(plane.labels.min()), float(plane.labels.max())
    if plane.task == "classes":
        low, high = 0.0, max(1.0, high)  # whichever classes the samples shown belong to
    high = high if high > low else low + 1  # a standard deviation
    many = plane.task == "classes" and high > 1
    steps = [[i / high, PALETTE[i % len(PALETTE)]] for i in range(int(high) + 1)] if many else DIVERGING
    shares = np.nan_to_num((picture - low) / (high - low), nan=0.5)  # from a run that diverged
    image = (np.clip(shares, 0, 1) * 255).round().astype(np.uint8)
    edge = {"width": 0.5, "color": "white"}
    marker = {"size": 4, "color": plane.labels, "colorscale": steps, "cmin": low, "cmax": high, "line": edge}
    return [
        heatmap(plane.x, plane.y, image, steps, zmin=0, zmax=255, opacity=0.75, hoverinfo="skip"),
        marks(x, y, marker=marker, hoverinfo="skip"),
    ]
