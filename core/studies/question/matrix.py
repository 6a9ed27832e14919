"""Training split into its two halves: every source of a gradient, combined with every use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np

from core.data import Dataset, load_dataset, stream
from core.gradients import GRADIENTS, NetworkLoss
from core.gradients.estimators import Gradient, backpropagation
from core.minimizers import MINIMIZERS, Problem
from core.nn import Network
from core.optimizers import OPTIMIZERS
from core.optimizers.lbfgs import LBFGS
from core.statistics import lengths, relative, share_of
from core.studies.timing import clock

Array = np.ndarray
WORST = 1e6  # the loss of a walk that diverged, large enough to dominate any mean
LOST = 1e4 * np.finfo(float).eps  # relative to the weights: of a shorter step rounding changes the direction
BOX = 5.0  # annealing searches every weight between -BOX and BOX

EXACT = ("backpropagation", "forward_mode", "central_differences")  # up to rounding
SOURCES = (*EXACT, "spsa", "none")
UPDATE_RULES = ("sgd", "momentum", "adam")
GRADIENT_USES = (*UPDATE_RULES, "lbfgs")  # uses that follow a gradient
USES = (*GRADIENT_USES, "annealing", "nothing")

Cell = tuple[str, str]  # source, use


def refusal(source: str, use: str) -> str:
    """Why a source and a use cannot be combined; empty if they can."""
    if use == "nothing":
        return ""
    if use == "annealing":
        return "" if source == "none" else "asks for no gradient"
    if source == "none":
        return "has nothing to follow"
    return "finds no curvature in noise" if (source, use) == ("spsa", "lbfgs") else ""


CELLS: list[Cell] = [(source, use) for source in SOURCES for use in USES if not refusal(source, use)]


@dataclass
class Walk:
    """One run from one seed: its points and costs; each list begins with the start."""

    problem: NetworkLoss
    start: Array  # (P,)
    params: list[Array] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)  # total so far
    straight: list[float] = field(
        default_factory=list
    )  # cosine between each step and its negative gradient, see `_cosine`
    gradients: list[Array | None] = field(default_factory=list)  # behind each step, None where there was none
    parameters_by_source: int = 0  # number of times the source has changed the parameters
    gradient_by_rule: int = 0
    parameters_by_rule: int = 0
    times: list[float] = field(default_factory=list)  # seconds of each gradient and update, without evaluating the loss

    def __post_init__(self) -> None:
        self.arrive(self.start, 0)

    def arrive(self, x: Array, passes: int, gradient: Array | None = None) -> bool:
        """Record the point, its cost and the gradient used; False if the walk has diverged."""
        with np.errstate(all="ignore"):
            loss = float(self.problem.value(x))
            if gradient is not None:
                self.straight.append(-_cosine(x - self.params[-1], gradient, LOST * float(lengths(x))))
        if self.params:
            self.gradients.append(gradient)
        self.params.append(x.copy())
        self.losses.append(loss)
        self.passes.append((self.passes[-1] if self.passes else 0) + passes)
        return bool(np.isfinite(loss) and np.isfinite(x).all())

    @property
    def final(self) -> float:
        """The last loss; WORST if the walk diverged."""
        return min(self.losses[-1], WORST) if np.isfinite(self.losses[-1]) else WORST

    def score(self, data: Dataset) -> float:
        """Training accuracy, or R² in a regression, at the final weights."""
        if data.task != "classes":
            return 1 - self.final / float(np.var(data.y_train))
        output = np.nan_to_num(self.problem.network.predict(self.params[-1], data.X_train)[:, 0])
        return float(np.mean((output > 0) == data.y_train))

    @property
    def gradient(self) -> Array | None:
        """The first one, if there is any."""
        return next((each for each in self.gradients if each is not None), None)

    @property
    def still(self) -> bool:
        """Whether it found a gradient and ended, bit by bit, where it began."""
        found = self.gradient is not None and bool(self.gradient.any())
        return found and np.array_equal(self.params[0], self.params[-1])

    @property
    def seconds(self) -> float:
        """Seconds of all gradients and updates, from their median, so that disturbances do not count."""
        return float(np.median(self.times)) * len(self.times) if self.times else 0.0

    @property
    def way(self) -> Array:
        """The points (T, P), without a non-finite last one."""
        points = np.array(self.params)
        return points[np.isfinite(points).all(axis=1)]

    @property
    def length(self) -> float:
        return float(lengths(np.diff(self.way, axis=0)).sum())


def _cosine(step: Array, gradient: Array, lost: float) -> float:
    """Cosine of the angle between both; NaN without a gradient, or for a step so short that it is lost in rounding."""
    pair = np.array([step, gradient])
    sizes = lengths(pair)
    one, other = pair / sizes[:, None]
    return float(one @ other) if sizes[0] > lost else np.nan


def begin(settings: Any, seed: int) -> tuple[Dataset, Walk]:
    """The data of a seed, and a walk at its initial weights."""
    data = load_dataset(settings.dataset, settings.samples, 4, seed=seed)
    sizes = [data.features, *(settings.width,) * settings.layers, 1]
    loss = "binary_cross_entropy" if data.task == "classes" else "mean_squared_error"
    network = Network(sizes, settings.activation, loss)
    return data, Walk(NetworkLoss(network, data.X_train, data.y_train), network.initial(stream(seed, "weights")))


def batch_error(data: Dataset, walk: Walk, size: int) -> float:
    """Relative difference between the mean gradient of all batches and the gradient over all samples."""
    total = np.zeros_like(walk.start)
    for i in range(0, len(data.X_train), size):
        rows = slice(i, i + size)
        part = NetworkLoss(walk.problem.network, data.X_train[rows], data.y_train[rows])
        total += len(data.X_train[rows]) * backpropagation(part, walk.start).grads
    return relative(total / len(data.X_train), backpropagation(walk.problem, walk.start).grads)


def aligned(walks: list[Walk], measure: str) -> Array:
    """A measure of several walks (T, seeds), NaN where a walk has ended before the longest one."""
    rows = list(zip_longest(*(getattr(walk, measure) for walk in walks), fillvalue=np.nan))
    return np.array(rows).reshape(-1, len(walks))


def apart(first: Walk, second: Walk) -> float:
    """The largest distance between two walks after equally many updates, relative to the first one's path length."""
    one, other = first.way, second.way
    steps = min(len(one), len(other))
    return float(share_of(lengths(one[:steps] - other[:steps]).max(), first.length))


