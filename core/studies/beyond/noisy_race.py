"""A race that measures the noise of the gradient on the way."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.gradients import gradient_noise
from core.studies.race import Race
from core.training import RunSettings


class NoisyRace(Race):
    """A race that measures the gradient noise of one contestant, the reference, at every frame.

    noise: scales, seeds within frames.
    """

    def __init__(self, runs: Mapping[str, Sequence[RunSettings]], reference: str):
        super().__init__(runs)
        self.reference, self.noise, self.weights = reference, list[float](), list[np.ndarray]()

    def on_frame(self, structure: object) -> None:
        if structure == self.places[self.reference][0]:
            self.weights += list(self.params(self.reference).astype(float))

    def measure(self) -> bool:
        """Measure the noise of the next weights; whether any are left."""
        place = len(self.noise)
        if place < len(self.weights):
            runs = self.runs[self.reference]
            data = runs[place % len(runs)].data()
            found = gradient_noise(self.network(self.reference), self.weights[place], data.X_train, data.y_train)
            self.noise.append(found.scale)
        return len(self.noise) < len(self.weights)
