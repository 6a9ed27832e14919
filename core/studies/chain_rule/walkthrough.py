"""One example through a small network, one operation after another, each with its numbers; no array in sight.

It is the textbook's way: unit by unit, forward for z and a, back for δ, and one gradient for each connection. What
comes out must be what `core.nn.network` computes with its matrices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.nn import Network
from core.nn.losses import BinaryCrossEntropy, Huber, MeanAbsoluteError, MeanSquaredError, SoftmaxCrossEntropy
from core.studies import motion as moving
from core.studies.motion import BACKPROPAGATION, Half, Moment, Motion, Phase, Update, called, drawn, is_one, units_of
from core.studies.wording import number

Parts = list[tuple[str, str]]
Edge = tuple[str, str]  # from a unit, or from the 1 that carries a bias, to a unit
LOSSES = {  # of one output: its part of L, and its derivative
    MeanSquaredError: ("(z − t)²", "2 (z − t)"),
    MeanAbsoluteError: ("|z − t|", "the sign of z − t"),
    Huber: ("½ (z − t)², but |z − t| − ½ beyond a distance of 1", "z − t, at most 1 and at least −1"),
    BinaryCrossEntropy: ("ln(1 + eᶻ) − t·z", "1/(1 + e⁻ᶻ) − t"),
    SoftmaxCrossEntropy: ("ln Σ eᶻ − Σ t·z", "eᶻ / Σ eᶻ − t"),
}


class Walkthrough:
    """The operations of one update by one example x (features,), t (outputs,); numbers by unit and by connection."""

    def __init__(self, network: Network, params: np.ndarray, x: np.ndarray, t: Any, lr: float):
        self.network, self.params, self.x, self.lr = network, params, x[None], lr
        self.y = np.atleast_1d(t)[None].astype(float)
        self.units = units_of(network.sizes)
        self.outputs = self.units[-1]
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

    def _operation(
        self,
        phase: Phase,
        title: str,
        parts: Parts,
        unit: str,
        edges: Sequence[Edge],
        found: tuple[str, float],
        finds: bool = False,
    ) -> Moment:
        """One thing done to a unit along edges: its formula in parts, and what it finds, of an edge if it `finds`."""
        return Moment(
            0,
            phase,
            title,
            {self.at[unit]: 0.0} if phase in ("forward", "gradient") and not finds else {},
            {self.links.index(edge): 0.0 for edge in edges},
            toward={"forward": 1, "gradient": -1}.get(phase, 0),
            finds=finds,
            parts=parts,
            asks=found,
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
        terms = " + ".join(f"{number(self.w[edge])}·{_f(self.a[edge[0]])}" for edge in edges)
        parts = [("formula", "z = Σ w·a"), ("with numbers", terms), ("weighted sum", f"z = {number(z)}")]
        if not is_output:
            parts.append(("activation", f"a = f(z) = {number(a)}"))
        what = f"z of {unit}" if is_output else f"a of {unit}"
        return self._operation("forward", f"forward to {unit}", parts, unit, edges, (what, a))

    def _of_outputs(self, values: dict[str, float]) -> np.ndarray:
        """(outputs, 1), as a loss takes them."""
        return np.array([[values[unit]] for unit in self.outputs])

    def _compare(self) -> Moment:
        self.loss = float(self.network.loss.values(self._of_outputs(self.z), self._of_outputs(self.t)))
        formula = LOSSES[type(self.network.loss)][0]
        mean = "the mean over the outputs of " if self._averages else ""
        pairs = "; ".join(f"{unit}: z = {number(self.z[unit])}, t = {number(self.t[unit])}" for unit in self.outputs)
        parts = [("formula", f"L = {mean}{formula}"), ("with numbers", pairs), ("loss", f"L = {number(self.loss)}")]
        return self._operation("loss", "the loss", parts, self.outputs[0], [], ("L", self.loss))

    @property
    def _averages(self) -> bool:
        """Whether the loss is a mean over several outputs, and not one sum over all of them."""
        return len(self.outputs) > 1 and not isinstance(self.network.loss, SoftmaxCrossEntropy)

    def _back(self, unit: str) -> Moment:
        """δ = dL/dz: at an output from the loss, elsewhere f'(z) times what comes back along the connections."""
        edges = self.out_of(unit)
        if unit in self.outputs:
            deltas = self.network.loss.delta(self._of_outputs(self.z), self._of_outputs(self.t))[:, 0]
            delta = float(deltas[self.outputs.index(unit)])
            k = f", by {len(self.outputs)} outputs" if self._averages else ""
            parts = [
                ("formula", "δ = dL/dz = ∂L/∂z · dL/dL"),
                ("comes back", "dL/dL = 1: here the way back begins"),
                ("local derivative", f"∂L/∂z = {LOSSES[type(self.network.loss)][1]}{k} = {number(delta)}"),
            ]
        else:
            z = np.array([self.z[unit]])
            slope = self.slope[unit] = float(self.activation[unit].derivative(z)[0])
            back = sum(self.w[edge] * self.delta[edge[1]] for edge in edges)
            delta = slope * back
            terms = " + ".join(f"{number(self.w[edge])}·{_f(self.delta[edge[1]])}" for edge in edges)
            parts = [
                ("formula", "δ = f′(z) · Σ w·δ of the next layer"),
                ("comes back", f"Σ w·δ = {terms} = {number(back)}"),
                ("local derivative", f"f′(z) = f′({number(self.z[unit])}) = {number(slope)}"),
            ]
        self.delta[unit] = delta
        parts.append(("product", f"δ = {number(delta)}"))
        return self._operation("gradient", f"δ of {unit}", parts, unit, edges, (f"δ of {unit}", delta))

    def _gradient(self, edge: Edge) -> Moment:
        source, unit = edge
        self.visits.append(edge)
        self.grads[edge] = self.delta[unit] * self.a[source]
        local = "1, of a bias" if is_one(source) else f"a of {source} = {number(self.a[source])}"
        parts = [
            ("formula", "dL/dw = δ · ∂z/∂w = δ · a"),
            ("comes back", f"δ of {unit} = {number(self.delta[unit])}"),
            ("local derivative", f"∂z/∂w = {local}"),
            ("product", f"dL/dw = {number(self.delta[unit])}·{_f(self.a[source])} = {number(self.grads[edge])}"),
        ]
        found = f"dL/dw of {called(edge)}", self.grads[edge]
        return self._operation("gradient", f"gradient of {called(edge)}", parts, unit, [edge], found, True)

    def _update(self, edge: Edge) -> Moment:
        w, slope = self.w[edge], self.grads[edge]
        new = self.new[edge] = w - self.lr * slope
        parts = [
            ("formula", f"w ← w − η·dL/dw, η = {self.lr:g}"),
            ("with numbers", f"{number(w)} − {self.lr:g}·{_f(slope)}"),
            ("new weight", f"w = {number(new)}"),
        ]
        found = f"the new w of {called(edge)}", new
        return self._operation("update", f"update of {called(edge)}", parts, edge[1], [edge], found, True)

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
