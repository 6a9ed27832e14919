"""Charts of the searches: on a map, by cost, and on a network."""

from functools import lru_cache

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.algorithms.study import Result
from pages.figures.common.plots import CLICKED, Parts, chart, note, rows
from pages.figures.common.style import EQUAL, POWERS, color, mark
from pages.figures.common.traces import Trace, band, heatmap, line, marks, reach, terrain
from pages.figures.common.words import words

SIDE = 90  # points along each side of the map
LOWEST = 1e-4  # smaller losses are drawn at this value: a logarithm of 0 is infinite


@lru_cache(maxsize=8)
def _map(name: str) -> Trace:
    """The surface, coloured by the logarithm of its height."""
    landscape = LANDSCAPES[name]
    x, y, height = terrain(landscape, SIDE)
    height = height - min(float(height.min()), landscape.lowest if landscape.lowest is not None else np.inf)
    x, y, z = (each.astype(np.float32) for each in (x, y, np.log10(height + 1e-2 * np.median(height))))
    heat = heatmap(x, y, z, opacity=0.6, hoverinfo="none")  # not "skip": it is clicked
    return heat | {"type": "contour", "ncontours": 14, "line": {"width": 0.5}}


@chart(height=440, meta=CLICKED, legend={"y": -0.1, "yanchor": "top"}, xaxis=EQUAL[0], yaxis=EQUAL[1])
def paths(result: Result) -> Parts:
    """Click the map to start from there: the paths change at once. White cross: start. Stars: lowest points. Marks:
    where the counted searches ended. Dark is low (logarithm of the height). A population is shown by its best member.
    """
    landscape = LANDSCAPES[result.settings.landscape]
    yield _map(result.settings.landscape)
    for method in result.settings.methods:
        look: Trace = {"name": words(method), "color": color(method), "legendgroup": method, "hoverinfo": "name"}
        for search in result.watched.get(method, ()):
            yield line(*search.path.T, **look)
        if ends := [search.end for search in result.surface.get(method, ())]:
            spot: Trace = {"size": 8, "symbol": mark(method), "edge": {"width": 1, "color": "white"}}
            x, y = np.array(ends).T
            yield marks(x, y, **look, **spot, showlegend=False)
    told: Trace = {"color": "white", "size": 16, "hoverinfo": "name", "showlegend": False}
    cross, star = {"width": 3, "color": "white"}, {"width": 1.5, "color": "black"}
    (across, up), lowest = result.start, np.array(landscape.minima)
    yield marks([across], [up], "start", symbol="cross-thin", edge=cross, **told)
    yield marks(lowest[:, 0], lowest[:, 1], "lowest point", symbol="star", edge=star, **told)
    yield {axis: {"range": list(ends)} for axis, ends in zip(("xaxis", "yaxis"), landscape.bounds, strict=True)}


@chart(when=lambda result: result.surface, wait="The first searches are running …", showlegend=False)
def success(result: Result) -> Parts:
    """Left: share of starts whose search ends there, with its 95 % interval (Wilson). Right: one mark per success, at
    the evaluation from which the search stayed there. A value or a gradient costs 1, a Hessian 2."""
    for place, (method, searches) in enumerate(result.surface.items()):
        share = result.share(method)
        look: Trace = {"name": words(method), "color": color(method), "symbol": mark(method)}
        told = [f"{share}, {1e3 * np.mean([search.seconds for search in searches]):.1f} ms per search"]
        rate: Trace = {"error_x": reach([share.value], [share], 100), "hovertext": told, "hoverinfo": "text"}
        yield marks([100 * share.value], [place], size=11, cliponaxis=False, **rate, **look)
        price = [search.arrived for search in searches if search.success]
        yield marks(price, [place] * len(price), size=7, opacity=0.5, xaxis="x2", hoverinfo="x", **look)
    if not any(search.success for searches in result.surface.values() for search in searches):
        yield note("No search has succeeded so far.", 0.765, 0.5, opacity=0.7)
    yield {
        "height": 90 + 32 * max(9, len(result.surface)),
        "xaxis": {"title": {"text": "successes (%)"}, "domain": [0, 0.48], "range": [-6, 102]},
        "xaxis2": {"title": {"text": "evaluations"}, "domain": [0.53, 1], "type": "log", "dtick": 1},
        "yaxis": rows([words(method) for method in result.surface]),
    }


@chart("forward passes", "training loss", height=440, wait="The network trains after the searches.", yaxis=POWERS)
def training(result: Result) -> Parts:
    """Best so far, drawn down to 10⁻⁴. Line: median. Band: all. A gradient costs 3 passes, a Hessian 3 per weight."""
    grid = np.unique(np.geomspace(1, result.settings.network_budget, 60).astype(int))
    for method, searches in result.network.items():
        best = np.array([search.best_at(grid) for search in searches]).T
        yield band(method, grid, np.maximum(best, LOWEST), alpha=0.06)  # ten of them overlap
    legend = {"y": -0.25, "yanchor": "top"}  # on a phone ten names take five rows
    yield {"xaxis": {"type": "log", "dtick": 1}, "legend": legend}
