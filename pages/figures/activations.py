"""The activations on trial as charts."""

from typing import Any

import numpy as np

from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.studies.activations.study import Result, compared, orders
from pages.figures.common.chart import Chart
from pages.figures.common.stacked import below, stacked
from pages.figures.common.style import DIVERGING, NEUTRAL, band, color, empty, faded, layout, lines, trials
from pages.figures.common.words import words

X = np.linspace(-5, 5, 241)
WAIT = "The race starts when the learning rates are tuned."
ORDERS_SHOWN = 6  # powers of ten at which the colour of vanishing or exploding is full


def shapes(result: Result) -> Chart:
    """Every activation above, its derivative below."""
    upper, lower = [], []
    for name in result.settings.activations:
        activation = ACTIVATIONS[name]()
        look = {"type": "scatter", "mode": "lines", "name": words(name), "legendgroup": name, "x": X}
        look |= {"line": {"color": color(name), "width": 2}}
        upper.append(look | {"y": activation.value(X)})
        lower.append(look | {"y": activation.derivative(X)})
    return Chart(upper + below(lower), stacked("z, input of the unit", "f(z)", "f′(z)"))


def deltas(result: Result) -> Chart:
    """Size of dL/dz by layer, relative to the last hidden layer's, of an untrained deep network."""
    chosen, depth = result.settings.initializer, result.settings.depth
    curves: list[tuple[str, str, np.ndarray, np.ndarray]] = []
    for name in result.settings.activations:
        if (name, chosen) in result.deltas:
            sizes = result.deltas[name, chosen].T
            relative = np.divide(sizes, sizes[-1], out=np.full_like(sizes, np.nan), where=(sizes > 0) & (sizes[-1] > 0))
            curves.append((name, words(name), np.arange(1, depth + 1), relative))
    if not curves:
        return empty("Sending an error back through the untrained deep networks …")
    figure = lines(curves, x="hidden layer (1: next to the input)", y="‖δ‖ / ‖δ of the last hidden layer‖")
    return figure.update_layout(yaxis={"type": "log", "exponentformat": "power"})


def initializers(result: Result) -> Chart:
    """Powers of ten between the last and the first delta, by activation and initializer."""
    if not result.deltas:
        return empty("Following the deltas under every initializer …")
    names, schemes = result.settings.activations, compared(result.settings)
    means = [
        [orders(result, name, scheme).mean if (name, scheme) in result.deltas else np.nan for scheme in schemes]
        for name in names
    ]
    heat = {
        "type": "heatmap",
        "x": [words(scheme) for scheme in schemes],
        "y": [words(name) for name in names],
        "z": means,
        "zmin": -ORDERS_SHOWN,
        "zmax": ORDERS_SHOWN,
        "colorscale": DIVERGING,
        "text": [["" if np.isnan(mean) else _power(mean) for mean in row] for row in means],
        "texttemplate": "%{text}",
        "textfont": {"size": 16},
        "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>",
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
    }
    frame = layout("initializer of the weights", "")
    frame["yaxis"] = {"autorange": "reversed"}
    return Chart([heat], frame)


def _power(mean: float) -> str:
    """'10⁻¹⁸' as plotly writes it; 0 where nothing arrives."""
    return "0" if mean < -290 else f"10<sup>{round(mean, 1) + 0:.1f}</sup>".replace("-", "−")


def cost(result: Result) -> Chart:
    """Nanoseconds per element of the value and of the derivative."""
    if not result.costs:
        return empty("Timing each activation …")
    names = list(result.costs)
    value = np.array([result.costs[name].value for name in names])
    slope = np.array([result.costs[name].derivative for name in names])
    labels = [words(name) for name in names]
    bar: dict[str, Any] = {"type": "bar", "x": labels, "hovertemplate": "%{x}: %{y:.2f} ns<extra></extra>"}
    copies = [f"{(a + b) / result.copy:.0f} copies" for a, b in zip(value, slope, strict=True)]
    bars = [
        bar | {"y": value, "name": "f", "marker": {"color": [color(name) for name in names]}},
        bar
        | {"y": slope, "name": "f′ (paler)", "marker": {"color": [faded(name, 0.45) for name in names]}}
        | {"text": copies, "textposition": "outside", "cliponaxis": False},
    ]
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": result.copy, "y1": result.copy}
    frame = layout(
        "", "ns per number", barmode="stack", shapes=[line | {"line": {"dash": "dot", "width": 1, "color": NEUTRAL}}]
    )
    return Chart(bars, frame).update_layout(legend={"traceorder": "normal"})


def idle(result: Result) -> Chart:
    """Share of dead units above, of saturated units below, while training."""
    if not result.race.started:
        return empty(WAIT)
    upper, lower = [], []
    for name in result.settings.activations:
        steps = result.race.steps(name)
        upper += band(name, words(name), steps, 100 * result.race.values(name, "dead"))
        lower += band(name, words(name), steps, 100 * result.race.values(name, "saturated"))
    figure = Chart(upper + below(lower), stacked("updates", "dead, %", "saturated, %"))
    return figure.update_layout(yaxis={"rangemode": "tozero"}, yaxis2={"rangemode": "tozero"})


def score(result: Result) -> Chart:
    """Test accuracy (or R²) while training, each activation at its own tuned rate; before that, the trials of rates."""
    if not result.race.started and result.trials.started:
        return trials(result.trials, "updates")
    if not result.race.started:
        return empty(WAIT)
    race, measure = result.race, "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    curves = [(label, words(label), race.steps(label), race.values(label, "test_score")) for label in race.runs]
    return lines(curves, x="updates", y=f"test {measure}")


FIRST = shapes  # what the trial shows while this experiment runs
