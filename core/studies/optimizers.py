"""Which way down is fastest? Batch, stochastic and mini-batch gradient descent and the update rules, raced fairly."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS
from core.nn.decision_map import Plane
from core.optimizers import BATCH_RULES, OPTIMIZERS
from core.settings import choice, choices, number
from core.statistics import paired, share_of
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, all_met
from core.studies.race import RaceResult, RaceSettings, median, reaching, training, tune_and_race
from core.studies.timing import seconds_of
from core.training import RunSettings, Trainer

RATES = np.geomspace(1e-3, 10, 9)  # the same for every contestant
VARIANTS = {"batch": None, "stochastic": 1, "mini_batch": 32}  # plain gradient descent by batch size
CONTESTANTS = [*VARIANTS, *(rule for rule in BATCH_RULES if rule != "sgd")]
PATH_STEPS = 200
PATH_NOISE = 1.0  # standard deviation of one sample's gradient around the true one, relative to the true one's size


class Settings(RaceSettings):
    """The race: who runs, on what, how far, and at which learning rate."""

    dataset: str = choice("moons", DATASETS, "Data", "What the networks learn; every contestant gets the same split.")
    contestants: tuple[str, ...] = choices(
        ("batch", "stochastic", "mini_batch", "momentum", "rmsprop", "adam"),
        CONTESTANTS,
        "Contestants",
        "Batch, stochastic and mini-batch are plain gradient descent on all samples, one, or some; "
        "the rules after them use the mini-batch.",
    )
    layers: int = number(2, 1, 8, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(12, 1, 128, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of every hidden unit.")
    batch_size: int = number(
        32, 1, 512, "Mini-batch size", "Samples behind one gradient, for all except batch and stochastic."
    )
    budget: str = choice(
        "samples", ["samples", "steps", "seconds"], "Same budget of", "What every contestant gets the same amount of."
    )
    epochs: int = number(20, 1, 100, "Samples: epochs", "Passes over the data, when the budget is samples.", work=1)
    steps: int = number(300, 10, 5000, "Steps", "Updates, when the budget is steps.", work=1)
    seconds: float = number(0.1, 0.01, 2, "Seconds", "Computing time of one run, when the budget is seconds.", work=1)
    target: float = number(0.25, 0.01, 2, "Target loss", "Time until the training loss reaches this value.")
    landscape: str = choice("rosenbrock", LANDSCAPES, "Surface", "Where the paths are drawn, in two dimensions.")


@dataclass
class Contestant:
    """What was measured of one contestant besides its curves."""

    run: RunSettings
    microseconds: float  # one update of one run alone
    noise: float  # standard deviation of its gradient relative to the full gradient, at the first weights
    samples: int  # behind one update
    rows: int  # of the training set


@dataclass
class Result(RaceResult):
    """The race with the cost of its updates, the paths on the surface and the pictures of what was learnt."""

    contestants: dict[str, Contestant] = field(default_factory=dict)
    paths: dict[str, np.ndarray] = field(default_factory=dict)  # (T, 2)
    plane: Plane | None = None
    maps: dict[str, np.ndarray] = field(default_factory=dict)

    def spent(self, label: str) -> np.ndarray:
        """The budget used (T,) at the frames of a contestant: epochs, steps or milliseconds."""
        return self.race.steps(label) * self.price(label)

    def price(self, label: str) -> float:
        """The budget that one update uses."""
        each = self.contestants[label]
        return {"samples": each.samples / each.rows, "steps": 1.0, "seconds": each.microseconds / 1e3}[
            self.settings.budget
        ]


def run(settings: Settings) -> Iterator[Result]:
    """Measure costs, walk the surface, tune the rates, race."""
    result = Result(settings, "measuring the cost of an update")
    yield result
    for label in settings.contestants:
        result.contestants[label] = _measure(settings, label)
        yield result
    result.phase, result.progress = "walking the surface", 0.02
    for label in settings.contestants:
        result.paths[label] = walk(settings.landscape, label, settings.batch_size, settings.seed)
        yield result
    runs = {label: each.run for label, each in result.contestants.items()}
    result.plane = Plane(runs[settings.contestants[0]].data())
    labels = list(runs)
    for turn, _ in enumerate(tune_and_race(result, runs, RATES)):
        if result.race.started:
            for label in labels if not result.maps else [labels[turn % len(labels)]]:
                _draw_map(result, label)
        yield result
    for label in labels:
        _draw_map(result, label)
        yield result
    result.progress = 1.0
    yield result


def _plain_run(settings: Settings, label: str) -> RunSettings:
    rule = "sgd" if label in VARIANTS else label
    size = VARIANTS[label] if label in ("batch", "stochastic") else settings.batch_size
    return training(settings, (settings.width,) * settings.layers, optimizer=rule, batch_size=size)


def _measure(settings: Settings, label: str) -> Contestant:
    """Time some updates of one run alone, and take the spread of its gradient at the first weights."""
    run = _plain_run(settings, label)
    trainer, full = Trainer([run]), Trainer([run.replace(batch_size=None)])
    gradient = _gradient(full)
    batches = min(40, -(-trainer.train.size // trainer.batches.size))
    errors = [np.sum((_gradient(trainer) - gradient) ** 2) for _ in range(batches)]
    second = seconds_of(trainer.update, 0.02)
    noise = float(share_of(np.sqrt(np.mean(errors)), np.linalg.norm(gradient)))
    samples = trainer.batches.size
    steps = {
        "samples": -(-settings.epochs * trainer.train.size // samples),
        "steps": settings.steps,
        "seconds": max(1, round(settings.seconds / second)),
    }[settings.budget]
    return Contestant(run.replace(steps=steps), 1e6 * second, noise, samples, trainer.train.size)


def _gradient(trainer: Trainer) -> np.ndarray:
    (batch,) = trainer.next_batches()
    trainer.forward(batch)
    return batch.work.backward(batch.t)[0].copy()


def walk(landscape: str, label: str, batch_size: int, seed: int) -> np.ndarray:
    """The path (T, 2) of a rule down a surface, at the best of RATES: the one that ends lowest.

    A surface has no samples: to a contestant of small batches the gradient comes with a noise of its own size / √B.
    """
    surface, samples = LANDSCAPES[landscape], VARIANTS.get(label, batch_size) or np.inf
    rng = np.random.default_rng(seed)
    x = np.tile(np.asarray(surface.start, dtype=float), (len(RATES), 1))
    rule = OPTIMIZERS["sgd" if label in VARIANTS else label](lr=RATES)
    rule.init(x, shapes=[(1, 2)])
    path = [x.copy()]
    with np.errstate(all="ignore"):
        for _ in range(PATH_STEPS):
            g = surface.gradient(x)
            g += PATH_NOISE / np.sqrt(samples) * np.linalg.norm(g, axis=1, keepdims=True) * rng.standard_normal(2)
            rule.step(x, g)
            path.append(x.copy())
        ends = np.nan_to_num(surface.value(x), nan=np.inf)
    return np.array(path)[:, ends.argmin()]


def _draw_map(result: Result, label: str) -> None:
    assert result.plane is not None
    result.maps[label] = result.plane.outputs(result.race.network(label), result.race.params(label)[0])


def to_target(result: Result, label: str) -> np.ndarray:
    """Budget (seeds,) that a contestant used up to the target loss; infinite where it never got there."""
    return result.race.first_below(label, result.settings.target) * result.price(label)


def table(result: Result) -> pd.DataFrame:
    """One row a contestant: cost, noise, time to the target, final loss and score."""
    rows = []
    for label, each in result.contestants.items():
        steps = result.race.first_below(label, result.settings.target)
        rows.append(
            {
                "contestant": label,
                "learning rate": result.race.runs[label][0].lr,
                "at the edge of the rates tried": result.tuning[label].at_edge if result.tuning else None,
                "µs per update": round(each.microseconds, 1),
                "µs per sample": round(each.microseconds / each.samples, 3),
                "updates per epoch": -(-each.rows // each.samples),
                "gradient noise / gradient": round(each.noise, 3),
            }
            | reaching(steps, "steps")
            | {
                "epochs to target": _median(steps * each.samples / each.rows),
                "ms to target": _median(steps * each.microseconds / 1e3),
            }
            | result.race.ends(label)
        )
    return pd.DataFrame(rows)


def _median(values: np.ndarray) -> float | None:
    middle = median(values)
    return None if middle is None else round(middle, 3)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each contestant, seed and step."""
    return result.race.tidy()


