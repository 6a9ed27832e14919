"""The two halves of training, swapped against each other, as charts."""

from typing import Any

import numpy as np

from core.studies.question.matrix import EXACT, GRADIENT_USES, SOURCES, UPDATE_RULES, USES, Cell, Walk, aligned, refusal
from core.studies.question.study import Result
from core.studies.wording import number
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, SEQUENTIAL, band, color, empty, faded, layout
from pages.figures.common.words import words

WAIT = "The trainings start when the learning rates are tuned."
BACKPROP, FORWARD, CENTRAL = EXACT
LOG = {"type": "log", "exponentformat": "power"}
SMALL = "<span style='font-size:10px'>"
NAMES = {"sgd": "plain SGD", "none": "no gradient", "annealing": "simulated annealing", "nothing": "nothing"}


def name(key: str) -> str:
    """A source or a use in words."""
    return NAMES.get(key, words(key))


def _short(key: str) -> str:
    return {"backpropagation": "back-<br>propagation"}.get(key, name(key).replace(" ", "<br>"))


def shade(use: str) -> str:
    """The label whose colour a use has: on all samples, SGD is batch gradient descent."""
    return "batch" if use == "sgd" else use


def _moving(result: Result) -> bool:
    return any(len(walk.losses) > 1 for walks in result.walks.values() for walk in walks)


def _axes(x: str, y: str, **more: Any) -> dict[str, Any]:
    """A layout with powers of ten on the vertical axis."""
    axes: dict[str, Any] = layout(x, y, **more)
    axes["yaxis"] |= LOG
    return axes


def _matrix(values: dict[Cell, float], texts: dict[Cell, str]) -> Chart:
    """Sources down, uses across; a dash where the two do not go together."""
    sources = SOURCES[::-1]  # plotly counts from below
    z = [[values.get((source, use), np.nan) for use in USES] for source in sources]
    labels = [[texts.get((source, use), "") for use in USES] for source in sources]
    across, down = ([_short(key) for key in keys] for keys in (USES, sources))
    heat = {
        "type": "heatmap",
        "x": across,
        "y": down,
        "z": z,
        "text": labels,
        "texttemplate": "%{text}",
        "textfont": {"size": 12},
        "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>",
        "hoverongaps": False,
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
    }
    blank = [(i, j) for i, source in enumerate(sources) for j, use in enumerate(USES) if refusal(source, use)]
    dashes = {
        "type": "scatter",
        "x": [across[j] for _, j in blank],
        "y": [down[i] for i, _ in blank],
        "text": ["–"] * len(blank),
        "hovertext": [refusal(sources[i], USES[j]) for i, j in blank],
        "hoverinfo": "text",
        "mode": "text",
    }
    figure: dict[str, Any] = layout("what is done with the gradient", "", 430, showlegend=False)
    ticks = {"showgrid": False, "tickfont": {"size": 10}, "type": "category", "tickangle": 0}
    for axis, keys in (("xaxis", across), ("yaxis", down)):
        figure[axis] |= ticks | {"range": [-0.5, len(keys) - 0.5]}
    figure["xaxis"] |= {"side": "top"}
    return Chart([heat, dashes], figure)


def losses(result: Result) -> Chart:
    """Median training loss of every cell so far, with the range of its seeds."""
    if not result.walks:
        return empty("Drawing the first weights …", 430)
    values, texts = {}, {}
    for cell in result.walks:
        final = result.final(*cell)
        values[cell] = float(np.median(final))
        low, high = final.min(), final.max()
        texts[cell] = f"{values[cell]:.3f}<br>{SMALL}{low:.2f}–{high:.2f}</span>"
    return _matrix(values, texts)


def costs(result: Result) -> Chart:
    """Forward passes paid so far by every cell, and milliseconds."""
    if not _moving(result):
        return empty(WAIT, 430)
    values, texts = {}, {}
    for cell in result.walks:
        passes, seconds = float(result.passes(*cell).mean()), float(np.median(result.seconds(*cell)))
        values[cell] = float(np.log10(max(passes, 1)))
        texts[cell] = f"{passes:,.0f}<br>{SMALL}{1e3 * seconds:.1f} ms</span>" if passes else "0"
    return _matrix(values, texts)


