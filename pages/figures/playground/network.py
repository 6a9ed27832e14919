"""A drawing of a network: each unit with its own map, each link coloured and sized by its weight or gradient."""

from collections.abc import Iterable
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from core.data.features import INPUTS
from core.nn.layers import Weights, read_layer
from core.playground.playground import Playground
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, plot
from pages.figures.common.style import DIVERGING, NEUTRAL, PALETTE
from pages.figures.common.traces import Trace, heatmap, labels, marks, strokes
from pages.figures.common.words import words

MOST_UNITS, MOST_ANSWERS = 8, 10  # units drawn per layer, and outputs drawn for a picture
SIDE, FINE = 16, 24  # points per side of a map, and of a picture: divisible by 8, 6, 4 and 3 pixels
HALF_HEIGHT = 0.4  # size of a tile, where 1 is the distance to the tile below
WIDTH, NARROW = 900, 640  # width in pixels at which maps and pictures are square: between a desktop and a phone
COLORS = PALETTE[:2]  # below zero, above zero
WIDTHS = (0.4, 1.2, 2.4, 4.0, 6.0)  # link widths in pixels, by fifths of the largest value in the layer
FRAMES = (0.6, 1.4, 2.4, 3.8)  # frame widths in pixels, by powers of ten of the unit's delta
TILES = [[0, "rgba(0,0,0,0)"], [0.002, "rgba(0,0,0,0)"], [0.002, COLORS[0]], *DIVERGING[1:]]


class Column(NamedTuple):
    """A layer as drawn: the heights of its first units (n,), and for each a map from -1 to 1 (n, height, width).

    layer: its index among the layers with weights, None if it has none. units: its number of units, drawn or not.
    """

    y: np.ndarray
    maps: np.ndarray
    title: str
    layer: int | None
    units: int

    @classmethod
    def of(
        cls, maps: np.ndarray, title: str, layer: int | None = None, most: int = MOST_UNITS, axis: Any = None
    ) -> Self:
        """Outputs of the first `most` units (units, height, width), scaled by the largest along `axis`."""
        units, n = len(maps), min(len(maps), most)
        values = np.nan_to_num(maps[:n], nan=0.0, posinf=0.0, neginf=0.0)
        largest = np.abs(values).max(axis=axis, keepdims=True)
        title = f"{n} of {units}<br>{title}" if n < units else title
        return cls((n - 1) / 2 - np.arange(n), values / np.where(largest > 0, largest, 1), title, layer, units)


class Link(NamedTuple):
    """The links into the column at index `place` from the previous one."""

    place: int
    source: Column
    to: Column
    weights: Weights
    gradients: Weights
    frozen: Weights
    deltas: np.ndarray  # (n,), for the units they lead to


class Drawing(NamedTuple):
    """The parts of the drawing: units in columns, and the links between them."""

    columns: list[Column]
    links: list[Link]
    half_width: float  # of a unit
    of_picture: bool  # whether it shows the outputs for one picture instead of a plane

    @property
    def rows(self) -> int:
        return max(len(column.y) for column in self.columns)


