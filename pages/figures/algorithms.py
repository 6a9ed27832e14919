"""Searches of many kinds as charts: on a map, by price, on a network, and by direction."""

from functools import lru_cache
from typing import Any

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.algorithms.study import Result
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, SEQUENTIAL, color, empty, faded, layout, lines, mark
from pages.figures.common.words import words

SIDE = 90  # points along each side of the map
LOWEST = 1e-4  # heights and losses below it are drawn there: near 0 a logarithm goes down for ever
WAIT = "The first searches are on their way."


def success(result: Result) -> Chart:
    """Success rate with its interval on the left, evaluations to success on the right."""
    if not result.surface:
        return empty(WAIT)
    traces = []
    for place, (method, searches) in enumerate(result.surface.items()):
        share, look = result.share(method), {"color": color(method), "symbol": mark(method), "size": 11}
        reach: dict[str, Any] = {"type": "data", "array": [100 * (share.high - share.value)]}
        reach |= {"arrayminus": [100 * (share.value - share.low)], "color": NEUTRAL, "thickness": 2}
        rate: dict[str, Any] = {"x": [100 * share.value], "y": [place], "error_x": reach}
        seconds = np.mean([search.seconds for search in searches])
        rate["hovertext"] = [f"{share}, {1e3 * seconds:.1f} ms a search"]
        price = [search.total for search in searches if search.success]
        prices = {"x": price, "y": [place] * len(price), "xaxis": "x2", "hoverinfo": "x"}
        common = {"type": "scatter", "mode": "markers", "name": words(method)}
        traces.append(common | rate | {"marker": look, "hoverinfo": "text", "cliponaxis": False})
        traces.append(common | prices | {"marker": look | {"size": 7, "opacity": 0.5}})
    names = [words(method) for method in result.surface]
    frame = layout(height=90 + 32 * max(9, len(names)), showlegend=False)
    frame["xaxis"] = {"title": {"text": "successes, %"}, "domain": [0, 0.48], "range": [-6, 102]}
    frame["xaxis2"] = {"title": {"text": "evaluations"}, "domain": [0.53, 1], "type": "log", "dtick": 1}
    frame["yaxis"] = {"tickvals": list(range(len(names))), "ticktext": names, "range": [len(names) - 0.5, -0.5]}
    return Chart(traces, frame)


@lru_cache(maxsize=8)
def _map(name: str) -> dict[str, object]:
    """The surface as colours of the logarithm of its height."""
    landscape = LANDSCAPES[name]
    x, y = (np.linspace(*each, SIDE) for each in landscape.bounds)
    height = landscape.value(np.stack(np.meshgrid(x, y), axis=-1))
    height = height - min(float(height.min()), landscape.lowest if landscape.lowest is not None else np.inf)
    return {
        "type": "contour",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "z": np.log10(height + 1e-2 * np.median(height)).astype(np.float32),
        "ncontours": 14,
        "colorscale": SEQUENTIAL,
        "opacity": 0.6,
        "line": {"width": 0.5},
        "showscale": False,
        "hoverinfo": "skip",
    }


def paths(result: Result) -> Chart:
    """The ways from the first start over the map, and where all searches ended."""
    landscape = LANDSCAPES[result.settings.landscape]
    bottom = np.array(landscape.minima)
    traces = [_map(result.settings.landscape)]
    for method, searches in result.surface.items():
        way, ends = searches[0].path, np.array([search.path[-1] for search in searches])
        common = {"type": "scatter", "name": words(method), "legendgroup": method, "hoverinfo": "name"}
        line = {"x": way[:, 0], "y": way[:, 1], "mode": "lines", "line": {"color": color(method), "width": 2}}
        look = {"color": color(method), "symbol": mark(method), "size": 8, "line": {"width": 1, "color": "white"}}
        spots = {"x": ends[:, 0], "y": ends[:, 1], "mode": "markers", "marker": look, "showlegend": False}
        traces += [common | line, common | spots]
    star = {"symbol": "star", "size": 16, "color": "white", "line": {"width": 1.5, "color": "black"}}
    traces.append(
        {
            "type": "scatter",
            "x": bottom[:, 0],
            "y": bottom[:, 1],
            "mode": "markers",
            "marker": star,
            "name": "lowest point",
            "hoverinfo": "name",
        }
    )
    figure = Chart(traces, layout("x", "y", height=520))
    (left, right), (low, high) = landscape.bounds
    return figure.update_xaxes(range=[left, right]).update_yaxes(range=[low, high])