def _styled(source: str, use: str, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """A line in the colour of its use; the exact sources lie on one another: a wide one, a dashed one, and rings."""
    base: dict[str, Any] = {"type": "scatter", "x": x, "y": y, "showlegend": False, "mode": "lines"}
    base |= {"name": f"{name(use)}, {name(source)}"}
    ink = color(shade(use))
    if source == BACKPROP:
        wide = {"width": 8, "color": faded(shade(use), 0.35)}
        return base | {"line": wide, "showlegend": True, "name": name(use)}
    if source == FORWARD:
        return base | {"line": {"width": 2, "dash": "dash", "color": ink}}
    if source == CENTRAL:
        every = max(1, len(x) // 10)
        rings = {"size": 9, "symbol": "circle-open", "color": ink, "line": {"width": 1.5}}
        return base | {"x": x[::every], "y": y[::every], "mode": "markers", "marker": rings}
    return base | {"line": {"width": 1, "color": ink}}


def _key(sources: tuple[str, ...]) -> list[dict[str, Any]]:
    """Legend of the styles: one entry for each source besides backpropagation, whose lines name the uses."""
    nothing = np.array([None])
    styles = [_styled(source, "sgd", nothing, nothing) for source in sources]
    for style, source in zip(styles, sources, strict=True):
        look = "marker" if "marker" in style else "line"
        style |= {"name": name(source), "showlegend": True}
        style[look] = style[look] | {"color": NEUTRAL}
    return styles


def curves(result: Result) -> Chart:
    """Training loss by update, median over seeds, of everything that follows a gradient."""
    if not _moving(result):
        return _trials(result) if result.tuning else empty("Trying five learning rates for each rule …")
    traces = []
    for source in SOURCES[:4]:
        for use in GRADIENT_USES:
            if not refusal(source, use):
                values = _median(aligned(result.walks[source, use], "losses"))
                traces.append(_styled(source, use, np.arange(len(values)), values))
    return Chart(traces + _key(SOURCES[1:4]), _axes("updates", "training loss"))


def _trials(result: Result) -> Chart:
    """Final loss of every learning rate tried, the chosen one large."""
    traces = []
    for (source, use), tuning in result.tuning.items():
        size = np.where(tuning.rates == tuning.best, 13, 5)
        ink = color(shade(use))
        line = {"color": ink, "width": 2 if source == BACKPROP else 1, "dash": "solid" if source == BACKPROP else "dot"}
        base = {"type": "scatter", "x": tuning.rates, "y": tuning.losses, "mode": "lines+markers", "line": line}
        label = f"{name(use)}{'' if source == BACKPROP else ', SPSA'}"
        traces.append(base | {"name": label, "marker": {"size": size, "color": ink}})
    axes = _axes("learning rate, before the trainings", "training loss of the trials")
    axes["xaxis"] |= {"type": "log"}
    return Chart(traces, axes)


def _median(values: np.ndarray) -> np.ndarray:
    """Median over seeds (T,), as far as all of them go."""
    return np.median(values[np.isfinite(values).all(axis=1)], axis=1)


def paths(result: Result) -> Chart:
    """The first seed's way through the two parameters that the first gradient pushes hardest."""
    first = result.walks.get((BACKPROP, "nothing"), [None])[0]
    if not _moving(result) or first is None or first.gradient is None:
        return empty(WAIT)
    i, j = np.argsort(-np.abs(first.gradient))[:2]
    traces = []
    for source in EXACT:
        for use in UPDATE_RULES:
            way = np.array(result.walks[source, use][0].params)
            traces.append(_styled(source, use, way[:, i], way[:, j]))
    start: dict[str, Any] = {
        "type": "scatter",
        "x": [first.start[i]],
        "y": [first.start[j]],
        "mode": "markers+text",
        "text": ["start"],
    }
    start |= {"textposition": "bottom center", "marker": {"size": 12, "color": NEUTRAL}, "showlegend": False}
    axes = layout(f"parameter {i + 1}", f"parameter {j + 1}")
    return Chart([*traces, start, *_key(EXACT[1:])], axes)


def price(result: Result) -> Chart:
    """Training loss by what it cost, one rule for all sources, and annealing."""
    if not _moving(result):
        return empty(WAIT)
    rule = min(UPDATE_RULES, key=lambda use: float(np.median(result.final(BACKPROP, use))))
    traces = []
    for source, use in [*((source, rule) for source in SOURCES[:4]), ("none", "annealing")]:
        walks = [_known(walk) for walk in result.walks[source, use]]
        grid = np.unique(np.concatenate([passes for passes, _ in walks]))
        grid = grid[grid > 0]
        values = np.array([losses[np.searchsorted(passes, grid, side="right") - 1] for passes, losses in walks]).T
        label = "annealing" if use == "annealing" else source
        text = "simulated annealing" if use == "annealing" else f"{words(rule)}, {words(source)}"
        traces += band(label, text, grid, values.reshape(len(grid), len(walks)))
    axes = _axes("forward passes paid", "training loss")
    axes["xaxis"] |= {"type": "log", "dtick": 1}
    return Chart(traces, axes)


def _known(walk: Walk) -> tuple[np.ndarray, np.ndarray]:
    return np.array(walk.passes), np.array(walk.losses)


def angles(result: Result) -> Chart:
    """The cosine between each step and the negative gradient it was made from."""
    if not _moving(result):
        return empty(WAIT)
    traces = []
    for use in GRADIENT_USES:
        values = aligned(result.walks[BACKPROP, use], "straight")
        traces += band(shade(use), name(use), np.arange(1, len(values) + 1), values)
    axes: dict[str, Any] = layout("updates", "cosine of step and −gradient")
    axes["yaxis"] |= {"range": [-1.05, 1.1]}
    return Chart(traces, axes)


def standing(result: Result) -> str:
    """One rule with two sources of the gradient: losses and prices."""
    walks = {source: result.walks.get((source, "sgd")) for source in ("backpropagation", "central_differences")}
    if not all(walks.values()):
        return ""
    losses = [np.median(result.final(source, "sgd")) for source in walks]
    passes = [np.median(result.passes(source, "sgd")) for source in walks]
    return (
        f"Plain SGD at this moment, median over seeds: a loss of {number(losses[0], 4)} with backpropagation, for "
        f"{number(passes[0])} forward passes, and of {number(losses[1], 4)} with central differences, for "
        f"{number(passes[1])}."
    )


FIRST = losses  # what the trial shows while this experiment runs
