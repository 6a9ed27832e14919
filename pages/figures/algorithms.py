"""Charts of the searches: on a map, by cost, on a network, and by direction."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.algorithms.problems import Search
from core.studies.algorithms.study import Result
from pages.figures.common.plots import CLICKED, Chart, Frame, empty, needs, plot, rows
from pages.figures.common.style import EQUAL, POWERS, color, mark
from pages.figures.common.traces import Trace, band, bars, heatmap, line, marks, reach, terrain
from pages.figures.common.words import words

SIDE = 90  # points along each side of the map
LOWEST = 1e-4  # smaller heights and losses are drawn at this value: a logarithm of 0 is infinite
BELOW: Frame = {"legend": {"y": -0.25, "yanchor": "top"}}  # on a phone ten names take five rows
DECADES: Frame = {"xaxis": {"type": "log", "dtick": 1}, "yaxis": POWERS}

searched = needs(lambda result: result.surface, "The first searches are running …")


@lru_cache(maxsize=8)
def _map(name: str) -> Trace:
    """The surface, coloured by the logarithm of its height."""
    landscape = LANDSCAPES[name]
    x, y, height = terrain(landscape, SIDE)
    height = height - min(float(height.min()), landscape.lowest if landscape.lowest is not None else np.inf)
    x, y, z = (each.astype(np.float32) for each in (x, y, np.log10(height + 1e-2 * np.median(height))))
    heat = heatmap(x, y, z, opacity=0.6, hoverinfo="none")  # not "skip": it is clicked
    return heat | {"type": "contour", "ncontours": 14, "line": {"width": 0.5}}


def paths(result: Result) -> Chart:
    """Click the map to start from there: the paths change at once. White cross: start. Stars: lowest points. Marks:
    where the counted searches ended. Dark is low (logarithm of the height). A population is shown by its best member.
    """
    landscape = LANDSCAPES[result.settings.landscape]
    traces = [_map(result.settings.landscape)]
    for method in result.settings.methods:
        look: Trace = {"name": words(method), "color": color(method), "legendgroup": method, "hoverinfo": "name"}
        for search in result.watched.get(method, ()):
            traces.append(line(*search.path.T, **look))
        ends = np.array([search.end for search in result.surface.get(method, ())]).reshape(-1, 2)
        spot: Trace = {"size": 8, "symbol": mark(method), "edge": {"width": 1, "color": "white"}, "showlegend": False}
        traces += [marks(ends[:, 0], ends[:, 1], **look, **spot)] if len(ends) else []
    told: Trace = {"hoverinfo": "name", "showlegend": False}
    place, star = {"width": 3, "color": "white"}, {"width": 1.5, "color": "black"}
    (across, up), lowest = result.start, np.array(landscape.minima)
    traces.append(marks([across], [up], "start", "white", 16, "cross-thin", edge=place, **told))
    traces.append(marks(lowest[:, 0], lowest[:, 1], "lowest point", "white", 16, "star", edge=star, **told))
    x, y = (axis | {"range": list(ends)} for axis, ends in zip(EQUAL, landscape.bounds, strict=True))
    return plot(traces, height=440, meta=CLICKED, legend={"y": -0.1, "yanchor": "top"}, xaxis=x, yaxis=y)


@searched
def success(result: Result) -> Chart:
    """Left: share of starts whose search ends there, with its 95 % interval (Wilson). Right: one mark per success, at
    the evaluation from which the search stayed there. A value or a gradient costs 1, a Hessian 2."""
    traces = []
    for place, (method, searches) in enumerate(result.surface.items()):
        share = result.share(method)
        look: Trace = {"name": words(method), "color": color(method), "symbol": mark(method)}
        told = [f"{share}, {1e3 * np.mean([search.seconds for search in searches]):.1f} ms per search"]
        rate: Trace = {"error_x": reach([share.value], [share], 100), "hovertext": told, "hoverinfo": "text"}
        traces.append(marks([100 * share.value], [place], size=11, cliponaxis=False, **rate, **look))
        price = [search.arrived for search in searches if search.success]
        traces.append(marks(price, [place] * len(price), size=7, opacity=0.5, xaxis="x2", hoverinfo="x", **look))
    axes: Frame = {
        "xaxis": {"title": {"text": "successes (%)"}, "domain": [0, 0.48], "range": [-6, 102]},
        "xaxis2": {"title": {"text": "evaluations"}, "domain": [0.53, 1], "type": "log", "dtick": 1},
        "yaxis": rows([words(method) for method in result.surface]),
    }
    return plot(traces, height=90 + 32 * max(9, len(result.surface)), showlegend=False, **axes)


@searched
def height(result: Result) -> Chart:
    """Best so far. Line: median over starts. Band: the middle half."""
    lowest = LANDSCAPES[result.settings.landscape].lowest or 0.0
    return _best(result.surface, result.settings.budget, "height above the lowest point", 0.25, lowest)


@needs(lambda result: result.network, "The network trains after the searches on the surface.")
def training(result: Result) -> Chart:
    """Best so far, drawn down to 10⁻⁴. Line: median. Band: all. A gradient costs 3 passes, a Hessian 3 per weight."""
    return _best(result.network, result.settings.network_budget, "training loss", 0.0, x="forward passes")


def _best(
    found: Mapping[str, list[Search]], budget: int, title: str, cut: float, lowest: float = 0.0, x: str = "evaluations"
) -> Chart:
    """Median and range, without the `cut` smallest and largest values; both axes logarithmic."""
    grid, traces = np.unique(np.geomspace(1, budget, 60).astype(int)), []
    for method, searches in found.items():
        values = np.maximum(np.array([search.best_at(grid) for search in searches]).T - lowest, LOWEST)
        middle = np.quantile(values, [cut, 0.5, 1 - cut], axis=1).T
        traces += band(method, grid, middle, alpha=0.06)  # ten of them overlap
    return plot(traces, x, title, 440, **DECADES, **BELOW)


@needs(lambda result: result.directions, "Directions are compared after the network has trained.")
def directions(result: Result) -> Chart:
    """Loss of the network after one tiny step, all seeds. No random direction of the same length beats −g; if length
    means the largest component, the sign of g does."""
    falls = np.concatenate([each.random for each in result.directions])
    sign = float(np.mean([each.sign for each in result.directions]))
    counts, edges = np.histogram(falls, np.linspace(-1, 1, 81))
    share, middle = 100 * counts / len(falls), (edges[1:] + edges[:-1]) / 2
    heights = [0, float(share.max())]
    traces = [
        bars(middle, share, "random directions of the same length", color("random_search"), width=edges[1] - edges[0]),
        line([1.0, 1.0], heights, "−g, against the gradient", color("gradient_descent"), 3),
        line([sign, sign], heights, "−sign(g), same largest component as −g", color("momentum"), 3),
    ]
    axis = {"range": [-1, max(1, sign) + 0.2]}
    return plot(traces, "decrease of the training loss (−g = 1)", "directions (%)", bargap=0, xaxis=axis)


def least_squares(result: Result) -> Chart:
    """Diabetes data; the best weights are known. Distance relative to the start; line: median, band: all seeds."""
    found = result.least_squares
    if found is None or not found.distances:
        return empty("The linear model runs last.")
    traces = [
        band(name, found.evaluations[name] + 1, np.maximum(values, 1e-15)) for name, values in found.distances.items()
    ]
    return plot(traces, "gradients computed", "distance to the exact solution", **DECADES)
