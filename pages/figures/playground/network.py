"""A network and its answer as data for the drawing: a map of every unit, every weight and gradient, the plane."""

from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from core.data import DATASETS, load_dataset
from core.data.rows import INPUTS
from core.nn.layers import read_layer
from core.nn.probes import Plane
from core.playground.playground import OPERATIONS, Playground
from pages.figures.common.decision import SCALE, answer_colors, in_bytes
from pages.figures.common.plots import Chart
from pages.figures.common.words import words

MOST_UNITS, MOST_ANSWERS = 8, 10  # drawn of a layer, and of the outputs for a picture
SIDE = 16  # points along a map's side
ANSWER, COARSE = 48, 24  # points along a side of the answer's picture, and where each of them is a picture itself
SAMPLES = 80  # in the small picture of a data set
GRID = 65_535  # places along an axis that samples are rounded to


Held = tuple[int, int] | None  # the layer with weights and its unit that the visitor looks at


class Drawing(Chart):
    """What the browser draws by itself, and not by plotly."""

    def __init__(self, drawn: dict[str, Any]):
        super().__init__([], {"height": 0})  # as high as it needs
        self.drawn = drawn

    def to_dict(self) -> dict[str, Any]:
        return {"drawing": "bench"} | self.drawn


class Column(NamedTuple):
    """A layer as it is drawn: for each of its first units a map (n, height, width) in bytes, of which 128 stands for 0.

    layer: its place among the layers with weights, None where it has none. units: how many it has, drawn or not. held:
    the map of the unit that the visitor looks at, if it is one of these.
    """

    maps: np.ndarray
    title: str
    layer: int | None
    units: int
    held: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        maps: np.ndarray,
        title: str,
        layer: int | None = None,
        held: Held = None,
        most: int = MOST_UNITS,
        axis: Any = None,
    ) -> Self:
        """What units say (units, height, width), beside the largest along `axis`; the first of more than `most`."""
        values = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
        largest = np.abs(values if axis else values[:most]).max(axis=axis, keepdims=True)
        shares = np.rint(128 + 127 * np.clip(values / np.where(largest > 0, largest, 1), -1, 1)).astype(np.uint8)
        own = shares[held[1], None] if held and held[0] == layer else None
        return cls(shares[:most], title, layer, len(maps), own)


@np.errstate(all="ignore")  # a run that diverged has numbers beyond float32
def network(result: Playground, acts: bool = False, held: Held = None) -> Drawing:
    """Each tile maps a unit's output over the data's plane or, with convolutions, a channel's output for one picture:
    red above 0, blue below. Links use the same colours; wider means larger within the layer, dotted means frozen. The
    corner mark is the bias, the frame's thickness is δ. Operation shows the parts of an update one by one."""
    # acts: whether the visitor may change it. held: the unit of which everything is sent
    held = held if held and has_unit(result, held) else None
    columns = _of_sample(result, held) if result.sees_pictures else _over_plane(result, held)
    return Drawing(
        {
            "columns": [_column(place, column, result) for place, column in enumerate(columns)],
            "links": _links(columns, result),
            "answer": answer(result),
            "told": told(result),
            # how many operations are done, four to an update, and the current batch
            "phase": {
                "at": len(OPERATIONS) * result.step + OPERATIONS.index(result.operation),
                "loss": result.batch_loss if np.isfinite(result.batch_loss) else 0.0,
                "samples": result.batch.x.shape[-1],
                "rule": type(result.trainer.rule).label,
            },
            "held": _held(columns, result, *held) if held else None,
            "settings": {
                "dataset": result.settings.dataset,
                "hidden": result.settings.hidden,
                "inputs": result.settings.inputs if result.source.features == 2 else (),
                "layers": bool(result.settings.layers),
            },
            "colors": SCALE,
            "acts": acts,
        }
    )


def told(result: Playground) -> dict[str, Any]:
    """Where the run stands, in numbers."""
    frame = result.present
    losses = {"training loss": frame.train_loss, "test loss": frame.test_loss}
    scores = {f"test {result.score.replace('R2', 'R²')}": frame.test_score}
    numbers = {name: float(each[0]) for name, each in (losses | scores).items() if np.isfinite(each[0])}
    over = result.ended is not None and result.ended.startswith("All")
    return {"epoch": result.epoch, "step": result.step, "numbers": numbers, "over": over}


def has_unit(result: Playground, held: tuple[int, int]) -> bool:
    """Whether there is this unit in this layer."""
    layer, unit = held
    return layer < len(result.network.affine) and unit < result.network.affine[layer].fan_out


