"""One look for every chart: colours that everyone can tell apart, the same thing in the same colour on every page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.minimizers import MINIMIZERS
from core.nn import ACTIVATIONS, INITIALIZERS
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.studies.race import Race
from pages.figures.common.chart import Chart
from pages.figures.common.words import spoken, words

# ten hues that differ in lightness as well, and read on paper white and on slate alike
PALETTE = ["#3b7dd8", "#e0702b", "#2a9d74", "#c9498e", "#9a7b1f", "#7a5cc7", "#2fa3b5", "#d04545", "#7f8a93", "#5f9e2f"]
MARKS = ["circle", "diamond", "square", "cross", "x", "triangle-up", "star", "hexagon", "bowtie", "pentagon"]
SEQUENTIAL = "Cividis"
NEUTRAL = "#7f8a93"  # of lines that help to read, on light and on dark
EXPLODED = 10  # times the loss at the start, above which a trial of a learning rate has left the chart
FEW_TICKS = {"type": "log", "nticks": 6, "exponentformat": "power"}  # or plotly names many digits between the powers
DIVERGING = [[0.0, "#3b7dd8"], [0.5, "#f2efe9"], [1.0, "#e0702b"]]

FAMILIES = [  # what meets in one chart, each with a colour and a mark of its own
    "batch stochastic mini_batch",  # before the update rules
    "none l1 l2 elastic_net dropout early_stopping",
    "backpropagation forward_mode central_differences spsa forward_differences",
    "neither bad good",
    "samples features width depth batch_size",
    "1st 2nd 3rd 4th",
]
PLACES = {name: place for family in FAMILIES for place, name in enumerate(family.split())}
COLORED: list[Mapping[str, Any]] = [ACTIVATIONS, INITIALIZERS, OPTIMIZERS, SCHEDULES, MINIMIZERS]  # that name a place
PLACES |= {name: each.color for table in COLORED for name, each in table.items() if each.color is not None}


def color(label: str) -> str:
    """The colour of a contestant, the same on every page."""
    return PALETTE[_place(label) % len(PALETTE)]


def mark(label: str) -> str:
    """The marker of a contestant, which tells it apart without colour."""
    return MARKS[_place(label) % len(MARKS)]


def _place(label: str) -> int:
    name = label.split(" ")[0]
    return PLACES.get(name, sum(map(ord, name)))


def faded(label: str, alpha: float) -> str:
    red, green, blue = (int(color(label)[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def empty(message: str, height: int = 380) -> Chart:
    """A chart that has nothing to show yet, and says when it will."""
    # of another revision than what follows: plotly would keep its axes, and lose which way round they are
    figure = Chart([], layout(height=height, uirevision="empty"))
    figure.add_annotation(text=message, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper", opacity=0.7)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure


def layout(x: str = "", y: str = "", height: int = 380, **more: object) -> dict[str, object]:
    """Axis titles, margins and a legend below the chart."""
    base: dict[str, object] = {
        "xaxis": {"title": {"text": x}},
        "yaxis": {"title": {"text": y}},
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0},
        "hovermode": "closest",
    }
    return base | more


def band(label: str, name: str, x: np.ndarray, values: np.ndarray, dash: str = "solid") -> list[dict[str, object]]:
    """Median over seeds as a line, and the range of the seeds as a band; x (T,), values (T, seeds)."""
    values = np.where(np.isfinite(values), values, np.nan)
    some = np.isfinite(values).any(axis=1)
    x, values = x[some], values[some]
    low, middle, high = (
        (np.nanmin(values, axis=1), np.nanmedian(values, axis=1), np.nanmax(values, axis=1))
        if len(x)
        else (np.array([]),) * 3
    )
    area = {
        "type": "scatter",
        "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([high, low[::-1]]),
        "mode": "lines",  # or plotly puts a marker on every corner of a short band
        "fill": "toself",
        "fillcolor": faded(label, 0.12),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": name,
    }
    line = {
        "type": "scatter",
        "x": x,
        "y": middle,
        "mode": "lines",
        "line": {"color": color(label), "width": 2, "dash": dash},
        "name": name,
        "legendgroup": name,
    }
    return [area, line]


def dots(label: str, name: str, x: np.ndarray, values: np.ndarray) -> list[dict[str, object]]:
    """A mark for each seed, and a line through the medians over the seeds that have a value; x (T,), values (T, R)."""
    values = np.where(np.isfinite(values), values, np.nan)
    middle = [np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in values]
    look = {"type": "scatter", "legendgroup": name, "name": name}
    marker = {"color": color(label), "symbol": mark(label)}
    each = {"x": np.repeat(x, values.shape[1]), "y": values.ravel(), "mode": "markers"}
    line = {"x": x, "y": np.array(middle), "mode": "lines+markers"}
    return [
        look | each | {"marker": marker | {"size": 6, "opacity": 0.4}, "showlegend": False},
        look | line | {"marker": marker | {"size": 9}, "line": {"color": color(label), "width": 2}},
    ]


def trials(race: Race, x: str) -> Chart:
    """The training loss of every trial of a tuning on its way, one thin line each, in its contestant's colour.

    Those that explode leave the chart at the top, or nothing else could be told apart.
    """
    traces = []
    heights = {label: race.values(label, "train_loss") for label in race.runs}
    for label, losses in heights.items():
        gap = np.full((1, losses.shape[1]), np.nan)
        steps = np.append(race.steps(label), np.nan)
        traces.append(
            {
                "type": "scatter",
                "x": np.tile(steps, losses.shape[1]),
                "y": np.vstack([np.where(np.isfinite(losses), losses, np.nan), gap]).T.ravel(),
                "mode": "lines",
                "line": {"color": faded(label, 0.5), "width": 1},
                "name": spoken(words(label)),
                "hoverinfo": "skip",
            }
        )
    axes = layout(x, "training loss of the trials", uirevision="trials")  # or the race would keep their range
    figure = Chart(traces, axes).update_yaxes(FEW_TICKS)
    every = [losses.ravel() for losses in heights.values()]
    first = [losses[0] for losses in heights.values()]
    known, starts = (values[np.isfinite(values) & (values > 0)] for values in map(np.concatenate, (every, first)))
    if starts.size and known.max() > EXPLODED * starts.max():
        figure.update_yaxes(range=np.log10([0.8 * known.min(), EXPLODED * starts.max()]).tolist())
    return figure


def lines(curves: Sequence[tuple[Any, ...]], **axes: Any) -> Chart:
    """A band for each (label, name, x, values) or (label, name, x, values, dash)."""
    return Chart([trace for curve in curves for trace in band(*curve)], layout(**axes))
