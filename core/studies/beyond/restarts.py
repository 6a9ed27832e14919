"""Random restarts: a training of XOR with two units mostly fails, so train several times and keep the best."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import stream
from core.nn import ACTIVATIONS, Network
from core.settings import choice, number
from core.statistics import Difference, Share
from core.studies.beyond.descent import Descent, tidy
from core.studies.contract import TOO_CLOSE, Quantity, Told
from core.studies.minima.ends import CORNERS, SOLVED, TARGETS
from core.studies.race import Growing, Repeated
from core.studies.rules import Rules

FRAMES = 40
MOST = 0.5  # of the groups: more than that is "most"
AS_DRAWN = (-0.15, 0.15)  # share solved minus that of independent draws
WEIGHTS = 102  # purpose of the stream that draws the initial weights
EASY = 4  # units from which on hardly any training fails
IN_MOST, IN_SOME, NO_MORE = "in most groups", "in fewer than half", "no more often than one training"
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The network, and how often it is trained again."""

    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of the hidden units.")
    units: int = number(2, 1, 16, "Hidden units", "Of the one hidden layer.")
    restarts: int = number(8, 2, 16, "Restarts", "Trainings in a group, of which the best is kept.", work=1)
    lr: float = number(0.3, 0.01, 3, "Learning rate", "Of full-batch gradient descent.", log=True)
    steps: int = number(1000, 50, 5000, "Updates", "Of each training.", work=1)
    groups: int = number(60, 10, 200, "Groups", "For each seed; each has restarts and one single training.", work=1)


@dataclass
class Result(Growing):
    """The trainings so far: losses (frames, 1 + restarts, groups), of which the first is the single one."""

    steps: list[int] = field(default_factory=list)  # updates before each frame
    losses: np.ndarray = field(default_factory=lambda: np.empty((0, 1, 1)))

    @property
    def single(self) -> Share:
        """Single trainings that solve XOR by now."""
        return Share.of(self.losses[-1, 0] < SOLVED)

    def best_of(self, restarts: int) -> Share:
        """Groups in which one of so many restarts, none of them the single training, solves XOR by now."""
        return Share.of(self.losses[-1, 1 : 1 + restarts].min(axis=0) < SOLVED)

    @RULES.rule("restarts", {"one_unit": lambda s: s.units > 1, "easy": lambda s: s.units <= EASY})
    def _restarts(self) -> Told:
        count, single = self.settings.restarts, self.single
        best = self.best_of(count)
        expected = [drawn(each, count) for each in (single.value, single.low, single.high)]
        gap = best.value - expected[0]
        off = Difference(
            gap,
            gap - math.hypot(best.value - best.low, expected[2] - expected[0]),
            gap + math.hypot(best.high - best.value, expected[0] - expected[1]),
            best.trials,
        )
        yield Quantity.of("lead", best.minus(single), "share", "above", 0)
        yield Quantity.of("best", best, "", "above", MOST)
        yield Quantity.of("off from independent draws", off, "share", "between", AS_DRAWN)
        yield {"single": single}
        yield Quantity.of("drawn", expected[0], "share")
        amount = IN_MOST if best.low > MOST else IN_SOME if best.high < MOST else TOO_CLOSE
        yield {"count": str(count), "amount": amount}


def drawn(p: float, k: int) -> float:
    """Probability that one of k independent trials succeeds which each do with probability p."""
    return 1 - (1 - p) ** k


def run(settings: Settings) -> Iterator[Result]:
    """Train everything side by side on the four rows of the truth table."""
    result = Result(settings, "training")
    yield result
    network = Network([2, settings.units, 2], settings.activation, "mean_squared_error")
    first, shape = [], (1 + settings.restarts, settings.seeds * settings.groups)
    for k in range(shape[0]):
        for seed in result.seeds:
            first += [network.initial(stream(seed, WEIGHTS, k, group)) for group in range(settings.groups)]
            yield result
    descent = Descent(network, np.array(first), CORNERS[None], TARGETS[None], settings.lr)
    for step in np.linspace(1, settings.steps, FRAMES).astype(int).tolist():
        for _ in descent.steps(step):
            result.progress = min(0.99, len(descent.losses) / settings.steps)
            yield result
        losses = np.nan_to_num(descent.losses[-1], nan=np.inf).reshape(1, *shape)
        result.losses = np.concatenate([result.losses.reshape(-1, *shape), losses])
        result.steps.append(step)
    yield result.complete()


def table(result: Result) -> pd.DataFrame:
    """One row for each number of restarts: the share solved, its interval, and what independent draws would give."""
    p, rows = result.single.value, [(0, result.single, result.single.value)]
    rows += [(k, result.best_of(k), drawn(p, k)) for k in range(1, result.settings.restarts + 1)]
    return pd.DataFrame(
        {
            "trainings": "a single one" if not k else f"best of {k}",
            "share solved": share.value,
            "95 % from": round(share.low, 3),
            "to": round(share.high, 3),
            "independent draws": round(expected, 3),
        }
        for k, share, expected in rows
    )


def curves(result: Result) -> pd.DataFrame:
    """One row for each training and frame; restart 0 is the single training."""
    _, trainings, groups = result.losses.shape
    return tidy({"step": result.steps, "restart": range(trainings), "group": range(groups)}, loss=result.losses)
