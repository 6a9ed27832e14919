"""How large should a step be? Learning rates from far too small to far too large, their limit, and schedules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.gradients import NetworkLoss, extreme_curvature
from core.nn import ACTIVATIONS
from core.optimizers import BATCH_RULES, SCHEDULES
from core.settings import choice, choices, number
from core.statistics import Share, holm, interval, paired_logs
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Quantity, Told
from core.studies.learning_rate.quadratic import Bowl, optimum
from core.studies.race import Race, RaceResult, Repeated, logs, reaching, repeated, training, tuned
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed, percent
from core.studies.wording import number as written
from core.training import History, RunSettings, Trainer

PER_DECADE = 2
NUDGE = 0.01  # standard deviation of the perturbation added to equal weights of 0.1
TRIALS = 60  # runs of XOR with the schedule, and as many at a constant rate and from equal weights
EQUAL, XORS = "equal weights", "XOR with 2 units"
FALLING = [name for name in SCHEDULES if name != "constant"]
FOUR = ("step", "exponential", "cosine_annealing", "one_cycle")  # compared unless others are chosen
FREE = 0.1  # training loss below which a network is not stuck: with one corner wrong it stays above 0.2
GROUP = 5  # runs whose mean loss counts as one in tuning: a single run is stuck or free by its initial weights
XOR = RunSettings(
    dataset="xor", noise=0, train=40, test=40, hidden=(2,), activation="relu", batch_size=8, steps=300, frames=4
)
XOR_RATES = np.geomspace(10**-1.5, 10**1.5, 7)
METHOD_NAMES = {"batch": "gradient descent", "momentum": "heavy ball", "nesterov": "Nesterov"}
TOLERANCE = 0.1  # tolerance between measured contraction and theory, in digits per step: a double root converges slowly
LITTLE = 0.02  # difference of a test score that counts as none
NARROW, WIDE = 0.5, 2.5  # powers of ten between the smallest and the largest working rate: factors of 3 and 300
FAR = 2  # powers of ten above and below the best rate that count as far off
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The network, the range of rates, the quadratic bowl and the schedules."""

    dataset: str = choice("moons", DATASETS, "Data", "Training data, at most 300 samples.")
    optimizer: str = choice("sgd", BATCH_RULES, "Update rule", "Used by every network.")
    layers: int = number(2, 1, 4, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(8, 2, 32, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    batch_size: int = number(32, 1, 128, "Batch size", "Samples used for each gradient.")
    steps: int = number(300, 20, 3000, "Steps", "Number of updates for each network.", work=1)
    target: float = number(0.3, 0.01, 3, "Target loss", "Training loss up to which updates are counted.")
    lowest: float = number(1e-4, 1e-6, 0.1, "Smallest rate", "The sweep starts here.", log=True)
    decades: int = number(6, 2, 8, "Decades", "Range of the sweep, in factors of 10, with two rates each.")
    condition: float = number(30.0, 2, 1000, "Bowl: condition number", "Steepest over flattest curvature.", log=True)
    margin: float = number(0.02, 0.005, 0.5, "Bowl: margin", "Distance of the two rates from 2/L.", step=0.005)
    schedules: tuple[str, ...] = choices(FOUR, FALLING, "Schedules", "Compared with a constant rate.")
    seeds: int = number(10, 5, 40, "Seeds", "Paired repetitions, with the same data for every contestant.", work=1)

    @property
    def compared(self) -> tuple[str, ...]:
        """The constant rate and every schedule."""
        return ("constant", *self.schedules)


class Rising:
    """A range test: one run per seed with a rate that grows at every update over the whole range (Smith 2017)."""

    def __init__(self, runs: list[RunSettings], rates: np.ndarray):
        """rates (steps,): the rate of each update."""
        self.runs, self.rates, self.history = runs, rates, History()

    def work(self) -> Iterator[None]:
        """Train to the end; yields wherever it may pause."""
        trainer = Trainer(self.runs)
        for frame in trainer.work():
            trainer.rule.lr = float(self.rates[min(trainer.step, len(self.rates) - 1)])
            if frame is not None:
                self.history.append(frame)
            yield

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """The rate of the last update before each frame (T,), and the training losses there (T, seeds)."""
        return self.rates[np.maximum(self.history.step - 1, 0)], self.history.train_loss

    def turning(self) -> float:
        """The rate at which the median loss is lowest."""
        rates, losses = self.curve()
        return float(rates[np.median(np.nan_to_num(losses, nan=np.inf), axis=1).argmin()])


class Symmetry(Race):
    """Equal initial weights, perturbed equal weights, and random ones, with the "rank" of the first layer.

    It is 1 if all units are identical. A perturbation, after the first frame, leads away from a ridge that only
    symmetry holds, but back into a minimum.
    """

    def on_frame(self, structure: object) -> dict[str, np.ndarray]:
        trainer = self.trainers[structure]
        W, b = trainer.network.unpack(trainer.best_params)[0]
        rank = np.linalg.matrix_rank(np.dstack([W, b]), rtol=1e-8)
        own, columns = self.places.get("nudged", (None, []))
        if own == structure and not self.more[structure]:
            for column, run in zip(columns, self.runs["nudged"], strict=True):
                noise = np.random.default_rng(run.seed).standard_normal(trainer.params.shape[1])
                trainer.params[column] += NUDGE * noise
        return {"rank": rank}


class Freed(RaceResult):
    """Random weights at a constant rate, random weights with the schedule of lowest tuning loss, and equal weights.

    The first two each have their own tuned rate; equal weights use that of random ones at a constant rate.
    """

    @property
    def schedule(self) -> str:
        """The compared schedule."""
        return next(name for name in self.race.runs if name not in ("constant", EQUAL))

    def share(self, label: str) -> Share:
        """Runs that did not get stuck."""
        return Share.of(self.race.final(label, "train_loss") < FREE)


def _narrow(evidence: Evidence) -> Outcome:
    found = evidence["range"]
    if found.low > WIDE:
        return FAILS
    if not evidence["cut off"].met:
        return UNDECIDED
    return HOLDS if found.met else CAVEATS if found.low > NARROW and found.high <= WIDE else UNDECIDED


@dataclass
class Result(RaceResult):
    """The state of the study; a contestant of its race is a rate of the sweep.

    Its tuning covers random and equal initial weights, on seeds not used in the race.
    """

    bowl: Bowl = field(default_factory=lambda: Bowl(2, 0.5, 0, 1))
    rates: np.ndarray = field(default_factory=lambda: np.empty(0))  # (K,), of the sweep
    rising: Rising | None = None
    symmetry: Symmetry = field(default_factory=lambda: Symmetry({}))
    base_rate: float = 0.0  # the same for all schedules
    edges: list[float] = field(default_factory=list)  # 2/S (seeds,) of the network's loss at its first weights
    schedules: Race = field(default_factory=lambda: Race({}))  # all from the same base rate
    freed: Freed = field(default_factory=lambda: Freed(None))

    def final(self, name: str) -> np.ndarray:
        """A measure at the end of the sweep, (K, seeds)."""
        return np.array([self.race.final(label, name) for label in self.race.runs])

    def worse(self) -> np.ndarray:
        """Which runs of the sweep diverged or ended no better than they started: (K, seeds)."""
        start = np.array([self.race.values(label, "train_loss")[0] for label in self.race.runs])
        return self.final("train_loss") >= start

    def steps_to_target(self) -> np.ndarray:
        """Updates to the target loss (K, seeds), infinite where it was not reached."""
        return np.array([self.race.first_below(label, self.settings.target) for label in self.race.runs])

    def _no_target(self) -> str:
        """Why the target tells no rates apart; empty if it does."""
        if not np.isfinite(self.steps_to_target()).any():
            return "Choose a target loss that some rate of the sweep reaches."
        return self.race.easy(self.settings.target)

    def nearest(self, rate: float) -> int:
        """Index of the sweep's rate nearest to this one."""
        return int(np.abs(np.log(self.rates / rate)).argmin())

    def best(self) -> int:
        """Index of the tuned rate, or of the one nearest to it."""
        return self.nearest(self.tuning["random weights"].best)

    def _schedules(self, best: RunSettings) -> Iterator[Self]:
        """Every schedule from one large rate, where noise limits training; the best one where networks get stuck."""
        settings = self.settings
        calm = np.flatnonzero(self.worse().mean(axis=1) < 0.5)  # at the largest the loss is noisy but falls
        self.base_rate = float(self.rates[calm[-1]]) if len(calm) else best.lr
        runs = {name: best.replace(schedule=name, lr=self.base_rate) for name in settings.compared}
        self.schedules = Race.over(runs, settings)
        self.phase = "comparing schedules"
        yield from self.schedules.advance(self, 0.75)
        self.phase = "training networks that get stuck"
        for _ in _free(self.freed, settings.schedules):
            self.progress = 0.75 + 0.25 * self.freed.progress
            yield self

    @RULES.rule("descends")
    def _descends(self) -> Told:
        under, over = (self.bowl.edge[side].heights for side in ("under", "over"))
        down, up = np.diff(under, axis=0) < 0, np.diff(over[len(over) // 2 :], axis=0) > 0
        yield Quantity.of("steps not down", (~down).sum(), "steps", "at most", 0)
        yield Quantity.of("steps not up", (~up).sum(), "steps", "at most", 0)
        yield Quantity.of("lowest end", over[-1].min(), "times the start", "above", 1)
        yield Quantity.of("highest end", over[-1].max(), "times the start")
        yield Quantity.of("median end under the edge", np.median(under[-1]), "times the start")
        yield {"margin": percent(self.bowl.margin)}

    @RULES.rule("mitigates")
    def _mitigates(self) -> Told:
        freed, symmetry = self.freed, self.symmetry
        names = {EQUAL: "from equal weights", "constant": "from random weights", freed.schedule: "with a schedule"}
        equal, random, scheduled = (freed.share(label) for label in names)
        nudged = paired_logs(floor(symmetry, "nudged"), floor(symmetry, "constant"))
        yield Quantity.of("gain by random weights", random.minus(equal), "share", "above", 0)
        yield Quantity.of("gain by a schedule", scheduled.minus(random), "share", "above", 0)
        yield from (Quantity.of(name, freed.share(label).successes) for label, name in names.items())
        yield Quantity.factor("loss on the data, nudged over equal weights", nudged)
        yield {"rank of the first layer from equal weights": symmetry.values("constant", "rank").max()}
        yield {"missing": unsettled({label: freed.tuning[label] for label in ("constant", freed.schedule)})}
        yield {"schedule": freed.schedule.replace("_", " "), "trials": str(TRIALS)}

    def _around(self, powers: int) -> tuple[dict[str, int], str]:
        """Indices in the sweep of the best rate and of those `powers` decades from it; or why there are none."""
        best = self.best()
        places = {"best": best, "low": best - powers * PER_DECADE, "high": best + powers * PER_DECADE}
        if places["low"] < 0 or places["high"] >= len(self.rates):
            return {}, f"Choose a sweep that reaches {10**powers} times below and above its best rate."
        return places, unsettled({"random weights": self.tuning["random weights"]})

    @RULES.rule("accuracy")
    def _accuracy(self) -> Told:
        places, missing = self._around(1)
        scores = {name: self.final("test_score")[place] for name, place in places.items()}
        leads = {"over a tenth": "low", "over ten times": "high"} if places else {}
        found = holm({name: scores["best"] - scores[other] for name, other in leads.items()})
        yield from (Quantity.of(name, lead, "", "between", (-LITTLE, LITTLE)) for name, lead in found.items())
        yield {"missing": missing, "best": written(self.rates[self.best()])}

    @RULES.rule("quietens")
    def _quietens(self) -> Told:
        ends = {name: logs(floor(self.schedules, name)) for name in self.settings.compared}
        leads = holm({name: ends[name] - ends["constant"] for name in self.settings.schedules})
        factors = [Quantity.factor(name.replace("_", " "), lead, "below", 1) for name, lead in leads.items()]
        told = listed([f"{each.name} {each}".removesuffix(" times") for each in factors])
        yield from factors
        yield {"rate": written(self.base_rate), "shares": told}

    @RULES.rule("too_large")
    def _too_large(self) -> Told:
        places, missing = self._around(FAR)
        if missing:
            yield {"missing": missing}
            return
        labels, failed, (best, low, high) = list(self.race.runs), self.worse(), places.values()
        losses = [self.race.judged(labels[place], "train_loss") for place in (high, low)]
        yield Quantity.factor("extra loss", paired_logs(*losses), "above", 1)
        yield {"best rate": self.rates[best]}
        yield Quantity.of("worse than at the start, too large", failed[high].sum(), "seeds")
        yield Quantity.of("worse than at the start, too small", failed[low].sum(), "seeds")

    @RULES.rule("rising")
    def _rising(self) -> Told:
        assert self.rising is not None
        turning, reached = self.rising.turning(), np.isfinite(self.steps_to_target())
        turns = self.nearest(turning)
        shares = {
            f"at {written(self.rates[place])}": reached[place]
            for place in range(turns, max(-1, turns - 2 * PER_DECADE - 1), -1)
        }
        found = [Quantity.of(name, Share.of(each), "share", "at least", 0.5) for name, each in shares.items()]
        yield from found
        yield {"rate chosen by the tuning": self.rates[self.best()]}
        yield {"missing": self._no_target()}
        yield {"turning": written(turning), "shares": listed([f"{each:value} {each.name}" for each in found])}

    @RULES.rule("range", decide=_narrow)
    def _range(self) -> Told:
        reached = np.isfinite(self.steps_to_target())
        yield Quantity.of("range", interval(spans(self)), "powers of ten", "at most", NARROW)
        yield Quantity.of("cut off", (reached[0] | reached[-1]).sum(), "seeds", "at most", 0)
        yield {"missing": self._no_target()}


def run(settings: Settings) -> Iterator[Result]:
    """Descend the bowl, sweep over the rates, raise the rate, start from equal weights, compare schedules."""
    bowl = Bowl(settings.condition, settings.margin, settings.seed, settings.seeds)
    result = Result(settings, "descending a quadratic bowl", bowl=bowl, freed=Freed(settings))
    for _ in result.bowl.work():
        yield result
    base = training(settings, (settings.width,) * settings.layers, train=300, test=300)
    result.rates = np.geomspace(1, 10.0**settings.decades, PER_DECADE * settings.decades + 1) * settings.lowest
    result.phase, result.progress = "sweeping over the rates", 0.02
    result.race = Race.over({f"{lr:.3g}": base.replace(lr=float(lr)) for lr in result.rates}, settings)
    yield from result.race.advance(result, 0.35)
    result.phase = "measuring the sharpness"
    for one in repeated(base, settings.seed, settings.seeds) if settings.optimizer == "sgd" else ():
        trainer, data = Trainer([one]), one.data()
        loss = NetworkLoss(trainer.network, data.X_train, data.y_train)
        result.edges.append(2 / extreme_curvature(loss, trainer.params[0]).value)
        yield result
    result.phase = "raising the rate in one run"
    framed = repeated(base.replace(frames=min(100, settings.steps)), settings.seed, settings.seeds)
    result.rising = Rising(framed, np.geomspace(result.rates[0], result.rates[-1], settings.steps))
    for _ in result.rising.work():
        result.progress = 0.35 + 0.05 * len(result.rising.history) / 101
        yield result
    starts = {"random weights": base, "equal weights": base.replace(initializer="constant")}
    result.phase, result.progress = "tuning learning rates", 0.4
    random, equal = (yield from tuned(result, starts, result.rates, 0.55)).values()
    result.symmetry = Symmetry.over({"constant": equal, "nudged": equal, "xavier": random}, settings)
    result.phase, result.progress = "starting from equal weights", 0.55
    yield from result.symmetry.advance(result, 0.65)
    yield from result._schedules(random)
    yield result.complete()


def _free(result: Freed, schedules: Sequence[str]) -> Iterator[Any]:
    """Tune all schedules, then train with the best one and without, on separate seeds."""
    runs = {name: XOR.replace(schedule=name) for name in ("constant", *schedules)}
    loss = partial(Race.judged, name="train_loss")
    best = yield from tuned(result, runs, XOR_RATES, 0.6, score=loss, frames=1, group=GROUP)
    lowest = min(schedules, key=lambda name: result.tuning[name].loss)
    compared = {name: best[name] for name in ("constant", lowest)}
    compared[EQUAL] = compared["constant"].replace(initializer="constant")
    first = result.settings.seed
    firsts = zip(compared.items(), range(first, first + len(compared) * TRIALS, TRIALS), strict=True)
    result.race = Race({name: repeated(run, start, TRIALS) for (name, run), start in firsts})
    yield from result.race.advance(result, 1.0)


def table(result: Result) -> pd.DataFrame:
    """One row per rate of the sweep and per schedule: speed, loss, score and number of failed runs."""

    def about(experiment: str, lr: float, schedule: str = "constant") -> dict[str, Any]:
        return {"experiment": experiment, "learning rate": lr, "schedule": schedule}

    rows = []
    found = result.rates, result.race.runs, result.steps_to_target(), result.worse()
    for lr, label, steps, worse in zip(*found, strict=True):
        diverged = int((result.race.values(label, "diverged")[-1] >= 0).sum())
        failed = {"worse than at the start": int(worse.sum()), "of these, not finite": diverged}
        rows.append(about("sweep", lr) | reaching(steps, "updates") | result.race.ends(label) | failed)
    if result.edges:
        rows.append(about("edge 2/S at the first weights", float(np.median(result.edges))))
    for name in result.settings.compared:
        reached = reaching(result.schedules.first_below(name, result.settings.target), "updates")
        rows.append(about("schedules", result.base_rate, name) | reached | result.schedules.ends(name))
    for name, (first, *_) in result.freed.race.runs.items():
        share = result.freed.share(name)
        free = {"runs that reached the target": f"{share.successes} of {share.trials}"}
        rows.append(about(XORS, first.lr, name) | free)
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row per experiment, contestant, seed and step."""
    races = {"sweep": result.race, EQUAL: result.symmetry, "schedules": result.schedules, XORS: result.freed.race}
    return pd.concat([race.tidy().assign(experiment=key) for key, race in races.items()], ignore_index=True)


def floor(race: Race, label: str) -> np.ndarray:
    """Mean training loss (seeds,) over the last sixth of training, where it no longer falls at a large constant rate.

    A run that diverged gets the worst loss of any run.
    """
    losses = race.values(label, "train_loss")
    last = losses[-max(1, len(losses) // 6) :].mean(axis=0)
    return np.where(np.isfinite(losses[-1]), last, race.judged(label, "train_loss"))


def _contraction(method: str, result: Result) -> Told:
    theory, rates = optimum(method, result.bowl.k)[1], result.bowl.best[method].rates()
    off = np.abs(np.log(rates) / np.log(theory) - 1)
    yield Quantity.of("largest deviation", off.max(), "share", "below", TOLERANCE)
    yield {"measured": interval(rates), "theory": theory}
    yield Quantity.of("one more digit", -np.log(10) / np.log(rates.mean()), "steps")
    yield {"condition": written(result.bowl.k)}


for each, formula in {"batch": "(k − 1)/(k + 1)", "momentum": "(√k − 1)/(√k + 1)"}.items():
    own = RULES.rule(f"contraction of {each}", like="contraction", METHOD=METHOD_NAMES[each], FORMULA=formula)
    own(partial(_contraction, each))


def spans(result: Result) -> np.ndarray:
    """Powers of ten between the smallest and the largest working rate of each seed (seeds,)."""
    reached = np.isfinite(result.steps_to_target())
    first, last = reached.argmax(axis=0), len(reached) - 1 - reached[::-1].argmax(axis=0)
    return np.where(reached.any(axis=0), (last - first) / PER_DECADE, 0.0)
