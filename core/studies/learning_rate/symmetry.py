"""Why initial weights are random: networks that start from equal weights, observed during training."""

import numpy as np

from core.studies.race import Race
from core.training import RunSettings

NUDGE = 0.01  # standard deviation of the perturbation added to equal weights of 0.1


class Symmetry(Race):
    """Equal initial weights, perturbed equal weights, and random ones, with the rank of the first layer in every frame.

    A perturbation leads away from a ridge that only symmetry holds, but back into a minimum.
    """

    def __init__(self, runs: dict[str, list[RunSettings]]):
        super().__init__(runs)
        self.looks: dict[str, list[np.ndarray]] = {label: [] for label in runs}

    def on_frame(self, structure: object) -> None:
        """Record the rank of the first layer, 1 if all units are identical; in the first frame, perturb."""
        for label, (own, columns) in self.places.items():
            if own == structure:
                W, b = self.network(label).unpack(self.params(label))[0]
                if label == "nudged" and not self.looks[label]:
                    params = self.trainers[structure].params
                    for column, run in zip(columns, self.runs[label], strict=True):
                        params[column] += NUDGE * np.random.default_rng(run.seed).standard_normal(params.shape[1])
                self.looks[label].append(np.linalg.matrix_rank(np.dstack([W, b]), rtol=1e-8))

    def ranks(self, label: str) -> np.ndarray:
        """Ranks (T, seeds) of the frames so far."""
        return np.array(self.looks[label])
