"""One example through a small network, one operation after another, each with its numbers; no array in sight.

It is the textbook's way: unit by unit, forward for z and a, back for δ, and one gradient for each connection. What
comes out must be what `core.nn.network` computes with its matrices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.nn import Network
from core.nn.losses import BinaryCrossEntropy, MeanSquaredError
from core.studies.wording import number

Edge = tuple[str, str]  # from a unit, or from the 1 that carries a bias, to a unit
Found = dict[tuple[str, str | Edge], float]  # (quantity, of what): value
LOSSES = {  # of one output: L, and dL/dz
    MeanSquaredError: ("(z − t)²", "2 (z − t)"),
    BinaryCrossEntropy: ("ln(1 + e<sup>z</sup>) − z·t", "1/(1 + e<sup>−z</sup>) − t"),
}
LETTERS = "xhgk"  # of the input's units and of those in hidden layers; the output is o


@dataclass(frozen=True)
class Operation:
    """One thing done: in which phase, its formula with the numbers in it, what it looked at and what it found."""

    phase: str  # forward, loss, backward, update
    title: str
    lines: Sequence[str]  # of the formula
    unit: str  # it is about
    edges: Sequence[Edge]  # it uses
    found: Found


class Walkthrough:
    """The operations of one update by one example x (features,), t; weights by connection, units by layer."""

    def __init__(self, network: Network, params: np.ndarray, x: np.ndarray, t: float, lr: float):
        self.network, self.params, self.x, self.lr, self.t = network, params, x[None], lr, float(t)
        letters = zip(LETTERS, network.sizes[:-1], strict=False)
        self.units = [*([f"{letter}{i + 1}" for i in range(n)] for letter, n in letters), ["o"]]
        self.activation = {
            unit: f for units, f in zip(self.units[1:], network.activations, strict=False) for unit in units
        }
        self.w: dict[Edge, float] = {}
        for layer, (W, b) in enumerate(network.unpack(params)):
            sources = [*self.units[layer], f"1{self.units[layer + 1][0][0]}"]
            for unit, row, bias in zip(self.units[layer + 1], W, b, strict=True):
                self.w |= {(source, unit): float(w) for source, w in zip(sources, [*row, bias], strict=True)}
        self.a = {unit: float(value) for unit, value in zip(self.units[0], x, strict=True)}
        self.a |= {source: 1.0 for source, _ in self.w if is_one(source)}
        self.given: Found = {("w", edge): w for edge, w in self.w.items()}
        self.given |= {("a", source): value for source, value in self.a.items()}
        self.is_bias = np.array([is_one(source) for source, _ in self.w])
        self.z: dict[str, float] = {}
        self.slope: dict[str, float] = {}
        self.delta: dict[str, float] = {}
        self.grads: dict[Edge, float] = {}
        self.visits: list[Edge] = []  # of the way back, in order
        self.loss = np.nan
        self.operations = list(self._work())

    def into(self, unit: str) -> list[Edge]:
        """The connections that end in a unit, the bias last."""
        return [edge for edge in self.w if edge[1] == unit]

    def out_of(self, unit: str) -> list[Edge]:
        """The connections that begin in a unit."""
        return [edge for edge in self.w if edge[0] == unit]

    def _work(self) -> Iterator[Operation]:
        units = [unit for layer in self.units[1:] for unit in layer]
        yield from map(self._forward, units)
        yield self._compare()
        for layer in self.units[:0:-1]:
            yield from map(self._back, layer)
            yield from map(self._gradients, layer)
        yield from map(self._update, units)

    def _forward(self, unit: str) -> Operation:
        edges = self.into(unit)
        z = sum(self.w[edge] * self.a[edge[0]] for edge in edges)
        a = z if unit == "o" else float(self.activation[unit].value(np.array([z]))[0])
        self.z[unit], self.a[unit] = z, a
        terms = " + ".join(f"{number(self.w[edge])}·{_f(self.a[edge[0]])}" for edge in edges)
        lines = [f"z = Σ w·a = {terms}", f"z = {number(z)}"]
        if unit != "o":
            lines[-1] += f",  a = f(z) = {number(a)}"
        return Operation("forward", f"z and a of {unit}", lines, unit, edges, {("z", unit): z, ("a", unit): a})

    def _compare(self) -> Operation:
        z, t = np.array([[self.z["o"]]]), np.array([[self.t]])
        self.loss = float(self.network.loss.values(z, t))
        line = f"L = {LOSSES[type(self.network.loss)][0]} with z = {number(self.z['o'])}, t = {number(self.t)}"
        return Operation("loss", "the loss", [line, f"L = {number(self.loss)}"], "o", [], {("L", "o"): self.loss})

    def _back(self, unit: str) -> Operation:
        """δ = dL/dz: at the output from the loss, elsewhere f'(z) times what comes back along the connections."""
        edges = self.out_of(unit)
        if unit == "o":
            z, t = np.array([[self.z["o"]]]), np.array([[self.t]])
            delta = float(self.network.loss.delta(z, t)[0, 0])
            lines = [f"δ = dL/dz = {LOSSES[type(self.network.loss)][1]} = {number(delta)}"]
        else:
            z = np.array([self.z[unit]])
            slope = self.slope[unit] = float(self.activation[unit].derivative(z)[0])
            delta = slope * sum(self.w[edge] * self.delta[edge[1]] for edge in edges)
            terms = " + ".join(f"{number(self.w[edge])}·{_f(self.delta[edge[1]])}" for edge in edges)
            lines = ["δ = f′(z) · Σ w·δ of the next layer", f"δ = {number(slope)} · ({terms}) = {number(delta)}"]
        self.delta[unit] = delta
        return Operation("backward", f"δ of {unit}", lines, unit, edges, {("δ", unit): delta})

    def _gradients(self, unit: str) -> Operation:
        edges, delta = self.into(unit), self.delta[unit]
        lines = ["dL/dw = δ · a"]
        for edge in edges:
            self.visits.append(edge)
            self.grads[edge] = delta * self.a[edge[0]]
            lines.append(f"{called(edge)}: {number(delta)}·{_f(self.a[edge[0]])} = {number(self.grads[edge])}")
        found: Found = {("dL/dw", edge): self.grads[edge] for edge in edges}
        return Operation("backward", f"gradients into {unit}", lines, unit, edges, found)

    def _update(self, unit: str) -> Operation:
        edges, found = self.into(unit), Found()
        lines = [f"w ← w − η·dL/dw, η = {self.lr:g}"]
        for edge in edges:
            found["new w", edge] = new = self.w[edge] - self.lr * self.grads[edge]
            lines.append(f"{called(edge)}: {number(self.w[edge])} − {self.lr:g}·{_f(self.grads[edge])} = {number(new)}")
        return Operation("update", f"weights into {unit}", lines, unit, edges, found)

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
        if unit == "o":
            yield self.delta["o"]
        for edge in self.out_of(unit):
            for rest in self._paths(edge[1]):
                yield self.slope[unit] * self.w[edge] * rest

    def known(self, operations: int) -> Found:
        """All that the first operations have found; inputs and weights are known from the start."""
        found = self.given.copy()
        for operation in self.operations[:operations]:
            found |= operation.found
        return found


def is_one(source: str) -> bool:
    """Whether this is the constant 1 behind a bias."""
    return source.startswith("1")


def called(edge: Edge) -> str:
    """A connection in words: 'x1→h2', 'bias h2'."""
    return f"bias {edge[1]}" if is_one(edge[0]) else f"{edge[0]}→{edge[1]}"


def _f(value: float) -> str:
    """A number as a factor: a negative one in brackets."""
    return f"({number(value)})" if value < 0 else number(value)