def _held(columns: list[Column], result: Playground, layer: int, unit: int) -> dict[str, Any]:
    """A unit with its map, and all its weights with the bias last, drawn or not."""
    parts = {name: part[layer] for name, part in _parts(result).items()}
    (own,) = (column.held for column in columns if column.held is not None)
    return {
        "layer": layer,
        "unit": unit,
        "units": result.network.affine[layer].fan_out,
        "map": own,
        "sources": _sources(result, layer),
        **{name: _finite(np.append(W[unit].ravel(), b[unit])) for name, (W, b) in parts.items()},
    }


def _parts(result: Playground) -> dict[str, Any]:
    """Weights, gradients, and which weights are frozen, each by layer."""
    frozen = result.network.unpack(result.frozen)
    return {"weights": result.network.unpack(result.params), "gradients": result.inside().gradients, "frozen": frozen}


def _sources(result: Playground, layer: int) -> list[str] | tuple[int, ...]:
    """The names of a unit's sources; of a window over channels, or of a picture, only its shape."""
    affine = result.network.affine[layer]
    below = result.network.leaves[max(0, result.network.leaves.index(affine) - 1)]
    shape = below.inputs if below.is_only_shape else affine.kernel_shape
    if len(shape) == 3:
        return tuple(shape)
    return [f"unit {k + 1}" for k in range(shape[0])] if layer else _inputs(shape[0], result)


def _strengths(place: int, column: Column, result: Playground) -> np.ndarray:
    """What the units say of the current batch, as root mean squares (units,); of a layer without weights nothing."""
    if place and column.layer is None:
        return np.zeros(0, np.float32)
    values = result.batch.work.said()[column.layer] if column.layer is not None else result.batch.x[:, :-1]
    units = values[0].reshape(column.units, -1)[: len(column.maps)]
    return _finite(np.sqrt(np.square(units).mean(axis=1)))


def _column(place: int, column: Column, result: Playground) -> dict[str, Any]:
    """A column as the browser takes it; the inputs and the answers to a picture have names."""
    names: list[str] = []
    if place == 0 and not result.sees_pictures:
        names = _inputs(len(column.maps), result)
    elif column.layer == len(result.network.affine) - 1 and result.trainer.task == "classes":
        names = class_names(result)[: len(column.maps)]
    true = true_class(result) if result.sees_pictures and names else None
    return {
        "maps": column.maps,
        "strengths": _strengths(place, column, result),
        "title": column.title,
        "layer": column.layer,
        "units": column.units,
        "names": names if len(names) == len(column.maps) else [],
        "true": true,
    }


def _links(columns: list[Column], result: Playground) -> list[dict[str, Any]]:
    """The weights, gradients and frozen places of each column with weights, and the deltas of its units."""
    inside, parts, links = result.inside(), _parts(result), []
    for place, (source, to) in enumerate(pairwise(columns), start=1):
        link: dict[str, Any] = {"to": place}
        if to.layer is not None:
            deltas = inside.deltas[to.layer].reshape(to.units, -1)
            link["deltas"] = _finite(np.sqrt(np.square(deltas).mean(axis=1))[: len(to.maps)])
            shown = len(to.maps)
            for name, each in parts.items():
                W, b = each[to.layer]  # of pictures the mean over all places of a channel
                W = W[:shown].reshape(shown, source.units, -1)[:, : len(source.maps)].mean(axis=-1)
                link[name] = _finite(W), _finite(b[:shown])
            link["each"] = result.network.affine[to.layer].fan_in // source.units  # weights that one line stands for
        links.append(link)
    return links


def _finite(values: np.ndarray) -> np.ndarray:
    """The values in few bytes, 0 for what is not finite."""
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def answer(result: Playground) -> dict[str, Any]:
    """The network's answer over the plane, and the samples on it, rounded to a grid over the plane."""
    plane = result.plane(COARSE if result.sees_pictures else ANSWER)
    picture, (ends, colors, steps) = result.output_map(plane.side), answer_colors(plane, result.source.outputs)
    shown, data = len(plane.points), result.data
    tested = plane.place(result.source.X_test, result.source.y_test)[:shown]
    samples = {
        "train": sample_places(plane, plane.points, plane.labels, ends),
        "test": sample_places(plane, tested, result.source.y_test[: len(tested)], ends),
    }
    if plane.features > 2 and plane.task == "classes":  # the background is no guide to the answer of a dot
        for part, X, y in (("train", data.X_train, data.y_train), ("test", data.X_test, data.y_test)):
            samples[part]["right"] = (result.predicted(X[:shown]) == y[:shown]).astype(np.uint8)
    return {
        "picture": in_bytes(picture, ends),
        "samples": samples,
        "colors": colors,
        "steps": steps,
        "axes": [f"{axis} (a projection)" if plane.features > 2 else axis for axis in axes(result, plane)],
        "classes": class_names(result) if plane.task == "classes" else [],
        "range": ends,
        "line": plane.features == 1,
    }


