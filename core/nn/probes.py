"""A look into a network: the deltas by layer, units that pass on no gradient, and maps of outputs over a plane."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.data import Dataset
from core.data.dataset import OWN, inputs
from core.nn.activations import Activation
from core.nn.layers import Activate, Pooling, Weights
from core.nn.network import Evaluation, Network, Pass, with_ones
from core.statistics import share_of

SATURATED_SLOPE = 0.05  # share of the activation's largest slope
SATURATED_SAMPLES = 0.9  # share of samples on which a saturated unit has at most this slope


class LayerStatistics(NamedTuple):
    """One number for each of R runs and each layer; L layers with weights, of which the first L - 1 are hidden.

    deltas, weight_gradients (R, L): Euclidean norms of dL/dz over units and samples, which vanishes or explodes, and of
    dL/dW, which may stay level meanwhile (Glorot & Bengio 2010, eq. 13 and 14). dead (R, L - 1): share of hidden units
    with derivative 0 on every sample. saturated (R, L - 1): share of those with |f'| at most SATURATED_SLOPE of its
    maximum on at least SATURATED_SAMPLES of the samples, dead ones among them.
    """

    deltas: np.ndarray
    weight_gradients: np.ndarray
    dead: np.ndarray
    saturated: np.ndarray


class Inside(NamedTuple):
    """One run after a backward pass: its statistics, and what they are made of, the output layer last.

    deltas: for each layer (n_out,), root mean square over the batch of dL/dz. gradients: dL/dW and dL/db, with penalty.
    """

    deltas: list[np.ndarray]
    gradients: list[Weights]
    delta_norms: np.ndarray
    gradient_norms: np.ndarray
    weight_norms: np.ndarray
    dead: np.ndarray
    saturated: np.ndarray


@np.errstate(all="ignore")
def said(network: Network, params: np.ndarray, x: np.ndarray) -> list[tuple[int | None, np.ndarray]]:
    """What a network with params (P,) computes of a sample x (1, features + 1, 1), once training is over.

    For each layer with weights its place among them, from 0, and (channels, height, width) after the activation, of a
    dense layer (units, 1, 1); for a pooling None and the same; the outputs are the last.
    """
    work, layer, found = Evaluation(network, params[None], 1), -1, list[tuple[int | None, np.ndarray]]()
    work.forward(x)
    for leaf in work.leaves:
        layer += leaf.weighted
        if isinstance(leaf, Activate | Pooling) or leaf is work.leaves[-1]:
            values = leaf.above.values[0].reshape((*leaf.outputs, 1, 1)[:3])
            found.append((None if isinstance(leaf, Pooling) else layer, values))
    return found


@np.errstate(all="ignore")
def inside(work: Pass, run: int = 0) -> Inside:
    """The state of one run after its latest forward and backward pass."""
    assert work.grads is not None
    norms, gradients, dead, saturated = (each[run] for each in statistics(work))
    deltas = [np.sqrt(np.square(layer.above.delta[run]).mean(axis=1)) for layer in work.affine]
    weights = np.array([np.linalg.norm(W) for W, _ in work.network.unpack(work.params[run])])
    found = work.network.unpack(work.grads[run].copy())
    return Inside(deltas, found, norms, gradients, weights, dead, saturated)


@np.errstate(all="ignore")
def layer_statistics(network: Network, params: np.ndarray, x: np.ndarray, t: np.ndarray) -> LayerStatistics:
    """One pass forward and back for params (R, P); x (R or 1, features + 1, B) with ones, t (R or 1, k, B)."""
    work = Pass(network, params, x.shape[-1])
    work.forward(x)
    work.backward(t)
    return statistics(work)


def statistics(work: Pass) -> LayerStatistics:
    """The statistics of a pass that has run forward and backward."""
    runs, active = len(work.params), [leaf for leaf in work.leaves if isinstance(leaf, Activate)]
    slopes = [np.abs(leaf.function.derivative(leaf.below.values)) for leaf in active]
    flat = [SATURATED_SLOPE * largest_slope(leaf.function) for leaf in active]
    saturated = [(slope <= low).mean(axis=2) >= SATURATED_SAMPLES for slope, low in zip(slopes, flat, strict=True)]
    assert work.grads is not None
    gradients = [np.sqrt(np.square(W.reshape(runs, -1)).sum(axis=1)) for W, _ in work.network.unpack(work.grads)]
    deltas = [np.linalg.norm(layer.above.delta, axis=(1, 2)) for layer in work.affine]
    dead = [(slope == 0).all(axis=2).mean(axis=1) for slope in slopes]
    found = deltas, gradients, dead, [units.mean(axis=1) for units in saturated]
    return LayerStatistics(*(np.reshape(each, (-1, runs)).T for each in found))


def first_over_last(deltas: np.ndarray) -> np.ndarray:
    """Deltas (R, layers): the first layer's divided by the last one's (R,), 0 if even the last is 0."""
    return share_of(deltas[:, 0], deltas[:, -1])


@lru_cache(maxsize=64)
def largest_slope(activation: Activation) -> float:
    """The maximum of |f'|, searched from -10 to 10, which contains it for every activation here."""
    return float(np.abs(activation.derivative(np.linspace(-10, 10, 4001))).max())