def _faster(evidence: Evidence) -> Outcome:
    if evidence["epochs"].met:
        return HOLDS if evidence["updates"].met else CAVEATS
    return FAILS if evidence["epochs"].missed else UNDECIDED


VARIANTS_WORK = Rule(
    18,
    "each of the three brings the training loss down, the interval of end minus start below zero: holds; otherwise "
    "does not hold",
    all_met,
    {
        HOLDS: "All three brought the training loss down: batch {batch:signed}, stochastic {stochastic:signed}, "
        "mini-batch {mini-batch:signed}.",
        FAILS: "Not all three detectably brought the training loss down: batch {batch:signed}, stochastic "
        "{stochastic:signed}, mini-batch {mini-batch:signed}.",
    },
)
SMALLER_IS_FASTER = Rule(
    19,
    "mini-batch minus batch to the target, seed by seed, a run that never reaches the target counted at the end of its "
    "budget: fewer epochs and fewer updates: holds; fewer epochs only: holds with caveats; more epochs: does not hold; "
    "otherwise, or if no mini-batch run reaches the target: not decided",
    _faster,
    {
        HOLDS: "To the target mini-batch took fewer epochs than batch ({epochs:signed}) and fewer updates "
        "({updates:signed}).",
        CAVEATS: "To the target mini-batch took fewer epochs than batch ({epochs:signed}), but not detectably fewer "
        "updates ({updates:signed}).",
        FAILS: "To the target mini-batch took more epochs than batch ({epochs:signed}).",
        UNDECIDED: "To the target mini-batch and batch took numbers of epochs that cannot be told apart "
        "({epochs:signed}).",
    },
)
SMALLER_COSTS_MORE = Rule(
    20,
    "an update on one sample takes longer than an update on all of them: holds; not longer: does not hold",
    all_met,
    {
        HOLDS: "An update on one sample took longer than one on all {samples}: {alone} against {all together}.",
        FAILS: "An update on one sample took {alone}, one on all {samples} took {all together}; per sample, "
        "{alone} against {per sample together}.",
    },
)
BEST = Rule(
    0,
    "final training loss of the lowest contestant minus that of the second, paired, below zero: holds; otherwise not "
    "decided",
    lambda evidence: HOLDS if evidence["lead"].met else UNDECIDED,
    {
        HOLDS: "{first} ended with a lower training loss than {second}: {lead:signed}.",
        UNDECIDED: "The two lowest, {first} and {second}, cannot be told apart in training loss: {lead:signed}.",
    },
    question="{first} ends lower than {second}",
    source="Choi et al. 2019, on comparing optimizers only when each is tuned",
)
BEST_KIND = Rule(
    0,
    "batch, stochastic, mini-batch and all other rules are four kinds; final training loss of the lowest contestant "
    "minus that of the lowest of another kind, paired, below zero: holds; otherwise not decided",
    BEST.decide,
    {
        HOLDS: "{first} ended with a lower training loss than {second}, the lowest of another kind: {lead:signed}.",
        UNDECIDED: "{first} and {second}, the lowest of another kind, cannot be told apart in training loss: "
        "{lead:signed}.",
    },
    question="{kind} ends with the lowest training loss",
    source=BEST.source,
    answers={HOLDS: "{kind}"},
    key="best kind",
)
RULES = (VARIANTS_WORK, SMALLER_IS_FASTER, SMALLER_COSTS_MORE, BEST, BEST_KIND)


