"""A network drawn: every unit with its own map, every link coloured and sized by its weight or by its gradient."""

from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from core.data.features import INPUTS
from core.playground.playground import Playground
from pages.figures.common.chart import Chart
from pages.figures.common.style import DIVERGING, NEUTRAL, layout
from pages.figures.common.words import words

MOST_UNITS = 8  # drawn of a layer
SIDE, PITCH = 16, 20  # points along a tile's side, and from one tile to the one below
HALF_HEIGHT = SIDE / PITCH / 2
WIDTH = 900  # pixels, for which tiles are drawn as squares
COLORS = (DIVERGING[0][1], DIVERGING[-1][1])  # below zero, above zero
WIDTHS = (0.4, 1.2, 2.4, 4.0, 6.0)  # pixels of a link, by fifths of the largest of its layer
FRAMES = (0.6, 1.4, 2.4, 3.8)  # pixels of a unit's frame, by powers of ten of its delta
TILES = [[0, "rgba(0,0,0,0)"], [0.002, "rgba(0,0,0,0)"], [0.002, COLORS[0]], *DIVERGING[1:]]


class Column(NamedTuple):
    """A layer as it is drawn: the heights of its units (n,), and a map for each of them (n, side, side)."""

    y: np.ndarray
    maps: np.ndarray
    title: str


