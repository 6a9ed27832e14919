"""Updates as the eye can follow them: what goes forward, where the gradient comes from, and what moves the weights.

    follow(network, X, y, params, OPTIMIZERS["sgd"](lr=0.5), updates=4) -> Motion

A motion is plain data for a drawing: units in layers, links between them, the numbers of every update, and moments, the
parts of an update in the order in which they are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from core.checks import InputError
from core.nn import Network
from core.nn.network import Pass, with_ones
from core.optimizers import Optimizer
from core.statistics import lengths
from core.studies.wording import number

Phase = Literal["forward", "loss", "gradient", "update"]
Numbers = tuple[float, ...]
LETTERS = "xhgk"  # of the inputs and of the hidden layers; outputs are o
DIGITS = 6  # of each number that a drawing is given


@dataclass(frozen=True)
class Half:
    """One of the two halves of an update: its name, and what it does in words.

    way: for a source of gradients, how it is seen to work: "back" through the layers, "forward" from each link in turn,
    "one by one" along the links, "at once" on all of them, or "" where there is none.
    """

    name: str
    does: str
    way: str = ""

    def __str__(self) -> str:
        return f"{self.name[0].upper()}{self.name[1:]} {self.does}"


BACKPROPAGATION = Half(
    "backpropagation", "carries the error back, layer by layer, and finds how the loss depends on each weight", "back"
)


@dataclass(frozen=True)
class Update:
    """The numbers of one update, in the order of the motion's units and links.

    activations: of each unit. deltas: dL/dz, empty where the source of the gradient finds none. gradients: dL/dw, empty
    without a source. before, after: the weights. loss: before the update. Of a batch activations and deltas are
    root mean squares over its samples.
    """

    activations: Numbers
    loss: float
    deltas: Numbers
    gradients: Numbers
    before: Numbers
    after: Numbers


@dataclass(frozen=True)
class Moment:
    """A part of an update that is shown at once.

    units, links: those at work, each with the time from 0 to 1 at which it begins; each takes `span`. toward: 1 where
    something goes forward along the links, -1 back, 0 neither. finds: whether the numbers of the links are found here.
    parts: the formula in named parts. asks: a number found here that a visitor may try to predict, and its name. focus:
    the units that it is about, where it is not about all of them.
    """

    update: int
    phase: Phase
    text: str
    units: Mapping[int, float] = field(default_factory=dict)
    links: Mapping[int, float] = field(default_factory=dict)
    span: float = 1.0
    toward: int = 1
    finds: bool = True
    parts: Sequence[tuple[str, str]] = ()
    asks: tuple[str, float] | None = None
    focus: Sequence[int] = ()


@dataclass(frozen=True)
class Motion:
    """Units by layer, links by the names of their ends, updates and moments."""

    layers: Sequence[Sequence[str]]
    links: Sequence[tuple[str, str]]
    updates: Sequence[Update]
    moments: Sequence[Moment]
    source: Half
    use: Half
    target: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain lists and dicts, all numbers in DIGITS digits."""
        return _short(asdict(self))


