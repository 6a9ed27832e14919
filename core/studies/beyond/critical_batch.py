"""Critical batch size: how noisy the samples' gradients are tells how large a batch still pays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.gradients import gradient_noise
from core.nn import ACTIVATIONS
from core.settings import choice, number
from core.statistics import paired_logs
from core.studies.contract import Quantity, Told
from core.studies.race import Race, RaceResult, Repeated, reaching, repeated, training, tuned
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.training import RunSettings

RATES = 0.02 * 2.0 ** np.arange(9)  # the same for every size
EPOCHS, MORE = 4, 60  # a size trains for so many passes over the data, and so many more updates
NEAR = (1 / 4, 4.0)  # factors between which noise scale and critical batch size agree
STEADY = (1 / 1.25, 1.25)  # factors between which samples to the target are the same
SCALED_BY = 4  # times the smallest batch, where the rate is multiplied too
FEWEST = 8  # times the smallest batch, that the largest must be
SAME, SMALLER, LARGER = "about what the noise predicts", "much smaller", "much larger"
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The network, and which batch sizes it is trained with."""

    dataset: str = choice(
        "digits",
        [name for name, each in DATASETS.items() if each.task == "classes"],
        "Data",
        "What the network learns.",
    )
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of every hidden unit.")
    samples: int = number(512, 64, 1024, "Training samples", "Limited by the size of the data set.", work=1)
    smallest: int = number(4, 1, 64, "Smallest batch", "Each next size is twice as large.")
    largest: int = number(512, 8, 2048, "Largest batch", "At most all training samples.", work=1)
    width: int = number(16, 2, 64, "Hidden units", "Of the one hidden layer.", work=1)
    target: float = number(0.3, 0.05, 1.5, "Target loss", "Updates are counted until the training loss is this low.")


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


@dataclass
class Result(RaceResult):
    """The state of the study. Contestants: "64" has its own tuned rate, "64 scaled" the smallest's, in proportion."""

    sizes: list[int] = field(default_factory=list)
    rows: int = 0
    race: NoisyRace = field(default_factory=lambda: NoisyRace({}, ""))

    def steps(self, size: int) -> int:
        """Updates that a batch size is given."""
        return MORE + EPOCHS * self.rows // size

    def updates(self, label: str) -> np.ndarray:
        """Updates to the target (seeds,); where it was not reached, twice as many as there were."""
        found = np.maximum(1, self.race.first_below(label, self.settings.target))
        return np.where(np.isfinite(found), found, 2.0 * self.race.runs[label][0].steps)

    def scaled(self, size: int) -> np.ndarray:
        """Updates to the target (seeds,) at the smallest batch's rate in proportion to the size."""
        return self.updates(f"{size} scaled" if size > self.sizes[0] else str(size))

    @property
    def predicted(self) -> np.ndarray:
        """Geometric mean (seeds,) of the noise scale on the way to the target."""
        noise = self.race.noise
        losses = self.race.values(self.race.reference, "train_loss")[: len(noise)]
        on_the_way = np.cumsum(losses <= self.settings.target, axis=0) <= 1
        return np.exp(np.nanmean(np.where(on_the_way, np.log(noise), np.nan), axis=0))

    def fitted(self) -> tuple[np.ndarray, np.ndarray]:
        """S_min and B_c (seeds,) of S(B) = S_min (1 + B_c / B), by least squares of relative errors."""
        updates = np.array([self.updates(str(size)) for size in self.sizes])
        columns = np.stack([1 / updates, 1 / (updates * np.array(self.sizes)[:, None])], axis=-1).swapaxes(0, 1)
        least, slope = (np.linalg.pinv(columns) @ np.ones(len(updates))).T
        return least, np.where(least > 0, slope / np.where(least > 0, least, 1), np.inf)

    def _score(self, race: Race, label: str) -> np.ndarray:
        """Updates to the target (runs,), or the loss while trials are shorter; infinite where one failed."""
        losses, updates = race.fallen(label), race.runs[label][0].steps
        if updates < self.steps(int(label)):
            return losses
        steps = race.first_below(label, self.settings.target)
        return np.where(np.isfinite(losses) & np.isfinite(steps), steps, 2 * updates + losses)

    @RULES.rule(
        "noise",
        {"samples": lambda s: s.largest <= s.samples, "range": lambda s: s.largest >= FEWEST * s.smallest},
    )
    def _noise(self) -> Told:
        noise, critical, first = self.predicted, self.fitted()[1], self.sizes[0]
        small, large = SCALED_BY * first, self.sizes[-1]
        below, above = (paired_logs(each * self.scaled(each) / first, self.scaled(first)) for each in (small, large))
        yield Quantity.factor("ratio", paired_logs(noise, critical), "between", NEAR)
        yield Quantity.factor("scaled, small batch", below, "between", STEADY)
        yield Quantity.factor("scaled, large batch", above, "above", STEADY[1])
        yield {"predicted": float(np.median(noise)), "measured": float(np.median(critical))}
        straight = "" if np.isfinite(critical).sum() > 1 else "The updates hardly bend: choose a larger largest batch."
        missing = self.race.easy(self.settings.target) or straight or unsettled(self.tuning)
        yield {"missing": missing, "small": str(small), "large": str(large)}
        yield {"side": SMALLER if np.median(critical) < np.median(noise) else LARGER}


def batch_sizes(settings: Settings, rows: int) -> list[int]:
    """From the smallest to the largest, each twice the one before; none but the smallest above the rows of the data."""
    most = max(settings.smallest, min(settings.largest, rows))
    return [each for k in range(12) if (each := settings.smallest * 2**k) <= most]


def run(settings: Settings) -> Iterator[Result]:
    """Tune a rate for each size, then race every size at its own rate and at the smallest's, scaled."""
    result = Result(settings, "tuning the learning rates")
    yield result
    given = {"train": settings.samples, "test": 50, "initializer": "kaiming", "dtype": "float32", "frames": 40}
    base = training(settings, (settings.width,), **given)
    result.rows = len(base.data().X_train)
    result.sizes = batch_sizes(settings, result.rows)
    runs = {str(size): base.replace(batch_size=size, steps=result.steps(size)) for size in result.sizes}
    chosen = yield from tuned(result, runs, RATES, 0.6, score=result._score)
    lowest = result.sizes[0]
    for size in result.sizes[1:]:
        lr = result.tuning[str(lowest)].best * size / lowest
        chosen[f"{size} scaled"] = runs[str(size)].replace(lr=lr)
    result.phase, seeds = "racing", (settings.seed, settings.seeds)
    raced = {label: repeated(run, *seeds) for label, run in chosen.items()}
    result.race = race = NoisyRace(raced, str(result.sizes[len(result.sizes) // 2]))
    for _ in race.advance(result, 0.99):
        race.measure()
        yield result
    while race.measure():
        yield result
    yield result.complete()


def table(result: Result) -> pd.DataFrame:
    """One row for each batch size: its tuned rate and the updates to the target, and those at the scaled rate."""
    return pd.DataFrame(
        {"batch size": size, "learning rate": result.tuning[str(size)].best}
        | reaching(result.race.first_below(str(size), result.settings.target), "updates")
        | {"updates at the scaled rate": float(np.median(result.scaled(size)))}
        for size in result.sizes
    )


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each contestant, seed and step."""
    return result.race.tidy()
