"""The checks of every derivative, the price of a gradient, and a sweep back without a network, as charts."""

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.chain_rule.study import RIGHT, SOURCES, STEPS, Result
from core.studies.motion import called
from core.studies.wording import number
from pages.figures.common.plots import Parts, chart, level
from pages.figures.common.style import EQUAL, PALETTE, POWERS, color, mark
from pages.figures.common.traces import Trace, band, dotted, heatmap, joined, marks, terrain
from pages.figures.common.words import words

FEW = 12  # parameters whose names fit below an axis
EVEN_POWERS = POWERS | {"dtick": 2}
DECADES = {"type": "log", "dtick": 1, "exponentformat": "none"}


@chart("number of the parameter", "difference / largest derivative", wait="Checking …", yaxis=EVEN_POWERS)
def check(result: Result) -> Parts:
    """Backpropagation against central differences, over 100 samples. One mark for each seed."""
    if not result.errors:
        return
    errors, bias = np.maximum(list(result.errors.values()), 1e-17), result.walk.is_bias
    for name, chosen, place, symbol in (("weights", ~bias, 0, "circle"), ("biases", bias, 1, "diamond")):
        x = np.tile(np.flatnonzero(chosen) + 1, len(errors))
        yield marks(x, errors[:, chosen].ravel(), name, PALETTE[place], 8, symbol)
    yield level(RIGHT, label={"text": "limit of the rule"})
    names = list(map(called, result.walk.w))
    if len(names) <= FEW:
        yield {"xaxis": {"tickvals": list(range(1, len(names) + 1)), "ticktext": names, "title": {"text": ""}}}


@chart("step h", "largest error / largest derivative", wait="Trying steps …", xaxis=EVEN_POWERS, yaxis=EVEN_POWERS)
def steps(result: Result) -> Parts:
    """Right: the step is too coarse. Left: the two losses agree to the last digits. Line: median. Band: all seeds."""
    for kind, errors in result.by_step.items():
        if np.isfinite(errors).any():
            yield band(f"{kind}_differences", STEPS, np.maximum(errors, 1e-17))


@chart("parameters of the network", "forward passes for one gradient", wait="Timing gradients …", yaxis=DECADES)
def price(result: Result) -> Parts:
    """Lines: by the clock of this machine. Dotted: forward passes counted; a sweep back counts as two, since it takes
    two products for each layer. The largest networks are timed by backpropagation alone."""
    prices = [each for _, each in sorted(result.prices.items())]
    for source in SOURCES:
        if not (timed := [each for each in prices if each.knows(source)]):
            continue
        name, hue = words(source), color(source)
        x, found = [each.parameters for each in timed], [each.ratio(source).mean for each in timed]
        yield joined(x, found, name, hue, 9, mark(source), legendgroup=source)
        counted = [each.counted[source] for each in timed]
        yield dotted(x, counted, f"{name}, counted", hue, legendgroup=source, showlegend=False)
    yield {"xaxis": DECADES | {"tickvals": [each.parameters for each in prices]}}


@chart("x", "y", showlegend=False, xaxis=EQUAL[0], yaxis=EQUAL[1])
def surface(result: Result) -> Parts:
    """The same sweep back over Rosenbrock's formula (1 − x)² + 100 (y − x²)²; momentum takes the steps."""
    x, y, height = terrain(LANDSCAPES["rosenbrock"], 60)
    yield heatmap(x, y, np.round(np.log10(height + 1e-2), 2), opacity=0.8, hoverinfo="skip")
    yield joined(result.descent[:, 0], result.descent[:, 1], color=PALETTE[1], size=4)
    text: Trace = {"text": ["minimum"], "textposition": "top center", "textfont": {"color": "#ffffff"}}
    yield marks([1], [1], color="#ffffff", size=11, symbol="x", **text)


def standing(result: Result) -> str:
    """The largest error found so far."""
    if not result.errors:
        return ""
    worst = max(float(errors.max()) for errors in result.errors.values())
    return f"Largest error of a derivative so far, relative to the largest one: {number(worst, 1)}."