@np.errstate(all="ignore")  # a run that diverged has numbers beyond float32
def network(result: Playground, show: str = "weights") -> Chart:
    """The network from its inputs to its outputs; links show its "weights" or the "gradients" of the last batch."""
    columns = _columns(result)
    rows = max(len(column.y) for column in columns)
    height = 130 + min(440, 62 * rows)
    half_width = min(0.3, HALF_HEIGHT * height / (rows + 0.85) * (len(columns) + 0.1) / WIDTH)
    values, gradients = result.network.layers(result.params), result.inside().gradients
    frozen = result.network.layers(result.frozen)
    shown = gradients if show == "gradients" else values
    traces = [_tiles(columns, half_width), *_links(columns, shown, half_width)]
    traces.append(_link_numbers(columns, values, gradients, half_width))
    traces += [_held(columns, frozen, half_width), *_frames(columns, result, half_width)]
    traces += [_biases(columns, shown, values, gradients, result, half_width), _titles(columns, result)]
    hidden = {"visible": False, "fixedrange": False}
    frame = layout(height=height, showlegend=False) | {
        "xaxis": hidden | {"range": [-0.55, len(columns) - 0.45]},
        "yaxis": hidden | {"range": [-rows / 2 - 0.1, rows / 2 + 0.75]},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return Chart(traces, frame)


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


def _tiles(columns: list[Column], half_width: float) -> dict[str, Any]:
    """All maps in one picture of bytes; 0 is the paper between them, each map's 0 is 128."""
    rows = max(len(column.y) for column in columns)
    z = np.zeros((rows * PITCH, len(columns) * (SIDE + 1) - 1), np.uint8)
    for place, column in enumerate(columns):
        values = np.nan_to_num(column.maps, nan=0.0, posinf=0.0, neginf=0.0)
        largest = np.abs(values).max(axis=(1, 2), keepdims=True)
        bytes_ = np.rint(128 + 127 * values / np.where(largest > 0, largest, 1)).astype(np.uint8)
        for y, tile in zip(column.y, bytes_, strict=True):
            bottom = round((y + rows / 2 - HALF_HEIGHT) * PITCH)
            z[bottom : bottom + SIDE, place * (SIDE + 1) : place * (SIDE + 1) + SIDE] = tile
    edges = np.linspace(-half_width, half_width, SIDE + 1)
    return {
        "type": "heatmap",
        "x": np.concatenate([place + edges for place in range(len(columns))]).astype(np.float32),
        "y": np.linspace(-rows / 2, rows / 2, len(z) + 1).astype(np.float32),
        "z": z,
        "zmin": 0,
        "zmax": 255,
        "colorscale": TILES,
        "showscale": False,
        "hoverinfo": "skip",
    }


def _drawn(columns: list[Column], layers: list[np.ndarray]) -> list[np.ndarray]:
    """Of each matrix (n_out, n_in + 1) what belongs to drawn units, the biases last."""
    pairs = zip(columns, columns[1:], layers, strict=False)
    return [layer[: len(to.y), [*range(len(source.y)), -1]] for source, to, layer in pairs]


def _ends(columns: list[Column], half_width: float) -> tuple[np.ndarray, np.ndarray]:
    """Where links begin and end: x and y, each (links, 2), in the order of the matrices."""
    x, y = [], []
    for place, (source, to) in enumerate(pairwise(columns)):
        y.append(np.stack(np.meshgrid(source.y, to.y), axis=-1).reshape(-1, 2))
        x.append(np.tile([place + half_width, place + 1 - half_width], (len(y[-1]), 1)))
    return np.concatenate(x), np.concatenate(y)


def _links(columns: list[Column], layers: list[np.ndarray], half_width: float) -> list[dict[str, Any]]:
    """A few traces, one for each sign and width, with gaps between the links."""
    x, y = _ends(columns, half_width)
    matrices = [np.nan_to_num(matrix[:, :-1]) for matrix in _drawn(columns, layers)]
    shares = np.concatenate([(matrix / (np.abs(matrix).max() or 1)).ravel() for matrix in matrices])
    bins = np.minimum(np.abs(shares) * len(WIDTHS), len(WIDTHS) - 1).astype(int)
    traces = []
    for sign, color in enumerate(COLORS):
        for place, width in enumerate(WIDTHS):
            chosen = ((shares >= 0) == bool(sign)) & (bins == place)
            line = {"width": width, "color": color}
            traces.append(_strokes(x[chosen], y[chosen], line, f"links {sign} {place}", opacity=0.45 + 0.1 * place))
    return traces


def _strokes(x: np.ndarray, y: np.ndarray, line: dict[str, Any], part: str, **more: Any) -> dict[str, Any]:
    """Lines through the points of each row of x and y (lines, points)."""
    gap = np.full((len(x), 1), np.nan)
    points = {"x": np.hstack([x, gap]).ravel(), "y": np.hstack([y, gap]).ravel()}
    look = {"type": "scatter", "mode": "lines", "line": line, "hoverinfo": "skip", "meta": part}
    return look | {name: values.astype(np.float32) for name, values in points.items()} | more


def _link_numbers(
    columns: list[Column], values: list[np.ndarray], gradients: list[np.ndarray], half_width: float
) -> dict[str, Any]:
    """A place on every link, no two at the same, that tells its numbers when pointed at."""
    x, y = _ends(columns, half_width)
    weights, slopes = (
        np.concatenate([matrix[:, :-1].ravel() for matrix in _drawn(columns, each)]) for each in (values, gradients)
    )
    names = []
    for place, (source, to) in enumerate(pairwise(columns)):
        unit, origin = np.indices((len(to.y), len(source.y)))
        names.append(np.stack([np.full(unit.size, place + 1), unit.ravel() + 1, origin.ravel() + 1], axis=1))
    places = np.concatenate(names)
    along = 0.2 + 0.5 * (places[:, 2] - 0.5) / MOST_UNITS
    spot = [ends[:, 0] + along * (ends[:, 1] - ends[:, 0]) for ends in (x, y)]
    told = "weights %{customdata[0]}: unit %{customdata[2]} → unit %{customdata[1]}"
    return {
        "type": "scatter",
        "x": spot[0].astype(np.float32),
        "y": spot[1].astype(np.float32),
        "mode": "markers",
        "marker": {"size": 9, "opacity": 0},
        "customdata": np.column_stack([places, weights, slopes]).astype(np.float32),
        "hovertemplate": f"{told}<br>weight w = %{{customdata[3]:.4g}}<br>gradient dL/dw = %{{customdata[4]:.3g}}"
        "<br>(δ of the unit it leads to × what it carries)<extra></extra>",
        "meta": "link numbers",
    }


def _held(columns: list[Column], frozen: list[np.ndarray], half_width: float) -> dict[str, Any]:
    """Dots on the links that are kept from being trained."""
    x, y = _ends(columns, half_width)
    chosen = np.concatenate([matrix[:, :-1].ravel() for matrix in _drawn(columns, frozen)])
    return _strokes(x[chosen], y[chosen], {"width": 2, "color": NEUTRAL, "dash": "dot"}, "frozen")


def _frames(columns: list[Column], result: Playground, half_width: float) -> list[dict[str, Any]]:
    """A frame around every unit, the thicker the larger its delta, beside the largest of the network."""
    sizes = [np.zeros(len(columns[0].y))]
    sizes += [each[: len(column.y)] for each, column in zip(result.inside().deltas, columns[1:], strict=True)]
    shares = np.nan_to_num(np.concatenate(sizes), posinf=0)
    shares = shares / (shares.max() or 1)
    bins = np.digitize(shares, [0.01, 0.1, 0.5])
    x = np.repeat(np.arange(len(columns)), [len(column.y) for column in columns])
    y = np.concatenate([column.y for column in columns])
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * [half_width, HALF_HEIGHT]
    outline = [where[:, None] + corner[:, axis] for axis, where in enumerate((x, y))]
    return [
        _strokes(outline[0][bins == k], outline[1][bins == k], {"width": width, "color": NEUTRAL}, f"frames {k}")
        for k, width in enumerate(FRAMES)
    ]


def _biases(
    columns: list[Column],
    shown: list[np.ndarray],
    values: list[np.ndarray],
    gradients: list[np.ndarray],
    result: Playground,
    half_width: float,
) -> dict[str, Any]:
    """A mark at the lower left corner of every unit, coloured by its bias, that tells the unit's numbers."""
    colors, numbers, x, y = [], [], [], []
    parts = zip(columns[1:], _drawn(columns, shown), values, gradients, result.inside().deltas, strict=True)
    for place, (column, matrix, value, gradient, delta) in enumerate(parts, start=1):
        n = len(column.y)
        bias = np.nan_to_num(matrix[:, -1])
        colors.append(bias / (np.abs(bias).max() or 1))
        each = [np.full(n, place), np.arange(1, n + 1), value[:n, -1], gradient[:n, -1], delta[:n]]
        numbers.append(np.column_stack(each))
        x.append(np.full(n, place - half_width))
        y.append(column.y - HALF_HEIGHT)
    line = {"width": 1, "color": NEUTRAL}
    marker = {"color": np.concatenate(colors), "colorscale": DIVERGING, "cmin": -1, "cmax": 1, "symbol": "square"}
    return {
        "type": "scatter",
        "x": np.concatenate(x),
        "y": np.concatenate(y),
        "mode": "markers",
        "marker": marker | {"size": 10, "line": line},
        "customdata": np.concatenate(numbers).astype(np.float32),
        "hovertemplate": "unit %{customdata[1]} of weights %{customdata[0]}<br>bias b = %{customdata[2]:.4g}<br>"
        "gradient dL/db = %{customdata[3]:.3g}<br>δ = %{customdata[4]:.3g} (root mean square over the batch)"
        "<extra></extra>",
    }


def _titles(columns: list[Column], result: Playground) -> dict[str, Any]:
    """What each column is, above it, and beside each input its name."""
    made = result.source.features == 2
    names = [INPUTS[name].label for name in result.settings.inputs] if made else []
    names = (
        names
        or list(map(escape, result.source.columns))
        or [f"x{chr(0x2080 + k)}" if k < 10 else f"x{k}" for k in range(1, len(columns[0].y) + 1)]
    )
    tops = [column.y[0] + HALF_HEIGHT + 0.08 for column in columns]
    return {
        "type": "scatter",
        "x": [*range(len(columns)), *[-0.5] * len(columns[0].y)],
        "y": [*tops, *columns[0].y],
        "text": [column.title for column in columns] + names[: len(columns[0].y)],
        "mode": "text",
        "textposition": ["top center"] * len(columns) + ["middle right"] * len(columns[0].y),
        "hoverinfo": "skip",
    }
