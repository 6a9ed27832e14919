"""One example through a small network, one operation after another, each with its numbers; no array in sight.

It is the textbook's way: unit by unit, forward for z and a, back for δ, and one gradient for each connection. What
comes out must be what `core.nn.network` computes with its matrices.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from core.nn import Network
from core.nn.losses import SoftmaxCrossEntropy
from core.studies import motion as moving
from core.studies.claims import declared
from core.studies.motion import BACKPROPAGATION, Half, Moment, Motion, Phase, Update, called, drawn, is_one, units_of
from core.studies.wording import number

Edge = tuple[str, str]  # from a unit, or from the 1 that carries a bias, to a unit


class Operation(NamedTuple):
    """What is said of an operation, see walkthrough.toml."""

    phase: Phase
    title: str
    found: str
    parts: tuple[tuple[str, str], ...]
    finds: bool = False


OPERATIONS: dict[str, Operation] = declared(dict[str, Operation], __file__, "operations")
LOSSES: dict[str, tuple[str, str]] = declared(dict[str, tuple[str, str]], __file__, "losses")


class Walkthrough:
    """The operations of one update by one example x (features,), t (outputs,); numbers by unit and by connection."""

    def __init__(self, network: Network, params: np.ndarray, x: np.ndarray, t: Any, lr: float):
        self.network, self.params, self.x, self.lr = network, params, x[None], lr
        self.y = np.atleast_1d(t)[None].astype(float)
        self.units = units_of(network.sizes)
        self.outputs, self.formulas = self.units[-1], LOSSES[type(network.loss).__name__]
        layers = zip(self.units[1:], network.activations, strict=False)
        self.activation = {unit: f for units, f in layers for unit in units}
        self.w: dict[Edge, float] = dict(zip(moving.links_of(self.units), params.tolist(), strict=True))
        self.a = {unit: float(value) for unit, value in zip(self.units[0], x, strict=True)}
        self.a |= {source: 1.0 for source, _ in self.w if is_one(source)}
        self.t = dict(zip(self.outputs, network.loss.encode(self.y, len(self.outputs))[0].tolist(), strict=True))
        self.is_bias = np.array([is_one(source) for source, _ in self.w])
        self.z: dict[str, float] = {}
        self.slope: dict[str, float] = {}
        self.delta: dict[str, float] = {}
        self.grads: dict[Edge, float] = {}
        self.new: dict[Edge, float] = {}
        self.visits: list[Edge] = []  # of the way back, in order
        self.loss = np.nan
        self.layers, self.links = drawn(self.units), list(self.w)
        self.at = {unit: place for place, unit in enumerate(unit for layer in self.layers for unit in layer)}
        works = list(self._work())
        self.operations = [
            replace(each, text=f"Operation {place} of {len(works)}: {each.text}.")
            for place, each in enumerate(works, start=1)
        ]

    def into(self, unit: str) -> list[Edge]:
        """The connections that end in a unit, the bias last."""
        return [edge for edge in self.w if edge[1] == unit]

    def out_of(self, unit: str) -> list[Edge]:
        """The connections that begin in a unit."""
        return [edge for edge in self.w if edge[0] == unit]

    def _operation(self, name: str, unit: str, edges: Sequence[Edge], found: float, **words: Any) -> Moment:
        """One thing done to a unit along edges, said with the words and numbers, and what it finds."""
        said = OPERATIONS[name]
        shown = {key: each if isinstance(each, str) else number(each) for key, each in words.items()} | {"unit": unit}
        return Moment(
            0,
            said.phase,
            said.title.format(**shown),
            {self.at[unit]: 0.0} if said.phase in ("forward", "gradient") and not said.finds else {},
            {self.links.index(edge): 0.0 for edge in edges},
            toward={"forward": 1, "gradient": -1}.get(said.phase, 0),
            finds=said.finds,
            parts=[(part, text.format(**shown)) for part, text in said.parts],
            asks=(said.found.format(**shown), found),
            focus=[self.at[unit]],
        )

    def _work(self) -> Iterator[Moment]:
        units = [unit for layer in self.units[1:] for unit in layer]
        yield from map(self._forward, units)
        yield self._compare()
        for layer in self.units[:0:-1]:
            yield from map(self._back, layer)
            yield from (self._gradient(edge) for unit in layer for edge in self.into(unit))
        yield from (self._update(edge) for unit in units for edge in self.into(unit))

    def _forward(self, unit: str) -> Moment:
        edges, is_output = self.into(unit), unit in self.outputs
        z = sum(self.w[edge] * self.a[edge[0]] for edge in edges)
        a = z if is_output else float(self.activation[unit].value(np.array([z]))[0])
        self.z[unit], self.a[unit] = z, a
        terms = self._terms((edge, self.a[edge[0]]) for edge in edges)
        return self._operation("output" if is_output else "forward", unit, edges, a, terms=terms, z=z, a=a)

    def _terms(self, products: Iterable[tuple[Edge, float]]) -> str:
        """The sum of weights times numbers, written out."""
        return " + ".join(f"{number(self.w[edge])}·{_f(value)}" for edge, value in products)

    def _of_outputs(self, values: dict[str, float]) -> np.ndarray:
        """(outputs, 1), as a loss takes them."""
        return np.array([[values[unit]] for unit in self.outputs])

    def _compare(self) -> Moment:
        self.loss = float(self.network.loss.values(self._of_outputs(self.z), self._of_outputs(self.t)))
        pairs = "; ".join(f"{unit}: z = {number(self.z[unit])}, t = {number(self.t[unit])}" for unit in self.outputs)
        mean, formula = "the mean over the outputs of " if self._averages else "", self.formulas[0]
        words = {"mean": mean, "formula": formula, "pairs": pairs, "loss": self.loss}
        return self._operation("loss", self.outputs[0], [], self.loss, **words)

    @property
    def _averages(self) -> bool:
        """Whether the loss is a mean over several outputs, and not one sum over all of them."""
        return len(self.outputs) > 1 and not isinstance(self.network.loss, SoftmaxCrossEntropy)

    def _back(self, unit: str) -> Moment:
        """δ = dL/dz: at an output from the loss, elsewhere f'(z) times what comes back along the connections."""
        edges = self.out_of(unit)
        if unit in self.outputs:
            deltas = self.network.loss.delta(self._of_outputs(self.z), self._of_outputs(self.t))[:, 0]
            delta = self.delta[unit] = float(deltas[self.outputs.index(unit)])
            divided = f", by {len(self.outputs)} outputs" if self._averages else ""
            formula = self.formulas[1]
            return self._operation("first_delta", unit, edges, delta, formula=formula, divided=divided, delta=delta)
        slope = self.slope[unit] = float(self.activation[unit].derivative(np.array([self.z[unit]]))[0])
        back = sum(self.w[edge] * self.delta[edge[1]] for edge in edges)
        delta = self.delta[unit] = slope * back
        terms = self._terms((edge, self.delta[edge[1]]) for edge in edges)
        words = {"terms": terms, "back": back, "z": self.z[unit], "slope": slope, "delta": delta}
        return self._operation("delta", unit, edges, delta, **words)

    def _gradient(self, edge: Edge) -> Moment:
        source, unit = edge
        self.visits.append(edge)
        delta, a = self.delta[unit], self.a[source]
        slope = self.grads[edge] = delta * a
        local = "1, of a bias" if is_one(source) else f"a of {source} = {number(a)}"
        words = {"edge": called(edge), "delta": delta, "local": local, "factor": _f(a), "slope": slope}
        return self._operation("gradient", unit, [edge], slope, **words)

    def _update(self, edge: Edge) -> Moment:
        w, slope = self.w[edge], self.grads[edge]
        new = self.new[edge] = w - self.lr * slope
        words = {"edge": called(edge), "rate": f"{self.lr:g}", "w": w, "factor": _f(slope), "new": new}
        return self._operation("update", edge[1], [edge], new, **words)

    def motion(self) -> Motion:
        """All operations as moments of one update, after one that shows the example at the inputs."""
        update = Update(
            tuple(self.a[unit] for unit in self.at),
            self.loss,
            tuple(self.delta.get(unit, 0.0) for unit in self.at),
            tuple(self.grads[link] for link in self.links),
            tuple(self.w.values()),
            tuple(self.new[link] for link in self.links),
        )
        known = {place: 0.0 for unit, place in self.at.items() if unit not in self.z}
        text = f"Before the first of {len(self.operations)} operations: the example waits at the inputs."
        moments = [Moment(0, "forward", text, known), *self.operations]
        use = Half("SGD", "takes a step against the gradient")
        after = self.network.data_loss(np.array(update.after), self.x, self.y)
        end = f"{moments[-1].text} The loss was {number(self.loss)}; with the new weights it is {number(after)}."
        moments[-1] = replace(moments[-1], text=end)
        target = number(self.t[self.outputs[0]]) if len(self.outputs) == 1 else ""
        return Motion(self.layers, self.links, [update], moments, BACKPROPAGATION, use, target)

    def gradient(self) -> np.ndarray:
        """The gradient (P,) in the order of the network's parameters."""
        return np.array([self.grads[edge] for edge in self.w])

    def along_paths(self) -> tuple[np.ndarray, int]:
        """The gradient (P,) as the chain rule writes it, a sum over every path to the loss; and how many paths."""
        products = {edge: list(self._paths(edge[1])) for edge in self.w}
        grads = [self.a[edge[0]] * sum(paths) for edge, paths in products.items()]
        return np.array(grads), sum(map(len, products.values()))

    def _paths(self, unit: str) -> Iterator[float]:
        """The product of all partial derivatives along each path from a unit's z to the loss."""
        if unit in self.outputs:
            yield self.delta[unit]
        for edge in self.out_of(unit):
            for rest in self._paths(edge[1]):
                yield self.slope[unit] * self.w[edge] * rest


def _f(value: float) -> str:
    """A number as a factor: a negative one in brackets."""
    return f"({number(value)})" if value < 0 else number(value)
