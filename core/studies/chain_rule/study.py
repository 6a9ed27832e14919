"""What is in a gradient? One example walked through by hand, every derivative checked, and the price of them all."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from core.data import load_dataset, stream
from core.gradients import GRADIENTS, NetworkLoss
from core.gradients.estimators import Traced, backpropagation, central_differences, forward_differences
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS, LOSSES, Network
from core.nn.losses import one_hot
from core.optimizers import OPTIMIZERS
from core.settings import choice, number
from core.statistics import Difference, share_of
from core.studies.chain_rule.walkthrough import Walkthrough
from core.studies.complexity import Shape, gradient
from core.studies.contract import TOO_CLOSE, Quantity, Told
from core.studies.motion import called
from core.studies.race import Growing, Repeated
from core.studies.rules import Rules
from core.studies.timing import CHEAP, clock, middle, seconds_of

INPUTS, UNITS, OUTPUTS = 4, 4, 3  # at most, of the network that is walked through
SAMPLES = 100  # behind the gradients that are checked
STEPS = 10.0 ** -np.arange(1, 13.5, 0.5)  # of the differences
WIDTHS = (2, 4, 8, 16, 24)  # of the two hidden layers of the networks whose gradients are timed, by every source,
LARGE = (64, 128)  # and by backpropagation alone, since the others would take minutes
DIFFERENCES = {"central": central_differences, "forward": forward_differences}
SOURCED = ("xor", "moons", "circles", "spirals")  # data sets that examples are taken from
BACKPROP = "backpropagation"
SOURCES = (BACKPROP, "forward_mode", "central_differences")
FORWARD = "a forward pass"
TIMINGS, TIMED = 25, 32  # of each, of which the median counts; and samples behind the gradients timed
SPAN = 1e-3  # seconds in which a call is repeated, and the fastest taken
ROSENBROCK = LANDSCAPES["rosenbrock"]
POINTS = 20  # on Rosenbrock's function for each seed
DESCENT, PIECES = 400, 20  # steps on it, and in how many pieces
RIGHT = 1e-6  # largest error against central differences, relative to the largest derivative
ROUNDING = 1e-12  # of sums taken in another order
MANY = 50.0  # forward passes for a gradient that are no longer few
ENTRY, DERIVATIVE = "of the largest entry", "of the largest derivative"
RULES = Rules(__name__)
findings = RULES.findings


def _own(field: str = "inputs", least: int = 1) -> Callable[[Any], bool]:
    """Whether a setting of the own example makes a difference, as it does from so many inputs or outputs on."""
    return lambda settings: settings.dataset == "own" and getattr(settings, field) >= least


class Settings(Repeated):
    """The network, the example and the loss."""

    hidden: int = number(2, 0, UNITS, "Hidden units", "0: a linear model.")
    second: int = number(0, 0, UNITS, "Second hidden layer", "Its units; 0: none.", when=lambda s: s.hidden > 0)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of every hidden unit.", when=lambda s: s.hidden > 0)
    loss: str = choice("mean_squared_error", LOSSES, "Loss", "How wrong the outputs are.")
    dataset: str = choice("xor", (*SOURCED, "own"), "Data", "Where the example is from; own: your numbers.")
    example: int = number(1, 1, SAMPLES, "Example", "Which sample goes through.", when=lambda s: s.dataset != "own")
    inputs: int = number(2, 1, INPUTS, "Inputs", "Of the own example.", when=_own())
    outputs: int = number(1, 1, OUTPUTS, "Outputs", "Of the network for the own example.", when=_own())
    x1: float = number(0.5, -3, 3, "Input x1", "Of the own example.", when=_own("inputs", 1))
    x2: float = number(-1.0, -3, 3, "Input x2", "Of the own example.", when=_own("inputs", 2))
    x3: float = number(1.0, -3, 3, "Input x3", "Of the own example.", when=_own("inputs", 3))
    x4: float = number(0.2, -3, 3, "Input x4", "Of the own example.", when=_own("inputs", 4))
    t1: float = number(1.0, -3, 3, "Target 1", "What is right for the own example.", when=_own("outputs", 1))
    t2: float = number(0.0, -3, 3, "Target 2", "What is right for the own example.", when=_own("outputs", 2))
    t3: float = number(0.0, -3, 3, "Target 3", "What is right for the own example.", when=_own("outputs", 3))
    lr: float = number(0.5, 1e-3, 10, "Learning rate", "Size of the one update.", log=True)

    @model_validator(mode="after")
    def _loss_takes_the_targets(self) -> Self:
        LOSSES[self.loss].encode(np.array([self.targets]), len(self.targets), "the target of the example")
        return self

    @property
    def sizes(self) -> list[int]:
        """Units of each layer, the inputs first; a data set has two inputs, and two classes."""
        hidden = [self.hidden, self.second] if self.hidden else []
        inputs = self.inputs if self.dataset == "own" else 2
        return [inputs, *(units for units in hidden if units), len(self.targets)]

    @property
    def targets(self) -> list[float]:
        """Those of the own example; of a data set those of its first class, one for each output that the loss needs."""
        if self.dataset == "own":
            return [self.t1, self.t2, self.t3][: self.outputs]
        return [1.0, 0.0] if self.loss == "softmax_cross_entropy" else [0.0]


@dataclass
class Price:
    """Of gradients of one network: parameters, seconds of a forward pass, and of each source's gradient."""

    parameters: int
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # FORWARD among them
    counted: dict[str, int] = field(default_factory=dict)  # forward passes, of which a sweep back counts as two

    def knows(self, source: str) -> bool:
        """Whether a forward pass and the source's gradient have been timed."""
        return bool(self.seconds[FORWARD] and self.seconds[source])

    def ratio(self, source: str) -> Difference:
        """Time of a gradient in forward passes, the median with its interval over the timings so far."""
        return middle(np.array([a / b for a, b in zip(self.seconds[source], self.seconds[FORWARD], strict=False)]))


