"""What networks have learnt, drawn on the plane of their data: one small picture for each."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.nn.decision_map import Plane
from pages.figures.common.chart import Chart
from pages.figures.common.style import DIVERGING, PALETTE, color, layout
from pages.figures.common.words import words

GAP, TITLE = 0.03, 0.07  # shares of the chart's width and of a row's height


def small_multiples(plane: Plane, pictures: Mapping[str, np.ndarray]) -> Chart:
    """The outputs of several networks side by side, on axes of the same range."""
    columns = min(3, len(pictures))
    rows = -(-len(pictures) // columns)
    traces: list[dict[str, Any]] = []
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
        where = {"x": sum(x) / 2, "y": y[1], "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom"}
        titles.append(where | {"text": words(label), "showarrow": False})
        target = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        traces += [trace | target for trace in decision(plane, picture, label)]
    frame = layout(height=max(380, 220 * rows), showlegend=False, annotations=titles)
    return Chart(traces, frame | axes)


def decision(plane: Plane, picture: np.ndarray, label: str) -> list[dict[str, Any]]:
    """The outputs as colours with the training samples on them, or as a curve through them."""
    dots: dict[str, Any] = {"type": "scatter", "x": plane.points[:, 0], "y": plane.points[:, 1], "mode": "markers"}
    if plane.features == 1:
        curve = {"type": "scatter", "x": plane.x, "y": picture, "mode": "lines", "line": {"color": color(label)}}
        return [dots | {"marker": {"size": 3, "opacity": 0.4}}, curve]
    low, high = float(plane.labels.min()), float(plane.labels.max())
    many = plane.task == "classes" and high > 1
    steps = [[i / high, PALETTE[i % len(PALETTE)]] for i in range(int(high) + 1)] if many else DIVERGING
    image = np.clip((picture - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
    heat = {"type": "heatmap", "x": plane.x, "y": plane.y, "z": image, "zmin": 0, "zmax": 255, "colorscale": steps}
    edge = {"width": 0.5, "color": "white"}
    marker = {"size": 4, "color": plane.labels, "colorscale": steps, "cmin": low, "cmax": high, "line": edge}
    return [
        heat | {"showscale": False, "opacity": 0.75, "hoverinfo": "skip"},
        dots | {"marker": marker, "hoverinfo": "skip"},
    ]