def _short(value: Any) -> Any:
    if isinstance(value, dict):  # keys that are places become pairs, since JSON knows only texts as keys
        places = all(isinstance(key, int) for key in value)
        return _short(list(value.items())) if places else {key: _short(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_short(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def units_of(sizes: Sequence[int]) -> list[list[str]]:
    """Names of the units of each layer: x1, x2, h1, h2, o. Raises InputError for a network of more than five layers."""
    if len(sizes) > len(LETTERS) + 1:
        raise InputError(f"sizes names {len(sizes)} layers, but at most {len(LETTERS) + 1} can be drawn")
    letters = zip(LETTERS, sizes[:-1], strict=False)
    hidden = [[f"{letter}{i + 1}" for i in range(n)] for letter, n in letters]
    return [*hidden, ["o"] if sizes[-1] == 1 else [f"o{i + 1}" for i in range(sizes[-1])]]


def links_of(units: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Names of both ends of each parameter, in the order of `params`; a bias comes from a 1 below its layer."""
    return [(source, unit) for below, layer in pairwise(units) for unit in layer for source in [*below, _one(layer)]]


def _one(layer: Sequence[str]) -> str:
    """The 1 behind the biases of a layer."""
    return f"1{layer[0][0]}"


def is_one(source: str) -> bool:
    """Whether this is the constant 1 behind a bias."""
    return source.startswith("1")


def called(link: tuple[str, str]) -> str:
    """A link in words: 'x1→h2', 'bias h2'."""
    return f"bias {link[1]}" if is_one(link[0]) else f"{link[0]}→{link[1]}"


def drawn(units: Sequence[Sequence[str]]) -> list[list[str]]:
    """The units of each layer with the 1 of the biases that leave it."""
    return [[*below, _one(layer)] for below, layer in pairwise(units)] + [list(units[-1])]


def follow(network: Network, X: Any, y: Any, params: np.ndarray, rule: Optimizer, updates: int) -> Motion:
    """The motion of some updates by backpropagation and this rule, from params (P,) on a batch X (n, features), y."""
    x = params.copy()
    rule.init(x)
    points, gradients = [x.copy()], list[np.ndarray | None]()
    for _ in range(updates):
        found = network.loss_and_gradient(x, X, y)[1]
        rule.step(x, found)
        gradients.append(found)
        points.append(x.copy())
    use = Half(rule.label, "takes a step against the gradient")
    return motion(network, X, y, points, gradients, BACKPROPAGATION, use)


def motion(
    network: Network, X: Any, y: Any, points: Sequence[Any], gradients: Sequence[Any], source: Half, use: Half
) -> Motion:
    """The motion through these points (P,), with the gradient found at each but the last.

    It ends before a point that is not finite. Raises InputError for a network that is not made of dense layers alone.
    """
    units = units_of(network.sizes)
    links, layers = links_of(units), drawn(units)
    if len(links) != network.parameters:
        raise InputError(f"the network has {network.parameters} parameters, but its drawing {len(links)} links")
    finite = [np.isfinite(point).all() and np.isfinite(network.data_loss(point, X, y)) for point in points]
    last = finite.index(False) - 1 if False in finite else len(points) - 1
    if last < 1:
        raise InputError("points has no second point with finite numbers, but a motion needs one")
    works = [_worked(network, X, y, point) for point in points[: last + 1]]
    updates, moments = [], list[Moment]()
    show = _Show(layers, links, len(X), network.loss.encode(y, network.sizes[-1])[0])
    for place, ((activations, deltas, loss), (*_, after)) in enumerate(pairwise(works)):
        found, (here, there) = gradients[place], points[place : place + 2]
        grads: Numbers = () if found is None else tuple(found.tolist())
        deltas = deltas if source.way == "back" and grads else ()
        updates.append(Update(activations, loss, deltas, grads, tuple(here.tolist()), tuple(there.tolist())))
        moments += show.moments(place, updates[-1], after, source, use)
    return Motion(layers, links, updates, moments, source, use, show.target if network.sizes[-1] == 1 else "")


def _worked(network: Network, X: Any, y: Any, params: np.ndarray) -> tuple[Numbers, Numbers, float]:
    """Activations and deltas of all units, ones included, and the loss, by one pass of the network forward and back."""
    x = with_ones(np.asarray(X, float)).T[None]
    t = np.ascontiguousarray(network.loss.encode(y, network.sizes[-1]).T)[None]
    work = Pass(network, params[None], x.shape[-1])
    outputs = work.forward(x)
    loss = float(network.loss.values(outputs, t)[0])
    said = [_of_batch(x[0, :-1]), *(_of_batch(values[0]) for values in work.said())]
    work.backward(t)
    back = [np.zeros(len(said[0])), *(_of_batch(layer.above.delta[0]) for layer in work.affine)]
    activations = np.concatenate([part for each in said[:-1] for part in (each, [1.0])] + [said[-1]])
    deltas = np.concatenate([part for each in back[:-1] for part in (each, [0.0])] + [back[-1]])
    return tuple(activations.tolist()), tuple(deltas.tolist()), loss


def _of_batch(values: np.ndarray) -> np.ndarray:
    """Of values (n, B) those of the one sample, or root mean squares over several."""
    return values[:, 0] if values.shape[1] == 1 else lengths(values) / np.sqrt(values.shape[1])


class _Show:
    """The moments of an update of one network: what is shown of it, when, and in which words."""

    def __init__(self, layers: list[list[str]], links: list[tuple[str, str]], samples: int, target: np.ndarray):
        self.links, self.layers, self.samples = links, layers, samples
        names = [unit for layer in layers for unit in layer]
        self.layer = {unit: place for place, layer in enumerate(layers) for unit in layer}
        self.at = {unit: place for place, unit in enumerate(names)}
        self.target = "" if samples > 1 else ", ".join(number(each) for each in target)
        last = self.last = len(layers) - 1
        self.forward = (
            {self.at[unit]: max(0, self.layer[unit] - 0.75) / last for unit in names},
            {place: (self.layer[to] - 1) / last for place, (_, to) in enumerate(links)},
        )
        self.back = (
            {self.at[unit]: (last - self.layer[unit]) / last for unit in dict.fromkeys(to for _, to in links)},
            {place: (last - self.layer[to] + 0.25) / last for place, (_, to) in enumerate(links)},
        )

    def moments(self, place: int, update: Update, after: float, source: Half, use: Half) -> list[Moment]:
        """The four moments of an update, after which the loss is `after`; without a source or a use fewer move."""
        loss, span = number(update.loss), 0.75 / self.last
        outputs = [number(update.activations[self.at[unit]]) for unit in self.layers[-1]]
        one = f"The example goes forward. The network answers {', '.join(outputs)}; the target is {self.target}."
        many = f"{self.samples} samples go forward. Shown are the root mean squares over them."
        return [
            Moment(place, "forward", one if self.samples == 1 else many, *self.forward, span),
            Moment(place, "loss", f"The loss says how wrong that is: {loss}."),
            self._gradient(place, update, source, span),
            self._update(place, update, after, use),
        ]

    def _gradient(self, place: int, update: Update, source: Half, span: float) -> Moment:
        count = len(self.links)
        if not update.gradients:
            return Moment(place, "gradient", f"{source}.", toward=0)
        largest = max(range(count), key=lambda link: abs(update.gradients[link]))
        text = (
            f"{source}. Largest of {count} derivatives: {number(update.gradients[largest])} at "
            f"{called(self.links[largest])}. No weight has moved."
        )
        if source.way == "back":
            return Moment(place, "gradient", text, *self.back, span, toward=-1)
        if source.way == "at once":
            return Moment(place, "gradient", text, {}, dict.fromkeys(range(count), 0.0), toward=0)
        return Moment(place, "gradient", text, {}, {link: link / count for link in range(count)}, 1 / count)

    def _update(self, place: int, update: Update, after: float, use: Half) -> Moment:
        loss, change = number(update.loss), np.subtract(update.after, update.before)
        moved = np.flatnonzero(change).tolist()
        if not moved:
            return Moment(place, "update", f"{use}. No weight moves, and the loss stays {loss}.", toward=0)
        most = int(np.abs(change).argmax())
        text = (
            f"{use}: {len(moved)} of {len(change)} weights and biases move, most of all "
            f"{called(self.links[most])}, from {number(update.before[most])} to {number(update.after[most])}. "
            f"The loss was {loss}; now it is {number(after)}."
        )
        return Moment(place, "update", text, {}, dict.fromkeys(moved, 0.0), toward=0)
