"""A race that measures the noise of the gradient on the way."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.gradients import gradient_noise
from core.studies.race import Race
from core.training import RunSettings


class NoisyRace(Race):
    """A race that measures the noise of one contestant's gradient, that of the reference, in every frame."""

    def __init__(self, runs: Mapping[str, Sequence[RunSettings]], reference: str):
        super().__init__(runs)
        self.reference, self.scales, self.weights = reference, list[float](), list[np.ndarray]()

    def on_frame(self, structure: object) -> None:
        if structure == self.places[self.reference][0]:
            self.weights += list(self.params(self.reference).astype(float))

    def measure(self) -> bool:
        """Measure the noise of the next weights; whether any are left."""
        if left := self.weights[len(self.scales) :]:
            runs = self.runs[self.reference]
            data = runs[len(self.scales) % len(runs)].data()
            found = gradient_noise(self.network(self.reference), left[0], data.X_train, data.y_train)
            self.scales.append(found.scale)
        return len(left) > 1

    @property
    def noise(self) -> np.ndarray:
        """Noise scales (frames, seeds) so far."""
        seeds = len(self.runs[self.reference])
        return np.array(self.scales[: len(self.scales) // seeds * seeds]).reshape(-1, seeds)
