"""A plane through the data, and maps of a network's outputs over it."""

from collections.abc import Sequence

import numpy as np

from core.data import Dataset
from core.data.dataset import OWN, inputs
from core.nn.network import Evaluation, Network, with_ones

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
        """The predictions of one run's network (P,) over the plane: (side, side), or (side,) on a line.

        The probability of the second of two classes, the number of the most likely of several, or the value.
        """
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
