"""The problems to search: a surface with its lowest points, and a network's training loss over its weights."""

import numpy as np

from core.gradients.estimators import Gradient
from core.minimizers import Problem
from core.minimizers.landscapes import Landscape
from core.nn.network import Pass
from core.training import RunSettings, Trainer

BOX = 3.0  # global methods search weights from -BOX to BOX
HESSIAN_STEP = 1e-5
SAMPLE = 200  # random points that determine a surface's units
PRICE = Gradient(np.empty(0), evaluations=1, backward=1).price  # cost of backpropagation in forward passes


class Surface:
    """A surface to search: its lowest points, and its units.

    width: mean side of the map. spread: of the heights. slope: typical gradient norm. They are medians over random
    points, and no method pays for them.
    """

    def __init__(self, landscape: Landscape, reach: float):
        self.landscape, self.reach = landscape, reach
        self.low, self.high = np.array(landscape.bounds, dtype=float).T
        self.size, self.minima = self.high - self.low, np.array(landscape.minima)
        self.problem = Problem(landscape.value, landscape.gradient, landscape.hessian, self.low, self.high)
        sample = np.random.default_rng(0).uniform(self.low, self.high, (SAMPLE, 2))
        heights, slopes = landscape.value(sample), np.linalg.norm(landscape.gradient(sample), axis=1)
        self.width = float(np.sqrt(self.size.prod()))
        self.spread = float(np.median(np.abs(heights - np.median(heights))))
        self.slope = float(np.median(slopes))

    def away(self, x: np.ndarray) -> np.ndarray:
        """Distance (...) of x (..., 2) to the nearest lowest point, in widths of the map, at most 1."""
        with np.errstate(all="ignore"):
            distances = np.linalg.norm((x[..., None, :] - self.minima) / self.size, axis=-1).min(axis=-1)
        return np.fmin(distances, 1.0)

    def near(self, x: np.ndarray) -> np.ndarray:
        """Whether x (..., 2) lies within reach of a lowest point."""
        return self.away(x) <= self.reach

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """A random point of the map that is not already within reach."""
        while True:
            x = rng.uniform(self.low, self.high)
            if not self.near(x):
                return x


class TrainingLoss:
    """The training loss of one network as a function of its weights (P,); a forward pass is kept for the gradient."""

    def __init__(self, run: RunSettings):
        trainer = Trainer([run])
        self.network, self.start = trainer.network, trainer.params[0].copy()
        (self.x, self.t), count = trainer.train.of(trainer.alive), len(self.start)
        self.work = Pass(self.network, self.start[None].copy(), trainer.train.size)
        self.known = np.full(count, np.nan)
        box = np.full(count, max(BOX, float(np.abs(self.start).max())))
        self.problem = Problem(self.value, self.gradient, self.hessian, -box, box, PRICE)

    def _forward(self, x: np.ndarray) -> None:
        if not np.array_equal(x, self.known):
            np.copyto(self.known, x)
            np.copyto(self.work.params[0], x)
            self.work.forward(self.x)

    def value(self, x: np.ndarray) -> float:
        self._forward(x)
        return float(self.network.loss.values(self.work.outputs, self.t)[0])

    def gradient(self, x: np.ndarray) -> np.ndarray:
        self._forward(x)
        return self.work.backward(self.t)[0].copy()

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """(P, P) from differences of backpropagated gradients, two for each weight."""
        steps = HESSIAN_STEP * np.eye(len(x))
        work = Pass(self.network, np.vstack([x + steps, x - steps]), self.x.shape[-1])
        work.forward(self.x)
        up, down = np.split(work.backward(self.t), 2)
        H = (up - down) / (2 * HESSIAN_STEP)
        return (H + H.T) / 2
