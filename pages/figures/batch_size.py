"""Batch sizes as charts: updates, passes and time to the target, the cost of an update, its rate, its shards."""

from collections.abc import Callable
from typing import Any

import numpy as np
from plotly.colors import sample_colorscale

from core.studies.batch_size.study import RATES, Result
from core.studies.race import Race
from core.studies.wording import number
from pages.figures.common.chart import Chart
from pages.figures.common.stacked import stacked
from pages.figures.common.style import FEW_TICKS, NEUTRAL, SEQUENTIAL, dots, empty, layout

LABEL = "mini_batch"  # plain gradient descent on batches, in its colour
SIZES = "batch size (samples behind one update)"
CLOSE = 1.2  # times that differ by less than this factor are not told apart


def _samples(result: Result, labels: list[str]) -> np.ndarray:
    return np.array([result.sizes[label].samples for label in labels])


def _dotted(x: Any, y: Any, name: str, dash: str = "dot") -> dict[str, Any]:
    """A line to compare with."""
    line = {"color": NEUTRAL, "width": 1.5, "dash": dash}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "name": name}


def _logs(figure: Chart, *axes: str) -> Chart:
    return figure.update_layout(dict.fromkeys(axes, FEW_TICKS | {"exponentformat": "none"}))


def _best_trials(result: Result, label: str) -> np.ndarray:
    """Fewest updates to the target so far of any rate, for each seed of the tuning."""
    steps = result.trials.first_below(label, result.settings.target)
    return steps.reshape(len(RATES), -1).min(axis=0)


def updates(result: Result) -> Chart:
    """Updates to the target by batch size, with the line of perfect scaling; before the race, the best trials."""
    if not result.trials.started:
        return empty("Timing the updates of every batch size …")
    labels, sizes = list(result.sizes), _samples(result, list(result.sizes))
    steps, name = np.empty((0, 0)), "raced"
    if result.race.started:
        steps = np.array([result.steps(label) for label in labels])
    if not np.isfinite(steps).any() and not result.race.finished:
        steps, name = np.array([_best_trials(result, label) for label in labels]), "best of the rates tried"
        if not np.isfinite(steps).any():
            return empty("No run has reached the target yet …")
    traces = dots(LABEL, name, sizes, steps)
    there = np.isfinite(steps).all(axis=1)
    if there.any():
        first = int(there.argmax())
        perfect = np.median(steps[first]) * sizes[first] / sizes
        traces.append(_dotted(sizes, np.where(perfect >= 1, perfect, np.nan), "perfect scaling"))
    title = f"updates to a loss of {result.settings.target:g}"
    return _logs(Chart(traces, layout(SIZES, title)), "xaxis", "yaxis")


def loss(result: Result) -> Chart:
    """Training loss by epoch, one line for each batch size; before the race, of all its trials."""
    race = result.race if result.race.started else result.trials
    if not race.started:
        return empty("Timing the updates of every batch size …")
    traces = []
    labels = list(result.sizes)
    shades = sample_colorscale(SEQUENTIAL, np.linspace(0.2, 1, len(labels)))
    for label, shade in zip(labels, shades, strict=True):
        each = result.sizes[label]
        epochs = race.steps(label) * each.samples / each.rows
        look = {"mode": "lines", "line": {"color": shade, "width": 2}, "name": label}
        traces.append({"type": "scatter", "x": epochs[1:], "y": _middle(race, label)[1:]} | look)
    figure = Chart(traces, layout("passes over the data", "training loss"))
    return _logs(figure, "xaxis", "yaxis").update_layout(legend={"title": {"text": "batch size"}})


def _middle(race: Race, label: str) -> np.ndarray:
    """Median training loss (T,) of the runs that have not diverged."""
    losses = race.values(label, "train_loss")
    return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in losses])


def price(result: Result) -> Chart:
    """Passes over the data and milliseconds to the target, by batch size."""
    if not result.race.started:
        return empty("The race starts when the learning rates are tuned.")
    labels = list(result.sizes)

    def measured(of: Callable[[str], np.ndarray], scale: float = 1.0) -> np.ndarray:
        return scale * np.array([of(label) for label in labels])

    sizes = _samples(result, labels)
    upper = dots(LABEL, "passes", sizes, measured(result.epochs))
    lower = [trace | {"yaxis": "y2"} for trace in dots("batch", "time", sizes, measured(result.seconds, 1e3))]
    frame = stacked(SIZES, "passes to target", "ms to target")
    return _logs(Chart(upper + lower, frame), "xaxis", "yaxis", "yaxis2")


def cost(result: Result) -> Chart:
    """Microseconds of one update, and for each of its samples."""
    if not result.sizes:
        return empty("Timing the updates of every batch size …")
    sizes = _samples(result, list(result.sizes))
    times = 1e6 * np.array([each.seconds for each in result.sizes.values()])
    upper = dots("batch", "an update", sizes, times)
    upper[1]["y"] = np.nanmin(times, axis=1)
    lower = dots(LABEL, "a sample", sizes, times / sizes[:, None])
    lower[1]["y"] = np.nanmin(times, axis=1) / sizes
    frame = stacked(SIZES, "µs an update", "µs a sample")
    traces = upper + [trace | {"yaxis": "y2"} for trace in lower]
    return _logs(Chart(traces, frame), "xaxis", "yaxis", "yaxis2")


def rates(result: Result) -> Chart:
    """The rate chosen for each batch size, beside two rules of thumb."""
    if not result.tuning:
        return empty(f"Trying {len(RATES)} learning rates for each batch size …")
    sizes = _samples(result, list(result.tuning))
    best = np.array([each.best for each in result.tuning.values()])
    traces = dots(LABEL, "rate chosen", sizes, best[:, None])
    traces.append(_dotted(sizes, np.where(sizes <= 2 * RATES[-1] / best[0], best[0] * sizes, np.nan), "in proportion"))
    traces.append(_dotted(sizes, best[0] * np.sqrt(sizes), "with the square root", "dash"))
    return _logs(Chart(traces, layout(SIZES, "learning rate")), "xaxis", "yaxis")


def shards(result: Result) -> Chart:
    """Largest difference between the mean of the shards' gradients and the full gradient, by number of workers."""
    if not result.shards:
        return empty("Dividing the samples among workers …")
    workers = np.array(list(result.shards))
    differences = np.array(list(result.shards.values()))
    traces = dots("batch", "difference", workers, np.maximum(differences, 1e-18))
    precision = float(np.finfo(float).eps)
    traces.append(_dotted(workers[[0, -1]], [precision, precision], "precision of a number"))
    figure = Chart(traces, layout("workers", "difference / largest entry"))
    return _logs(figure, "xaxis").update_xaxes(tickvals=workers.tolist()).update_yaxes(FEW_TICKS, range=[-18, 0])


def standing(result: Result) -> str:
    """The sizes that got to the target first by the clock, and the one that did by the number of updates."""
    reached = result.reached() if result.race.started else []
    if not reached:
        return ""
    times = {label: 1e3 * result.seconds(label).mean() for label in reached}
    least = min(times.values())
    by_clock = " or ".join(label for label in reached if times[label] <= CLOSE * least)
    by_updates = min(reached, key=lambda label: result.steps(label).mean())
    return (
        f"To the target so far: least time, {number(least)} ms, at batches of {by_clock}; "
        f"fewest updates, {number(result.steps(by_updates).mean())}, at batches of {by_updates}."
    )


FIRST = updates  # what the trial shows while this experiment runs
