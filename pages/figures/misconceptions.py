"""Charts of the five misconceptions: those of other studies, and others on formulas, kinks and biases."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from core.studies.activations import KINKED, RELUS
from core.studies.misconceptions import TASKS, Result, tensors_of
from pages.figures import activations, depth, minima, question
from pages.figures.common.plots import Chart, empty, level, needs, plot, unnamed
from pages.figures.common.style import BACKPROPAGATION, NEUTRAL, OPTIMIZER, PALETTE, POWERS, faded
from pages.figures.common.traces import Trace, band, bars, marks
from pages.figures.common.words import spoken

ROUNDING = 1e-17  # smaller values are drawn here, at the left edge
WAIT = "This part starts in a moment."


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


def formulas(result: Result) -> Chart:
    """Backpropagation's gradient against central differences, one dot per point. At 1 they would be unrelated."""
    traces = []
    for (name, values), hue in zip(result.formulas.items(), PALETTE, strict=False):
        text = ["exactly 0" if value == 0 else f"{value:.1e}" for value in values]
        told: Trace = {"text": text, "mode": "markers", "hovertemplate": "%{y}: %{text}<extra></extra>"}
        places, names = [max(value, ROUNDING) for value in values], [name] * len(values)
        traces.append(marks(places, names, color=hue, size=10, opacity=0.7, **told))
    axis = POWERS | {"range": [np.log10(ROUNDING) - 0.5, 0.3], "dtick": 4}
    rows = {"autorange": "reversed", "type": "category"}
    return plot(unnamed(traces), "relative difference", wait=WAIT, xaxis=axis, yaxis=rows)


def kinks(result: Result) -> Chart:
    """A step function has slope 0 almost everywhere: its layer gets no gradient unless a substitute slope is used."""
    found = result.borrowed["activations"].kinks if "activations" in result.borrowed else {}
    if not found:
        return empty(WAIT)
    labels = [label for label in KINKED if label in found]
    moved = [100 * float(found[label].moved.mean()) for label in labels]
    hues = [PALETTE[2] if label in RELUS else PALETTE[7] for label in labels]
    text = [f"{each:.0f} %" for each in moved]
    bar = bars(moved, list(map(spoken, labels)), color=hues, text=text, orientation="h", hoverinfo="skip")
    ends = {"range": [0, 1.2 * max(*moved, 1)]}  # with room for the text
    return plot([bar], "movement of W₁ (%)", xaxis=ends, yaxis={"autorange": "reversed"})


@needs(lambda result: result.biases.gradients, WAIT)
def movers(result: Result) -> Chart:
    """The gradient of each, and how far the backward pass and the optimizer moved each."""
    norms, traces = result.biases, []
    for name, values, hue in (
        ("gradient from the backward pass", norms.gradients, BACKPROPAGATION),
        ("change by the backward pass", norms.by_backward, PALETTE[7]),
        ("change by the optimizer", norms.by_rule, OPTIMIZER),
    ):
        means = np.mean(values, axis=(0, 1))
        text = ["0" if mean == 0 else f"{mean:.2g}" for mean in means]
        traces.append(bars(tensors_of(len(means)), means, name, hue, text=text))
    return plot(traces, "weights W and biases b of each layer", "norm, mean over all steps")


@needs(lambda result: result.biases.tasks, WAIT)
def without(result: Result) -> Chart:
    """Without biases a tanh network is odd and a ReLU network positively homogeneous, whatever it learns: the target
    must have that symmetry. Line: median over seeds. Band: all seeds. Dotted: biases kept at 0. Grey line: guessing."""
    traces = []
    for place, (name, task) in enumerate((name, result.biases.tasks.get(name)) for name in TASKS):
        if not task or not task.scores:
            continue
        both = np.split(np.array(task.scores), 2, axis=1)
        for values, dash, how in zip(both, ("solid", "dot"), ("with biases", "without"), strict=True):
            text = f"{TASKS[name]}, {how}"
            area, middle = band(name, np.array(task.steps), values, text, PALETTE[3 * place], dash)
            traces += [area | {"fillcolor": faded(NEUTRAL, 0.12)}, middle]
    return plot(traces, "updates", "test accuracy", shapes=[level(0.5)])
