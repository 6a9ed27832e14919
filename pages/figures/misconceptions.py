"""The five misconceptions as charts: those of other studies, and our own on formulas, kinks, repeats and biases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.studies.activations.nondifferentiable import KINKED, RELUS
from core.studies.misconceptions.biases import TASKS, tensors_of
from core.studies.misconceptions.study import Result
from pages.figures import activations, depth, learning_rate, minima, question
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, PALETTE, band, empty, layout
from pages.figures.common.words import spoken

ROUNDING = 1e-17  # what is smaller stands here, on the left edge
WAIT = "Its turn comes in a moment."
TASK_NAMES = {"shifted": "answer off the centre", "centred": "centred moons"}


def borrowed(study: str, draw: Callable[[Any], Chart]) -> Callable[[Result], Chart]:
    """A chart of another study, drawn from the run of it that is part of ours."""

    def figure(result: Result) -> Chart:
        return draw(result.borrowed[study]) if study in result.borrowed else empty(WAIT)

    return figure


paths = borrowed("question", question.curves)
deep = borrowed("depth", depth.loss)
deep_deltas = borrowed("depth", depth.deltas)
fates = borrowed("minima", minima.fates)
shares = borrowed("minima", minima.shares)
equal_weights = borrowed("learning_rate", learning_rate.symmetry)
slopes = borrowed("activations", activations.deltas)


def _dots(groups: Mapping[str, Sequence[float]], x: str, colors: Sequence[str] = PALETTE) -> Chart:
    """One row a group, one dot a seed, on a logarithmic axis; zeros stand on the left edge and are named."""
    traces = []
    for (name, values), shade in zip(groups.items(), colors, strict=False):
        traces.append(
            {
                "type": "scatter",
                "x": [max(value, ROUNDING) for value in values],
                "y": [name] * len(values),
                "text": ["exactly 0" if value == 0 else f"{value:.1e}" for value in values],
                "hovertemplate": "%{y}: %{text}<extra></extra>",
                "mode": "markers",
                "marker": {"size": 10, "color": shade, "opacity": 0.7},
                "showlegend": False,
            }
        )
        if max(values) == 0:
            traces[-1] |= {"mode": "markers+text", "textposition": "middle right"}
            traces[-1]["text"] = ["  exactly 0", *[""] * (len(values) - 1)]
    figure = Chart(traces, layout(x, ""))
    figure.update_xaxes(type="log", exponentformat="power", range=[np.log10(ROUNDING) - 0.5, 0.3], dtick=4)
    return figure.update_yaxes(autorange="reversed", type="category")


def formulas(result: Result) -> Chart:
    """Relative difference between the reverse mode and central differences, of formulas that are no networks."""
    if not result.differences.formulas:
        return empty(WAIT)
    return _dots(result.differences.formulas, "relative difference")


def repeats(result: Result) -> Chart:
    """Relative difference of a gradient from the first one: again, in reverse order, from half of the samples."""
    if not result.differences.repeats:
        return empty(WAIT)
    return _dots(result.differences.repeats, "relative difference")


def kinks(result: Result) -> Chart:
    """How far the first layer's weights moved, by activation and what counts as its derivative."""
    found = result.borrowed["activations"].kinks if "activations" in result.borrowed else {}
    if not found:
        return empty(WAIT)
    labels = [label for label in KINKED if label in found]
    moved = [100 * float(found[label].moved.mean()) for label in labels]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [spoken(label) for label in labels],
        "x": moved,
        "text": [f"{each:.0f} %" for each in moved],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [PALETTE[2] if label in RELUS else PALETTE[7] for label in labels]},
        "hoverinfo": "skip",
    }
    figure = Chart([bar], layout("movement of W1, %", ""))
    return figure.update_yaxes(autorange="reversed").update_xaxes(range=[0, 1.2 * max(*moved, 1)])


def movers(result: Result) -> Chart:
    """Per tensor: its gradient, and how far the backward pass and the update moved it; means over all."""
    norms = result.biases
    if not norms.gradients:
        return empty(WAIT)
    bars = {
        "gradient, by the backward pass": (norms.gradients, PALETTE[0]),
        "change by the backward pass": (norms.by_backward, PALETTE[7]),
        "change by the optimizer": (norms.by_rule, PALETTE[2]),
    }
    traces = []
    for name, (values, shade) in bars.items():
        means = np.mean(values, axis=(0, 1))
        traces.append(
            {
                "type": "bar",
                "x": tensors_of(len(means)),
                "y": means,
                "name": name,
                "text": ["0" if mean == 0 else f"{mean:.2g}" for mean in means],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": shade},
            }
        )
    return Chart(traces, layout("weights W and biases b of each layer", "norm, mean of all steps"))


def without(result: Result) -> Chart:
    """Test score while training, with biases and without, on both tasks."""
    tasks, traces = result.biases.tasks, []
    if not tasks:
        return empty(WAIT)
    for place, name in enumerate(TASKS):
        if name not in tasks or not tasks[name].scores:
            continue
        kept = tasks[name]
        both = np.split(np.array(kept.scores), 2, axis=1)
        for values, dash, how in zip(both, ("solid", "dot"), ("with biases", "without"), strict=True):
            lines = band(f"{name}", f"{TASK_NAMES[name]}, {how}", np.array(kept.steps), values, dash)
            for line in lines:
                line["line"] = dict(line["line"]) | {"color": PALETTE[3 * place]}  # type: ignore[call-overload]
            lines[0]["fillcolor"] = "rgba(127,138,147,0.12)"
            traces += lines
    frame = layout("updates", "test accuracy")
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.5, "y1": 0.5}
    frame["shapes"] = [line | {"line": {"dash": "dot", "width": 1, "color": NEUTRAL}}]
    return Chart(traces, frame)


FIRST = formulas  # what the trial shows while this experiment runs
