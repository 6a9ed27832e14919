"""The two halves of training, swapped against each other, as charts."""

import numpy as np

from core.studies.question.matrix import EXACT, GRADIENT_USES, SOURCES, UPDATE_RULES, USES, Cell, aligned, refusal
from core.studies.question.study import Result
from pages.figures.common.plots import Chart, Frame, empty, needs, plot
from pages.figures.common.style import NEUTRAL, POWERS, color, faded
from pages.figures.common.traces import Trace, band, heatmap, joined, line, marks
from pages.figures.common.words import words

WAIT = "The trainings start when the learning rates are tuned."
BACKPROP, FORWARD, CENTRAL = EXACT
SMALL = "<span style='font-size:10px'>"
NAMES = {"sgd": "plain SGD", "none": "no gradient", "annealing": "simulated annealing", "nothing": "nothing"}


def name(key: str) -> str:
    """A source or a use in words."""
    return NAMES.get(key, words(key))


def family(use: str) -> str:
    """The name whose colour a use has: on all samples, SGD is batch gradient descent."""
    return "batch" if use == "sgd" else use


def _moving(result: Result) -> bool:
    return any(len(walk.losses) > 1 for walks in result.walks.values() for walk in walks)


def _matrix(values: dict[Cell, float], texts: dict[Cell, str]) -> Chart:
    """Sources down, uses across; a dash where the two do not go together."""
    sources = SOURCES[::-1]  # plotly counts from below
    z = [[values.get((source, use), np.nan) for use in USES] for source in sources]
    cells = [[texts.get((source, use), "") for use in USES] for source in sources]
    short = {"backpropagation": "back-<br>propagation"}
    across, down = ([short.get(key, name(key).replace(" ", "<br>")) for key in keys] for keys in (USES, sources))
    look: Trace = {"textfont": {"size": 12}, "hoverongaps": False, "xgap": 3, "ygap": 3}
    heat = heatmap(across, down, z, cells=cells, hovertemplate="%{y}, %{x}: %{text}<extra></extra>", **look)
    blank = [(i, j) for i, source in enumerate(sources) for j, use in enumerate(USES) if refusal(source, use)]
    why = [refusal(sources[i], USES[j]) for i, j in blank]
    x, y = [across[j] for _, j in blank], [down[i] for i, _ in blank]
    dashes = marks(x, y, text=["–"] * len(blank), mode="text", hovertext=why, hoverinfo="text")
    ticks = {"showgrid": False, "tickfont": {"size": 10}, "type": "category", "tickangle": 0}
    axes: Frame = {
        "xaxis": ticks | {"range": [-0.5, len(across) - 0.5], "side": "top"},
        "yaxis": ticks | {"range": [-0.5, len(down) - 0.5]},
    }
    return plot([heat, dashes], "what is done with the gradient", "", 430, showlegend=False, **axes)


@needs(lambda result: result.walks, "Drawing the first weights …", 430)
def losses(result: Result) -> Chart:
    """Rows: where the gradient comes from. Training loss so far: median over seeds, and their range. Read down a
    column: the three exact sources give the same number. A dash: the two do not go together."""
    values, texts = {}, {}
    for cell in result.walks:
        final = result.final(*cell)
        values[cell] = float(np.median(final))
        texts[cell] = f"{values[cell]:.3f}<br>{SMALL}{final.min():.2f}–{final.max():.2f}</span>"
    return _matrix(values, texts)


@needs(_moving, WAIT, 430)
def costs(result: Result) -> Chart:
    """Forward passes of one training, a sweep back counted as two, and its time here. “Nothing”: a single gradient."""
    values, texts = {}, {}
    for cell in result.walks:
        passes, seconds = float(result.passes(*cell).mean()), float(np.median(result.seconds(*cell)))
        values[cell] = float(np.log10(max(passes, 1)))
        texts[cell] = f"{passes:,.0f}<br>{SMALL}{1e3 * seconds:.1f} ms</span>" if passes else "0"
    return _matrix(values, texts)


