"""A race that measures the noise of the gradient on the way."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.gradients import gradient_noise
from core.studies.race import Race
from core.training import RunSettings


class NoisyRace(Race):
    """A race that measures the gradient noise of one contestant, the reference, at every frame."""

    def __init__(self, runs: Mapping[str, Sequence[RunSettings]], reference: str):
        super().__init__(runs)
        self.reference, self.noise = reference, list[np.ndarray]()  # scales (seeds,)

    def on_frame(self, structure: object) -> None:
        if structure == self.places[self.reference][0]:
            network, tables = self.network(self.reference), [run.data() for run in self.runs[self.reference]]
            weights = zip(self.params(self.reference).astype(float), tables, strict=True)
            found = [gradient_noise(network, each, data.X_train, data.y_train).scale for each, data in weights]
            self.noise.append(np.array(found))
