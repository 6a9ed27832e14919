"""The checks of every derivative, the price of a gradient, and a sweep back without a network, as charts."""

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.chain_rule.study import FORWARD, RIGHT, SOURCES, STEPS, Result
from core.studies.motion import called
from core.studies.wording import number
from pages.figures.common.plots import Chart, Frame, empty, level, needs, plot
from pages.figures.common.style import EQUAL, PALETTE, POWERS, color, mark
from pages.figures.common.traces import Trace, band, dotted, heatmap, joined, marks, terrain
from pages.figures.common.words import words

FEW = 12  # parameters whose names fit below an axis
EVEN_POWERS = POWERS | {"dtick": 2}


@needs(lambda result: result.errors, "Trying every parameter a little higher and lower …")
def check(result: Result) -> Chart:
    """Backpropagation against central differences, over 100 samples. One mark for each seed."""
    errors, bias = np.maximum(list(result.errors.values()), 1e-17), result.walk.is_bias
    traces = []
    for name, chosen, hue, symbol in (
        ("weights", ~bias, PALETTE[0], "circle"),
        ("biases", bias, PALETTE[1], "diamond"),
    ):
        x = np.tile(np.flatnonzero(chosen) + 1, len(errors))
        traces.append(marks(x, errors[:, chosen].ravel(), name, hue, 8, symbol))
    limit = level(RIGHT, label={"text": "limit of the rule"})
    names = list(map(called, result.walk.w))
    axis = {"tickvals": list(range(1, len(names) + 1)), "ticktext": names, "title": {"text": ""}}
    axes: Frame = {"xaxis": axis if len(names) <= FEW else {}, "yaxis": EVEN_POWERS}
    return plot(traces, "number of the parameter", "difference / largest derivative", shapes=[limit], **axes)


def steps(result: Result) -> Chart:
    """Right: the step is too coarse. Left: the two losses agree to the last digits. Line: median. Band: all seeds."""
    found = {kind: errors for kind, errors in result.by_step.items() if np.isfinite(errors).any()}
    traces = [band(f"{kind}_differences", STEPS, np.maximum(errors, 1e-17)) for kind, errors in found.items()]
    axes: Frame = {"xaxis": EVEN_POWERS, "yaxis": EVEN_POWERS}
    return plot(traces, "step h", "largest error / largest derivative", wait="Trying steps of every size …", **axes)


def price(result: Result) -> Chart:
    """Lines: by the clock of this machine. Dotted: forward passes counted; a sweep back counts as two, since it takes
    two products for each layer. The largest networks are timed by backpropagation alone."""
    prices, traces = [each for _, each in sorted(result.prices.items())], []
    for source in SOURCES:
        timed = [each for each in prices if each.knows(source)]
        if not timed:
            return empty(f"Timing {FORWARD} and gradients …")
        x, name, hue = [each.parameters for each in timed], words(source), color(source)
        found, counted = [each.ratio(source).mean for each in timed], [each.counted[source] for each in timed]
        traces.append(joined(x, found, name, hue, 9, mark(source), legendgroup=source))
        traces.append(dotted(x, counted, f"{name}, counted", hue, legendgroup=source, showlegend=False))
    decades = {"type": "log", "dtick": 1, "exponentformat": "none"}
    axes: Frame = {"xaxis": decades | {"tickvals": [each.parameters for each in prices]}, "yaxis": decades}
    return plot(traces, "parameters of the network", "forward passes for one gradient", **axes)


def surface(result: Result) -> Chart:
    """The same sweep back over Rosenbrock's formula (1 − x)² + 100 (y − x²)²; momentum takes the steps."""
    x, y, height = terrain(LANDSCAPES["rosenbrock"], 60)
    heat = heatmap(x, y, np.round(np.log10(height + 1e-2), 2), opacity=0.8, hoverinfo="skip")
    way = joined(result.descent[:, 0], result.descent[:, 1], color=PALETTE[1], size=4)
    text: Trace = {"text": ["minimum"], "textposition": "top center", "textfont": {"color": "#ffffff"}}
    end = marks([1], [1], color="#ffffff", size=11, symbol="x", **text)
    return plot([heat, way, end], "x", "y", showlegend=False, xaxis=EQUAL[0], yaxis=EQUAL[1])


def standing(result: Result) -> str:
    """The largest error found so far."""
    if not result.errors:
        return ""
    worst = max(float(errors.max()) for errors in result.errors.values())
    return f"Largest error of a derivative so far, relative to the largest one: {number(worst, 1)}."