@np.errstate(all="ignore")  # a diverged run has numbers beyond float32
def network(result: Playground, show: str = "weights") -> Chart:
    """The network from inputs to outputs; links show the "weights" or the "gradients" of the last batch.

    For a network on pictures, it shows the outputs for one of them.
    """
    drawing, height = _drawing(result)
    shown = [link.gradients if show == "gradients" else link.weights for link in drawing.links]
    traces = [_tiles(drawing), *_links(drawing, shown), _link_numbers(drawing), _held(drawing)]
    traces += [*_frames(drawing), _biases(drawing, shown), _titles(drawing, result), _passed(drawing)]
    hidden = {"visible": False, "fixedrange": False}
    frame: Frame = {
        "xaxis": hidden | {"range": [-0.55, len(drawing.columns) - 0.45]},
        "yaxis": hidden
        | {"range": [-drawing.rows / 2 - 0.1, drawing.rows / 2 + (1.2 if drawing.of_picture else 0.75)]},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return plot(traces, height=height, showlegend=False, **frame)


def _drawing(result: Playground) -> tuple[Drawing, int]:
    """The parts of the drawing, and the height of the chart in pixels."""
    columns = _of_sample(result) if result.sees_pictures else _over_plane(result)
    rows, width = max(len(column.y) for column in columns), NARROW if result.sees_pictures else WIDTH
    height = 130 + min(440, 62 * rows)
    half_width = min(0.3, HALF_HEIGHT * height / (rows + 0.85) * (len(columns) + 0.1) / width)
    inside = result.inside()
    layers = [result.network.unpack(result.params), inside.gradients, result.network.unpack(result.frozen)]
    links = []
    for place, (source, to) in enumerate(pairwise(columns), start=1):
        if to.layer is not None:
            weights, gradients, frozen = (_drawn(each[to.layer], source, to) for each in layers)
            deltas = np.sqrt(np.square(inside.deltas[to.layer].reshape(to.units, -1)).mean(axis=1))[: len(to.y)]
            links.append(Link(place, source, to, weights, gradients, frozen, deltas))
    return Drawing(columns, links, half_width, result.sees_pictures), height


def _drawn(layer: Weights, source: Column, to: Column) -> Weights:
    """Weights (n_to, n_source) between the drawn units; for channels the mean over all positions."""
    W = layer.W[: len(to.y)].reshape(len(to.y), source.units, -1)
    return Weights(W[:, : len(source.y)].mean(axis=-1), layer.b[: len(to.y)])


def _over_plane(result: Playground) -> list[Column]:
    """Inputs, hidden layers and outputs over the plane of the data, each map scaled to its own largest value."""
    maps = [result.input_maps(SIDE), *result.unit_maps(SIDE)]
    last, names = len(maps) - 1, result.settings.activations
    kinds = ["inputs", *(words(names[min(place, len(names)) - 1]) for place in range(1, last)), "outputs"]
    layers = [None, *range(last)]
    return [Column.of(*each, axis=(1, 2)) for each in zip(maps, kinds, layers, strict=True)]


def _of_sample(result: Playground) -> list[Column]:
    """The picture and each layer's output for it, scaled to the layer's largest value; channels as pictures."""
    written = [text for text in result.settings.layers if not read_layer(text).is_only_shape]
    names, said = result.settings.activations, result.said()
    columns = [Column.of(result.picture()[:, ::-1], f"picture {result.sample + 1}<br>class {true_class(result)}")]
    for text, (layer, values) in zip(written, said, strict=False):
        kind = "" if layer is None else f"<br>{words(names[min(layer + 1, len(names)) - 1])}"
        columns.append(Column.of(values[:, ::-1], f"{text}{kind}", layer))
    layer, values = said[-1]
    answer = class_names(result)[int(np.nan_to_num(values).argmax())]
    return [*columns, Column.of(values, f"outputs<br>say {answer}", layer, MOST_ANSWERS)]


def class_names(result: Playground) -> list[str]:
    """The names of the classes, safe to draw."""
    return list(map(escape, result.source.labels)) or [str(k) for k in range(result.source.outputs)]


def true_class(result: Playground) -> str:
    """The class of the drawn sample."""
    return class_names(result)[int(result.shown_sample()[1].argmax())]


def _tiles(drawing: Drawing) -> Trace:
    """All maps in one byte image; 0 is the background between them, 128 is a map's zero."""
    rows, half_width, side = drawing.rows, drawing.half_width, FINE if drawing.of_picture else SIDE
    pitch, parts = round(side / HALF_HEIGHT / 2), []
    for column in drawing.columns:
        height, width = column.maps.shape[1:]
        tiles = np.rint(128 + 127 * column.maps[:, np.arange(side) * height // side]).astype(np.uint8)
        parts.append(np.zeros((rows * pitch, width + 1), np.uint8))  # with the gap after it
        for y, tile in zip(column.y, tiles, strict=True):
            bottom = round((y + rows / 2 - HALF_HEIGHT) * pitch)
            parts[-1][bottom : bottom + side, :width] = tile
    z = np.hstack(parts)[:, :-1]
    edges = [np.linspace(-half_width, half_width, part.shape[1]) for part in parts]
    x = np.concatenate([place + each for place, each in enumerate(edges)]).astype(np.float32)
    y = np.linspace(-rows / 2, rows / 2, len(z) + 1).astype(np.float32)
    return heatmap(x, y, z, TILES, zmin=0, zmax=255, hoverinfo="skip")


def _ends(drawing: Drawing) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of the links: x and y, each (links, 2), in the order of the matrices."""
    x, y = [], []
    for link in drawing.links:
        y.append(np.stack(np.meshgrid(link.source.y, link.to.y), axis=-1).reshape(-1, 2))
        x.append(np.tile([link.place - 1 + drawing.half_width, link.place - drawing.half_width], (len(y[-1]), 1)))
    return np.concatenate(x), np.concatenate(y)


def _passed(drawing: Drawing) -> Trace:
    """Lines without weights: from each channel to its pooled channel."""
    pooled = [(place, y) for place, each in enumerate(drawing.columns[1:]) if each.layer is None for y in each.y]
    place, y = np.array(pooled).reshape(-1, 2).T
    x = np.column_stack([place + drawing.half_width, place + 1 - drawing.half_width])
    return _strokes(x, np.column_stack([y, y]), NEUTRAL, 1.2, meta="passed")


def _of_links(layers: Iterable[Weights]) -> np.ndarray:
    """The weights (links,) without the biases."""
    return np.concatenate([W.ravel() for W, _ in layers])


def _links(drawing: Drawing, shown: list[Weights]) -> list[Trace]:
    """One trace for each sign and width, with gaps between the links."""
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
    """Lines through the points of each row of x and y (lines, points), in few bytes."""
    trace = strokes(x, y, color=color, width=width, **more)
    return trace | {name: trace[name].astype(np.float32) for name in ("x", "y")}


def _link_numbers(drawing: Drawing) -> Trace:
    """A point on each link, no two in the same place, with the link's numbers as hover text."""
    names = []
    for layer, link in enumerate(drawing.links, start=1):
        unit, origin = np.indices(link.weights.W.shape)
        names.append(np.stack([np.full(unit.size, layer), unit.ravel() + 1, origin.ravel() + 1], axis=1))
    places = np.concatenate(names)
    along = 0.2 + 0.5 * (places[:, 2] - 0.5) / MOST_UNITS
    x, y = ((ends[:, 0] + along * (ends[:, 1] - ends[:, 0])).astype(np.float32) for ends in _ends(drawing))
    shown = [_of_links(getattr(link, each) for link in drawing.links) for each in ("weights", "gradients")]
    numbers = np.column_stack([places, *shown]).astype(np.float32)
    hover = (
        "weights %{customdata[0]}: unit %{customdata[2]} → unit %{customdata[1]}<br>weight w = "
        "%{customdata[3]:.4g}<br>gradient dL/dw = %{customdata[4]:.3g}<br>(δ of the unit it leads to × the activation "
        "it carries)<extra></extra>"
    )
    if drawing.of_picture:
        hover = (
            "weights %{customdata[0]}: %{customdata[2]} → %{customdata[1]}<br>weight %{customdata[3]:.4g}, gradient "
            "%{customdata[4]:.3g}:<br>for a channel, the mean over its window or its positions<extra></extra>"
        )
    return marks(x, y, size=9, opacity=0, customdata=numbers, hovertemplate=hover, meta="link numbers")


def _held(drawing: Drawing) -> Trace:
    """Dots on the frozen links."""
    x, y = _ends(drawing)
    chosen = _of_links(link.frozen for link in drawing.links) == 1
    return _strokes(x[chosen], y[chosen], NEUTRAL, 2, dash="dot", meta="frozen")


def _frames(drawing: Drawing) -> list[Trace]:
    """A frame around each unit, thicker for larger deltas, relative to the network's largest."""
    columns, deltas = drawing.columns, {link.place: link.deltas for link in drawing.links}
    each = [deltas.get(place, np.zeros(len(column.y))) for place, column in enumerate(columns)]
    shares = np.nan_to_num(np.concatenate(each), posinf=0)
    bins = np.digitize(shares / (shares.max() or 1), [0.01, 0.1, 0.5])
    x = np.repeat(np.arange(len(columns)), [len(column.y) for column in columns])
    y = np.concatenate([column.y for column in columns])
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * [drawing.half_width, HALF_HEIGHT]
    x, y = (where[:, None] + corner[:, axis] for axis, where in enumerate((x, y)))
    return [_strokes(x[bins == k], y[bins == k], NEUTRAL, width, meta=f"frames {k}") for k, width in enumerate(FRAMES)]


def _biases(drawing: Drawing, shown: list[Weights]) -> Trace:
    """A mark at the lower left corner of each unit, coloured by its bias, with the unit's numbers as hover text."""
    colors, numbers, x, y = [], [], [], []
    for layer, (link, own) in enumerate(zip(drawing.links, shown, strict=True), start=1):
        n, bias = len(link.to.y), np.nan_to_num(own.b)
        colors.append(bias / (np.abs(bias).max() or 1))
        each = [np.full(n, layer), np.arange(1, n + 1), link.weights.b, link.gradients.b, link.deltas]
        numbers.append(np.column_stack(each))
        x.append(np.full(n, link.place - drawing.half_width))
        y.append(link.to.y - HALF_HEIGHT)
    scale = {"color": np.concatenate(colors), "colorscale": DIVERGING, "cmin": -1, "cmax": 1}
    marker = scale | {"symbol": "square", "size": 10, "line": {"width": 1, "color": NEUTRAL}}
    hover = (
        "unit %{customdata[1]} of weights %{customdata[0]}<br>bias b = %{customdata[2]:.4g}<br>"
        "gradient dL/db = %{customdata[3]:.3g}<br>δ = %{customdata[4]:.3g} (root mean square over the batch)"
        "<extra></extra>"
    )
    told: Trace = {"customdata": np.concatenate(numbers).astype(np.float32), "hovertemplate": hover}
    return marks(np.concatenate(x), np.concatenate(y), marker=marker, **told)


def _titles(drawing: Drawing, result: Playground) -> Trace:
    """A title above each column, and the name of each input or, for a picture, the class of each output."""
    columns = drawing.columns
    x, y = [*range(len(columns))], [column.y[0] + HALF_HEIGHT + 0.08 for column in columns]
    names, at = _inputs(columns[0], result), -0.5
    where = columns[0].y
    if result.sees_pictures:
        true = true_class(result)
        names = [f"<b>{name}</b>" if name == true else name for name in class_names(result)][:MOST_ANSWERS]
        at, where = len(columns) - 1 + 1.1 * drawing.half_width, columns[-1].y
    texts = [column.title for column in columns] + names
    sides = ["top center"] * len(columns) + ["middle right"] * len(names)
    return labels([*x, *[at] * len(names)], [*y, *where], texts, textposition=sides, hoverinfo="skip")


def _inputs(first: Column, result: Playground) -> list[str]:
    """The names of the drawn inputs."""
    made = [INPUTS[name].label for name in result.settings.inputs] if result.source.features == 2 else []
    numbered = [f"x{chr(0x2080 + k)}" if k < 10 else f"x{k}" for k in range(1, len(first.y) + 1)]
    return (made or list(map(escape, result.source.columns)) or numbered)[: len(first.y)]
