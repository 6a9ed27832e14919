"""The race of the optimizers as charts."""

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.optimizers import Result, to_target
from pages.figures.common.chart import Chart
from pages.figures.common.decision import small_multiples
from pages.figures.common.style import FEW_TICKS, NEUTRAL, SEQUENTIAL, color, empty, layout, lines, mark, trials
from pages.figures.common.words import words

UNITS = {"samples": "epochs (passes over the data)", "steps": "updates", "seconds": "milliseconds of computing"}
WAIT = "The race starts when the learning rates are tuned."


def _curves(result: Result, measure: str, title: str, log: bool) -> Chart:
    if not result.race.started:
        return empty(WAIT)
    curves = [
        (label, words(label), result.spent(label), result.race.values(label, measure)) for label in result.contestants
    ]
    figure = lines(curves, x=UNITS[result.settings.budget], y=title)
    return figure.update_yaxes(FEW_TICKS if log else {})


def loss(result: Result) -> Chart:
    """Training loss by budget, median and range over seeds; before the race, the trials of its rates."""
    if not result.race.started and result.trials.started:
        return trials(result.trials, "updates")
    figure = _curves(result, "train_loss", "training loss", log=True)
    target = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": result.settings.target,
        "y1": result.settings.target,
    }
    label = {"text": "target", "textposition": "start", "yanchor": "top", "font": {"color": NEUTRAL}}
    return figure.update_layout(
        shapes=[target | {"line": {"dash": "dot", "width": 1, "color": NEUTRAL}, "label": label}]
    )


def score(result: Result) -> Chart:
    """Test accuracy (or R²) by budget."""
    name = "test accuracy" if result.plane is None or result.plane.task == "classes" else "test R²"
    return _curves(result, "test_score", name, log=False)


def tuning(result: Result) -> Chart:
    """Final loss of every rate tried."""
    if result.settings.rate == "same":
        return empty("Everyone uses the same learning rate: nothing to tune.")
    if not result.tuning:
        return empty("Trying nine learning rates for each contestant …")
    traces = []
    for label, each in result.tuning.items():
        finite = np.isfinite(each.losses)
        size = np.where(each.rates == each.best, 13, 5)[finite]
        traces.append(
            {
                "type": "scatter",
                "x": each.rates[finite],
                "y": each.losses[finite],
                "mode": "lines+markers",
                "name": words(label),
                "line": {"color": color(label), "width": 1.5},
                "marker": {"size": size, "symbol": mark(label)},
            }
        )
    figure = Chart(traces, layout("learning rate", "final training loss"))
    return figure.update_xaxes(type="log").update_yaxes(FEW_TICKS)


def surface(result: Result) -> Chart:
    """The paths of the rules on a two-dimensional surface that can be turned."""
    landscape = LANDSCAPES[result.settings.landscape]
    (left, right), (bottom, top) = landscape.bounds
    x, y = np.linspace(left, right, 60), np.linspace(bottom, top, 60)
    height = landscape.value(np.stack(np.meshgrid(x, y), axis=-1))
    lowest = float(height.min())

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.log10(values - lowest + 1e-2 * float(np.median(height - lowest)) + 1e-9)

    look = {"type": "surface", "colorscale": SEQUENTIAL, "opacity": 0.75, "showscale": False, "name": "surface"}
    traces = [look | {"x": x, "y": y, "z": scaled(height)}]
    for label, path in result.paths.items():
        inside = (
            (path >= (left, bottom)).all(axis=1) & (path <= (right, top)).all(axis=1) & np.isfinite(path).all(axis=1)
        )
        path = path[: int(np.argmin(inside)) if not inside.all() else len(path)]
        traces.append(
            {
                "type": "scatter3d",
                "x": path[:, 0],
                "y": path[:, 1],
                "z": scaled(np.maximum(landscape.value(path), lowest)) + 0.02,
                "mode": "lines+markers",
                "marker": {"size": 2, "color": color(label)},
                "line": {"color": color(label), "width": 5},
                "name": words(label),
            }
        )
    axes = {
        "xaxis": {"title": {"text": "x"}},
        "yaxis": {"title": {"text": "y"}},
        "zaxis": {"title": {"text": "log height"}},
    }
    scene = axes | {"aspectmode": "cube", "camera": {"eye": {"x": 1.4, "y": -1.4, "z": 1.1}}}
    return Chart(traces, layout(height=520, scene=scene))


def maps(result: Result) -> Chart:
    """What each contestant's first network has learnt, on the plane of the data."""
    if result.plane is None or not result.maps:
        return empty(WAIT)
    return small_multiples(result.plane, result.maps)


def time_to_target(result: Result) -> Chart:
    """Budget used up to the target loss, by contestant, one mark a seed."""
    if not result.race.started:
        return empty(WAIT)
    names: list[str] = []
    traces = []
    for label in result.contestants:
        spent = to_target(result, label)
        reached = spent[np.isfinite(spent)]
        names.append(f"{words(label)} ({len(reached)} of {len(spent)})")
        traces.append(
            {
                "type": "scatter",
                "x": reached,
                "y": [names[-1]] * len(reached),
                "mode": "markers",
                "marker": {"color": color(label), "size": 10, "symbol": mark(label), "opacity": 0.8},
            }
        )
    unit = UNITS[result.settings.budget].split(" (")[0]
    figure = Chart(traces, layout(f"{unit} to a loss of {result.settings.target:g}", showlegend=False))
    figure.update_yaxes(categoryorder="array", categoryarray=names, range=[len(names) - 0.5, -0.5])
    return figure.update_xaxes(rangemode="tozero")


FIRST = loss  # what the trial shows while this experiment runs
