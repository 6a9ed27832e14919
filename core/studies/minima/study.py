"""Does training find the global minimum? Many runs of XOR, two wells, and where losses come to rest."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data import DATASETS, Dataset
from core.nn import ACTIVATIONS
from core.settings import choice, number, numbers
from core.statistics import Share
from core.studies.claims import declared
from core.studies.contract import Quantity, Told, Wanted
from core.studies.minima import ends
from core.studies.minima.ends import SOLVED, TABLE, Ends, Well, wells
from core.studies.race import Race, RaceResult, RaceSettings, tuned
from core.studies.race import curves as curves
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.training import History, RunSettings, train

DEEP_WIDTH = 4  # units per layer in the comparison of depths
RATES = 0.03 * 2.0 ** np.arange(6)  # rates tried for every network
STARTS = 10  # initial weights per trial of a rate: one run says little if many get stuck
BLIND = 0.25  # loss of always answering 1/2; no loss counts as more in tuning
FAR = 100_000  # offset between the seeds of successive restarts
ONCE, AGAIN = "one long training", "restarts"
MORE_THAN_HALF = 0.5
APART = 0.01  # final losses that differ by more than this share of the initial loss count as different
REST = ends.REST
# For the prediction: ranges of the share that solves XOR, the end of each, and the condition for lying within it
Range = tuple[str, float, Wanted, float | tuple[float, float]]
RANGES: list[Range] = declared(list[Range], __file__, "ranges")
ENDED = {"stuck in a minimum": "trapped", "on a saddle": "saddle", "still moving": "moving"}
PICKED: dict[str, Callable[[np.ndarray], Any]] = {"lowest": np.min, "median": np.median, "highest": np.max}
OPTIONS = ", ".join(text for text, *_ in RANGES)
RULES = Rules(__name__)
findings = RULES.findings


class TruthTable(RunSettings):
    """A run on the four rows of XOR, which are both training and test set."""

    def data(self) -> Dataset:
        return TABLE


class Settings(RaceSettings):
    """The networks, and the number and length of their runs."""

    trials: int = number(100, 10, 400, "Runs of XOR", "For each network, from different initial weights.", work=1)
    widths: tuple[int, ...] = numbers((2, 4, 8, 16), 1, 32, "Widths", "Units of the single hidden layer.")
    depths: tuple[int, ...] = numbers((1, 2, 3, 5), 1, 8, "Depths", f"Hidden layers of {DEEP_WIDTH} units each.")
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Used by the XOR networks.")
    steps: int = number(600, 50, 3000, "Updates", "Number of updates for each run.", work=1)
    restarts: int = number(5, 2, 8, "Restarts", "Their best is compared with one run that is as long as all of them.")
    tilt: float = number(0.3, 0.05, 1.5, "Tilt of the double well", "How much deeper one well is than the other.")
    dataset: str = choice("moons", DATASETS, "Data", "For tanh networks that differ in their initial weights.")
    width: int = number(8, 1, 64, "Hidden units on the data", "Units in one layer.", work=1)
    seeds: int = number(10, 5, 40, "Seeds", "Runs on the additional data, all on the same samples.", work=1)


@dataclass
class Result(RaceResult):
    """The state of the study, ready to be drawn at any time."""

    shown = ("train_loss", "train_score")
    phase: str = "descending into two wells"
    wells: dict[str, Well] = field(default_factory=dict)
    ends: dict[str, Ends] = field(default_factory=dict)  # by network, once its runs have ended
    slopes: np.ndarray = field(default_factory=lambda: np.empty(0))  # (trials,) of the smallest networks, now
    moved: int = 0  # weights changed by a backward pass alone
    written_down: float = np.nan  # loss of hand-written weights for two units

    def solved(self, label: str) -> Share:
        """Runs whose loss is below SOLVED, currently or at the end."""
        return Share.of(self.race.final(label, "train_loss") < SOLVED)

    def trapped(self, label: str) -> Share:
        """Runs that ended in a minimum above the lowest loss, or on flat ground."""
        return Share.of(self.ends[label].trapped)

    def best_of(self, restarts: int) -> Share:
        """Groups of this many restarts with at least one below SOLVED."""
        losses = self.race.final(AGAIN, "train_loss").reshape(self.settings.restarts, -1)
        return Share.of(losses[:restarts].min(axis=0) < SOLVED)

    @np.errstate(over="ignore", invalid="ignore")  # if a run diverges
    def _look(self) -> None:
        """Record the current gradients of the smallest networks."""
        network, params = self.race.network(SMALLEST), self.race.params(SMALLEST)
        self.slopes = np.linalg.norm(network.loss_and_gradient(params, ends.CORNERS, ends.TARGETS)[1], axis=1)

    def _no_target(self) -> str:
        """Why nothing shows that these units can solve XOR; empty if hand-written weights do."""
        solved = self.written_down < SOLVED
        return "" if solved else "There are no hand-written weights here with which these units solve XOR."

    def _stuck(self) -> Quantity:
        return Quantity.of("stuck", self.ends[SMALLEST].trapped.sum(), "", "at least", 1)

    def _words(self) -> dict[str, str]:
        words = {"trials": str(self.settings.trials), "activation": self.settings.activation.replace("_", " ")}
        return words | {"missing": self._no_target()}

    @RULES.rule("global")
    def _global(self) -> Told:
        yield self._stuck()
        yield {"on a saddle": self.ends[SMALLEST].saddle.sum(), "still moving": self.ends[SMALLEST].moving.sum()}
        yield {"loss by hand": self.written_down}
        yield self._words()

    @RULES.rule("stuck", lambda s: len(s.widths) > 1 and len(s.depths) > 1)
    def _gets_stuck(self) -> Told:
        widths, depths = sorted(self.settings.widths), sorted(self.settings.depths)
        wide, deep = [name(width, 1) for width in widths], [name(DEEP_WIDTH, depth) for depth in depths]
        ends = [self.ends[label] for label in dict.fromkeys([*wide, *deep])]
        curvatures = np.concatenate([each.curvatures[each.trapped] for each in ends])
        compared = {label: self.tuning[label] for label in (wide[0], wide[-1], deep[0], deep[-1])}
        more = {"more units": wide, "more layers": deep}.items()
        yield Quantity.of("stuck", sum(int(each.trapped.sum()) for each in ends), "", "at least", 1)
        for what, (first, *_, last) in more:
            yield Quantity.of(what, self.trapped(last).minus(self.trapped(first)), "share", "above", 0)
        yield {"on a saddle": sum(int(each.saddle.sum()) for each in ends)}
        for what, (first, *_, last) in more:
            yield Quantity.of(f"share solved, {what}", self.solved(last).minus(self.solved(first)), "share")
        yield {"lowest curvature where stuck, median": np.median(curvatures) if len(curvatures) else np.nan}
        yield {"missing": self._no_target() or unsettled(compared), "units": f"{widths[0]} to {widths[-1]} units"}
        yield {"layers": f"{depths[0]} to {depths[-1]} layers"}

    @RULES.rule("depends")
    def _depends(self) -> Told:
        yield Quantity.of("solved", self.ends[SMALLEST].solved.sum(), "", "at least", 1)
        yield self._stuck()
        yield self._words()

    @RULES.rule("reaches")
    def _reaches(self) -> Told:
        yield self._stuck()
        yield Quantity.of("moved weights", self.moved, "", "at least", 1)
        yield self._words()

    @RULES.rule("optimal")
    def _optimal(self) -> Told:
        ends, data = self.ends[SMALLEST], self.race.final("data", "train_loss")
        losses = ends.losses[ends.resting]
        first = float(np.median(self.race.values(SMALLEST, "train_loss")[0]))
        lowest, highest = (losses.min(), losses.max()) if len(losses) else (np.inf, np.inf)
        yield Quantity.of("at rest", Share.of(ends.resting), "", "above", MORE_THAN_HALF)
        yield Quantity.of("spread of losses", highest - lowest if len(losses) else 0, "", "above", APART * first)
        yield {"lowest loss": lowest, "highest loss": highest, "lowest loss on the data": data.min()}
        yield {"highest loss on the data": data.max()}

    @RULES.rule("aims")
    def _aims(self) -> Told:
        bowl, double = self.wells.values()
        yield Quantity.of("astray", bowl.strays + double.strays, "", "at most", 0)
        yield Quantity.of("elsewhere", double.share.trials - double.share.successes, "starts", "at least", 1)
        yield Quantity.of("bowl", bowl.share.value, "share")
        yield Quantity.of("double well", double.share.value, "share")

    @RULES.rule("again")
    def _again(self) -> Told:
        best, once = self.best_of(self.settings.restarts), self.solved(ONCE)
        yield Quantity.of("lead of restarts", best.minus(once), "share", "above", 0)
        yield {"restarts": best, "one training": once, "count": str(self.settings.restarts)}

    @RULES.rule("share_solved")
    def _share_solved(self) -> Told:
        """The range in which the share lies."""
        solved = self.solved(SMALLEST)
        text, _, wanted, threshold = next(each for each in RANGES if solved.value < each[1])
        yield Quantity.of("solved", solved, "", wanted, threshold)
        yield {"range": text}


def name(width: int, depth: int) -> str:
    """Label of a network: '4x2' has two hidden layers of four units."""
    return f"{width}x{depth}"


SMALLEST = name(2, 1)


def run(settings: Settings) -> Iterator[Result]:
    """Descend into the wells, tune, train all networks side by side and examine where they end."""
    result = Result(settings)
    result.wells = wells(settings.tilt, settings.seed)
    yield result
    shapes = [(2, 1), *((w, 1) for w in settings.widths), *((DEEP_WIDTH, d) for d in settings.depths)]
    networks = {name(width, depth): _training(settings, width, depth) for width, depth in dict.fromkeys(shapes)}
    result.phase = "tuning learning rates"
    grid = RATES if settings.rate == "tuned" else np.array([settings.lr])

    def blind(race: Race, label: str) -> np.ndarray:
        return np.minimum(race.final(label, "train_loss"), BLIND)

    networks = yield from tuned(result, networks, grid, 0.5, score=blind, group=STARTS)
    runs: dict[str, list[RunSettings]] = {}
    for label, own in _runs(settings, networks):
        runs.setdefault(label, []).extend(own)
        yield result
    result.phase, result.race = "training", Race(runs)
    for _ in result.race.advance(result, 0.9):
        if result.race.started:
            result._look()
        yield result
    result._look()
    result.phase = "examining where the runs ended"
    for place, label in enumerate(networks):
        losses = result.race.final(label, "train_loss")
        for found in ends.look(result.race.network(label), result.race.params(label), losses):
            result.ends |= {label: found} if found else {}
            yield result
        result.progress = 0.9 + 0.09 * (place + 1) / len(networks)
    result.moved = ends.moved_by_backward(result.race.network(SMALLEST), result.race.params(SMALLEST))
    result.written_down = ends.by_hand(settings.activation)
    yield result.complete()


def _training(settings: Settings, width: int, depth: int) -> RunSettings:
    """With a loss at whose minima runs can rest; a cross-entropy would decrease forever."""
    given: dict[str, Any] = {"dataset": "xor", "loss": "mean_squared_error", "batch_size": None, "frames": 40}
    return TruthTable(hidden=(width,) * depth, activation=settings.activation, steps=settings.steps, **given)


class Attempt(NamedTuple):
    """One more training of the smallest network: its losses (T,) at the steps (T,), and whether it solves XOR."""

    steps: np.ndarray
    losses: np.ndarray

    @property
    def solved(self) -> bool:
        return bool(self.losses[-1] < SOLVED)


def attempt(result: Result, number: int) -> Attempt:
    """Train the smallest network from new initial weights, at its tuned rate.

    number: from 0; each has different initial weights. Raises InputError while the rate is being tuned.
    """
    if not result.tuning:
        raise InputError("the learning rate is still being tuned; wait a moment before another start is tried")
    settings = result.settings
    seed = settings.seed + (settings.restarts + 1) * FAR + number
    run = _training(settings, 2, 1).replace(lr=result.tuning[SMALLEST].best, seed=seed)
    history = History.of(list(train(run)))
    return Attempt(history.step, history.train_loss[:, 0])


def _runs(settings: Settings, networks: Mapping[str, RunSettings]) -> Iterator[tuple[str, list[RunSettings]]]:
    """Every run: of each network, the long runs of the smallest one, its restarts, and those on the data.

    The long runs start from the smallest network's initial weights, the restarts from others.
    """
    seeds, smallest = range(settings.seed, settings.seed + settings.trials), networks[SMALLEST]
    longer = smallest.replace(steps=settings.restarts * settings.steps)
    for label, run in [*networks.items(), (ONCE, longer)]:
        yield label, [run.replace(seed=seed) for seed in seeds]
    for k in range(settings.restarts):
        yield AGAIN, [smallest.replace(seed=seed + (k + 1) * FAR) for seed in seeds]
    given: dict[str, Any] = {"train": 200, "test": 100, "batch_size": None, "lr": 0.5, "frames": 40}
    plain = RunSettings(dataset=settings.dataset, steps=settings.steps, hidden=(settings.width,), **given)
    plain = plain.replace(data_seed=settings.seed)
    yield "data", [plain.replace(seed=settings.seed + k) for k in range(settings.seeds)]


def table(result: Result) -> pd.DataFrame:
    """One row per kind of run: its rate, how many solve XOR, where the others ended, and the final losses."""
    rows = []
    for label, runs in result.race.runs.items():
        losses, known = result.race.final(label, "train_loss"), result.ends.get(label)
        solved = None if label == "data" else result.solved(label)
        rows.append(
            {
                "runs on": {"data": "the data", ONCE: f"XOR, {ONCE}", AGAIN: f"XOR, {AGAIN}"}.get(label, "XOR"),
                "units": runs[0].hidden[0],
                "hidden layers": len(runs[0].hidden),
                "trainings": len(runs),
                "updates": runs[0].steps,
                "learning rate": runs[0].lr,
                f"share with a loss below {SOLVED:g}": solved.value if solved else None,
                "95 % from": round(solved.low, 3) if solved else None,
                "to": round(solved.high, 3) if solved else None,
                **{name: int(getattr(known, each).sum()) if known else None for name, each in ENDED.items()},
                **{f"{name} final loss": round(float(pick(losses)), 6) for name, pick in PICKED.items()},
            }
        )
    return pd.DataFrame(rows)
