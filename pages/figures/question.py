"""The two halves of training, swapped against each other, as charts."""

from functools import partial

import numpy as np

from core.studies.question.matrix import EXACT, GRADIENT_USES, SOURCES, UPDATE_RULES, USES, Cell, aligned, refusal
from core.studies.question.study import Result
from pages.figures.common.plots import Parts, chart
from pages.figures.common.style import NEUTRAL, POWERS, color, faded
from pages.figures.common.traces import Trace, band, heatmap, line, marks
from pages.figures.common.words import words

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


moving = partial(chart, when=_moving, wait="The trainings start when the learning rates are tuned.")


@chart("what is done with the gradient", height=430, wait="Drawing the first weights …", showlegend=False)
def pairs(result: Result) -> Parts:
    """Rows: where the gradient comes from. Large: training loss so far, median over seeds; below: forward passes of one
    training, a sweep back counted as two, and its time here. Read down a column: the three exact sources give the same
    loss. A dash: the two do not go together."""
    if not result.walks:
        return
    sources = SOURCES[::-1]  # plotly counts from below
    short = {"backpropagation": "back-<br>propagation"}
    across, down = ([short.get(key, name(key).replace(" ", "<br>")) for key in keys] for keys in (USES, sources))
    known = {cell: np.median(result.final(*cell)) for cell in result.walks}
    z = [[known.get((source, use), np.nan) for use in USES] for source in sources]
    cells = [[_told(result, (source, use)) for use in USES] for source in sources]
    look: Trace = {"textfont": {"size": 12}, "hoverongaps": False, "xgap": 3, "ygap": 3}
    yield heatmap(across, down, z, cells=cells, hovertemplate="%{y}, %{x}: %{hovertext}<extra></extra>", **look)
    blank = [(i, j) for i, source in enumerate(sources) for j, use in enumerate(USES) if refusal(source, use)]
    why = [refusal(sources[i], USES[j]) for i, j in blank]
    x, y = [across[j] for _, j in blank], [down[i] for i, _ in blank]
    yield marks(x, y, text=["–"] * len(blank), mode="text", hovertext=why, hoverinfo="text")
    ticks = {"showgrid": False, "tickfont": {"size": 10}, "type": "category", "tickangle": 0}
    yield {"xaxis": ticks | {"range": [-0.5, len(across) - 0.5], "side": "top"}}
    yield {"yaxis": ticks | {"range": [-0.5, len(down) - 0.5]}}


def _told(result: Result, cell: Cell) -> str:
    """Loss, forward passes and time of a pair."""
    if cell not in result.walks:
        return ""
    loss, passes, seconds = (np.median(each(*cell)) for each in (result.final, result.passes, result.seconds))
    return f"{loss:.3f}<br>{SMALL}{passes:,.0f}<br>{1e3 * seconds:.1f} ms</span>"


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


@moving("updates", "training loss", yaxis=POWERS)
def curves(result: Result) -> Parts:
    """Median over seeds. Wide: backpropagation. Dashes and rings lie on it: three exact sources, one curve."""
    for source in SOURCES[:4]:
        for use in GRADIENT_USES:
            if not refusal(source, use):
                values = _median(aligned(result.walks[source, use], "losses"))
                yield _walk(source, use, np.arange(len(values)), values)
    yield _key(SOURCES[1:4])


def _median(values: np.ndarray) -> np.ndarray:
    """Median over seeds (T,), as far as all of them go."""
    return np.median(values[np.isfinite(values).all(axis=1)], axis=1)


@moving(yaxis={"scaleanchor": "x"})
def paths(result: Result) -> Parts:
    """The first seed, in the two parameters that the first gradient pushes hardest. Wide: backpropagation."""
    first = result.walks.get((BACKPROP, "nothing"), [None])[0]
    if first is None or first.gradient is None:
        return
    i, j = np.argsort(-np.abs(first.gradient))[:2]
    for source in EXACT:
        for use in UPDATE_RULES:
            way = np.array(result.walks[source, use][0].params)
            yield _walk(source, use, way[:, i], way[:, j])
    text: Trace = {"text": ["start"], "textposition": "bottom center", "showlegend": False}
    yield marks([first.start[i]], [first.start[j]], color=NEUTRAL, size=12, **text)
    yield _key(EXACT[1:])
    yield {axis: {"title": {"text": f"parameter {k + 1}"}} for axis, k in (("xaxis", i), ("yaxis", j))}


@moving("forward passes paid", xaxis={"type": "log", "dtick": 1}, yaxis=POWERS)
def price(result: Result) -> Parts:
    """Line: median over seeds. Band: all of them. The same curve, moved to the right by its price."""
    rule = min(UPDATE_RULES, key=lambda use: float(np.median(result.final(BACKPROP, use))))
    cells = {(source, rule): source for source in SOURCES[:4]} | {("none", "annealing"): "annealing"}
    for cell, key in cells.items():
        walks = [(np.array(walk.passes), np.array(walk.losses)) for walk in result.walks[cell]]
        grid = np.unique(np.concatenate([passes for passes, _ in walks]))
        grid = grid[grid > 0]
        values = np.array([losses[np.searchsorted(passes, grid, side="right") - 1] for passes, losses in walks]).T
        yield band(key, grid, values.reshape(len(grid), len(walks)), name(key))
    yield {"yaxis": {"title": {"text": f"training loss, {words(rule)}"}}}
