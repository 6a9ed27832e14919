"""How deep can a network be and still learn? Depth against convergence, by the way its first weights are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import DATASETS
from core.gradients import NetworkLoss
from core.nn import ACTIVATIONS, INITIALIZERS
from core.nn.probes import LayerStatistics, first_over_last, layer_statistics
from core.optimizers import BATCH_RULES
from core.settings import choice, choices, number, numbers
from core.statistics import paired, share_of
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Finding, Quantity, Rule, all_met, some_met
from core.studies.race import Race, RaceResult, RaceSettings, reaching, repeated, training, tune_and_race
from core.studies.wording import listed
from core.training import RunSettings, Trainer

RATES = np.geomspace(3e-3, 0.3, 5)  # the same for every depth and initializer
PROBED = 128  # training samples on which the layers are looked at
KEPT = (0.01, 100.0)  # first over last delta, between which the error signal counts as kept
LITTLE = 0.05  # share of the starting loss that is as good as nothing
AGREES = 1e-9  # of the gradient's length: what rounding may leave between two ways to the same slope
SPIRALS = {"3 layers of 12": (12,) * 3, "1 layer of 60": (60,)}  # of about equally many parameters: 374 and 302


class Settings(RaceSettings):
    """Which depths, drawn how, trained how long."""

    dataset: str = choice("digits", DATASETS, "Data", "What the networks learn.")
    depths: tuple[int, ...] = numbers((1, 10, 30), 1, 30, "Depths", "Hidden layers of the networks compared.")
    initializers: tuple[str, ...] = choices(
        ("kaiming", "xavier"), INITIALIZERS, "Initializers", "How the first weights are drawn."
    )
    activation: str = choice("relu", ACTIVATIONS, "Activation", "Of every hidden unit.")
    width: int = number(24, 2, 128, "Units per layer", "Width of each hidden layer.", work=1)
    samples: int = number(500, 20, 2000, "Training samples", "At most; as many as the data set has.", work=1)
    optimizer: str = choice("momentum", BATCH_RULES, "Update rule", "The same for all.")
    batch_size: int = number(64, 1, 512, "Batch size", "Samples behind one gradient.")
    steps: int = number(120, 10, 3000, "Steps", "Updates of every network.", work=1)
    target: float = number(1.0, 0.01, 2.5, "Target loss", "Training loss whose reaching is counted in steps.")


@dataclass
class Result(RaceResult):
    """The race of depths with a look at the layers before it; a contestant is a depth drawn by an initializer."""

    contestants: dict[str, tuple[int, str]] = field(default_factory=dict)
    layers: dict[str, LayerStatistics] = field(default_factory=dict)  # (seeds, layers), at the first weights
    errors: dict[str, np.ndarray] = field(default_factory=dict)  # (seeds,), of the gradient there
    spirals: Race = field(default_factory=lambda: Race({}))

    def deepest(self, initializer: str) -> str:
        """The contestant of greatest depth."""
        return name(max(self.settings.depths), initializer)


def name(depth: int, initializer: str) -> str:
    """Label of a contestant: 'kaiming 30'."""
    return f"{initializer} {depth}"


def run(settings: Settings) -> Iterator[Result]:
    """Look at every layer before training, tune the rates, race."""
    result = Result(settings, "looking at the layers")
    result.contestants = {name(d, init): (d, init) for init in settings.initializers for d in settings.depths}
    yield result
    runs = {label: _run(settings, *each) for label, each in result.contestants.items()}
    for label, each in runs.items():
        result.layers[label], result.errors[label] = _look(each, settings)
        result.progress = 0.03 * len(result.layers) / len(runs)
        yield result
    yield from tune_and_race(result, runs, RATES)
    result.phase = "a task that asks for depth"
    spiral = RunSettings(dataset="spirals", activation="relu", initializer="kaiming", optimizer="adam", lr=0.01)
    shapes = {label: spiral.replace(hidden=hidden, steps=400, frames=4) for label, hidden in SPIRALS.items()}
    result.spirals = Race({label: repeated(each, settings.seed, settings.seeds) for label, each in shapes.items()})
    for _ in result.spirals.work():
        yield result
    result.progress = 1.0
    yield result


def _run(settings: Settings, depth: int, initializer: str) -> RunSettings:
    given = {"train": settings.samples, "test": 300, "initializer": initializer, "frames": 25}
    return training(settings, (settings.width,) * depth, **given)


def _look(run: RunSettings, settings: Settings) -> tuple[LayerStatistics, np.ndarray]:
    """Every layer at the first weights of each seed, on some training samples, and how right the gradient is there.

    The error (seeds,) is that of the slope along a random direction of length 1 against forward mode, which never goes
    backwards, relative to the length of the gradient.
    """
    trainer, data = Trainer([run.replace(seed=settings.seed + k) for k in range(settings.seeds)]), run.data()
    problem = NetworkLoss(trainer.network, data.X_train[:PROBED], data.y_train[:PROBED])
    rng, errors = np.random.default_rng(settings.seed), []
    for params in trainer.params:
        direction = rng.standard_normal(params.size)
        direction /= np.linalg.norm(direction)
        gradient = problem.gradient(params)
        error = abs(problem.slope(params, direction[None])[0] - gradient @ direction)
        errors.append(share_of(error, np.linalg.norm(gradient)))
    x, t = trainer.train.of(trainer.alive)
    return layer_statistics(trainer.network, trainer.params, x[..., :PROBED], t[..., :PROBED]), np.array(errors)


def ratio(layers: LayerStatistics) -> np.ndarray:
    """Delta of the first layer over that of the last hidden one, (seeds,): far below 1 it vanishes on its way down."""
    return first_over_last(layers.deltas[:, :-1])


def table(result: Result) -> pd.DataFrame:
    """One row a contestant: depth, initializer, what its layers looked like, how far it came."""
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


def curves(result: Result) -> pd.DataFrame:
    """Every frame of every run: one row for each contestant, seed and step."""
    return result.race.tidy()


def fall(result: Result, label: str) -> np.ndarray:
    """Share of the starting loss that training took away, (seeds,)."""
    return 1 - result.race.final(label, "train_loss") / result.race.values(label, "train_loss")[0]


ANY_DEPTH = Rule(
    29,
    f"the slope by backpropagation agrees with that by forward mode to {AGREES:g} of the gradient's length, for every "
    "seed at every depth: holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "At every depth the gradient is right: it differs from forward mode by at most {largest error}, even "
        "where a layer's gradient has faded to {faintest gradient}.",
        FAILS: "With {deepest} layers backpropagation is off from forward mode by {largest error}.",
    },
    kind="identity",
)
DEEPER = Rule(
    30,
    "test score, deeper minus shallow, by two pairs of networks: the best deeper one of this race and the shallowest, "
    "and one of 3 layers and one of 1 with about equally many parameters on two spirals; both above zero: holds; one: "
    "holds with caveats; none: does not hold",
    some_met,
    {
        HOLDS: "On both tasks the deeper network scored higher: {deeper} against {shallow} {gain in the race:signed}, "
        "on two spirals {gain on spirals:signed}.",
        CAVEATS: "Depth paid on one task and not detectably on the other: {deeper} against {shallow} "
        "{gain in the race:signed} in test score, on two spirals {gain on spirals:signed}.",
        FAILS: "Depth did not detectably pay: {deeper} against {shallow} {gain in the race:signed} in test score, on "
        "two spirals {gain on spirals:signed}.",
    },
)
VANISHING = Rule(
    47,
    "first over last delta at the greatest depth, median over seeds, between 1/100 and 100: for every initializer "
    "holds, for some holds with caveats, for none does not hold",
    some_met,
    {
        HOLDS: "Through {depth} layers of {activation} the error signal was kept under every initializer: {ratios}.",
        CAVEATS: "Whether {activation} keeps the error signal through {depth} layers depends on the initializer, first "
        "over last delta: {ratios}.",
        FAILS: "Through {depth} layers of {activation} the error signal was lost under every initializer: {ratios}.",
    },
)
INITIALIZER = Rule(
    0,
    "share of the starting loss taken away, best initializer minus worst, paired: above zero, and the worst took away "
    "less than 5 %: holds; above zero: holds with caveats; else not decided",
    lambda evidence: UNDECIDED if not evidence["lead"].met else HOLDS if evidence["worst"].met else CAVEATS,
    {
        HOLDS: "At {depth} layers {best} decides: it took away {best share} of the starting loss, {last} only {worst}.",
        CAVEATS: "At {depth} layers {best} took away more of the starting loss than {last} ({lead:signed}), but {last} "
        "learns as well: {worst}.",
        UNDECIDED: "At {depth} layers no initializer was detectably ahead: {best} minus {last} {lead:signed}.",
    },
    question="at {depth} layers the initializer decides whether a {activation} network trains",
    source="He et al. 2015; Glorot & Bengio 2010",
    answers={HOLDS: "{best}", CAVEATS: "{best}"},
    key="initializer",
)
RULES = (ANY_DEPTH, DEEPER, VANISHING, INITIALIZER)


def findings(result: Result) -> list[Finding]:
    """Claims 29, 30 and 47, and the direction of Glorot 2010 and He 2015."""
    return [_any_depth(result), _deeper_is_better(result), _prevents_vanishing(result), _initializer_decides(result)]


def _any_depth(result: Result) -> Finding:
    errors = {label: float(each.max()) for label, each in result.errors.items()}
    smallest = min(float(layers.weight_gradients.min()) for layers in result.layers.values())
    worst = max(errors, key=lambda label: errors[label])
    return ANY_DEPTH.find(
        Quantity.of("largest error", errors[worst], "of the gradient's length", "at most", AGREES),
        Quantity.of("faintest gradient", smallest),
        deepest=worst,
    )


def _deeper_is_better(result: Result) -> Finding:
    scores = {label: result.race.final(label, "test_score") for label in result.contestants}
    depths = sorted(result.settings.depths)
    deep, wide = (result.spirals.final(label, "test_score") for label in SPIRALS)
    spirals = Quantity.of("gain on spirals", paired(deep, wide), "", "above", 0)
    if len(depths) < 2:
        return DEEPER.find(spirals, missing="It takes two depths or more to compare them.")
    best = {d: max((name(d, i) for i in result.settings.initializers), key=lambda c: scores[c].mean()) for d in depths}
    deeper, shallow = best[max(depths[1:], key=lambda depth: scores[best[depth]].mean())], best[depths[0]]
    gain = Quantity.of("gain in the race", paired(scores[deeper], scores[shallow]), "", "above", 0)
    return DEEPER.find(gain, spirals, deeper=deeper, shallow=shallow)


def _prevents_vanishing(result: Result) -> Finding:
    activation, depth = result.settings.activation, max(result.settings.depths)
    ratios = {i: np.median(ratio(result.layers[result.deepest(i)])) for i in result.settings.initializers}
    evidence = [Quantity.of(initializer, value, "", "between", KEPT) for initializer, value in ratios.items()]
    about = activation in ("relu", "tanh") and depth >= 10
    return VANISHING.find(
        *evidence,
        missing="" if about else "The claim is about ReLU and tanh in networks of 10 layers or more.",
        activation=activation,
        depth=str(depth),
        ratios=listed([f"{each.name} {each}" for each in evidence]),
    )


def _initializer_decides(result: Result) -> Finding:
    depth, initializers = max(result.settings.depths), result.settings.initializers
    words = {"depth": str(depth), "activation": result.settings.activation}
    if len(initializers) < 2:
        return INITIALIZER.find(missing="It takes two initializers to compare them.", **words)
    falls = {initializer: fall(result, name(depth, initializer)) for initializer in initializers}
    best, last = (pick(falls, key=lambda initializer: falls[initializer].mean()) for pick in (max, min))
    return INITIALIZER.find(
        Quantity.of("lead", paired(falls[best], falls[last]), "", "above", 0),
        Quantity.of("best share", falls[best].mean(), "share"),
        Quantity.of("worst", falls[last].mean(), "share", "below", LITTLE),
        best=best,
        last=last,
        **words,
    )