def train(walk: Walk, cell: Cell, lr: float, updates: int, rng: np.random.Generator) -> Iterator[None]:
    """Continue the walk for some updates, or for their cost; yields after each update."""
    source, use = cell
    if use == "annealing":
        yield from _anneal(walk, updates, rng)
    elif use == "nothing":
        yield from _look_only(walk, source, rng)
    elif use == "lbfgs":
        yield from _search(walk, GRADIENTS[source], updates)
    else:
        yield from _follow(walk, GRADIENTS[source], use, lr, updates, rng)


def _follow(
    walk: Walk, source: Callable[..., Gradient], use: str, lr: float, updates: int, rng: np.random.Generator
) -> Iterator[None]:
    """An update rule, one gradient for each step."""
    x = walk.start.copy()
    rule = OPTIMIZERS[use](lr=lr).init(x)
    for _ in range(updates):
        started = clock()
        with np.errstate(all="ignore"):
            found = source(walk.problem, x, rng)
        spent = clock() - started
        g, changed = found.grads.copy(), not np.array_equal(x, walk.params[-1])
        started = clock()
        rule.step(x, found.grads)
        walk.times.append(spent + clock() - started)
        walk.parameters_by_source += changed
        walk.gradient_by_rule += not np.array_equal(g, found.grads)
        walk.parameters_by_rule += not np.array_equal(x, walk.params[-1])
        if not walk.arrive(x, found.price, found.grads):
            return
        yield


def _search(walk: Walk, source: Callable[..., Gradient], updates: int) -> Iterator[None]:
    """L-BFGS with its line search, until it has used as many gradients as the others."""
    x = walk.start.copy()
    rule = LBFGS(line_search_fn="strong_wolfe").init(x)
    known: dict[bytes, tuple[float, Array]] = {}  # points already evaluated by the search cost nothing
    paid = asked = 0

    def loss_and_gradient(x: Array) -> tuple[float, Array]:
        nonlocal paid, asked
        key = x.tobytes()
        if key not in known:
            found = source(walk.problem, x)
            known[key] = float(walk.problem.value(x)), found.grads
            paid, asked = paid + found.price + 1, asked + 1
        return known[key]

    while asked < updates:
        started, before = clock(), paid
        with np.errstate(all="ignore"):
            _, g = loss_and_gradient(x)
            here = x.copy()
            rule.step(x, g, loss_and_gradient)
        walk.times.append(clock() - started)
        if asked > updates or (x == here).all() or not walk.arrive(x, paid - before, g):
            return
        yield


def _anneal(walk: Walk, budget: int, rng: np.random.Generator) -> Iterator[None]:
    """Simulated annealing from the same weights: values only, no gradient at all."""
    box = np.full(walk.start.size, BOX)
    started = clock()
    problem = Problem(walk.problem.value, lower=-box, upper=box)
    found = MINIMIZERS["annealing"]()(problem, np.clip(walk.start, -BOX, BOX), budget, rng)
    walk.times.append(clock() - started)
    for x, paid in zip(found.path[1:], np.diff(found.path_spent), strict=True):
        walk.arrive(x, int(paid))
    walk.arrive(found.x, found.spent - walk.passes[-1])
    yield


def _look_only(walk: Walk, source: str, rng: np.random.Generator) -> Iterator[None]:
    """One gradient and no update, or nothing if there is no source."""
    if source != "none":
        started, x = clock(), walk.start.copy()
        found = GRADIENTS[source](walk.problem, x, rng)
        walk.times.append(clock() - started)
        walk.arrive(x, found.price, found.grads)
    yield
