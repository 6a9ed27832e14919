"""Double descent: with more features, answers to new samples first get worse, then better."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS, Dataset, load_dataset, stream
from core.settings import choice, number
from core.statistics import paired_logs
from core.studies.beyond.descent import tidy
from core.studies.contract import Quantity, Told
from core.studies.race import Growing, Repeated
from core.studies.rules import Rules

BELOW = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4, 7 / 8, 15 / 16)  # features over samples, below the peak
RATIOS = (*BELOW, 1.0, 17 / 16, 9 / 8, 5 / 4, 3 / 2, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
LEAST = 2.0  # features over samples that the largest model must have for a second descent to show
TEST = 500  # samples at most
MEASURES = ("train_error", "test_error", "wrong", "norm")  # squared errors, share of wrong answers (of classes only)
FEATURES = 103  # purpose of the stream that draws them
LOWER, AS_LOW, NO_PEAK = "it peaks, then falls to a new low", "it peaks, then falls back", "there is no peak"
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The data, and how large the models are."""

    dataset: str = choice("digits", DATASETS, "Data", "Classes are learnt as numbers 0 and 1, by squared error.")
    samples: int = number(100, 20, 200, "Training samples", "The peak is where features equal samples.", work=1)
    most: float = number(16.0, 0.25, 32, "Most features a sample", "In the largest model.", work=1)
    ridge: float = number(0.0, 0, 1, "Ridge penalty", "Times the squared length of the coefficients; 0: none.")
    seeds: int = number(10, 5, 40, "Seeds", "Each draws its own samples and features.", work=1)


@dataclass
class Result(Growing):
    """What was found so far, of models with so many features: each (seeds, MEASURES)."""

    samples: int = 0
    sizes: list[int] = field(default_factory=list)  # features of the models
    found: list[np.ndarray] = field(default_factory=list)

    def values(self, measure: str) -> np.ndarray:
        """One of MEASURES (models, seeds)."""
        return np.array(self.found)[..., MEASURES.index(measure)]

    def errors(self, size: int) -> np.ndarray:
        """Test errors (seeds,) of the models with so many features."""
        return self.values("test_error")[self.sizes.index(size)]

    @property
    def sweet_spot(self) -> int:
        """Features below the samples with the lowest median test error."""
        return min((each for each in self.sizes if each < self.samples), key=lambda s: float(np.median(self.errors(s))))

    @RULES.rule("descent", {"penalty": lambda s: not s.ridge, "small": lambda s: s.most >= LEAST})
    def _descent(self) -> Told:
        peak, sweet, largest = (self.errors(s) for s in (self.samples, self.sweet_spot, self.sizes[-1]))
        yield Quantity.factor("peak over the sweet spot", paired_logs(peak, sweet), "above", 1)
        yield Quantity.factor("peak over the largest", paired_logs(peak, largest), "above", 1)
        yield Quantity.factor("largest over the sweet spot", paired_logs(largest, sweet), "below", 1)
        yield {"features at the sweet spot": self.sweet_spot}


def sizes(samples: int, most: float) -> list[int]:
    """Features of the models, rising."""
    ratios = [each for each in RATIOS if each < most]
    return sorted({max(1, round(samples * each)) for each in [*ratios, most]})


def fit(features: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
    """Coefficients (N, k) of least squares from features (n, N); of all that fit equally well those of least length."""
    if ridge:
        return features.T @ np.linalg.solve(features @ features.T + ridge * np.eye(len(features)), targets)
    return np.linalg.lstsq(features, targets, rcond=None)[0]


def run(settings: Settings) -> Iterator[Result]:
    """Fit the models from the smallest to the largest, each on every seed."""
    result = Result(settings, "fitting")
    yield result
    drawn = []
    for seed in result.seeds:
        data = load_dataset(settings.dataset, settings.samples, TEST, seed=seed)
        result.samples = len(data.X_train)
        models = sizes(result.samples, settings.most)
        drawn.append((data, *_features(data, seed, models[-1])))
        yield result
    for place, size in enumerate(models):
        found = []
        for data, train, test in drawn:
            found.append(_fitted(data, train[:, :size], test[:, :size], settings.ridge))
            yield result
        result.sizes.append(size)
        result.found.append(np.array(found))
        result.progress = (place + 1) / len(models)
        yield result


def _features(data: Dataset, seed: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Random Fourier features √2 cos(v·x + b) of the training and the test samples (Rahimi & Recht 2007).

    v is normal with variance 1 / (number of inputs), b uniform. A smaller model has the first of these features.
    """
    rng = stream(seed, FEATURES)
    v, b = rng.standard_normal((data.features, most)) / np.sqrt(data.features), rng.uniform(0, 2 * np.pi, most)
    train, test = (np.sqrt(2) * np.cos(X @ v + b) for X in (data.X_train, data.X_test))
    return train, test


def _fitted(data: Dataset, train: np.ndarray, test: np.ndarray, ridge: float) -> tuple[float, float, float, float]:
    """MEASURES of one model."""
    t, s = (np.eye(data.outputs)[y] if data.task == "classes" else y[:, None] for y in (data.y_train, data.y_test))
    scale = 1 / np.sqrt(train.shape[1])
    coefficients = fit(scale * train, t, ridge)
    said = scale * test @ coefficients
    wrong = float((said.argmax(axis=1) != data.y_test).mean()) if data.task == "classes" else np.nan
    errors = [float(np.square(a - b).mean()) for a, b in ((scale * train @ coefficients, t), (said, s))]
    return errors[0], errors[1], wrong, float(np.linalg.norm(coefficients))


def table(result: Result) -> pd.DataFrame:
    """One row per model: features, errors and length of the coefficients, medians over seeds."""
    names = ("training error", "test error", "wrong answers", "length of coefficients")
    medians = pd.DataFrame(np.median(result.found, axis=1), columns=names)
    sizes = pd.DataFrame({"features": result.sizes, "over samples": np.array(result.sizes) / result.samples})
    return pd.concat([sizes, medians], axis=1)


def curves(result: Result) -> pd.DataFrame:
    """One row for each model and seed."""
    return tidy({"features": result.sizes, "seed": result.seeds}, **{name: result.values(name) for name in MEASURES})
