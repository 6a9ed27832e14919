"""A network drawn: every unit with its own map, every link coloured and sized by its weight or by its gradient."""

from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from core.data.features import INPUTS
from core.nn.layers import Weights
from core.playground.playground import Playground
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, plot
from pages.figures.common.style import DIVERGING, NEUTRAL, PALETTE
from pages.figures.common.traces import Trace, heatmap, labels, marks, strokes
from pages.figures.common.words import words

MOST_UNITS = 8  # drawn of a layer
SIDE, PITCH = 16, 20  # points along a tile's side, and from one tile to the one below
HALF_HEIGHT = SIDE / PITCH / 2
WIDTH = 900  # pixels, for which tiles are drawn as squares
COLORS = PALETTE[:2]  # below zero, above zero
WIDTHS = (0.4, 1.2, 2.4, 4.0, 6.0)  # pixels of a link, by fifths of the largest of its layer
FRAMES = (0.6, 1.4, 2.4, 3.8)  # pixels of a unit's frame, by powers of ten of its delta
TILES = [[0, "rgba(0,0,0,0)"], [0.002, "rgba(0,0,0,0)"], [0.002, COLORS[0]], *DIVERGING[1:]]


class Column(NamedTuple):
    """A layer as it is drawn: the heights of its units (n,), and a map for each of them (n, side, side)."""

    y: np.ndarray
    maps: np.ndarray
    title: str


class Drawing(NamedTuple):
    """What is drawn: units in columns; of the links between them weights, gradients and what is frozen."""

    columns: list[Column]
    half_width: float  # of a unit
    weights: list[Weights]
    gradients: list[Weights]
    frozen: list[Weights]
    deltas: list[np.ndarray]  # (n,), of every column but the inputs

    @property
    def rows(self) -> int:
        return max(len(column.y) for column in self.columns)