def findings(result: Result) -> list[Finding]:
    """Claims 18, 19 and 20, whether the best two differ at all, and which kind of descent ends lowest."""
    first, *others = result.best()
    rivals = [label for label in others if kind(label) != kind(first)]
    best = _leads(BEST, result, others, "It takes two contestants to compare them.")
    best_kind = _leads(BEST_KIND, result, rivals, "It takes contestants of two kinds to compare them.")
    return [_variants(result), _smaller_is_faster(result), _costs_more(result), best, best_kind]


def _variants(result: Result) -> Finding:
    if not VARIANTS.keys() <= result.contestants.keys():
        return VARIANTS_WORK.find(missing="It takes batch, stochastic and mini-batch to compare all three.")
    losses = {v: (result.race.final(v, "train_loss"), result.race.values(v, "train_loss")[0]) for v in VARIANTS}
    return VARIANTS_WORK.find(*(Quantity.of(kind(v), paired(*each), "", "below", 0) for v, each in losses.items()))


def _smaller_is_faster(result: Result) -> Finding:
    if not {"batch", "mini_batch"} <= result.contestants.keys():
        return SMALLER_IS_FASTER.find(missing="It takes batch and mini-batch to compare them.")
    steps, epochs, reached = {}, {}, {}
    for label in ("batch", "mini_batch"):
        each, first = result.contestants[label], result.race.first_below(label, result.settings.target)
        steps[label] = np.minimum(first, each.run.steps)
        epochs[label] = steps[label] * each.samples / each.rows
        reached[label] = int(np.isfinite(first).sum())
    return SMALLER_IS_FASTER.find(
        Quantity.of("epochs", paired(epochs["mini_batch"], epochs["batch"]), "", "below", 0),
        Quantity.of("updates", paired(steps["mini_batch"], steps["batch"]), "", "below", 0),
        Quantity.of("mini-batch at the target", reached["mini_batch"], "seeds"),
        Quantity.of("batch at the target", reached["batch"], "seeds"),
        missing="" if reached["mini_batch"] else "It takes a target that mini-batch reaches to compare it with batch.",
    )


