"""Charts of the activation study."""

import numpy as np

from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.studies.activations import Result, compared, orders
from pages.figures.common.plots import Chart, level, named, needs, plot, raced, stacked, trials, unnamed
from pages.figures.common.style import DIVERGING, POWERS, color, faded
from pages.figures.common.traces import Trace, band, bars, heatmap, line
from pages.figures.common.words import words

X = np.linspace(-5, 5, 241)
ORDERS_SHOWN = 6  # powers of ten at which the colour scale ends


def deltas(result: Result) -> Chart:
    """Untrained networks, read from right to left. Line: median. Band: all seeds. Unlike δ, dL/dW can stay level."""
    chosen, traces = result.settings.initializer, []
    for name in result.settings.activations:
        if (name, chosen) in result.deltas:
            sizes = result.deltas[name, chosen].T
            relative = np.divide(sizes, sizes[-1], out=np.full_like(sizes, np.nan), where=(sizes > 0) & (sizes[-1] > 0))
            traces += band(name, np.arange(1, len(sizes) + 1), relative)
    wait = "Sending an error back through untrained deep networks …"
    return plot(traces, "hidden layer (1: next to the input)", "‖δ‖, relative to the last", wait=wait, yaxis=POWERS)


def score(result: Result) -> Chart:
    """On held-out samples. The rates are tuned for lowest training loss, on separate seeds."""
    if not result.race.started:
        return trials(result.trials)
    race, measure = result.race, "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    traces = [band(label, race.steps(label), race.values(label, "test_score")) for label in race.runs]
    return named(plot(traces, "updates", f"test {measure}"))


def shapes(result: Result) -> Chart:
    """Above: the output. Below: the factor by which it multiplies the error on the way back."""
    upper, lower = [], []
    for name in result.settings.activations:
        activation, look = ACTIVATIONS[name](), {"color": color(name), "legendgroup": name}
        upper.append(line(X, activation.value(X), words(name), **look))
        lower.append(line(X, activation.derivative(X), words(name), **look))
    return stacked(upper, unnamed(lower), "z, input of the unit", "f(z)", "f′(z)")


@needs(lambda result: result.deltas, "Computing δ for every initializer …")
def initializers(result: Result) -> Chart:
    """First over last δ through the same depth: blue vanishes, red explodes, pale is preserved."""
    names, schemes = result.settings.activations, compared(result.settings)
    means = [
        [orders(result, name, scheme).mean if (name, scheme) in result.deltas else np.nan for scheme in schemes]
        for name in names
    ]
    cells = [["" if np.isnan(mean) else _power(mean) for mean in row] for row in means]
    look: Trace = {"zmin": -ORDERS_SHOWN, "zmax": ORDERS_SHOWN, "textfont": {"size": 16}, "xgap": 3, "ygap": 3}
    look["hovertemplate"] = "%{y}, %{x}: %{text}<extra></extra>"
    heat = heatmap(list(map(words, schemes)), list(map(words, names)), means, DIVERGING, cells, **look)
    return plot([heat], "initializer", yaxis={"autorange": "reversed"})


def _power(mean: float) -> str:
    """'10⁻¹⁸' in Plotly's markup; 0 where nothing arrives."""
    return "0" if mean < -290 else f"10<sup>{round(mean, 1) + 0:.1f}</sup>".replace("-", "−")


@raced
def idle(result: Result) -> Chart:
    """Share of dead units above, of saturated units below, during training."""
    race, names, zero = result.race, result.settings.activations, {"rangemode": "tozero"}
    upper, lower = (
        [band(name, race.steps(name), 100 * race.values(name, kind)) for name in names]
        for kind in ("dead", "saturated")
    )
    return stacked(upper, unnamed(lower), "updates", "dead (%)", "saturated (%)", yaxis=zero, yaxis2=zero)


@needs(lambda result: result.costs, "Timing each activation …")
def cost(result: Result) -> Chart:
    """On this machine, f′ with f already known. Dotted: copying the number. Only times vary from run to run."""
    labels, hues = list(map(words, result.costs)), list(map(color, result.costs))
    value, slope = np.array([(each.value.min(), each.derivative.min()) for each in result.costs.values()]).T
    copies = [f"{both / result.copy:.0f} copies" for both in value + slope]
    pale = [faded(hue, 0.45) for hue in hues]
    traces = [bars(labels, value, "f", hues), bars(labels, slope, "f′ (paler)", pale, text=copies)]
    traces = [each | {"hovertemplate": "%{x}: %{y:.2f} ns<extra></extra>"} for each in traces]
    legend = {"traceorder": "normal"}
    return plot(traces, "", "time per number (ns)", barmode="stack", shapes=[level(result.copy)], legend=legend)
