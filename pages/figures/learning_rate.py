"""The learning rate as charts: the sweep, the edge, the range test, the schedules, the equal start."""

from typing import Any

import numpy as np

from core.optimizers import SCHEDULES
from core.studies.learning_rate.quadratic import optimum
from core.studies.learning_rate.study import METHOD_NAMES, Result, scheduled
from pages.figures.common.chart import Chart
from pages.figures.common.stacked import below, stacked
from pages.figures.common.style import NEUTRAL, band, color, dots, empty, layout, mark, trials
from pages.figures.common.words import words

HEIGHT = 460
WAIT = "The sweep over the rates is about to begin."
SIDES = {"under": ("good", "just under 2/L"), "over": ("bad", "just over 2/L")}
STARTS = {
    "constant": ("constant", "all weights equal"),
    "nudged": ("normal", "equal, then nudged"),
    "xavier": ("xavier", "random weights"),
}


def _label(result: Result) -> str:
    """The name under which the update rule has its colour: plain gradient descent here runs on mini-batches."""
    return "mini_batch" if result.settings.optimizer == "sgd" else result.settings.optimizer


def _log_axis(figure: Chart, *axes: str) -> Chart:
    return figure.update_layout({axis: {"type": "log", "exponentformat": "power"} for axis in axes})


def _dotted(x: Any, y: Any, name: str, shade: str = NEUTRAL) -> dict[str, Any]:
    """A line to compare with."""
    line = {"color": shade, "width": 1.5, "dash": "dot"}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "name": name}


def sweep(result: Result) -> Chart:
    """Final training loss and test score by learning rate, so far."""
    if not result.sweep.started:
        return empty(WAIT, HEIGHT)
    label = _label(result)
    upper = band(label, "training loss so far", result.rates, result.final("train_loss"))
    start = np.median([result.sweep.values(each, "train_loss")[0] for each in result.sweep.runs])
    upper.append(_dotted(result.rates[[0, -1]], [start, start], "before training"))
    lower = below(band(label, "test score", result.rates, result.final("test_score")))
    frame = stacked("learning rate", "training loss", "test score", HEIGHT)
    return _log_axis(Chart(upper + lower, frame), "xaxis", "yaxis")


def speed(result: Result) -> Chart:
    """Updates to the target by learning rate, and the shares of seeds that got there and that failed."""
    if not result.sweep.started:
        return empty(WAIT, HEIGHT)
    steps, label = result.steps_to_target(), _label(result)
    finite = np.where(np.isfinite(steps), steps, np.nan)
    upper = dots(label, "updates to the target", result.rates, finite)
    shares = {"reached the target": ("good", np.isfinite(steps)), "failed": ("bad", result.worse())}
    lower = [
        {
            "type": "scatter",
            "x": result.rates,
            "y": 100 * which.mean(axis=1),
            "mode": "lines+markers",
            "line": {"color": color(hue)},
            "marker": {"symbol": mark(hue), "size": 8},
            "name": name,
        }
        for name, (hue, which) in shares.items()
    ]
    frame = stacked("learning rate", "updates to target", "% of seeds", HEIGHT)
    lower = [trace | {"yaxis": "y2"} for trace in lower]
    figure = Chart(upper + lower, frame)
    figure.update_layout(yaxis2={"range": [-5, 105]}, xaxis={"range": np.log10(result.rates[[0, -1]]).tolist()})
    return _log_axis(figure, "xaxis", "yaxis")


def bowl(result: Result) -> Chart:
    """Heights just under and just over the edge, and distances of each method at its best, with the theory."""
    bowl, upper, lower = result.bowl, [], []
    for side, walk in bowl.edge.items():
        hue, name = SIDES[side]
        upper += band(hue, name, np.arange(len(walk.heights)), walk.heights)
    for method, walk in bowl.best.items():
        steps = np.arange(len(walk.distances))
        lower += [trace | {"yaxis": "y2"} for trace in band(method, METHOD_NAMES[method], steps, walk.distances)]
        promised = optimum(method, bowl.k)[1] ** steps
        theory = _dotted(steps, promised, f"theory of {METHOD_NAMES[method]}", color(method))
        lower.append(theory | {"yaxis": "y2", "showlegend": False})
    if not upper:
        return empty("Rolling down a bowl …", HEIGHT)
    frame = stacked("steps", "height / start", "distance / start", HEIGHT)
    figure = Chart(upper + lower, frame)
    longest = len(bowl.edge["under"].heights) - 1
    figure.update_layout(xaxis={"range": [0, longest]}, yaxis2={"range": [-12, 1]})
    return _log_axis(figure, "yaxis", "yaxis2")


