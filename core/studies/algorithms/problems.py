"""Where algorithms search: a surface with its lowest points, and a network's training loss over its weights."""

import math

import numpy as np

from core.minimizers import Problem
from core.minimizers.base import Reason, Stop
from core.minimizers.landscapes import Landscape
from core.nn.network import Pass
from core.training import RunSettings, Trainer

BOX = 3.0  # methods that look everywhere look for weights from -BOX to BOX
HESSIAN_STEP = 1e-5


class Surface:
    """A surface on which a search ends as soon as it comes within reach of a lowest point."""

    def __init__(self, landscape: Landscape, reach: float):
        self.landscape, self.reach = landscape, reach
        self.low, self.high = np.array(landscape.bounds, dtype=float).T
        self.size, self.minima, self.found = (self.high - self.low).tolist(), landscape.minima, np.empty(0)
        self.problem = Problem(self.value, landscape.gradient, landscape.hessian, self.low, self.high)

    def near(self, x: np.ndarray) -> bool:
        """Whether x (2,) lies within reach of a lowest point, in widths of the map; plain numbers are fastest here."""
        (a, b), (width, height) = x.tolist(), self.size
        return any(math.hypot((a - p) / width, (b - q) / height) <= self.reach for p, q in self.minima)

    def value(self, x: np.ndarray) -> float:
        if self.near(x):
            self.found = np.array(x)
            raise Stop(Reason.CONVERGED)
        return float(self.landscape.value(x))

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """A random point of the map that is not within reach already."""
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
        self.problem = Problem(self.value, self.gradient, self.hessian, -box, box)

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
