"""How deep can a network be and still learn? Depth against convergence, by initializer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.data.wording import counted
from core.gradients import NetworkLoss
from core.nn import ACTIVATIONS, INITIALIZERS
from core.nn.probes import LayerStatistics, first_over_last, layer_statistics
from core.optimizers import BATCH_RULES
from core.settings import choice, choices, number, numbers
from core.statistics import interval, paired, paired_logs
from core.studies.contract import AS_MANY, Quantity, Told
from core.studies.race import RaceResult, RaceSettings, reaching, short, times_as_many, training, tune_and_race
from core.studies.race import curves as curves
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed
from core.training import RunSettings, Trainer

RATES = np.geomspace(3e-3, 0.3, 5)  # shared by all depths and initializers
PROBED = 128  # training samples for the statistics of the layers
DEEP, SHALLOW = "two layers", "one layer"
MATCHED: dict[str, tuple[dict[str, tuple[int, ...]], int]] = {  # by task: layers of about as many parameters, updates
    "spirals": ({DEEP: (14, 14), SHALLOW: (60,)}, 300),  # 282 and 302 parameters
    "digits": ({DEEP: (14, 14), SHALLOW: (17,)}, 150),  # 1,270 and 1,285
}
MATCHED_RATES, MATCHED_SEEDS = np.geomspace(1e-3, 0.1, 5), 20
KEPT = (0.01, 100.0)  # limits of first over last delta within which the error signal counts as kept
NOTHING = -750.0  # the logarithm taken for a delta of exactly 0: of it the exponential is 0
LITTLE = 0.01  # share of the initial loss that counts as nothing
AGREES = 1e-9  # relative to the gradient's length: rounding error allowed between two ways to the same slope
FAINT = 1e-6  # of a shorter gradient the rounding of the mean over samples shows: errors are relative to this length
RULES = Rules(__name__)
findings = RULES.findings


class Settings(RaceSettings):
    """The depths, the initializers and the training."""

    dataset: str = choice("digits", DATASETS, "Data", "Data the networks train on.")
    depths: tuple[int, ...] = numbers((1, 10, 30), 1, 30, "Depths", "Numbers of hidden layers to compare.")
    initializers: tuple[str, ...] = choices(("kaiming", "xavier"), INITIALIZERS, "Initializers", "Draw the weights.")
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    width: int = number(24, 2, 128, "Units per layer", "Width of each hidden layer.", work=1)
    samples: int = number(500, 20, 2000, "Training samples", "Limited by the size of the data set.", work=1)
    optimizer: str = choice("momentum", BATCH_RULES, "Update rule", "Used for all networks.")
    batch_size: int = number(64, 1, 512, "Batch size", "Samples used for each gradient.")
    steps: int = number(120, 10, 3000, "Steps", "Number of updates for each network.", work=1)
    target: float = number(1.0, 0.01, 2.5, "Target loss", "Training loss up to which steps are counted.")


@dataclass
class Result(RaceResult):
    """The race of depths, and statistics of the layers before it; a contestant is a depth with an initializer."""

    contestants: dict[str, tuple[int, str]] = field(default_factory=dict)
    layers: dict[str, LayerStatistics] = field(default_factory=dict)  # (seeds, layers), at the initial weights
    errors: dict[str, np.ndarray] = field(default_factory=dict)  # (seeds,), of the gradient at the initial weights
    matched: dict[str, RaceResult] = field(default_factory=dict)  # by task: about one layer against two of equal size

    def deepest(self, initializer: str) -> str:
        """The contestant of greatest depth."""
        return name(max(self.settings.depths), initializer)

    @RULES.rule("any_depth")
    def _any_depth(self) -> Told:
        errors = {label: float(each.max()) for label, each in self.errors.items()}
        smallest = min(float(layers.weight_gradients.min()) for layers in self.layers.values())
        worst = max(errors, key=lambda label: errors[label])
        yield Quantity.of("largest error", errors[worst], "of the gradient's length", "at most", AGREES)
        yield {"faintest gradient": smallest, "deepest": worst}

    @RULES.rule("deeper")
    def _deeper(self) -> Told:
        def both(pair: RaceResult, measure: str) -> list[np.ndarray]:
            return [pair.race.judged(each, measure) for each in (DEEP, SHALLOW)]

        matched = self.matched.items()
        yield from (Quantity.factor(task, paired_logs(*both(pair, "test_loss")), "below", 1) for task, pair in matched)
        yield {f"gain in test score on {task}": paired(*both(pair, "test_score")) for task, pair in matched}
        tuning = {f"{label} on {task}": each for task, pair in matched for label, each in pair.tuning.items()}
        yield {"missing": unsettled(tuning)}

    @RULES.rule("vanishing", lambda s: s.activation in ("relu", "tanh") and max(s.depths) >= 10)
    def _vanishing(self) -> Told:
        said = []
        for initializer in self.settings.initializers:
            ratios = ratio(self.layers[self.deepest(initializer)])
            logs = np.log(ratios, out=np.full(len(ratios), NOTHING), where=ratios > 0)
            yield (kept := Quantity.factor(initializer, interval(logs), "between", KEPT))
            lost = f"exactly 0 on {np.sum(ratios == 0)} of {len(ratios)} seeds"
            said.append(f"{initializer} {kept if ratios.all() else lost}")
        yield {"ratios": listed(said)}
        yield {"activation": self.settings.activation, "depth": str(max(self.settings.depths))}

    @RULES.rule("rate", lambda s: len(s.depths) > 1)
    def _rate(self) -> Told:
        settings, (shallow, *_, deep) = self.settings, sorted(self.settings.depths)
        labels = [name(depth, settings.initializers[0]) for depth in (deep, shallow)]
        reached = [self.race.first_below(label, settings.target) for label in labels]
        steps = times_as_many(reached[0], reached[1], settings.steps)
        there = [int(np.isfinite(each).sum()) for each in reached]
        never = (
            f"On fewer than two seeds a network reached a training loss of {settings.target:g}: choose a higher target."
        )
        yield Quantity.factor("updates", steps, "between", AS_MANY)
        yield from (Quantity.of(f"{label} at the target", n, "seeds") for label, n in zip(labels, there, strict=True))
        yield {"missing": self.race.easy(settings.target, *labels) if steps.pairs > 1 else never}
        yield {"deep": str(deep), "shallow": str(shallow), "short": short(2 * settings.seeds, sum(there))}

    @RULES.rule("initializer", lambda s: len(s.initializers) > 1)
    def _initializer(self) -> Told:
        depth, settings = max(self.settings.depths), self.settings
        best, *_, last = sorted(settings.initializers, key=lambda each: self.tuning[name(depth, each)].loss)
        falls = {initializer: fall(self, name(depth, initializer)) for initializer in (best, last)}
        yield Quantity.of("better over worse", paired(falls[best], falls[last]), "", "above", 0)
        yield Quantity.of("share removed, better", interval(falls[best]), "share", "above", LITTLE)
        yield Quantity.of("share removed, worse", interval(falls[last]), "share", "below", LITTLE)
        yield {"best": best, "last": last, "depth": counted(depth, "layer"), "activation": settings.activation}
        yield {"optimizer": settings.optimizer}


def name(depth: int, initializer: str) -> str:
    """Label of a contestant: 'kaiming 30'."""
    return f"{initializer} {depth}"


def run(settings: Settings) -> Iterator[Result]:
    """Measure every layer before training, tune the rates, race."""
    result = Result(settings, "computing δ in every layer")
    result.contestants = {name(d, init): (d, init) for init in settings.initializers for d in settings.depths}
    yield result
    runs = {}
    for label, (depth, initializer) in result.contestants.items():
        given = {"train": settings.samples, "test": 300, "initializer": initializer, "frames": 25}
        runs[label] = training(settings, (settings.width,) * depth, **given)
    for label, each in sorted(runs.items(), key=lambda run: -len(run[1].hidden)):  # the deepest ones are drawn first
        result.layers[label], result.errors[label] = _look(each, settings)
        result.progress = 0.03 * len(result.layers) / len(runs)
        yield result
    yield from tune_and_race(result, runs, RATES)
    result.phase = "one layer against two of equal size"
    same = RunSettings(activation="relu", initializer="kaiming", optimizer="adam", frames=4, dtype="float32")
    for task, (shapes, steps) in MATCHED.items():
        pair = result.matched[task] = RaceResult(RaceSettings(seeds=MATCHED_SEEDS, seed=settings.seed))
        sized = {label: same.replace(dataset=task, steps=steps, hidden=shape) for label, shape in shapes.items()}
        for _ in tune_and_race(pair, sized, MATCHED_RATES):
            yield result
    yield result.complete()


def _look(run: RunSettings, settings: Settings) -> tuple[LayerStatistics, np.ndarray]:
    """Statistics of every layer at each seed's initial weights, on some training samples, and the gradient's error.

    The error (seeds,) compares the slope along a random unit direction with forward mode, which has no backward pass,
    relative to the gradient's length, but at least FAINT.
    """
    trainer, data = Trainer([run.replace(seed=settings.seed + k) for k in range(settings.seeds)]), run.data()
    problem = NetworkLoss(trainer.network, data.X_train[:PROBED], data.y_train[:PROBED])
    rng, errors = np.random.default_rng(settings.seed), []
    for params in trainer.params:
        direction = rng.standard_normal(params.size)
        direction /= np.linalg.norm(direction)
        gradient = problem.gradient(params)
        error = abs(problem.slope(params, direction[None])[0] - gradient @ direction)
        errors.append(error / max(FAINT, float(np.linalg.norm(gradient))))
    x, t = trainer.train.of(trainer.alive)
    return layer_statistics(trainer.network, trainer.params, x[..., :PROBED], t[..., :PROBED]), np.array(errors)


def ratio(layers: LayerStatistics) -> np.ndarray:
    """Delta of the first layer divided by that of the last hidden one, (seeds,): far below 1 means it vanishes."""
    return first_over_last(layers.deltas[:, :-1])


def fall(result: Result, label: str) -> np.ndarray:
    """Share of the initial loss that training removed, (seeds,); 0 where the loss rose."""
    left = result.race.judged(label, "train_loss") / result.race.values(label, "train_loss")[0]
    return 1 - np.minimum(1, left)


def table(result: Result) -> pd.DataFrame:
    """One row per contestant: depth, initializer, layer statistics, training results."""
    return pd.DataFrame(
        {
            "hidden layers": depth,
            "initializer": initializer,
            "learning rate": result.race.runs[label][0].lr,
            "first / last delta at the start": float(np.median(ratio(result.layers[label]))),
        }
        | reaching(result.race.first_below(label, result.settings.target), "steps")
        | result.race.ends(label)
        for label, (depth, initializer) in result.contestants.items()
    )