def _costs_more(result: Result) -> Finding:
    if not {"batch", "stochastic"} <= result.contestants.keys():
        return SMALLER_COSTS_MORE.find(missing="It takes batch and stochastic to compare them.")
    one, whole = result.contestants["stochastic"], result.contestants["batch"]
    return SMALLER_COSTS_MORE.find(
        Quantity.of("one sample over all", one.microseconds / whole.microseconds, "times", "above", 1),
        Quantity.of("alone", one.microseconds, "µs"),
        Quantity.of("all together", whole.microseconds, "µs"),
        Quantity.of("per sample together", whole.microseconds / whole.samples, "µs"),
        samples=f"{whole.samples:,}",
    )


def kind(label: str) -> str:
    """Which of the four kinds a contestant is: a way to batch plain descent, or one of the other rules."""
    return label.replace("_", "-") if label in VARIANTS else "one of the other rules"


def _leads(rule: Rule, result: Result, others: list[str], missing: str) -> Finding:
    """The contestant of lowest final training loss against the first of these others."""
    first, second = result.best()[0], [*others, "another"][0]
    words = {"first": first.replace("_", "-"), "second": second.replace("_", "-"), "kind": kind(first)}
    if not others:
        return rule.find(missing=missing, **words)
    final = result.race.final
    loss, score = (paired(final(first, measure), final(second, measure)) for measure in ("train_loss", "test_score"))
    return rule.find(Quantity.of("lead", loss, "", "below", 0), Quantity.of("lead in test score", score), **words)
