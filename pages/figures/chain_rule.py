"""One example through a small network with every number on show, and the checks of its derivatives, as charts."""

from typing import Any

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.chain_rule.findings import RIGHT
from core.studies.chain_rule.study import FORWARD, SOURCES, STEPS, Result
from core.studies.chain_rule.walkthrough import Edge, Operation, Walkthrough, called, is_one
from core.studies.wording import number
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, PALETTE, SEQUENTIAL, band, color, empty, layout, mark
from pages.figures.common.words import words

NOW = PALETTE[1]  # of what the current operation is about
HEIGHT = 600  # pixels of the table at least: as high as the drawing of three rows
SPOKEN = 156  # pixels for the formula above the drawing
ROW = 148  # pixels from a unit to the one below, which leave room for its numbers
AWAY = 0.15  # of a row, from the middle of a unit to what is written at it
FEW = 12  # connections whose numbers all fit into the drawing
WRITTEN = {"size": 11, "shadow": "auto"}  # over lines: the halo keeps numbers readable
COLUMNS = ["w", "a", "δ", "dL/dw", "new w"]
PHASES = {"forward": "Forward", "loss": "Loss", "backward": "Backward", "update": "Update"}


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def _places(walk: Walkthrough) -> dict[str, tuple[float, float]]:
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
    walk = result.walk
    places = _places(walk)
    traces, formula = _picture(walk, places, result.shown)
    low, high = (pick(y for _, y in places.values()) for pick in (min, max))
    height = round(SPOKEN + ROW * (high - low + 1))
    figure: dict[str, Any] = layout(height=height, showlegend=False, annotations=[formula])
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": {"text": ""}}
    figure["xaxis"] |= hidden | {"range": [-0.3, len(walk.units) - 0.65]}
    figure["yaxis"] |= hidden | {"range": [low - 0.4, high + 0.75], "domain": [0, 1 - SPOKEN / height]}
    if result.progress == 1:
        figure["sliders"] = [_slider(walk, places, result.shown)]
    return Chart(traces, figure)


