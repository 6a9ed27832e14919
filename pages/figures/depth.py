"""Charts of depth and convergence."""

from collections.abc import Callable

import numpy as np

from core.studies.depth import Result, name
from pages.figures.common.plots import Chart, Parts, chart, raced, tuning, vanished
from pages.figures.common.style import POWERS
from pages.figures.common.traces import band, dots
from pages.figures.common.words import words

BEFORE = "Before training: how much of the error signal gets through?", "In the deepest network. Tuning runs follow."
DASHES = ["2px,12px", "dot", "dashdot", "dash", "12px,3px", "solid"]  # deeper is more solid
LAYER = "layer (1: next to the input)"


def _families(result: Result) -> dict[str, str]:
    return {label: initializer for label, (_, initializer) in result.contestants.items()}


def _before(result: Result) -> Chart | None:
    return tuning(_families)(result) if result.trials.started else deltas(result).titled(*BEFORE)


@chart("updates", "training loss", instead=_before, ends=True, yaxis=POWERS)
def loss(result: Result) -> Parts:
    """Line: median over seeds. Band: all seeds. Numbers: hidden layers; deeper networks have more solid lines."""
    depths = sorted(result.settings.depths)
    for label, (depth, initializer) in result.contestants.items():
        place = (1 + depths.index(depth)) / len(depths)
        dash = DASHES[round(place * (len(DASHES) - 1))]
        values = result.race.values(label, "train_loss")
        yield band(initializer, result.race.steps(label), values, f"{words(initializer)}, {depth}", dash=dash)


@raced("hidden layers", "test score", yaxis={"rangemode": "tozero"})
def score(result: Result) -> Parts:
    """One mark per seed, line: median."""
    return _by_depth(result, lambda label: result.race.final(label, "test_score"))


@raced(
    "hidden layers",
    "updates to a training loss of {settings.target:g}",
    none="No network has reached the target so far.",
    yaxis={"rangemode": "tozero"},
)
def steps_to_target(result: Result) -> Parts:
    """Only seeds that reached it."""
    return _by_depth(result, lambda label: result.race.first_below(label, result.settings.target))


def _by_depth(result: Result, measure: Callable[[str], np.ndarray]) -> Parts:
    depths = sorted(result.settings.depths)
    for initializer in result.settings.initializers:
        yield dots(initializer, depths, np.array([measure(name(depth, initializer)) for depth in depths]))


@chart(LAYER, "size of δ = dL/dz", wait="Computing δ in every layer …", yaxis=POWERS)
def deltas(result: Result) -> Parts:
    """The deepest network before its first update: the error signal travels from right to left."""
    return _by_layer(result, "deltas")


@chart(LAYER, "size of dL/dW", wait="Computing δ in every layer …", yaxis=POWERS)
def weight_gradients(result: Result) -> Parts:
    """They can stay level while δ vanishes: look at δ to see the effect of depth."""
    return _by_layer(result, "weight_gradients")


def _by_layer(result: Result, measure: str) -> Parts:
    zeros: list[str] = []
    for initializer in result.settings.initializers:
        if (layers := result.layers.get(result.deepest(initializer))) is not None:
            values = getattr(layers, measure).T
            yield band(initializer, np.arange(1, len(values) + 1), np.where(values > 0, values, np.nan))
            zeros += [words(initializer)] * bool((values[:-1] <= 0).all())
    yield vanished(zeros)