@dataclass
class Result(Growing):
    """The walkthroughs, and all checks so far."""

    walks: list[Walkthrough] = field(default_factory=list)  # one a seed; the first one is drawn
    errors: dict[int, np.ndarray] = field(default_factory=dict)  # seed's place: (P,), relative to the largest entry
    by_step: dict[str, np.ndarray] = field(default_factory=dict)  # (len(STEPS), seeds), NaN where not measured yet
    repeated: dict[int, tuple[float, float]] = field(default_factory=dict)  # again, and in reverse order: difference
    prices: dict[int, Price] = field(default_factory=dict)  # by width
    surface: dict[int, np.ndarray] = field(default_factory=dict)  # relative errors (POINTS,) of the tape
    descent: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def walk(self) -> Walkthrough:
        return self.walks[0]

    def _tasks(self, problems: list[NetworkLoss], backwards: list[NetworkLoss]) -> list[Callable[[], object]]:
        """All checks and timings as small pieces of work, those of each kind evenly spread over the whole."""
        seeds, descent = range(len(problems)), self._descent()
        steps, timed = range(len(STEPS)), [(width, source) for width in WIDTHS for source in (FORWARD, *SOURCES)]
        timed += [(width, source) for width in LARGE for source in (FORWARD, BACKPROP)]
        kinds: list[list[Callable[[], object]]] = [
            [partial(self._check, k, problems[k], backwards[k]) for k in seeds],
            [partial(self._by_step, k, i, problems[k]) for k in seeds for i in steps],
            [partial(self._price, *each) for _ in range(TIMINGS) for each in timed],
            [partial(self._on_the_surface, k) for k in seeds],
            [partial(next, descent)] * PIECES,
        ]
        placed = [((i + 0.5) / len(kind), task) for kind in kinds for i, task in enumerate(kind)]
        return [task for _, task in sorted(placed, key=lambda pair: pair[0])]

    def _check(self, k: int, problem: NetworkLoss, reversed_: NetworkLoss) -> None:
        """Every derivative against a central difference; again, and with the samples in reverse order."""
        params = self.walks[k].params
        exact, again, turned = (backpropagation(each, params).grads for each in (problem, problem, reversed_))
        self.errors[k] = off(central_differences(problem, params).grads, exact)
        self.repeated[k] = float(off(again, exact).max()), float(off(turned, exact).max())

    def _by_step(self, k: int, place: int, problem: NetworkLoss) -> None:
        params = self.walks[k].params
        exact = backpropagation(problem, params).grads
        for kind, estimate in DIFFERENCES.items():
            found = estimate(problem, params, step=float(STEPS[place])).grads
            self.by_step[kind][place, k] = off(found, exact).max()

    def _price(self, width: int, source: str) -> None:
        """Time one source's gradient of a network 2-width-width-1 once more, or a forward pass."""
        shape = Shape(TIMED, 2, width, 2, TIMED, 1, "tanh", "mean_squared_error")
        network = shape.network()
        price = self.prices.setdefault(width, Price(network.parameters))
        if source in (FORWARD, BACKPROP):
            work = gradient(shape, np.random.default_rng(0))
            price.seconds[source].append(seconds_of(work.forward if source == FORWARD else work.call, SPAN))
            price.counted[BACKPROP] = 3  # passes: one forward, and a sweep back of two products for each layer
            return
        data, params = load_dataset("moons", TIMED, 4, seed=0), first_params(network, 0)
        problem, started = NetworkLoss(network, data.X_train, data.y_train), clock()
        found = GRADIENTS[source](problem, params)
        price.seconds[source].append(clock() - started)
        price.counted[source] = found.price

    def _on_the_surface(self, k: int) -> None:
        """The tape's reverse sweep over Rosenbrock's formula, against differences, at random points."""
        formula, errors = Traced(ROSENBROCK.f), []
        for x in stream(self.settings.seed + k, 1).uniform(-2, 2, (POINTS, 2)):
            g = backpropagation(formula, x).grads
            errors.append(np.abs(g - central_differences(formula, x).grads).max() / max(1.0, np.abs(g).max()))
        self.surface[k] = np.array(errors)

    def _descent(self) -> Iterator[None]:
        """Momentum down Rosenbrock's valley by the tape's gradients, in PIECES."""
        formula, x = Traced(ROSENBROCK.f), np.array(ROSENBROCK.start, dtype=float)
        rule = OPTIMIZERS["momentum"](lr=1e-3).init(x)
        path = [x.copy()]
        for step in range(DESCENT):
            rule.step(x, backpropagation(formula, x).grads)
            path.append(x.copy())
            if (step + 1) % (DESCENT // PIECES) == 0:
                self.descent = np.array(path)
                yield

    @RULES.rule("backwards")
    def _backwards(self) -> Told:
        worst = _worst([walk.gradient() for walk in self.walks], self)
        yield Quantity.of("largest difference", worst, ENTRY, "at most", ROUNDING)

    @RULES.rule("chain_rule")
    def _chain_rule(self) -> Told:
        along_paths, counts = zip(*(walk.along_paths() for walk in self.walks), strict=True)
        yield Quantity.of("largest difference", _worst(along_paths, self), ENTRY, "at most", ROUNDING)
        yield Quantity.of("paths", counts[0], "paths")
        yield Quantity.of("visits by backpropagation", len(self.walk.visits), "connections")

    @RULES.rule("traverses")
    def _traverses(self) -> Told:
        walk, visits = self.walk, Counter(self.walk.visits)
        layer = {unit: place for place, units in enumerate(walk.units) for unit in units}
        order = [layer[unit] for _, unit in walk.visits]
        not_once, forward = sum(visits[edge] != 1 for edge in walk.w), sum(b > a for a, b in pairwise(order))
        yield Quantity.of("connections", len(walk.w), "connections")
        yield Quantity.of("connections not visited once", not_once, "", "at most", 0)
        yield Quantity.of("steps forward", forward, "", "at most", 0)

    @RULES.rule("weights")
    def _weights(self) -> Told:
        errors, bias = np.array(list(self.errors.values())), self.walk.is_bias
        best = STEPS[np.median(self.by_step["central"], axis=1).argmin()]
        yield Quantity.of("largest error of a weight", errors[:, ~bias].max(), "", "at most", RIGHT)
        yield Quantity.of("largest error of a bias", errors[:, bias].max(), "", "at most", RIGHT)
        yield Quantity.of("smallest error", errors.min(), "", "at most", RIGHT)
        yield Quantity.of("share within the limit", (errors <= RIGHT).mean(), "share")
        yield {"best step of a difference": best}

    @RULES.rule("cheap")
    def _cheap(self) -> Told:
        *smaller, largest = (self.prices[width] for width in sorted(self.prices))
        tried = [each for each in smaller if each.knows("central_differences")][-1]
        cost = Quantity.of("largest network", largest.ratio(BACKPROP), "times", "at most", CHEAP)
        within = {
            "fewer than 5": cost.met,
            "5 to 50": cost.missed and cost.high < MANY,
            "more than 50": cost.low > MANY,
        }
        yield cost
        yield Quantity.of("central differences", tried.ratio("central_differences"), "times", "above", CHEAP)
        yield Quantity.of("passes of central differences counted", tried.counted["central_differences"], "passes")
        for each in smaller:
            yield Quantity.of(f"{each.parameters} parameters", each.ratio(BACKPROP), "times", "at most", CHEAP)
        yield {"parameters": f"{largest.parameters:,}", "fewer": str(tried.parameters)}
        yield {"band": next((band for band, whole in within.items() if whole), TOO_CLOSE)}

    @RULES.rule("networks")
    def _networks(self) -> Told:
        errors = np.concatenate(list(self.surface.values()))
        yield Quantity.of("largest error", errors.max(), "", "at most", RIGHT)
        yield Quantity.of("smallest error", errors.min(), "", "at most", RIGHT)
        yield Quantity.of("points", len(errors), "random points")
        yield {"distance of momentum from the minimum": float(np.linalg.norm(self.descent[-1] - 1))}

    @RULES.rule("repeats")
    def _repeats(self) -> Told:
        again, reverse = np.array(list(self.repeated.values())).T
        yield Quantity.of("twice", again.max(), DERIVATIVE, "at most", 0)
        yield Quantity.of("in reverse order", reverse.max(), DERIVATIVE, "at most", 0)


def network_of(settings: Settings) -> Network:
    return Network(settings.sizes, settings.activation, settings.loss)


def samples(settings: Settings, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X (SAMPLES, inputs) and y (SAMPLES, outputs): of the data set, or the own example followed by random ones."""
    if settings.dataset != "own":
        data = load_dataset(settings.dataset, SAMPLES, 4, seed=seed)
        return data.X_train, one_hot(data.y_train, 2) if len(settings.targets) > 1 else data.y_train[:, None]
    rng, outputs = stream(seed, "data"), settings.outputs
    X, classes = rng.normal(size=(SAMPLES, settings.inputs)), rng.integers(0, max(2, outputs), SAMPLES)
    y = one_hot(classes, outputs) if outputs > 1 else classes[:, None].astype(float)
    X[0], y[0] = [settings.x1, settings.x2, settings.x3, settings.x4][: settings.inputs], settings.targets
    return X, y


def first_params(network: Network, seed: int) -> np.ndarray:
    """Weights drawn as Xavier does, biases drawn too, so that no number of the example is a 0."""
    rng = np.random.default_rng(seed)
    params = network.initial(rng, "xavier")
    for _, b in network.unpack(params):
        b[:] = rng.uniform(-0.5, 0.5, b.size)
    return params


def run(settings: Settings) -> Iterator[Result]:
    """The walkthroughs at once, then the checks and timings, evenly spread, so that one can watch."""
    result, network = Result(settings, "checking derivatives, and timing gradients"), network_of(settings)
    data = [samples(settings, seed) for seed in result.seeds]
    row = settings.example - 1 if settings.dataset != "own" else 0
    result.walks = [
        Walkthrough(network, first_params(network, seed), X[row], y[row], settings.lr)
        for seed, (X, y) in zip(result.seeds, data, strict=True)
    ]
    result.by_step = {kind: np.full((len(STEPS), settings.seeds), np.nan) for kind in DIFFERENCES}
    yield result
    problems = [NetworkLoss(network, X, y) for X, y in data]
    backwards = [NetworkLoss(network, X[::-1], y[::-1]) for X, y in data]
    tasks = result._tasks(problems, backwards)
    for place, task in enumerate(tasks, start=1):
        task()
        result.progress = place / len(tasks)
        yield result


def off(found: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Size of each difference (P,), relative to the largest entry."""
    return share_of(np.abs(found - right), np.abs(right).max())


def _worst(grads: Iterable[np.ndarray], result: Result) -> float:
    """How far gradients (P,) are at most from those that the network computes with its matrices."""
    right = (walk.network.loss_and_gradient(walk.params, walk.x, walk.y)[1] for walk in result.walks)
    return max(float(off(*pair).max()) for pair in zip(grads, right, strict=True))


def table(result: Result) -> pd.DataFrame:
    """One row a connection of the first seed: every number of the walkthrough, and the central difference."""
    walk = result.walk
    numeric = central_differences(NetworkLoss(walk.network, walk.x, walk.y), walk.params).grads
    return pd.DataFrame(
        {
            "connection": called(edge),
            "w": w,
            "a": walk.a[edge[0]],
            "δ": walk.delta[edge[1]],
            "dL/dw = δ·a": walk.grads[edge],
            "by central differences": float(slope),
            "new w": walk.new[edge],
        }
        for (edge, w), slope in zip(walk.w.items(), numeric, strict=True)
    )


def curves(result: Result) -> pd.DataFrame:
    """The error of both kinds of differences by step and seed."""
    tables = [
        pd.DataFrame({"differences": kind, "seed": result.settings.seed + k, "step": STEPS, "relative_error": errors})
        for kind, of_seeds in result.by_step.items()
        for k, errors in enumerate(of_seeds.T)
    ]
    return pd.concat(tables, ignore_index=True)