def _picture(
    walk: Walkthrough, places: dict[str, tuple[float, float]], shown: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The drawing after some operations, and the formula of the last of them."""
    now, known = _now(walk, shown), walk.known(shown)
    traces = [*_connections(walk, places, now), _units(places, now), _labels(walk, places, now, known)]
    return [*traces, _values(walk, places, known)], _formula(walk, now, shown)


def _slider(walk: Walkthrough, places: dict[str, tuple[float, float]], shown: int) -> dict[str, Any]:
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
    where = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "top"}
    return where | {"text": text, "align": "left", "showarrow": False}


def _connections(walk: Walkthrough, places: dict[str, tuple[float, float]], now: Operation | None) -> list[dict]:
    """All lines, then those that the current operation uses."""
    traces = []
    for edges, look in ((list(walk.w), {"width": 1, "color": NEUTRAL}), (now.edges if now else (), {"width": 4})):
        x = [each for source, unit in edges for each in (places[source][0], places[unit][0], None)]
        y = [each for source, unit in edges for each in (places[source][1], places[unit][1], None)]
        line = {"color": NOW} | look
        traces.append({"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"})
    return traces


def _labels(
    walk: Walkthrough, places: dict[str, tuple[float, float]], now: Operation | None, known: dict
) -> dict[str, Any]:
    """The weight on each connection, and on those in use also its gradient and new weight, once known."""
    used = now.edges if now else ()
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
    return {"type": "scatter", "x": x, "y": y, "text": texts, "mode": "text", "textfont": WRITTEN, "hoverinfo": "skip"}


def _of_edge(edge: Edge, known: dict, used: bool) -> str:
    w, slope, new = (known.get((quantity, edge)) for quantity in ("w", "dL/dw", "new w"))
    if not used:
        return _number(w if new is None else new)
    text = f"<b>{_number(w)}</b>" if new is None else f"<b>{_number(w)} → {_number(new)}</b>"
    return text + ("" if slope is None else f"<br><b>dL/dw {_number(slope)}</b>")


def _units(places: dict[str, tuple[float, float]], now: Operation | None) -> dict[str, Any]:
    """The units as circles with their names, the current one filled."""
    names = list(places)
    active = [now is not None and name == now.unit for name in names]
    fill = [NOW if on else "#7f8a93" if is_one(name) else "#35526e" for on, name in zip(active, names, strict=True)]
    return {
        "type": "scatter",
        "x": [places[name][0] for name in names],
        "y": [places[name][1] for name in names],
        "mode": "markers+text",
        "text": ["1" if is_one(name) else name for name in names],
        "textfont": {"color": "#ffffff", "size": 13},
        "marker": {"size": [26 if is_one(name) else 36 for name in names], "color": fill, "opacity": 1},
        "hoverinfo": "skip",
    }


def _values(walk: Walkthrough, places: dict[str, tuple[float, float]], known: dict) -> dict[str, Any]:
    """What is known of each unit, above it; of the output, with target and loss, below it."""
    x, y, texts = [], [], []
    for unit in (unit for units in walk.units for unit in units):
        last = unit == "o"
        parts = {name: known.get((name, unit)) for name in ("z", "a", "δ") if not (last and name == "a")}
        parts |= {"target": walk.t, "L": known.get(("L", unit))} if last else {}
        listed = [f"{name} {_number(value)}" for name, value in parts.items() if value is not None]
        texts.append("<br>".join(listed))
        x.append(places[unit][0])
        y.append(places[unit][1] + (-AWAY if last else AWAY))
    position = [f"{'bottom' if unit == 'o' else 'top'} center" for units in walk.units for unit in units]
    base = {"type": "scatter", "x": x, "y": y, "text": texts, "mode": "text", "textposition": position}
    return base | {"textfont": WRITTEN, "hoverinfo": "skip"}


def ledger(result: Result) -> Chart:
    """Every connection with every number: one row each, what is not known yet is a dot."""
    walk, shown = result.walk, result.shown
    now, known = _now(walk, shown), walk.known(shown)
    edges, used = list(walk.w), set(now.edges if now else ())
    x, y, texts = [], [], []
    for row, edge in enumerate(edges):
        owners: dict[str, str | Edge] = dict.fromkeys(COLUMNS, edge) | {"a": edge[0], "δ": edge[1]}
        for column in COLUMNS:
            value = known.get((column, owners[column]))
            fresh = now is not None and (column, owners[column]) in now.found
            text = "·" if value is None else _number(value)
            x.append(column)
            y.append(row)
            texts.append(f"<b>{text}</b>" if fresh else text)
    bars = [
        {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": row - 0.5, "y1": row + 0.5}
        | {"fillcolor": NOW, "opacity": 0.22, "line": {"width": 0}, "layer": "below"}
        for row, edge in enumerate(edges)
        if edge in used
    ]
    figure: dict[str, Any] = layout(height=max(HEIGHT, 24 * len(edges) + 60), showlegend=False, shapes=bars)
    ticks = {"tickvals": list(range(len(edges))), "ticktext": [called(edge) for edge in edges]}
    figure["yaxis"] |= ticks | {"range": [len(edges) - 0.5, -0.5], "zeroline": False, "showgrid": False}
    figure["xaxis"] |= {"side": "top", "showgrid": False, "type": "category"}
    figure["xaxis"] |= {"range": [-0.5, len(COLUMNS) - 0.5], "tickvals": COLUMNS}
    cells = {"type": "scatter", "x": x, "y": y, "text": texts, "mode": "text", "hoverinfo": "skip"}
    return Chart([cells], figure)


def check(result: Result) -> Chart:
    """The error of every derivative against a central difference, weights and biases apart, one mark a seed."""
    if not result.errors:
        return empty("Trying every parameter a little higher and lower …")
    errors, bias = np.array(list(result.errors.values())), result.walk.is_bias
    traces = []
    for name, chosen, look in (("weights", ~bias, PALETTE[0]), ("biases", bias, PALETTE[1])):
        places = np.flatnonzero(chosen)
        each: dict[str, Any] = {"type": "scatter", "mode": "markers", "name": name}
        values = np.maximum(errors[:, chosen], 1e-17)
        traces.append(
            each
            | {"x": np.tile(places + 1, len(errors)), "y": values.ravel()}
            | {"marker": {"color": look, "symbol": "circle" if name == "weights" else "diamond", "size": 8}}
        )
    limit = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": RIGHT, "y1": RIGHT}
    limit |= {"line": {"dash": "dot", "width": 1, "color": NEUTRAL}, "label": {"text": "limit of the rule"}}
    axes: dict[str, Any] = layout("number of the parameter", "difference / largest derivative", shapes=[limit])
    axes["yaxis"] |= {"type": "log", "exponentformat": "power", "dtick": 2}
    if errors.shape[1] <= FEW:
        names = [called(edge) for edge in result.walk.w]
        axes["xaxis"] |= {"tickvals": list(range(1, len(names) + 1)), "ticktext": names, "title": {"text": ""}}
    return Chart(traces, axes)


def steps(result: Result) -> Chart:
    """The error of differences by the size of their step: too coarse on one side, drowned in rounding on the other."""
    if not any(np.isfinite(values).any() for values in result.by_step.values()):
        return empty("Trying steps of every size …")
    traces = []
    for kind, values in result.by_step.items():
        label = f"{kind}_differences"
        traces += band(label, words(label), STEPS, np.maximum(values, 1e-17))
    axes: dict[str, Any] = layout("step h", "largest error / largest derivative")
    for axis in ("xaxis", "yaxis"):
        axes[axis] |= {"type": "log", "exponentformat": "power", "dtick": 2}
    return Chart(traces, axes)


def price(result: Result) -> Chart:
    """Time of one gradient in forward passes by the number of parameters, and dotted what is counted."""
    prices = [each for _, each in sorted(result.prices.items()) if each.complete]
    if not prices:
        return empty(f"Timing {FORWARD} and gradients …")
    x = [each.parameters for each in prices]
    traces = []
    for source in SOURCES:
        ink = color(source)
        base: dict[str, Any] = {"type": "scatter", "x": x, "legendgroup": source}
        clock = {"y": [each.ratio(source) for each in prices], "mode": "lines+markers", "name": words(source)}
        marker = {"symbol": mark(source), "size": 9, "color": ink}
        traces.append(base | clock | {"marker": marker, "line": {"color": ink, "width": 2}})
        count = {"y": [each.counted[source] for each in prices], "mode": "lines", "showlegend": False}
        traces.append(base | count | {"line": {"color": ink, "width": 1.5, "dash": "dot"}})
    axes: dict[str, Any] = layout("parameters of the network", "forward passes for one gradient")
    for axis in ("xaxis", "yaxis"):
        axes[axis] |= {"type": "log", "dtick": 1}
    axes["xaxis"] |= {"tickvals": x}
    return Chart(traces, axes)


def surface(result: Result) -> Chart:
    """The way down Rosenbrock's valley by gradients from the tape."""
    landscape = LANDSCAPES["rosenbrock"]
    (left, right), (bottom, top) = landscape.bounds
    x, y = np.linspace(left, right, 60), np.linspace(bottom, top, 60)
    height = np.log10(landscape.value(np.stack(np.meshgrid(x, y), axis=-1)) + 1e-2)
    heat = {"type": "heatmap", "x": x, "y": y, "z": np.round(height, 2), "colorscale": SEQUENTIAL, "opacity": 0.8}
    heat |= {"showscale": False, "hoverinfo": "skip"}
    path = result.descent
    way: dict[str, Any] = {"type": "scatter", "x": path[:, 0], "y": path[:, 1], "mode": "lines+markers"}
    way |= {"line": {"color": NOW, "width": 2}, "marker": {"size": 4, "color": NOW}}
    end: dict[str, Any] = {
        "type": "scatter",
        "x": [1],
        "y": [1],
        "mode": "markers+text",
        "text": ["minimum"],
    }
    end |= {"textposition": "top center", "textfont": {"color": "#ffffff"}}
    end |= {"marker": {"size": 11, "symbol": "x", "color": "#ffffff"}}
    return Chart([heat, way, end], layout("x", "y", showlegend=False))


def standing(result: Result) -> str:
    """How far the walkthrough is, the largest error found, and the price of a gradient."""
    text = f"Operation {result.shown} of {len(result.walk.operations)}."
    if result.errors:
        worst = max(float(errors.max()) for errors in result.errors.values())
        text += f" Largest error of a derivative so far, relative to the largest one: {number(worst, 1)}."
    timed = [price for price in result.prices.values() if price.complete]
    if timed:
        text += f" A gradient of {timed[-1].parameters} parameters takes the time of "
        text += f"{number(timed[-1].ratio('backpropagation'), 2)} forward passes."
    return text


FIRST = graph  # what the trial shows while this experiment runs