def _styled(source: str, x: np.ndarray, y: np.ndarray, told: str, hue: str) -> Trace:
    """The exact sources lie on one another: they are a wide line, a dashed one, and rings."""
    if source == BACKPROP:
        return line(x, y, told, faded(hue, 0.35), 8)
    if source == CENTRAL:
        every = slice(None, None, max(1, len(x) // 10))
        return marks(x[every], y[every], told, hue, 9, "circle-open", edge={"width": 1.5})
    return line(x, y, told, hue, dash="dash") if source == FORWARD else line(x, y, told, hue, 1)


def _walk(source: str, use: str, x: np.ndarray, y: np.ndarray) -> Trace:
    """In the colour of its use; the legend names the uses by the lines of backpropagation."""
    named = source == BACKPROP
    told = name(use) if named else f"{name(use)}, {name(source)}"
    return _styled(source, x, y, told, color(family(use))) | {"showlegend": named}


def _key(sources: tuple[str, ...]) -> list[Trace]:
    """Legend of the styles: one entry for each source besides backpropagation."""
    nothing = np.array([None])
    return [_styled(source, nothing, nothing, name(source), NEUTRAL) for source in sources]


def curves(result: Result) -> Chart:
    """Median over seeds. Wide: backpropagation. Dashes and rings lie on it: three exact sources, one curve."""
    if not _moving(result):
        return _trials(result)
    traces = []
    for source in SOURCES[:4]:
        for use in GRADIENT_USES:
            if not refusal(source, use):
                values = _median(aligned(result.walks[source, use], "losses"))
                traces.append(_walk(source, use, np.arange(len(values)), values))
    return plot(traces + _key(SOURCES[1:4]), "updates", "training loss", yaxis=POWERS)


def _trials(result: Result) -> Chart:
    """Final loss of every learning rate tried, the chosen one large."""
    traces = []
    for (source, use), tuning in result.tuning.items():
        size = np.where(tuning.rates == tuning.best, 13, 5)
        told, width, dash = (name(use), 2, None) if source == BACKPROP else (f"{name(use)}, SPSA", 1, "dot")
        traces.append(joined(tuning.rates, tuning.losses, told, color(family(use)), size, width=width, dash=dash))
    titles = "learning rate, before the trainings", "training loss of the trials"
    return plot(traces, *titles, wait="Trying five learning rates for each rule …", xaxis={"type": "log"}, yaxis=POWERS)


def _median(values: np.ndarray) -> np.ndarray:
    """Median over seeds (T,), as far as all of them go."""
    return np.median(values[np.isfinite(values).all(axis=1)], axis=1)


def paths(result: Result) -> Chart:
    """The first seed, in the two parameters that the first gradient pushes hardest. Wide: backpropagation."""
    first = result.walks.get((BACKPROP, "nothing"), [None])[0]
    if not _moving(result) or first is None or first.gradient is None:
        return empty(WAIT)
    i, j = np.argsort(-np.abs(first.gradient))[:2]
    traces = []
    for source in EXACT:
        for use in UPDATE_RULES:
            way = np.array(result.walks[source, use][0].params)
            traces.append(_walk(source, use, way[:, i], way[:, j]))
    text: Trace = {"text": ["start"], "textposition": "bottom center", "showlegend": False}
    traces.append(marks([first.start[i]], [first.start[j]], color=NEUTRAL, size=12, **text))
    return plot(traces + _key(EXACT[1:]), f"parameter {i + 1}", f"parameter {j + 1}", yaxis={"scaleanchor": "x"})


@needs(_moving, WAIT)
def price(result: Result) -> Chart:
    """Line: median over seeds. Band: all of them. The same curve, moved to the right by its price."""
    rule = min(UPDATE_RULES, key=lambda use: float(np.median(result.final(BACKPROP, use))))
    cells = {(source, rule): source for source in SOURCES[:4]} | {("none", "annealing"): "annealing"}
    traces = []
    for cell, key in cells.items():
        walks = [(np.array(walk.passes), np.array(walk.losses)) for walk in result.walks[cell]]
        grid = np.unique(np.concatenate([passes for passes, _ in walks]))
        grid = grid[grid > 0]
        values = np.array([losses[np.searchsorted(passes, grid, side="right") - 1] for passes, losses in walks]).T
        traces += band(key, grid, values.reshape(len(grid), len(walks)), name(key))
    return plot(
        traces, "forward passes paid", f"training loss, {words(rule)}", xaxis={"type": "log", "dtick": 1}, yaxis=POWERS
    )


@needs(_moving, WAIT)
def angles(result: Result) -> Chart:
    """1: exactly opposite the gradient. 0: across it. Below 0: uphill for the moment."""
    traces = []
    for use in GRADIENT_USES:
        values = aligned(result.walks[BACKPROP, use], "straight")
        traces += band(family(use), np.arange(1, len(values) + 1), values, name(use))
    return plot(traces, "updates", "cosine of step and −gradient", yaxis={"range": [-1.05, 1.1]})