def rising(result: Result) -> Chart:
    """The loss of a run whose rate grows, beside the final losses of the sweep."""
    if result.rising is None or not len(result.rising.history):
        return empty("The range test comes after the sweep.", HEIGHT)
    rates, losses = result.rising.curve()
    traces = band(_label(result), "one run, rising rate", rates, losses)
    final = np.median(result.final("train_loss"), axis=1)
    traces.append(_dotted(result.rates, np.where(np.isfinite(final), final, np.nan), "the sweep: a run for each rate"))
    suggestion = result.rising.suggestion()
    middle = np.median(losses, axis=1)
    star = {"symbol": "star", "size": 16, "color": color("bad")}
    traces.append(
        {
            "type": "scatter",
            "x": [suggestion],
            "y": [middle[np.abs(np.log(rates / suggestion)).argmin()]],
            "mode": "markers",
            "marker": star,
            "name": f"suggestion: {suggestion:.2g}",
        }
    )
    figure = Chart(traces, layout("learning rate", "training loss", HEIGHT))
    return _log_axis(figure, "xaxis", "yaxis")


def schedules(result: Result) -> Chart:
    """Training loss from the same base rate by schedule, and what the schedule makes of that rate."""
    race = result.schedules
    if not race.started:
        if result.tries.started:
            return trials(result.tries, "updates")
        return empty("Schedules are compared at the end.", HEIGHT)
    steps, upper, lower = result.settings.steps, [], []
    for name in result.settings.compared:
        label = scheduled(name, "same")
        upper += band(name, words(name), race.steps(label), race.values(label, "train_loss"))
        schedule = SCHEDULES[name](result.base_rate, **SCHEDULES[name].fit(steps))
        rates = np.array([schedule(step) for step in range(steps)])
        if name != "reduce_on_plateau":  # it follows the loss, not a plan
            lower += below([_dotted(np.arange(steps), rates, words(name), color(name)) | {"line": _line(name)}])
    frame = stacked("updates", "training loss", "learning rate", HEIGHT)
    return _log_axis(Chart(upper + lower, frame), "yaxis")


def _line(name: str) -> dict[str, Any]:
    return {"color": color(name), "width": 2}


def symmetry(result: Result) -> Chart:
    """Training loss and rank of the first layer, from equal and from random weights."""
    race = result.symmetry
    if not race.started:
        return empty("The equal start comes after the sweep.", HEIGHT)
    upper, lower = [], []
    for label, (hue, name) in STARTS.items():
        upper += band(hue, name, race.steps(label), race.values(label, "train_loss"))
        lower += below(band(hue, name, race.steps(label), race.ranks(label)))
    frame = stacked("updates", "training loss", "rank of layer 1", HEIGHT)
    figure = Chart(upper + lower, frame)
    figure.update_layout(yaxis2={"rangemode": "tozero"})
    return _log_axis(figure, "yaxis")


def standing(result: Result) -> str:
    """The best rate of the sweep and how many of them work."""
    if not result.sweep.started:
        return ""
    losses = np.nan_to_num(np.median(result.final("train_loss"), axis=1), nan=np.inf)
    there = np.isfinite(result.steps_to_target()).mean(axis=1) >= 0.5
    return (
        f"Training loss at this moment, median over seeds: lowest at a rate of {result.rates[losses.argmin()]:.3g}, "
        f"{losses.min():.3g}. At {there.sum()} of {len(there)} rates half the seeds or more have reached the target."
    )


FIRST = sweep  # what the trial shows while this experiment runs
