"""Does training find the global minimum? XOR learnt many times over, two wells, and where losses come to rest."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS, Dataset
from core.nn import ACTIVATIONS, Network
from core.nn.decision_map import Plane
from core.nn.network import Pass, with_ones
from core.optimizers import OPTIMIZERS
from core.settings import Settings as BaseSettings
from core.settings import choice, number, numbers
from core.statistics import Share
from core.studies.race import Race, repeated
from core.training import Resting, RunSettings, Trainer

DEEP_WIDTH = 4  # units of each layer where depth is compared
WELL_STARTS, WELL_STEPS, WELL_RATE = 200, 400, 0.02
WELL_REACH = 2.0  # starts lie from -WELL_REACH to WELL_REACH
ARRIVED = 0.01  # distance to the lowest point that counts as there
PICTURES = 6
CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
TABLE = Dataset("xor", "classes", 2, *(CORNERS, np.array([0, 1, 1, 0])) * 2)
TARGETS = np.eye(2)[TABLE.y_train]


class TruthTable(RunSettings):
    """A run on the four rows of XOR itself: what is learnt is what is asked."""

    def data(self) -> Dataset:
        return TABLE


class Settings(BaseSettings):
    """How many trainings, of which networks, how long."""

    trials: int = number(60, 10, 200, "Trainings of XOR", "Of each network, from different first weights.", work=1)
    widths: tuple[int, ...] = numbers((2, 4, 8, 16), 1, 32, "Widths", "Units of the one hidden layer.")
    depths: tuple[int, ...] = numbers((1, 2, 3, 5), 1, 8, "Depths", f"Hidden layers of {DEEP_WIDTH} units each.")
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of the XOR networks.")
    lr: float = number(0.3, 1e-3, 10, "Learning rate", "Of plain gradient descent on XOR.", log=True)
    steps: int = number(600, 50, 3000, "Updates", "Of each training.", work=1)
    tilt: float = number(0.3, 0.05, 1.5, "Tilt of the double well", "How much deeper one well is than the other.")
    dataset: str = choice("moons", DATASETS, "Data", "Learnt as well, by tanh networks that differ in first weights.")
    width: int = number(8, 1, 64, "Hidden units on the data", "Of one layer.", work=1)
    seeds: int = number(10, 5, 20, "Seeds", "Trainings on the data, all on the same samples.", work=1)
    seed: int = number(0, 0, 10_000, "First seed", "Use the same number to get the same run.")


@dataclass(frozen=True)
class Well:
    """Gradient descent on one curve f(x) from many starts."""

    x: np.ndarray  # (200,) of the curve
    y: np.ndarray
    lowest: float  # where f is lowest
    starts: np.ndarray  # (WELL_STARTS,)
    ends: np.ndarray

    @property
    def share(self) -> Share:
        return Share.of(np.abs(self.ends - self.lowest) <= ARRIVED)


@dataclass
class Result(Resting):
    """The state of the study, complete enough to draw at any time."""

    settings: Settings
    phase: str = "rolling into wells"
    progress: float = 0.0
    wells: dict[str, Well] = field(default_factory=dict)
    race: Race = field(default_factory=lambda: Race({}))
    norms: np.ndarray = field(default_factory=lambda: np.empty(0))  # (trials,) of the gradient, now
    first_norms: np.ndarray = field(default_factory=lambda: np.empty(0))
    plane: Plane | None = None
    maps: dict[int, np.ndarray] = field(default_factory=dict)  # by training
    moved: int = 0  # weights that a backward pass by itself changed
    by_hand: float = np.nan  # training loss of the solution with two units written down by hand

    def solved(self, label: str) -> Share:
        """Trainings that end with all four rows right."""
        return Share.of(self.race.final(label, "train_score") == 1)


def name(width: int, depth: int) -> str:
    """Label of a network: '4x2' has two hidden layers of four units."""
    return f"{width}x{depth}"


SMALLEST = name(2, 1)


def run(settings: Settings) -> Iterator[Result]:
    """Roll into the wells, then train everything side by side and look where it comes to rest."""
    result = Result(settings)
    result.wells = wells(settings)
    yield result
    shapes = [(2, 1), *((w, 1) for w in settings.widths), *((DEEP_WIDTH, d) for d in settings.depths)]
    runs: dict[str, list[RunSettings]] = {}
    for width, depth in dict.fromkeys(shapes):
        runs[name(width, depth)] = _trials(settings, width, depth)
        yield result
    first = Trainer(runs[SMALLEST])
    result.first_norms = _norms(first.network, first.params)
    runs["data"] = _on_data(settings)
    result.phase, result.race, result.plane = "training", Race(runs), Plane(TABLE)
    for turn, _ in enumerate(result.race.advance(result, 0.98)):
        if result.race.started:
            _look(result, turn)
        yield result
    _look(result, 0)
    _choose_maps(result)
    result.moved, result.by_hand = _moved_by_backward(result), _by_hand()
    result.progress = 1.0
    yield result


def wells(settings: Settings) -> dict[str, Well]:
    """A bowl and a double well f(x) = (x² - 1)² + tilt x, lowest at the same point, from the same starts."""
    roots = np.roots([4, 0, -4, settings.tilt])
    lowest = float(np.real(roots).min())  # the deeper well is on the left
    starts = np.random.default_rng(settings.seed).uniform(-WELL_REACH, WELL_REACH, WELL_STARTS)
    x = np.linspace(-WELL_REACH, WELL_REACH, 200)
    curves = {
        "a bowl": (lambda x: 2 * (x - lowest) ** 2, lambda x: 4 * (x - lowest)),
        "a double well": (lambda x: (x**2 - 1) ** 2 + settings.tilt * x, lambda x: 4 * x**3 - 4 * x + settings.tilt),
    }
    found = {}
    for label, (value, slope) in curves.items():
        ends = starts[:, None].copy()
        rule = OPTIMIZERS["sgd"](lr=WELL_RATE)
        rule.init(ends)
        for _ in range(WELL_STEPS):
            rule.step(ends, slope(ends))
        found[label] = Well(x, value(x), lowest, starts, ends[:, 0])
    return found


def _trials(settings: Settings, width: int, depth: int) -> list[RunSettings]:
    base = TruthTable(
        dataset="xor",
        hidden=(width,) * depth,
        activation=settings.activation,
        loss="mean_squared_error",  # at its minima there is rest; a cross-entropy would go down for ever
        lr=settings.lr,
        batch_size=None,
        steps=settings.steps,
        frames=40,
    )
    return [base.replace(seed=settings.seed + k) for k in range(settings.trials)]


def _on_data(settings: Settings) -> list[RunSettings]:
    plain = RunSettings(
        dataset=settings.dataset,
        train=200,
        test=100,
        hidden=(settings.width,),
        batch_size=None,
        lr=0.5,
        steps=settings.steps,
        frames=40,
    )
    return [run.replace(data_seed=settings.seed) for run in repeated(plain, settings.seed, settings.seeds)]


@np.errstate(over="ignore", invalid="ignore")  # of a run that diverges
def _norms(network: Network, params: np.ndarray) -> np.ndarray:
    """Length (R,) of the gradient on XOR at params (R, P)."""
    return np.linalg.norm(network.loss_and_gradient(params, CORNERS, TARGETS)[1], axis=1)


def _look(result: Result, turn: int) -> None:
    """Gradient norms of the smallest networks as they are now, and one picture."""
    network, params = result.race.network(SMALLEST), result.race.params(SMALLEST)
    result.norms = _norms(network, params)
    seed = turn % PICTURES
    assert result.plane is not None
    result.maps[seed] = result.plane.outputs(network, params[seed])


def _choose_maps(result: Result) -> None:
    """At the end, pictures of some that got all right and of some that did not, as far as there are both."""
    solved = result.race.final(SMALLEST, "train_score") == 1
    good, bad = np.flatnonzero(solved), np.flatnonzero(~solved)
    half = max(PICTURES // 2, PICTURES - len(bad))
    chosen = [*good[:half], *bad[: PICTURES - len(good[:half])]]
    network, params = result.race.network(SMALLEST), result.race.params(SMALLEST)
    assert result.plane is not None
    result.maps = {int(seed): result.plane.outputs(network, params[seed]) for seed in chosen}


def _moved_by_backward(result: Result) -> int:
    """How many weights of the smallest networks backpropagation changes by itself, without an update."""
    network, params = result.race.network(SMALLEST), result.race.params(SMALLEST).copy()
    before = params.copy()
    work = Pass(network, params, len(CORNERS))
    work.forward(with_ones(CORNERS).T[None])
    work.backward(TARGETS.T[None])
    return int(np.count_nonzero(params != before))


def _by_hand() -> float:
    """Loss, with two ReLU units, of |x + y| / 2 = ReLU((x + y) / 2) + ReLU(-(x + y) / 2) as "equal", 1 - it as not."""
    W1, W2 = np.array([[0.5, 0.5], [-0.5, -0.5]]), np.array([[1.0, 1.0], [-1.0, -1.0]])
    network = Network([2, 2, 2], "relu", "mean_squared_error")
    return network.data_loss(network.pack([(W1, [0, 0]), (W2, [0, 1])]), CORNERS, TARGETS)


def table(result: Result) -> pd.DataFrame:
    """One row a network: share of trainings that solve XOR, its interval, and the final losses."""
    rows = []
    for label, runs in result.race.runs.items():
        losses, solved = result.race.final(label, "train_loss"), result.solved(label)
        rows.append(
            {
                "network": "on the data" if label == "data" else "XOR",
                "units": runs[0].hidden[0],
                "hidden layers": len(runs[0].hidden),
                "trainings": len(runs),
                "share that get all right": solved.value,
                "95 % from": round(solved.low, 3),
                "to": round(solved.high, 3),
                "lowest final loss": round(float(losses.min()), 6),
                "median final loss": round(float(np.median(losses)), 6),
                "highest final loss": round(float(losses.max()), 6),
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every training: one row for each network, seed and step."""
    return result.race.tidy(["train_loss", "train_score"])