SIDE = 48  # points along each side of the map


class Plane:
    """The plane of two features, or of the first two principal components if there are more; a line for one feature.

    `basis` (2, features) chooses another plane through the mean of the training data; `made` names the inputs made of
    two features. x, y (side,) are its coordinates, `points` (n, 2) and `labels` (n,) the first training samples in it.
    """

    def __init__(
        self,
        data: Dataset,
        limit: int = 100,
        basis: np.ndarray | None = None,
        made: Sequence[str] = OWN,
        side: int = SIDE,
    ):
        self.task, self.features, X = data.task, data.features, data.X_train
        self.axes = ("first feature", "second feature" if data.features > 1 else "target")
        if basis is None and data.features <= 2:
            basis = np.eye(data.features)[:2]
        elif basis is None:
            basis = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][:2]
            self.axes = ("first principal component", "second principal component")
        self.basis, self.side, self.labels = basis, side, data.y_train[:limit]
        self.points = self.place(X[:limit], self.labels)
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        margin = np.where(high > low, 0.08 * (high - low), 1)  # one standard deviation around a constant value
        self.x, self.y = np.linspace(low - margin, high + margin, side).T
        if data.features > 1:
            grid = np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2) @ basis
        else:
            grid = self.x[:, None]
        self.inputs = np.ascontiguousarray(with_ones(inputs(grid, made, X)).T)[None]

    def place(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Positions (n, 2) of samples X (n, features), y (n,) in the plane."""
        return X @ self.basis.T if self.features > 1 else np.c_[X[:, 0], y]

    def activations(self, network: Network, params: np.ndarray) -> list[np.ndarray]:
        """Maps (units, side, side) of each layer with weights: hidden activations, then outputs before a softmax."""
        work = Evaluation(network, params[None], self.inputs.shape[-1])
        with np.errstate(all="ignore"):
            work.forward(self.inputs.astype(params.dtype))
        return [self.pictures(values[0]) for values in work.said()]

    def pictures(self, values: np.ndarray) -> np.ndarray:
        """Values (units, points of the plane) as pictures (units, side, side)."""
        rows = values.reshape(len(values), -1, self.side)
        return np.broadcast_to(rows, (len(values), self.side, self.side)).copy()

    def outputs(self, network: Network, params: np.ndarray) -> np.ndarray:
        """Predictions (side, side), or (side,) on a line: second class's probability, likeliest class, or value."""
        work = Evaluation(network, params[None], self.inputs.shape[-1])
        with np.errstate(all="ignore"):
            z = work.forward(self.inputs.astype(params.dtype))[0]
            if self.task == "numbers":
                picture = z[0]
            elif len(z) > 2:
                picture = z.argmax(axis=0).astype(float)
            else:
                margin = z[1] - z[0] if len(z) == 2 else z[0]
                picture = 1 / (1 + np.exp(-margin))
        return picture.reshape(self.side, self.side) if self.features > 1 else picture
