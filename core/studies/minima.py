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
from core.studies.race import Outcome, Race, Verdict, repeated
from core.training import Resting, RunSettings, Trainer

DEEP_WIDTH = 4  # units of each layer where depth is compared
WELL_STARTS, WELL_STEPS, WELL_RATE = 200, 400, 0.02
WELL_REACH = 2.0  # starts lie from -WELL_REACH to WELL_REACH
ARRIVED = 0.01  # distance to the lowest point that counts as there
REST = 0.01  # a gradient this small, relative to the first, counts as rest
APART = 0.01  # final losses further apart than this share of the first loss are different
PICTURES = 6
CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
TABLE = Dataset("xor", "classes", 2, *(CORNERS, np.array([0, 1, 1, 0])) * 2)
TARGETS = np.eye(2)[TABLE.y_train]


class TruthTable(RunSettings):
    """A run on the four rows of XOR itself: what is learnt is what is asked."""

    def data(self) -> Dataset:
        return TABLE


DECIDES: tuple[int, ...] = (6, 8, 17, 31, 33, 34)  # the claims that it can decide


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
    seed: int = number(0, 0, 10_000, "First seed", "Repeats the experiment exactly.")


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
    unmoved: bool = False  # whether a backward pass left every weight as it was
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
    result.unmoved, result.by_hand = _backward_moves_nothing(result), _by_hand()
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


def _backward_moves_nothing(result: Result) -> bool:
    """Whether backpropagation alone, without an update, leaves all weights bitwise as they are."""
    network, params = result.race.network(SMALLEST), result.race.params(SMALLEST).copy()
    before = params.copy()
    work = Pass(network, params, len(CORNERS))
    work.forward(with_ones(CORNERS).T[None])
    work.backward(TARGETS.T[None])
    return bool(np.array_equal(params, before))


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


def verdicts(result: Result) -> list[Verdict]:
    """Claims 17, 34, 33, 31, 6 and 8."""
    return [_global(result), _stuck(result), _depends(result), _reaches(result), _optimal(result), _aims(result)]


def _global(result: Result) -> Verdict:
    solved = result.solved(SMALLEST)
    outcome: Outcome = "does not hold" if solved.successes < solved.trials else "not decided by this run"
    if solved.low > 0.9:
        outcome = "holds"
    by_hand = f"With ReLU a solution exists: written down by hand, its loss is {result.by_hand:.1g}."
    return Verdict(
        17,
        "gradient descent finds the global minimum",
        "XOR with 2 hidden units, share of trainings that end with all four rows right: some fail: does not hold; "
        "none, and the 95 % interval lies above 90 %: holds.",
        outcome,
        f"{result.settings.activation}, 2 units: {solved}. {by_hand}",
        "Blum & Rivest 1992: training even three units is NP-complete",
    )


def _ends(result: Result, shapes: list[tuple[int, int]]) -> tuple[str, tuple[float, float]]:
    """Success of the first and the last of the networks in words, and Newcombe's interval of last minus first."""
    first, last = (result.solved(name(*shape)) for shape in (shapes[0], shapes[-1]))
    low, high = last.minus(first)
    return f"{first} to {last}, difference [{low:+.0%}, {high:+.0%}]", (low, high)


def _stuck(result: Result) -> Verdict:
    settings = result.settings
    claim = "training gets stuck in local minima, especially in deep networks with many parameters"
    rule = (
        "share of XOR trainings that succeed, most minus least units and most minus fewest layers, Newcombe's 95 % "
        "interval: wider networks succeed more often: does not hold as stated, whatever depth does; both succeed less: "
        "holds; one of them less: holds with caveats."
    )
    source = "Dauphin et al. 2014; Safran & Shamir 2018"
    if len(settings.widths) < 2 or len(settings.depths) < 2:
        reason = "It takes two widths and two depths to tell."
        return Verdict(34, claim, rule, "not decided by this run", reason, source)
    width, wider = _ends(result, [(w, 1) for w in sorted(settings.widths)])
    depth, deeper = _ends(result, [(DEEP_WIDTH, d) for d in sorted(settings.depths)])
    worse = [each[1] < 0 for each in (wider, deeper)]
    outcome: Outcome = "holds" if all(worse) else "holds with caveats" if any(worse) else "not decided by this run"
    measured = (
        f"From {min(settings.widths)} to {max(settings.widths)} units: {width}. From {min(settings.depths)} to "
        f"{max(settings.depths)} layers of {DEEP_WIDTH}: {depth}."
    )
    return Verdict(34, claim, rule, "does not hold" if wider[0] > 0 else outcome, measured, source)