@np.errstate(all="ignore")  # a run that diverged has numbers beyond float32
def network(result: Playground, show: str = "weights") -> Chart:
    """The network from its inputs to its outputs; links show its "weights" or the "gradients" of the last batch."""
    drawing, height = _drawing(result)
    shown = drawing.gradients if show == "gradients" else drawing.weights
    traces = [_tiles(drawing), *_links(drawing, shown), _link_numbers(drawing), _held(drawing)]
    traces += [*_frames(drawing), _biases(drawing, shown), _titles(drawing.columns, result)]
    hidden = {"visible": False, "fixedrange": False}
    frame: Frame = {
        "xaxis": hidden | {"range": [-0.55, len(drawing.columns) - 0.45]},
        "yaxis": hidden | {"range": [-drawing.rows / 2 - 0.1, drawing.rows / 2 + 0.75]},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return plot(traces, height=height, showlegend=False, **frame)


def _drawing(result: Playground) -> tuple[Drawing, int]:
    """The parts of the network that are drawn, and the height of the chart in pixels."""
    columns, inside = _columns(result), result.inside()
    rows = max(len(column.y) for column in columns)
    height = 130 + min(440, 62 * rows)
    half_width = min(0.3, HALF_HEIGHT * height / (rows + 0.85) * (len(columns) + 0.1) / WIDTH)

    def drawn(layers: list[Weights]) -> list[Weights]:
        pairs = zip(columns, columns[1:], layers, strict=False)
        return [Weights(W[: len(to.y), : len(source.y)], b[: len(to.y)]) for source, to, (W, b) in pairs]

    weights, frozen = (drawn(result.network.unpack(each)) for each in (result.params, result.frozen))
    deltas = [delta[: len(to.y)] for to, delta in zip(columns[1:], inside.deltas, strict=True)]
    return Drawing(columns, half_width, weights, drawn(inside.gradients), frozen, deltas), height


def _columns(result: Playground) -> list[Column]:
    """Inputs, hidden layers, outputs; of a layer with more units than can be read the first are drawn."""
    maps = [result.input_maps(SIDE), *result.unit_maps(SIDE)]
    last, columns = len(maps) - 1, []
    for place, tiles in enumerate(maps):
        n = min(len(tiles), MOST_UNITS)
        names = result.settings.activations
        kind = "inputs" if place == 0 else "outputs" if place == last else words(names[min(place, len(names)) - 1])
        some = f"{n} of {len(tiles)} " if n < len(tiles) else ""
        columns.append(Column((n - 1) / 2 - np.arange(n), tiles[:n], f"{some}{kind}"))
    return columns


def _tiles(drawing: Drawing) -> Trace:
    """All maps in one picture of bytes; 0 is the paper between them, each map's 0 is 128."""
    columns, rows, half_width = drawing.columns, drawing.rows, drawing.half_width
    z = np.zeros((rows * PITCH, len(columns) * (SIDE + 1) - 1), np.uint8)
    for place, column in enumerate(columns):
        values = np.nan_to_num(column.maps, nan=0.0, posinf=0.0, neginf=0.0)
        largest = np.abs(values).max(axis=(1, 2), keepdims=True)
        bytes_ = np.rint(128 + 127 * values / np.where(largest > 0, largest, 1)).astype(np.uint8)
        for y, tile in zip(column.y, bytes_, strict=True):
            bottom = round((y + rows / 2 - HALF_HEIGHT) * PITCH)
            z[bottom : bottom + SIDE, place * (SIDE + 1) : place * (SIDE + 1) + SIDE] = tile
    edges = np.linspace(-half_width, half_width, SIDE + 1)
    x = np.concatenate([place + edges for place in range(len(columns))]).astype(np.float32)
    y = np.linspace(-rows / 2, rows / 2, len(z) + 1).astype(np.float32)
    return heatmap(x, y, z, TILES, zmin=0, zmax=255, hoverinfo="skip")


def _ends(drawing: Drawing) -> tuple[np.ndarray, np.ndarray]:
    """Where links begin and end: x and y, each (links, 2), in the order of the matrices."""
    x, y = [], []
    for place, (source, to) in enumerate(pairwise(drawing.columns)):
        y.append(np.stack(np.meshgrid(source.y, to.y), axis=-1).reshape(-1, 2))
        x.append(np.tile([place + drawing.half_width, place + 1 - drawing.half_width], (len(y[-1]), 1)))
    return np.concatenate(x), np.concatenate(y)


def _of_links(layers: list[Weights]) -> np.ndarray:
    """The weights (links,) without the biases."""
    return np.concatenate([W.ravel() for W, _ in layers])


def _links(drawing: Drawing, shown: list[Weights]) -> list[Trace]:
    """A few traces, one for each sign and width, with gaps between the links."""
    x, y = _ends(drawing)
    matrices = [np.nan_to_num(W) for W, _ in shown]
    shares = np.concatenate([(matrix / (np.abs(matrix).max() or 1)).ravel() for matrix in matrices])
    bins = np.minimum(np.abs(shares) * len(WIDTHS), len(WIDTHS) - 1).astype(int)
    traces = []
    for sign, color in enumerate(COLORS):
        for place, width in enumerate(WIDTHS):
            chosen = ((shares >= 0) == bool(sign)) & (bins == place)
            look: Trace = {"meta": f"links {sign} {place}", "opacity": 0.45 + 0.1 * place}
            traces.append(_strokes(x[chosen], y[chosen], color, width, **look))
    return traces


def _strokes(x: np.ndarray, y: np.ndarray, color: str, width: float, **more: Any) -> Trace:
    """Lines through the points of each row of x and y (lines, points), in as few bytes as will do."""
    trace = strokes(x, y, color=color, width=width, **more)
    return trace | {name: trace[name].astype(np.float32) for name in ("x", "y")}


def _link_numbers(drawing: Drawing) -> Trace:
    """A place on every link, no two at the same, that tells its numbers when pointed at."""
    names = []
    for place, (source, to) in enumerate(pairwise(drawing.columns), start=1):
        unit, origin = np.indices((len(to.y), len(source.y)))
        names.append(np.stack([np.full(unit.size, place), unit.ravel() + 1, origin.ravel() + 1], axis=1))
    places = np.concatenate(names)
    along = 0.2 + 0.5 * (places[:, 2] - 0.5) / MOST_UNITS
    x, y = ((ends[:, 0] + along * (ends[:, 1] - ends[:, 0])).astype(np.float32) for ends in _ends(drawing))
    numbers = np.column_stack([places, _of_links(drawing.weights), _of_links(drawing.gradients)]).astype(np.float32)
    hover = (
        "weights %{customdata[0]}: unit %{customdata[2]} → unit %{customdata[1]}<br>weight w = %{customdata[3]:.4g}"
        "<br>gradient dL/dw = %{customdata[4]:.3g}<br>(δ of the unit it leads to × what it carries)<extra></extra>"
    )
    return marks(x, y, size=9, opacity=0, customdata=numbers, hovertemplate=hover, meta="link numbers")


def _held(drawing: Drawing) -> Trace:
    """Dots on the links that are kept from being trained."""
    x, y = _ends(drawing)
    chosen = _of_links(drawing.frozen)
    return _strokes(x[chosen], y[chosen], NEUTRAL, 2, dash="dot", meta="frozen")


def _frames(drawing: Drawing) -> list[Trace]:
    """A frame around every unit, the thicker the larger its delta, beside the largest of the network."""
    columns = drawing.columns
    shares = np.nan_to_num(np.concatenate([np.zeros(len(columns[0].y)), *drawing.deltas]), posinf=0)
    bins = np.digitize(shares / (shares.max() or 1), [0.01, 0.1, 0.5])
    x = np.repeat(np.arange(len(columns)), [len(column.y) for column in columns])
    y = np.concatenate([column.y for column in columns])
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * [drawing.half_width, HALF_HEIGHT]
    x, y = (where[:, None] + corner[:, axis] for axis, where in enumerate((x, y)))
    return [_strokes(x[bins == k], y[bins == k], NEUTRAL, width, meta=f"frames {k}") for k, width in enumerate(FRAMES)]


def _biases(drawing: Drawing, shown: list[Weights]) -> Trace:
    """A mark at the lower left corner of every unit, coloured by its bias, that tells the unit's numbers."""
    colors, numbers, x, y = [], [], [], []
    parts = zip(drawing.columns[1:], shown, drawing.weights, drawing.gradients, drawing.deltas, strict=True)
    for place, (column, layer, weights, gradients, delta) in enumerate(parts, start=1):
        n, bias = len(column.y), np.nan_to_num(layer.b)
        colors.append(bias / (np.abs(bias).max() or 1))
        each = [np.full(n, place), np.arange(1, n + 1), weights.b, gradients.b, delta]
        numbers.append(np.column_stack(each))
        x.append(np.full(n, place - drawing.half_width))
        y.append(column.y - HALF_HEIGHT)
    scale = {"color": np.concatenate(colors), "colorscale": DIVERGING, "cmin": -1, "cmax": 1}
    marker = scale | {"symbol": "square", "size": 10, "line": {"width": 1, "color": NEUTRAL}}
    hover = (
        "unit %{customdata[1]} of weights %{customdata[0]}<br>bias b = %{customdata[2]:.4g}<br>"
        "gradient dL/db = %{customdata[3]:.3g}<br>δ = %{customdata[4]:.3g} (root mean square over the batch)"
        "<extra></extra>"
    )
    told: Trace = {"customdata": np.concatenate(numbers).astype(np.float32), "hovertemplate": hover}
    return marks(np.concatenate(x), np.concatenate(y), marker=marker, **told)


def _titles(columns: list[Column], result: Playground) -> Trace:
    """What each column is, above it, and beside each input its name."""
    first = columns[0]
    made = [INPUTS[name].label for name in result.settings.inputs] if result.source.features == 2 else []
    numbered = [f"x{chr(0x2080 + k)}" if k < 10 else f"x{k}" for k in range(1, len(first.y) + 1)]
    names = (made or list(map(escape, result.source.columns)) or numbered)[: len(first.y)]
    x, y = [*range(len(columns))], [column.y[0] + HALF_HEIGHT + 0.08 for column in columns]
    sides = ["top center"] * len(columns) + ["middle right"] * len(names)
    texts = [column.title for column in columns] + names
    return labels([*x, *[-0.5] * len(names)], [*y, *first.y], texts, textposition=sides, hoverinfo="skip")
