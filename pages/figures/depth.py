"""Charts of depth and convergence."""

from collections.abc import Callable

import numpy as np

from core.studies.depth import Result, name
from pages.figures.common import plots
from pages.figures.common.plots import Chart, named, plot, raced, trials
from pages.figures.common.style import POWERS
from pages.figures.common.traces import band, dots
from pages.figures.common.words import words

BEFORE = "Before training: how much of the error signal gets through?", "In the deepest network. Tuning runs follow."
DASHES = ["dashdot", "dot", "dash", "solid"]  # deeper is more solid


def loss(result: Result) -> Chart:
    """Line: median over seeds. Band: all seeds. Numbers: hidden layers; deeper networks have more solid lines."""
    if not result.trials.started:
        return deltas(result).titled(*BEFORE)
    if not result.race.started:
        return trials(result.trials, {label: initializer for label, (_, initializer) in result.contestants.items()})
    depths = sorted(result.settings.depths)
    traces = []
    for label, (depth, initializer) in result.contestants.items():
        dash = DASHES[-1 - min(3, len(depths) - 1 - depths.index(depth))]
        values = result.race.values(label, "train_loss")
        traces += band(initializer, result.race.steps(label), values, f"{words(initializer)}, {depth}", dash=dash)
    return named(plot(traces, "updates", "training loss", yaxis=POWERS))


@raced
def score(result: Result) -> Chart:
    """One mark per seed, line: median."""
    return _by_depth(result, lambda label: result.race.final(label, "test_score"), "test score")


@raced
def steps_to_target(result: Result) -> Chart:
    """Only seeds that reached it."""
    target = f"updates to a training loss of {result.settings.target:g}"
    return _by_depth(result, lambda label: result.race.first_below(label, result.settings.target), target)


def _by_depth(result: Result, measure: Callable[[str], np.ndarray], title: str) -> Chart:
    depths, traces = sorted(result.settings.depths), []
    for initializer in result.settings.initializers:
        traces += dots(initializer, depths, np.array([measure(name(depth, initializer)) for depth in depths]))
    return plot(traces, "hidden layers", title, yaxis={"rangemode": "tozero"})


def deltas(result: Result) -> Chart:
    """The deepest network before its first update: the error signal travels from right to left."""
    return _by_layer(result, "deltas", "size of δ = dL/dz")


def weight_gradients(result: Result) -> Chart:
    """They can stay level while δ vanishes: look at δ to see the effect of depth."""
    return _by_layer(result, "weight_gradients", "size of dL/dW")


def _by_layer(result: Result, measure: str, title: str) -> Chart:
    traces = []
    for initializer in result.settings.initializers:
        layers = result.layers.get(result.deepest(initializer))
        if layers is not None:
            values = getattr(layers, measure).T
            traces += band(initializer, np.arange(1, len(values) + 1), np.where(values > 0, values, np.nan))
    return plot(traces, "layer (1: next to the input)", title, wait="Computing δ in every layer …", yaxis=POWERS)


def tuning(result: Result) -> Chart:
    """Large mark: the rate used in the race."""
    look = {label: (i, f"{words(i)}, {depth}") for label, (depth, i) in result.contestants.items()}
    return plots.tuning(result, look)
