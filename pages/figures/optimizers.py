"""The race of the optimizers as charts."""

import numpy as np
import plotly.graph_objects as go
from core.landscapes import LANDSCAPES
from plotly.subplots import make_subplots

from core.plane import Plane
from core.studies.optimizers import Result, to_target
from pages.figures.style import DIVERGING, MARKS, PALETTE, SEQUENTIAL, color, empty, layout, lines, mark
from pages.figures.words import words

UNITS = {"samples": "epochs (passes over the data)", "steps": "updates", "seconds": "milliseconds of computing"}
WAIT = "The race starts when the learning rates are tuned."


def _curves(result: Result, measure: str, title: str, kind: str) -> go.Figure:
    if result.race is None or not result.race.started:
        return empty(WAIT)
    curves = [
        (label, words(label), result.spent(label), result.race.values(label, measure)) for label in result.contestants
    ]
    figure = lines(curves, x=UNITS[result.settings.budget], y=title)
    return figure.update_yaxes(type=kind)


def loss(result: Result) -> go.Figure:
    """Training loss by budget: median and range over seeds."""
    figure = _curves(result, "train_loss", "training loss", "log")
    if figure.data:
        figure.add_hline(y=result.settings.target, line={"dash": "dot", "width": 1}, annotation_text="target")
    return figure


def score(result: Result) -> go.Figure:
    """Test accuracy (or R²) by budget."""
    name = "test accuracy" if result.plane is None or result.plane.task == "classes" else "test R²"
    return _curves(result, "test_score", name, "linear")


def tuning(result: Result) -> go.Figure:
    """Final loss of every rate tried."""
    if result.settings.rate == "same":
        return empty("Everyone uses the same learning rate: nothing to tune.")
    if not result.tuning:
        return empty("Trying nine learning rates for each contestant …")
    figure = go.Figure(layout=layout("learning rate", "final training loss"))
    for label, each in result.tuning.items():
        finite = np.isfinite(each.losses)
        size = np.where(each.rates == each.best, 13, 5)[finite]
        figure.add_scatter(
            x=each.rates[finite],
            y=each.losses[finite],
            mode="lines+markers",
            name=words(label),
            line={"color": color(label), "width": 1.5},
            marker={"size": size, "symbol": mark(label)},
            uid=label,
        )
    return figure.update_xaxes(type="log").update_yaxes(type="log")


def surface(result: Result) -> go.Figure:
    """The paths of the rules on a two-dimensional surface that can be turned."""
    landscape = LANDSCAPES[result.settings.landscape]
    (left, right), (bottom, top) = landscape.bounds
    x, y = np.linspace(left, right, 60), np.linspace(bottom, top, 60)
    height = landscape.value(np.stack(np.meshgrid(x, y), axis=-1))
    lowest = float(height.min())

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.log10(values - lowest + 1e-2 * float(np.median(height - lowest)) + 1e-9)

    figure = go.Figure(layout=layout(height=520))
    figure.add_surface(x=x, y=y, z=scaled(height), colorscale=SEQUENTIAL, opacity=0.75, showscale=False, name="surface")
    for label, path in result.paths.items():
        inside = (
            (path >= (left, bottom)).all(axis=1) & (path <= (right, top)).all(axis=1) & np.isfinite(path).all(axis=1)
        )
        path = path[: int(np.argmin(inside)) if not inside.all() else len(path)]
        figure.add_scatter3d(
            x=path[:, 0],
            y=path[:, 1],
            z=scaled(np.maximum(landscape.value(path), lowest)) + 0.02,
            mode="lines+markers",
            marker={"size": 2, "color": color(label)},
            line={"color": color(label), "width": 5},
            name=words(label),
        )
    axes = {
        "xaxis": {"title": {"text": "x"}},
        "yaxis": {"title": {"text": "y"}},
        "zaxis": {"title": {"text": "log height"}},
    }
    return figure.update_layout(scene=axes | {"aspectmode": "cube", "camera": {"eye": {"x": 1.4, "y": -1.4, "z": 1.1}}})


def maps(result: Result) -> go.Figure:
    """What each contestant's first network has learnt, on the plane of the data."""
    if result.plane is None or not result.maps:
        return empty(WAIT, height=520)
    labels = list(result.contestants)
    columns = min(3, len(labels))
    rows = -(-len(labels) // columns)
    figure = make_subplots(
        rows, columns, subplot_titles=[words(label) for label in labels], shared_xaxes=True, shared_yaxes=True
    )
    for place, label in enumerate(labels):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        for trace in decision(result.plane, result.maps.get(label), label):
            figure.add_trace(trace, **where)
    return figure.update_layout(
        layout(height=190 * rows + 40, showlegend=False) | {"margin": {"l": 10, "r": 10, "t": 30, "b": 10}}
    )


def decision(plane: Plane, picture: np.ndarray | None, name: str) -> list[go.Scatter | go.Heatmap]:
    """The outputs on the plane as colours with the training samples on them, or as a curve through them."""
    if picture is None:
        return []
    numbers = plane.task == "numbers"
    if plane.features == 1:
        dots = go.Scatter(
            x=plane.points[:, 0], y=plane.points[:, 1], mode="markers", marker={"size": 3, "opacity": 0.4}
        )
        return [dots, go.Scatter(x=plane.x, y=picture, mode="lines", line={"color": color(name), "width": 3})]
    many = not numbers and plane.labels.max() > 1
    low, high = (0, int(plane.labels.max())) if not numbers else (float(plane.labels.min()), float(plane.labels.max()))
    steps = [[i / high, PALETTE[i % len(PALETTE)]] for i in range(high + 1)] if many else DIVERGING
    image = np.clip((picture - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
    heat = go.Heatmap(
        x=plane.x,
        y=plane.y,
        z=image,
        zmin=0,
        zmax=255,
        colorscale=steps,
        showscale=False,
        opacity=0.75,
        hoverinfo="skip",
    )
    dots = go.Scatter(
        x=plane.points[:, 0],
        y=plane.points[:, 1],
        mode="markers",
        marker={
            "size": 4,
            "color": plane.labels,
            "colorscale": steps,
            "cmin": low,
            "cmax": high,
            "line": {"width": 0.5, "color": "white"},
        },
        hoverinfo="skip",
    )
    return [heat, dots]


def time_to_target(result: Result) -> go.Figure:
    """Budget used up to the target loss, by contestant, one mark a seed."""
    if result.race is None or not result.race.started:
        return empty(WAIT)
    figure = go.Figure(
        layout=layout(f"{UNITS[result.settings.budget]} to a loss of {result.settings.target:g}", showlegend=False)
    )
    for place, label in enumerate(result.contestants):
        spent = to_target(result, label)
        reached = spent[np.isfinite(spent)]
        figure.add_scatter(
            x=reached,
            y=[f"{words(label)} ({len(reached)} of {len(spent)})"] * max(len(reached), 1),
            mode="markers",
            marker={"color": color(label), "size": 10, "symbol": MARKS[place % len(MARKS)], "opacity": 0.8},
            uid=label,
        )
    return figure.update_yaxes(autorange="reversed").update_xaxes(rangemode="tozero")
