"""One example through a small network with every number on show, and the checks of its derivatives, as charts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.chain_rule.findings import RIGHT
from core.studies.chain_rule.study import FORWARD, SOURCES, STEPS, Result
from core.studies.chain_rule.walkthrough import Edge, Operation, Walkthrough, called, is_one
from core.studies.wording import number
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, empty, level, needs, note, plot, rows
from pages.figures.common.style import NEUTRAL, PALETTE, POWERS, color, mark
from pages.figures.common.traces import Trace, band, dotted, heatmap, joined, labels, line, marks, terrain
from pages.figures.common.words import words

NOW = PALETTE[1]  # of what the current operation is about
HEIGHT = 600  # pixels of the table at least: as high as the drawing of three rows
SPOKEN = 156  # pixels for the formula above the drawing
ROW = 148  # pixels from a unit to the one below, which leave room for its numbers
AWAY = 0.15  # of a row, from the middle of a unit to what is written at it
FEW = 12  # connections whose numbers all fit into the drawing
WRITTEN = {"size": 11, "shadow": "auto"}  # over lines: the halo keeps numbers readable
COLUMNS = ["w", "a", "δ", "dL/dw", "new w"]
EVEN_POWERS = POWERS | {"dtick": 2}
PHASES = {"forward": "Forward", "loss": "Loss", "backward": "Backward", "update": "Update"}

Places = dict[str, tuple[float, float]]  # of each unit, where it stands


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def _places(walk: Walkthrough) -> Places:
    """Where each unit stands: layers from left to right, the 1 of the biases below the layer that it comes from."""
    places = {}
    for layer, units in enumerate(walk.units):
        ones = [f"1{walk.units[layer + 1][0][0]}"] if layer + 1 < len(walk.units) else []
        rows = [*units, *ones]
        for row, unit in enumerate(rows):
            places[unit] = (float(layer), (len(rows) - 1) / 2 - row)
    return places


def _now(walk: Walkthrough, shown: int) -> Operation | None:
    return walk.operations[shown - 1] if shown else None


def graph(result: Result) -> Chart:
    """The network with the numbers known so far, the current operation in colour and its formula above."""
    walk, places = result.walk, _places(result.walk)
    traces, formula = _picture(walk, places, result.shown)
    low, high = (pick(y for _, y in places.values()) for pick in (min, max))
    height = round(SPOKEN + ROW * (high - low + 1))
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False}
    axes: Frame = {
        "xaxis": hidden | {"range": [-0.3, len(walk.units) - 0.65]},
        "yaxis": hidden | {"range": [low - 0.4, high + 0.75], "domain": [0, 1 - SPOKEN / height]},
    }
    sliders: Frame = {"sliders": [_slider(walk, places, result.shown)]} if result.progress == 1 else {}
    return plot(traces, height=height, showlegend=False, annotations=[formula], **axes, **sliders)


def _picture(walk: Walkthrough, places: Places, shown: int) -> tuple[list[Trace], dict[str, Any]]:
    """The drawing after some operations, and the formula of the last of them."""
    now, known = _now(walk, shown), walk.known(shown)
    used = now.edges if now else ()
    traces = [
        _connections(places, list(walk.w), NEUTRAL, 1),
        _connections(places, used, NOW, 4),
        _units(places, now),
        _labels(walk, places, used, known),
        _values(walk, places, known),
    ]
    return traces, _formula(walk, now, shown)


def _slider(walk: Walkthrough, places: Places, shown: int) -> dict[str, Any]:
    """To go through the operations when the run is over: the browser has all pictures, nothing is computed."""
    moves = []
    for done in range(len(walk.operations) + 1):
        traces, formula = _picture(walk, places, done)
        change = {key: [trace.get(key, []) for trace in traces] for key in ("x", "y", "text")}
        change["marker.color"] = [trace.get("marker", {}).get("color") for trace in traces]
        label = {"label": str(done), "method": "update", "args": [change, {"annotations": [formula]}]}
        moves.append(label)
    look = {"bgcolor": NEUTRAL, "activebgcolor": NOW, "ticklen": 0, "minorticklen": 0, "font": {"color": NEUTRAL}}
    value = {"prefix": "operation ", "font": {"size": 12}}
    return look | {"steps": moves, "active": shown, "pad": {"t": 5, "b": 5}, "currentvalue": value, "y": 0.02}


def _formula(walk: Walkthrough, now: Operation | None, shown: int) -> dict[str, Any]:
    """What is done, in words and numbers, above the drawing."""
    count = len(walk.operations)
    if now is None:
        text = (
            f"<b>Before the first of {count} operations</b><br>Weights are drawn, the example waits at the input.<br>"
        )
        text += "Press Step to go through them one by one."
    else:
        head = f"<b>{PHASES[now.phase]}, operation {shown} of {count}: {now.title}</b>"
        text = "<br>".join([head, *now.lines])
    return note(text, 0, 1, xanchor="left", yanchor="top", align="left")


def _connections(places: Places, edges: Sequence[Edge], color: str, width: float) -> Trace:
    """Lines between the units of each pair, with gaps."""
    x, y = ([part for one, other in edges for part in (places[one][k], places[other][k], None)] for k in (0, 1))
    return line(x, y, color=color, width=width, hoverinfo="skip")


def _labels(walk: Walkthrough, places: Places, used: Sequence[Edge], known: dict) -> Trace:
    """The weight on each connection, and on those in use also its gradient and new weight, once known."""
    shown = list(walk.w) if len(walk.w) <= FEW else list(used)
    x, y, texts = [], [], []
    for edge in shown:
        (x0, y0), (x1, y1) = places[edge[0]], places[edge[1]]
        layer = walk.units[int(x1)]
        row = layer.index(edge[1]) / (len(layer) - 1) if len(layer) > 1 else 0.5
        share = 0.5 if edge in used else 0.27 + 0.31 * row  # not all in one place
        x.append(x0 + share * (x1 - x0))
        y.append(y0 + share * (y1 - y0))
        texts.append(_of_edge(edge, known, edge in used))
    return labels(x, y, texts, textfont=WRITTEN, hoverinfo="skip")


def _of_edge(edge: Edge, known: dict, used: bool) -> str:
    w, slope, new = (known.get((quantity, edge)) for quantity in ("w", "dL/dw", "new w"))
    if not used:
        return _number(w if new is None else new)
    text = f"<b>{_number(w)}</b>" if new is None else f"<b>{_number(w)} → {_number(new)}</b>"
    return text + ("" if slope is None else f"<br><b>dL/dw {_number(slope)}</b>")


def _units(places: Places, now: Operation | None) -> Trace:
    """The units as circles with their names, the current one filled."""
    fill = [NOW if now and name == now.unit else NEUTRAL if is_one(name) else "#35526e" for name in places]
    size = [26 if is_one(name) else 36 for name in places]
    names, font = ["1" if is_one(name) else name for name in places], {"color": "#ffffff", "size": 13}
    x, y = zip(*places.values(), strict=True)
    return marks(x, y, color=fill, size=size, opacity=1, text=names, textfont=font, hoverinfo="skip")


def _values(walk: Walkthrough, places: Places, known: dict) -> Trace:
    """What is known of each unit, above it; of the output, with target and loss, below it."""
    x, y, texts, sides = [], [], [], []
    for unit in (unit for units in walk.units for unit in units):
        last = unit == "o"
        parts = {name: known.get((name, unit)) for name in ("z", "a", "δ") if not (last and name == "a")}
        parts |= {"target": walk.t, "L": known.get(("L", unit))} if last else {}
        texts.append("<br>".join(f"{name} {number(value)}" for name, value in parts.items() if value is not None))
        x.append(places[unit][0])
        y.append(places[unit][1] + (-AWAY if last else AWAY))
        sides.append("bottom center" if last else "top center")
    return labels(x, y, texts, textposition=sides, textfont=WRITTEN, hoverinfo="skip")


def ledger(result: Result) -> Chart:
    """Every connection with every number: one row each, what is not known yet is a dot."""
    walk, shown = result.walk, result.shown
    now, known = _now(walk, shown), walk.known(shown)
    edges, fresh = list(walk.w), now.found if now else ()
    x, y, texts, shades = [], [], [], []
    for row, edge in enumerate(edges):
        owners: dict[str, str | Edge] = dict.fromkeys(COLUMNS, edge) | {"a": edge[0], "δ": edge[1]}
        for column, owner in owners.items():
            text = _number(known.get((column, owner))) or "·"
            x.append(column)
            y.append(row)
            texts.append(f"<b>{text}</b>" if (column, owner) in fresh else text)
        if now and edge in now.edges:
            bar = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": row - 0.5, "y1": row + 0.5}
            shades.append(bar | {"fillcolor": NOW, "opacity": 0.22, "line": {"width": 0}, "layer": "below"})
    columns = {"side": "top", "type": "category", "range": [-0.5, len(COLUMNS) - 0.5], "tickvals": COLUMNS}
    axes: Frame = {
        "xaxis": columns | {"showgrid": False},
        "yaxis": rows([called(edge) for edge in edges]) | {"zeroline": False, "showgrid": False},
    }
    height = max(HEIGHT, 24 * len(edges) + 60)
    return plot([labels(x, y, texts, hoverinfo="skip")], height=height, showlegend=False, shapes=shades, **axes)


@needs(lambda result: result.errors, "Trying every parameter a little higher and lower …")
def check(result: Result) -> Chart:
    """The error of every derivative against a central difference, weights and biases apart, one mark a seed."""
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
    """The error of differences by the size of their step: too coarse on one side, drowned in rounding on the other."""
    traces = []
    for kind, errors in result.by_step.items():
        if np.isfinite(errors).any():
            traces += band(f"{kind}_differences", STEPS, np.maximum(errors, 1e-17))
    axes: Frame = {"xaxis": EVEN_POWERS, "yaxis": EVEN_POWERS}
    return plot(traces, "step h", "largest error / largest derivative", wait="Trying steps of every size …", **axes)


def price(result: Result) -> Chart:
    """Time of one gradient in forward passes by the number of parameters, and dotted what is counted."""
    prices, traces = [each for _, each in sorted(result.prices.items())], []
    for source in SOURCES:
        timed = [each for each in prices if each.knows(source)]
        if not timed:
            return empty(f"Timing {FORWARD} and gradients …")
        x, name, hue = [each.parameters for each in timed], words(source), color(source)
        found, counted = [each.ratio(source).mean for each in timed], [each.counted[source] for each in timed]
        traces.append(joined(x, found, name, hue, 9, mark(source), legendgroup=source))
        traces.append(dotted(x, counted, f"{name}, counted", hue, legendgroup=source, showlegend=False))
    decades = {"type": "log", "dtick": 1}
    axes: Frame = {"xaxis": decades | {"tickvals": [each.parameters for each in prices]}, "yaxis": decades}
    return plot(traces, "parameters of the network", "forward passes for one gradient", **axes)


def surface(result: Result) -> Chart:
    """The way down Rosenbrock's valley by gradients from the tape."""
    x, y, height = terrain(LANDSCAPES["rosenbrock"], 60)
    heat = heatmap(x, y, np.round(np.log10(height + 1e-2), 2), opacity=0.8, hoverinfo="skip")
    way = joined(result.descent[:, 0], result.descent[:, 1], color=NOW, size=4)
    text: Trace = {"text": ["minimum"], "textposition": "top center", "textfont": {"color": "#ffffff"}}
    end = marks([1], [1], color="#ffffff", size=11, symbol="x", **text)
    return plot([heat, way, end], "x", "y", showlegend=False)


def standing(result: Result) -> str:
    """How far the walkthrough is, and the largest error found."""
    text = f"Operation {result.shown} of {len(result.walk.operations)}."
    if result.errors:
        worst = max(float(errors.max()) for errors in result.errors.values())
        text += f" Largest error of a derivative so far, relative to the largest one: {number(worst, 1)}."
    return text


FIRST = graph  # what the trial shows while this experiment runs