def height(result: Result) -> Chart:
    """Best height so far above the lowest point by evaluations, median and range over starts."""
    if not result.surface:
        return empty(WAIT)
    lowest = LANDSCAPES[result.settings.landscape].lowest or 0.0
    grid = np.unique(np.geomspace(1, result.settings.budget, 60).astype(int))
    curves = [
        (method, words(method), grid, np.maximum(np.array([s.best_at(grid) for s in searches]).T - lowest, LOWEST))
        for method, searches in result.surface.items()
    ]
    return _medians(curves, "height above the lowest point", 0.25)


def training(result: Result) -> Chart:
    """Lowest training loss so far by evaluations, median and range over seeds."""
    if not result.network:
        return empty("The network is trained after the surface is searched.")
    grid = np.unique(np.geomspace(1, result.settings.network_budget, 60).astype(int))
    curves = [
        (method, words(method), grid, np.maximum(np.array([s.best_at(grid) for s in searches]).T, LOWEST))
        for method, searches in result.network.items()
    ]
    return _medians(curves, "training loss", 0.0)


def _medians(curves: list[tuple[str, str, np.ndarray, np.ndarray]], title: str, cut: float) -> Chart:
    """Median and the range of the middle values, `cut` of them left out at either end; both axes logarithmic."""
    kept = [
        (label, name, grid, np.quantile(values, [cut, 0.5, 1 - cut], axis=1).T) for label, name, grid, values in curves
    ]
    figure = lines(kept, x="evaluations", y=title, height=420)
    for (label, *_), area in zip(curves, figure.data[::2], strict=True):
        area["fillcolor"] = faded(label, 0.06)  # ten of them overlap
    return figure.update_xaxes(type="log", dtick=1).update_yaxes(type="log", exponentformat="power")


def directions(result: Result) -> Chart:
    """How far the loss falls along random directions, relative to the gradient's, and along its sign."""
    if not result.directions:
        return empty("Directions are compared when the network is trained.")
    falls = np.concatenate([each.random for each in result.directions])
    sign = float(np.mean([each.sign for each in result.directions]))
    counts, edges = np.histogram(falls, np.linspace(-1, 1, 81))
    bars = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": 100 * counts / len(falls),
        "width": edges[1] - edges[0],
        "marker": {"color": color("random_search")},
        "name": "random directions of the same length",
    }
    marks = {
        "gradient_descent": (1.0, "−g, the gradient's way"),
        "sign": (sign, "−sign(g), with the same largest component as −g"),
    }
    traces = [bars]
    highest = float(bars["y"].max())
    for name, (x, text) in marks.items():
        line = {"color": color(name) if name == "gradient_descent" else color("momentum"), "width": 3}
        both = {"x": [x, x], "y": [0, highest], "mode": "lines", "line": line, "name": text}
        traces.append({"type": "scatter"} | both)
    frame = layout("fall of the training loss, −g = 1", "directions, %", bargap=0)
    return Chart(traces, frame).update_xaxes(range=[-1, max(1, sign) + 0.2])


def least_squares(result: Result) -> Chart:
    """Distance to the closed-form solution of a linear model by evaluations, median and range over seeds."""
    found = result.least_squares
    if found is None or not found.distances:
        return empty("The linear model comes last.")
    curves = [
        (name, words(name), found.evaluations[name] + 1, np.maximum(values, 1e-15))
        for name, values in found.distances.items()
    ]
    figure = lines(curves, x="gradients computed", y="distance to the exact solution")
    return figure.update_xaxes(type="log", dtick=1).update_yaxes(type="log", exponentformat="power")


def standing(result: Result) -> str:
    """Who found the lowest point from most starts."""
    shares = {method: result.share(method) for method, searches in result.surface.items() if searches}
    if not shares:
        return ""
    first, last = (pick(shares, key=lambda method: shares[method].value) for pick in (max, min))
    told = [
        f"{words(method)} from {shares[method].successes} of {shares[method].trials} starts" for method in (first, last)
    ]
    return f"The lowest point was found so far: most often by {told[0]}, least often by {told[1]}."


FIRST = success  # what the trial shows while this experiment runs