def axes(result: Playground, plane: Plane) -> list[str]:
    """What the plane is drawn over: features by the names they have as inputs, or principal components."""
    features = result.view or (range(plane.features) if plane.features <= 2 else ())
    names = feature_names(result)
    return [*(names[feature] for feature in features), *plane.axes[len(features) :]]


def feature_names(result: Playground) -> list[str]:
    """The features of the data as they are called, or numbered: x₁."""
    numbers = range(1, result.source.features + 1)
    return list(result.source.columns) or [f"x{chr(0x2080 + k)}" if k < 10 else f"x{k}" for k in numbers]


def sample_places(plane: Plane, points: np.ndarray, labels: np.ndarray, ends: tuple[float, float]) -> dict[str, Any]:
    """Samples in the plane, on a grid over it, with their labels as shares of the way between the ends."""
    corner, span = np.array([plane.x[0], plane.y[0]]), np.array([np.ptp(plane.x), np.ptp(plane.y)])
    places = np.rint(np.clip((points - corner) / span, 0, 1) * GRID).astype(np.uint16)
    return {"x": places[:, 0], "y": places[:, 1], "shares": in_bytes(labels, ends)}


def _over_plane(result: Playground, held: Held) -> list[Column]:
    """Inputs, hidden layers and outputs over the plane of the data, each map beside its own largest value."""
    maps = [result.input_maps(SIDE), *result.unit_maps(SIDE)]
    last, names = len(maps) - 1, result.settings.activations
    kinds = ["inputs", *(words(names[min(place, len(names)) - 1]) for place in range(1, last)), "outputs"]
    layers = [None, *range(last)]
    return [Column.of(*each, held=held, axis=(1, 2)) for each in zip(maps, kinds, layers, strict=True)]


def _of_sample(result: Playground, held: Held) -> list[Column]:
    """The picture and what each layer says of it, beside the largest value of the layer: of channels their pictures."""
    written = [text for text in result.settings.layers if not read_layer(text).is_only_shape]
    names, said = result.settings.activations, result.said()
    columns = [Column.of(result.picture()[:, ::-1], f"picture {result.sample + 1}, class {true_class(result)}")]
    for text, (layer, values) in zip(written, said, strict=False):
        kind = "" if layer is None else f", {words(names[min(layer + 1, len(names)) - 1])}"
        columns.append(Column.of(values[:, ::-1], f"{text}{kind}", layer, held))
    layer, values = said[-1]
    answer = class_names(result)[int(np.nan_to_num(values).argmax())]
    return [*columns, Column.of(values, f"outputs say {answer}", layer, held, MOST_ANSWERS)]


def class_names(result: Playground) -> list[str]:
    """The classes as they are called."""
    return list(result.source.labels) or [str(k) for k in range(result.source.outputs)]


def true_class(result: Playground) -> str:
    """The class of the sample that is drawn."""
    return class_names(result)[int(result.shown_sample()[1].argmax())]


def _inputs(count: int, result: Playground) -> list[str]:
    """The names of the first inputs."""
    made = [INPUTS[name].label for name in result.settings.inputs] if result.source.features == 2 else []
    return (made or feature_names(result))[:count]


@cache
def sets() -> list[dict[str, Any]]:
    """Every data set beside the network, with some samples in the plane of two features or principal components."""
    found = []
    for name, source in DATASETS.items():
        data = load_dataset(name, SAMPLES, 20, noise=0.1)
        plane = Plane(data, SAMPLES, side=2)
        ends, colors, steps = answer_colors(plane, data.outputs)
        places = sample_places(plane, plane.points, plane.labels, ends)
        found.append({"name": name, "label": source.label, "colors": colors, "steps": steps} | places)
    return found


def inputs(result: Playground) -> list[dict[str, Any]]:
    """All inputs that data of two features can have, each with its map, beside the network; none for other data."""
    if result.source.features != 2:
        return []
    plane = result.plane(SIDE)
    x1, x2 = (axis.ravel() for axis in np.meshgrid(plane.x, plane.y))
    maps = [each.of(x1, x2).reshape(1, SIDE, SIDE) for each in INPUTS.values()]
    return [
        {"name": name, "label": each.label, "map": Column.of(values, "", axis=(1, 2)).maps}
        for (name, each), values in zip(INPUTS.items(), maps, strict=True)
    ]