def _depends(result: Result) -> Verdict:
    solved = result.solved(SMALLEST)
    outcome: Outcome = "not decided by this run"
    if 0 < solved.successes < solved.trials:
        outcome = "holds"
    elif solved.low > 0.9 or solved.high < 0.1:
        outcome = "does not hold"
    return Verdict(
        33,
        "the result depends on the initial values of the weights",
        "XOR with 2 units, trainings that differ in their first weights alone: some succeed and some fail: holds; all "
        "alike, and the 95 % interval excludes one in ten: does not hold.",
        outcome,
        f"Succeeded: {solved}. Final loss from {_final(result).min():.2g} to {_final(result).max():.2g}.",
        "Goodfellow, Bengio & Courville 2016, section 8.4",
    )


def _final(result: Result) -> np.ndarray:
    return result.race.final(SMALLEST, "train_loss")


def _reaches(result: Result) -> Verdict:
    solved = result.solved(SMALLEST)
    short = solved.successes < solved.trials
    outcome: Outcome = "does not hold"
    if short:
        outcome = "holds with caveats" if result.unmoved else "holds"
    return Verdict(
        31,
        "backpropagation doesn't always reach the global minimum",
        "some XOR trainings end with a wrong row: holds; with caveats where the backward pass by itself moves no "
        "weight at all, so that it is the training that falls short; all right: does not hold.",
        outcome,
        f"{solved.trials - solved.successes} of {solved.trials} trainings fall short. One backward pass without an "
        f"update changed {'no weight' if result.unmoved else 'weights'}: it computes a gradient and goes nowhere.",
        "Goodfellow, Bengio & Courville 2016, section 6.5",
    )


def _optimal(result: Result) -> Verdict:
    losses = _final(result)[np.isfinite(_final(result))]  # the others diverged, and their gradients are at no rest
    first = float(np.median(result.race.values(SMALLEST, "train_loss")[0]))
    spread, rest = (
        float(np.ptp(losses)) if len(losses) else np.inf,
        Share.of(result.norms <= REST * np.median(result.first_norms)),
    )
    outcome: Outcome = "not decided by this run"
    if rest.value > 0.5:
        outcome = "holds" if spread <= APART * first else "holds with caveats"
    data = result.race.final("data", "train_loss")
    return Verdict(
        6,
        "gradient descent finds the optimal parameters",
        f"XOR with 2 units: more than half of the trainings come to rest (gradient at most {REST:.0%} of the first) "
        f"and all end at the same loss (within {APART:.0%} of the first): holds; at rest but at different losses: "
        "holds with caveats, what is found is a stationary point; else not decided.",
        outcome,
        f"At rest: {rest}. Final losses spread over {spread:.2g}, quartiles {_quartiles(losses)}; the first was "
        f"{first:.2g}. On {result.settings.dataset.replace('_', ' ')}, one data set and {len(data)} first weights: "
        f"final loss from {data.min():.3g} to {data.max():.3g}.",
        "Bottou, Curtis & Nocedal 2018",
    )


def _quartiles(losses: np.ndarray) -> str:
    return (
        ", ".join(f"{quartile:.2g}" for quartile in np.quantile(losses, [0.25, 0.5, 0.75])) if len(losses) else "none"
    )


def _aims(result: Result) -> Verdict:
    bowl, double = (well.share for well in result.wells.values())
    low, high = bowl.minus(double)
    outcome: Outcome = "not decided by this run"
    if bowl.low > 0.95:
        outcome = "holds with caveats" if low > 0 else "holds"
    return Verdict(
        8,
        "gradient descent aims to reach the global minimum",
        "share of starts that reach the lowest point: nearly all in the bowl, fewer in the double well (Newcombe's "
        "95 % interval above zero): holds with caveats, where the curve is convex; as many in both: holds.",
        outcome,
        f"Bowl: {bowl}. Double well: {double}. Difference [{low:+.0%}, {high:+.0%}].",
        "Bottou, Curtis & Nocedal 2018",
    )


def outcome(result: Result) -> str:
    """The share of trainings with two units that get XOR right, for the prediction."""
    share = result.solved(SMALLEST).value
    return (
        "under 10 %" if share < 0.1 else "10 to 40 %" if share < 0.4 else "40 to 70 %" if share < 0.7 else "over 70 %"
    )
