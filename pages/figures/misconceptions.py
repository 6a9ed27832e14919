"""Charts of the five misconceptions: those of other studies, and others on kinks and biases."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from core.studies.activations import KINKED, RELUS
from core.studies.misconceptions import TASKS, Result, tensors_of
from pages.figures import activations, depth, minima, question
from pages.figures.common.plots import Chart, Parts, chart, empty, level
from pages.figures.common.style import BACKPROPAGATION, NEUTRAL, OPTIMIZER, PALETTE, faded
from pages.figures.common.traces import band, bars
from pages.figures.common.words import spoken

WAIT = "This part has not run yet, or is not chosen under Settings."


def borrowed(study: str, draw: Callable[[Any], Chart]) -> Callable[[Result], Chart]:
    """A chart of another study, drawn from its run within this one."""

    @wraps(draw)
    def figure(result: Result) -> Chart:
        return draw(result.borrowed[study]) if study in result.borrowed else empty(WAIT)

    return figure


paths = borrowed("question", question.curves)
deep = borrowed("depth", depth.loss)
deep_deltas = borrowed("depth", depth.deltas)
fates = borrowed("minima", minima.fates)
shares = borrowed("minima", minima.shares)
slopes = borrowed("activations", activations.deltas)


@chart("movement of W₁ (%)", wait=WAIT, yaxis={"autorange": "reversed"})
def kinks(result: Result) -> Parts:
    """A step function has slope 0 almost everywhere: its layer gets no gradient unless a substitute slope is used."""
    found = result.borrowed["activations"].kinks if "activations" in result.borrowed else {}
    if labels := [label for label in KINKED if label in found]:
        moved = [100 * float(found[label].moved.mean()) for label in labels]
        hues = [PALETTE[2] if label in RELUS else PALETTE[7] for label in labels]
        text = [f"{each:.0f} %" for each in moved]
        yield bars(moved, list(map(spoken, labels)), color=hues, text=text, orientation="h", hoverinfo="skip")
        yield {"xaxis": {"range": [0, 1.2 * max(*moved, 1)]}}  # with room for the text


@chart("weights W and biases b of each layer", "norm, mean over all steps", wait=WAIT)
def movers(result: Result) -> Parts:
    """The gradient of each, and how far the backward pass and the optimizer moved each."""
    norms = result.biases
    for name, values, hue in (
        ("gradient from the backward pass", norms.gradients, BACKPROPAGATION),
        ("change by the backward pass", norms.by_backward, PALETTE[7]),
        ("change by the optimizer", norms.by_rule, OPTIMIZER),
    ):
        if not len(values):
            return
        means = np.mean(values, axis=(0, 1))
        text = ["0" if mean == 0 else f"{mean:.2g}" for mean in means]
        yield bars(tensors_of(len(means)), means, name, hue, text=text)


@chart("updates", "test accuracy", wait=WAIT)
def without(result: Result) -> Parts:
    """Without biases a tanh network is odd and a ReLU network positively homogeneous, whatever it learns: the target
    must have that symmetry. Line: median over seeds. Band: all seeds. Dotted: biases kept at 0. Grey line: guessing."""
    for place, (name, told) in enumerate(TASKS.items()):
        task = result.biases.tasks.get(name)
        if not task or not task.scores:
            continue
        both = np.split(np.array(task.scores), 2, axis=1)
        for values, dash, how in zip(both, ("solid", "dot"), ("with biases", "without"), strict=True):
            hue = PALETTE[3 * place]
            area, middle = band(name, np.array(task.steps), values, f"{told}, {how}", hue, dash)
            yield [area | {"fillcolor": faded(NEUTRAL, 0.12)}, middle]
    yield level(0.5)
