"""Charts of the activation study."""

import numpy as np

from core.data import DATASETS
from core.nn import ACTIVATIONS
from core.studies.activations.study import Result, compared, orders
from pages.figures.common.plots import Chart, Frame, level, named, needs, plot, raced, stacked, trials, unnamed
from pages.figures.common.style import DIVERGING, POWERS, color, faded
from pages.figures.common.traces import Trace, band, bars, heatmap, line
from pages.figures.common.words import words

X = np.linspace(-5, 5, 241)
ORDERS_SHOWN = 6  # powers of ten at which the colour scale ends


def shapes(result: Result) -> Chart:
    """Above: the output. Below: the factor by which it multiplies the error on the way back."""
    upper, lower = [], []
    for name in result.settings.activations:
        activation, look = ACTIVATIONS[name](), {"color": color(name), "legendgroup": name}
        upper.append(line(X, activation.value(X), words(name), **look))
        lower.append(line(X, activation.derivative(X), words(name), **look))
    return stacked(upper, unnamed(lower), "z, input of the unit", "f(z)", "f′(z)")


def deltas(result: Result) -> Chart:
    """Untrained networks, read from right to left. Line: median over seeds. Band: all seeds. This is not dL/dW, which
    can stay level while δ vanishes."""
    chosen, traces = result.settings.initializer, []
    for name in result.settings.activations:
        if (name, chosen) in result.deltas:
            sizes = result.deltas[name, chosen].T
            relative = np.divide(sizes, sizes[-1], out=np.full_like(sizes, np.nan), where=(sizes > 0) & (sizes[-1] > 0))
            traces += band(name, np.arange(1, len(sizes) + 1), relative)
    wait = "Sending an error back through untrained deep networks …"
    titles = "hidden layer (1: next to the input)", "‖δ‖ / ‖δ of the last hidden layer‖"
    return plot(traces, *titles, wait=wait, yaxis=POWERS)


@needs(lambda result: result.deltas, "Computing δ for every initializer …")
def initializers(result: Result) -> Chart:
    """First over last δ through the same depth: blue vanishes, orange explodes, pale is preserved."""
    names, schemes = result.settings.activations, compared(result.settings)
    means = [
        [orders(result, name, scheme).mean if (name, scheme) in result.deltas else np.nan for scheme in schemes]
        for name in names
    ]
    cells = [["" if np.isnan(mean) else _power(mean) for mean in row] for row in means]
    look: Trace = {"zmin": -ORDERS_SHOWN, "zmax": ORDERS_SHOWN, "textfont": {"size": 16}, "xgap": 3, "ygap": 3}
    hover = "%{y}, %{x}: %{text}<extra></extra>"
    across, down = list(map(words, schemes)), list(map(words, names))
    heat = heatmap(across, down, means, DIVERGING, cells, hovertemplate=hover, **look)
    return plot([heat], "initializer", yaxis={"autorange": "reversed"})


def _power(mean: float) -> str:
    """'10⁻¹⁸' in Plotly's markup; 0 where nothing arrives."""
    return "0" if mean < -290 else f"10<sup>{round(mean, 1) + 0:.1f}</sup>".replace("-", "−")


@needs(lambda result: result.costs, "Timing each activation …")
def cost(result: Result) -> Chart:
    """Time per number on this machine, f′ with f already known. Dotted: copying the number. Times vary from run to run;
    everything else here repeats exactly."""
    labels, hover = list(map(words, result.costs)), "%{x}: %{y:.2f} ns<extra></extra>"
    value = np.array([each.value for each in result.costs.values()])
    slope = np.array([each.derivative for each in result.costs.values()])
    copies = [f"{both / result.copy:.0f} copies" for both in value + slope]
    hues = list(map(color, result.costs))
    pale = [faded(hue, 0.45) for hue in hues]
    traces = [
        bars(labels, value, "f", hues, hovertemplate=hover),
        bars(labels, slope, "f′ (paler)", pale, hovertemplate=hover, text=copies),
    ]
    frame: Frame = {"barmode": "stack", "shapes": [level(result.copy)], "legend": {"traceorder": "normal"}}
    return plot(traces, "", "time per number (ns)", **frame)


@raced
def idle(result: Result) -> Chart:
    """Share of dead units above, of saturated units below, during training."""
    race, names, zero = result.race, result.settings.activations, {"rangemode": "tozero"}
    upper, lower = (
        [band(name, race.steps(name), 100 * race.values(name, kind)) for name in names]
        for kind in ("dead", "saturated")
    )
    return stacked(upper, unnamed(lower), "updates", "dead (%)", "saturated (%)", yaxis=zero, yaxis2=zero)


def score(result: Result) -> Chart:
    """On held-out samples. The rates are tuned for lowest training loss, on separate seeds."""
    if not result.race.started:
        return trials(result.trials)
    race, measure = result.race, "accuracy" if DATASETS[result.settings.dataset].task == "classes" else "R²"
    traces = [band(label, race.steps(label), race.values(label, "test_score")) for label in race.runs]
    return named(plot(traces, "updates", f"test {measure}"))


FIRST = deltas  # shown by the trial while this experiment runs
