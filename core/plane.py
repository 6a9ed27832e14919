"""A plane through the data on which to look at what a network has learnt, as a picture of its outputs."""

import numpy as np

from core.datasets import Dataset
from core.network import Evaluation, Network, with_ones

SIDE = 48  # points along each side of the picture


class Plane:
    """The plane of two features, or of the first two principal components where there are more; a line for one feature.

    `basis` (2, features) chooses another plane through the origin, which is the mean of the training data.
    x, y (SIDE,) are its coordinates, `points` (n, 2) and `labels` (n,) the training samples seen in it.
    """

    def __init__(self, data: Dataset, limit: int = 100, basis: np.ndarray | None = None):
        self.task, self.features, X = data.task, data.features, data.X_train
        self.axes = ("first feature", "second feature" if data.features > 1 else "target")
        if basis is None and data.features <= 2:
            basis = np.eye(data.features)[:2]
        elif basis is None:
            basis = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][:2]
            self.axes = ("first principal component", "second principal component")
        self.labels = data.y_train[:limit]
        self.points = X[:limit] @ basis.T if data.features > 1 else np.c_[X[:limit, 0], self.labels]
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        margin = 0.08 * (high - low)
        self.x, self.y = np.linspace(low - margin, high + margin, SIDE).T
        if data.features > 1:
            grid = np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2) @ basis
        else:
            grid = self.x[:, None]
        self.inputs = np.ascontiguousarray(with_ones(grid).T)[None]

    def outputs(self, network: Network, params: np.ndarray) -> np.ndarray:
        """What one run's network (P,) says on the plane: (SIDE, SIDE), or (SIDE,) on a line.

        The probability of the second of two classes, the number of the likeliest of several, or the predicted value.
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
        return picture.reshape(SIDE, SIDE) if self.features > 1 else picture
