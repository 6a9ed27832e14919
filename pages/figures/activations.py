"""Charts of the activation study."""

import numpy as np

from core.nn import ACTIVATIONS
from core.studies.activations import Result, compared, orders
from pages.figures.common.plots import LOWEST, Parts, chart, contest, level, lower, raced, tuning, vanished, within
from pages.figures.common.style import DIVERGING, POWERS, color, faded
from pages.figures.common.traces import Trace, band, bars, heatmap, line
from pages.figures.common.words import words

X = np.linspace(-5, 5, 241)
ROW = 24  # pixels of a row of cells
ORDERS_SHOWN = 6  # powers of ten at which the colour scale ends
LAYERS = "hidden layer (1: next to the input)", "‖δ‖, relative to the last"


@chart(*LAYERS, wait="Sending an error back through untrained deep networks …", yaxis=POWERS)
def deltas(result: Result) -> Parts:
    """Untrained networks, read from right to left. Line: median. Band: all seeds. Unlike δ, dL/dW can stay level."""
    zeros: list[str] = []
    for name in result.settings.activations:
        if (found := result.deltas.get((name, result.settings.initializer))) is not None:
            sizes = np.where(found > 0, found, np.nan).T
            yield band(name, np.arange(1, len(sizes) + 1), sizes / sizes[-1])
            zeros += [words(name)] * (not np.isfinite(sizes[:-1]).any())
    yield vanished(zeros)


@chart("updates", "test score", instead=tuning(), ends=True)
def score(result: Result) -> Parts:
    """On held-out samples: accuracy, or R² of numbers. Tuned rates are those of lowest training loss on other seeds."""
    yield contest(result.race, "test_score")
    yield within([result.race.values(label, "test_score") for label in result.race.runs], LOWEST, 1)


@chart("z, input of the unit", "f(z)", "f′(z)")
def shapes(result: Result) -> Parts:
    """Above: the output. Below: the factor by which it multiplies the error on the way back."""
    for name in result.settings.activations:
        activation, look = ACTIVATIONS[name](), {"color": color(name), "legendgroup": name}
        yield line(X, activation.value(X), words(name), **look)
        yield lower([line(X, activation.derivative(X), words(name), **look)])


@chart("initializer", when=lambda result: result.deltas, wait="Computing δ for every initializer …")
def initializers(result: Result) -> Parts:
    """First over last δ through the same depth: blue vanishes, red explodes, pale is preserved."""
    names, schemes = result.settings.activations, compared(result.settings)
    means = [
        [orders(result, name, scheme).mean if (name, scheme) in result.deltas else np.nan for scheme in schemes]
        for name in names
    ]
    cells = [["" if np.isnan(mean) else _power(mean) for mean in row] for row in means]
    look: Trace = {"zmin": -ORDERS_SHOWN, "zmax": ORDERS_SHOWN, "textfont": {"size": 16}, "xgap": 3, "ygap": 3}
    look["hovertemplate"] = "%{y}, %{x}: %{hovertext}<extra></extra>"
    yield heatmap(list(map(words, schemes)), list(map(words, names)), means, DIVERGING, cells, **look)
    yield {"yaxis": {"autorange": "reversed"}, "height": max(380, 60 + ROW * len(names))}


def _power(mean: float) -> str:
    """'10⁻¹⁸' in Plotly's markup; 0 where nothing arrives."""
    return "0" if mean < -290 else f"10<sup>{round(mean, 1) + 0:.1f}</sup>".replace("-", "−")


@raced("updates", "dead (%)", "saturated (%)", yaxis={"rangemode": "tozero"}, yaxis2={"rangemode": "tozero"})
def idle(result: Result) -> Parts:
    """Share of dead units above, of saturated units below, during training."""
    yield contest(result.race, "dead", scale=100)
    yield lower(contest(result.race, "saturated", scale=100))


@chart("", "time per number (ns)", when=lambda result: result.costs, wait="Timing each activation …", barmode="stack")
def cost(result: Result) -> Parts:
    """On this machine, f′ with f already known. Dotted: copying the number. Only times vary from run to run."""
    labels, hues = list(map(words, result.costs)), list(map(color, result.costs))
    value, slope = np.array([(each.value.min(), each.derivative.min()) for each in result.costs.values()]).T
    look: Trace = {"hovertemplate": "%{x}: %{y:.2f} ns<extra></extra>"}
    yield bars(labels, value, "f", hues, **look)
    copies = [f"{both / result.copy:.0f} copies" for both in value + slope]
    yield bars(labels, slope, "f′ (paler)", [faded(hue, 0.45) for hue in hues], text=copies, **look)
    yield level(result.copy)
    yield {"legend": {"traceorder": "normal"}}
