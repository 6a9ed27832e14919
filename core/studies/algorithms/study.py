"""Is gradient descent the only way down? Compares algorithms on a surface and on a network, with equal budgets."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import stream
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.settings import Settings as BaseSettings
from core.settings import choice, choices, number, switch
from core.statistics import Share
from core.studies.algorithms import problems, steepest
from core.studies.algorithms.problems import FAMILY, KNOBS, PRICE, Surface, TrainingLoss
from core.studies.race import SLICE, RaceResult, training, tuned
from core.studies.tuning import TUNING_SEED, Tuning, choose
from core.training import RunSettings

PLANAR = ("moons", "circles", "spirals", "xor", "blobs")  # few inputs, so that curvature and populations are cheap
SURFACES = [name for name, surface in LANDSCAPES.items() if surface.lowest is not None]
NETWORK_RATES = np.geomspace(0.1, 30, 6)  # learning rates of each method of the family
HEATS = 20  # starts that choose the representative of each kind of algorithm; success is counted on other starts


class Settings(BaseSettings):
    """The algorithms, the surface and the budgets."""

    landscape: str = choice("styblinski_tang", SURFACES, "Surface", "The two-dimensional function to search.")
    methods: tuple[str, ...] = choices(
        (
            *("gradient_descent", "momentum", "newton", "conjugate_gradient", "lbfgs", "nelder_mead"),
            *("annealing", "evolution_strategy", "particle_swarm", "random_search"),
        ),
        MINIMIZERS,
        "Algorithms",
        "The algorithms to compare.",
    )
    across: float = number(20.0, 0, 100, "Start, across", "In % of the map, from the left. Or click the map.", step=1)
    up: float = number(70.0, 0, 100, "Start, up", "In % of the map, from below. Or click the map.", step=1)
    starts: int = number(60, 5, 200, "Starts", "Random points on the surface, the same for all algorithms.", work=1)
    budget: int = number(
        300,
        20,
        500,
        "Budget on the surface",
        "Evaluations per search: a value or a gradient counts as 1, a Hessian as 2.",
        work=1,
    )
    reach: float = number(
        1.0,
        0.1,
        5,
        "Within reach, in %",
        "A search succeeds if it ends this close to a lowest point, in % of the map's width.",
        step=0.1,
    )
    restarts: bool = switch(
        False, "Restart when stuck", "A search that stops early spends its remaining budget from another random start."
    )
    dataset: str = choice("moons", PLANAR, "Data", "Data the network trains on.")
    width: int = number(8, 1, 12, "Hidden units", "Units in the network's one tanh layer.", work=1)
    samples: int = number(100, 20, 200, "Training samples", "Number of training samples for the network.", work=1)
    network_budget: int = number(
        1200,
        150,
        1500,
        "Budget on the network",
        f"Forward passes per run: a value counts as 1, a gradient as {PRICE}, a Hessian as {PRICE} per weight.",
        work=1,
    )
    seeds: int = number(5, 5, 40, "Seeds", "Training runs by each algorithm, from the same initial weights.", work=1)
    seed: int = number(0, 0, 10_000, "First seed", "Use the same number to get the same run.")


@dataclass
class Search:
    """One search: its points, the values there and the cost so far."""

    path: np.ndarray  # (k, 2); empty for a network
    values: np.ndarray  # (k,)
    spent: np.ndarray  # (k,) evaluations
    end: np.ndarray  # (2,) the result; empty for a network
    arrived: int  # evaluations after which it stayed within reach of a lowest point; 0 if it ended elsewhere
    total: int  # evaluations until it stopped
    seconds: float
    reason: str

    @property
    def success(self) -> bool:
        """Whether it ended within reach; passing by does not count."""
        return self.arrived > 0

    def best_at(self, grid: np.ndarray) -> np.ndarray:
        """The lowest value found with so many evaluations, grid (T,)."""
        lowest = np.minimum.accumulate(self.values)
        return lowest[np.searchsorted(self.spent, grid, side="right") - 1]


Searches = dict[str, list[Search]]  # by method


@dataclass
class Result(RaceResult):
    """The state of the study, ready to be drawn at any time. `tuning` is that of the network's learning rates."""

    phase: str = "tuning on other surfaces"
    surface_tuning: dict[str, Tuning] = field(default_factory=dict)
    watched: Searches = field(default_factory=dict)  # one search of each method, from the start in the settings
    heats: Searches = field(default_factory=dict)  # searches of the surface from other starts
    surface: Searches = field(default_factory=dict)
    network: Searches = field(default_factory=dict)
    directions: list[steepest.Directions] = field(default_factory=list)
    least_squares: steepest.LeastSquares | None = None

    @property
    def start(self) -> np.ndarray:
        """The point (2,) of the map from which the paths are drawn."""
        low, high = np.array(LANDSCAPES[self.settings.landscape].bounds, dtype=float).T
        return low + (high - low) * (self.settings.across, self.settings.up) / 100

    @property
    def numbers(self) -> dict[str, float]:
        """The tuned number of each method that has one, in units of the surface."""
        return {method: tuning.best for method, tuning in self.surface_tuning.items()}

    def share(self, method: str) -> Share:
        """Searches that ended within reach of a lowest point."""
        return successes(self.surface[method])

    def final(self, method: str) -> np.ndarray:
        """Lowest training loss (seeds,) of the network."""
        return np.array([search.values.min() for search in self.network[method]])

    def first(self, method: str) -> np.ndarray:
        """Training loss (seeds,) of the network at its initial weights."""
        return np.array([search.values[0] for search in self.network[method]])


def successes(searches: Sequence[Search]) -> Share:
    """The searches that ended within reach of a lowest point."""
    return Share.of(np.array([search.success for search in searches]))


def run(settings: Settings) -> Iterator[Result]:
    """Tune on other surfaces, search this one from every start, train the network, compare directions."""
    result = Result(settings)
    yield result
    grids = {method: KNOBS[method].grid for method in settings.methods if method in KNOBS}
    result.surface_tuning = yield from choose(problems.trials(result, 0.2), grids)
    surface = Surface(LANDSCAPES[settings.landscape], settings.reach / 100)
    result.phase = "searching the surface"
    result.watched = watch(result)
    yield result
    yield from _search_surface(result, surface, result.heats, TUNING_SEED + settings.seed, HEATS, 0.3)
    yield from _search_surface(result, surface, result.surface, settings.seed, settings.starts, 0.6)
    result.phase = "training the network"
    yield from _train_network(result)
    result.phase = "comparing directions"
    for k in range(settings.seeds):
        each = TrainingLoss(_network_run(settings, settings.seed + k))
        result.directions.append(steepest.directions(each.network, each.start, each.x, each.t, settings.seed + k))
        result.progress = 0.9 + 0.05 * (k + 1) / settings.seeds
        yield result
    for result.least_squares in steepest.least_squares(settings.seed, settings.seeds):
        yield result
    result.progress = 1.0
    yield result


def watch(result: Result) -> Searches:
    """A search by each method from the start in the settings; it counts for nothing."""
    settings = result.settings
    surface = Surface(LANDSCAPES[settings.landscape], settings.reach / 100)
    return {
        method: [search_surface(result, surface, method, result.start, stream(settings.seed, 0, 2))]
        for method in settings.methods
    }


def change(result: Result, settings: Settings) -> bool:
    """Take another start at once; other changes need a new run."""
    here = {"across": settings.across, "up": settings.up}
    if result.settings.model_copy(update=here) != settings:
        return False
    if result.settings != settings:
        result.settings = settings
        result.watched = watch(result) if result.watched else {}
    return True


def clicked(settings: Settings, x: float, y: float) -> Settings:
    """The settings with this point of the map as the start."""
    (left, right), (bottom, top) = LANDSCAPES[settings.landscape].bounds
    shares = np.clip(((x - left) / (right - left), (y - bottom) / (top - bottom)), 0, 1)
    across, up = (100 * shares).round().tolist()
    return Settings(**settings.model_dump() | {"across": across, "up": up})


def _search_surface(
    result: Result, surface: Surface, found: Searches, seed: int, starts: int, until: float
) -> Iterator[Result]:
    """Run every method from every start, start by start; searches go to `found`, progress to `until`."""
    begun, deadline = result.progress, time.perf_counter() + SLICE
    for k in range(starts):
        start = surface.start(stream(seed, k, 0))
        for method in result.settings.methods:
            search = search_surface(result, surface, method, start, stream(seed, k, 1))
            found.setdefault(method, []).append(search)
            if time.perf_counter() > deadline:
                yield result
                deadline = time.perf_counter() + SLICE
        result.progress = begun + (until - begun) * (k + 1) / starts
    yield result


def search_surface(
    result: Result, surface: Surface, method: str, start: np.ndarray, rng: np.random.Generator
) -> Search:
    """One search from start (2,), with restarts while budget is left if the settings ask for them."""
    settings, parts, spent = result.settings, [], 0
    options = problems.options(method, result.numbers, surface)
    began = time.perf_counter()
    while True:
        part = MINIMIZERS[method](**options)(surface.problem, start, settings.budget - spent, rng)
        parts.append((part.path, part.path_values, part.path_spent + spent))
        spent += part.spent
        if not settings.restarts or not part.spent or spent >= settings.budget:
            break
        start = surface.start(rng)
    seconds = time.perf_counter() - began
    best = min(parts, key=lambda part: float(part[1][-1]))  # best by final value
    path, values, spents = map(np.concatenate, zip(*parts, strict=True))
    return Search(path, values, spents, best[0][-1], _arrived(surface, best), spent, seconds, part.reason.value)


def _arrived(surface: Surface, part: tuple[np.ndarray, np.ndarray, np.ndarray]) -> int:
    """Evaluations after which a path (k, 2) stayed within reach; 0 if it ended elsewhere."""
    path, _, spent = part
    outside = np.flatnonzero(~surface.near(path))
    first = outside[-1] + 1 if len(outside) else 0
    return max(1, int(spent[first])) if first < len(path) else 0


def _network_run(settings: Settings, seed: int) -> RunSettings:
    given = {"train": settings.samples, "test": 100, "batch_size": None, "steps": settings.network_budget // PRICE}
    return training(settings, (settings.width,), seed=seed, data_seed=seed, **given)


def _train_network(result: Result) -> Iterator[Result]:
    """Tune the family on separate seeds, then train with all, seed by seed."""
    settings = result.settings
    base, family = _network_run(settings, 0), [method for method in settings.methods if method in FAMILY]
    rules = {method: base.replace(optimizer=FAMILY[method].rule) for method in family}
    yield from tuned(result, rules, NETWORK_RATES, 0.7)
    begun = result.progress
    for k in range(settings.seeds):
        loss = TrainingLoss(_network_run(settings, settings.seed + k))
        for place, method in enumerate(settings.methods):
            options = {"lr": result.tuning[method].best} if method in family else {}
            rng = stream(settings.seed + k, 8)
            began = time.perf_counter()
            found = MINIMIZERS[method](**options)(loss.problem, loss.start, settings.network_budget, rng)
            seconds = time.perf_counter() - began
            values = np.append(found.path_values, found.value)  # the best point need not lie on the path
            spent = np.append(found.path_spent, found.spent)
            nowhere = np.empty((0, 2))
            search = Search(nowhere, values, spent, nowhere, 0, found.spent, seconds, found.reason.value)
            result.network.setdefault(method, []).append(search)
            result.progress = begun + (0.9 - begun) * (k + (place + 1) / len(settings.methods)) / settings.seeds
            yield result


def table(result: Result) -> pd.DataFrame:
    """One row per algorithm: success and cost on the surface, loss on the network, why it stopped."""
    rows, surface = [], Surface(LANDSCAPES[result.settings.landscape], result.settings.reach / 100)
    for method, searches in result.surface.items():
        share, trainings = result.share(method), result.network[method]
        price = [search.arrived for search in searches if search.success]
        reasons = pd.Series([search.reason for search in trainings])
        option = [f"{name} = {value:.3g}" for name, value in problems.options(method, result.numbers, surface).items()]
        rate = result.tuning.get(method)
        rows.append(
            {
                "algorithm": method,
                "tuned on other surfaces": option[0] if option else None,
                "success rate": share.value,
                "95 % from": round(share.low, 3),
                "to": round(share.high, 3),
                "evaluations to success (median)": float(np.median(price)) if price else None,
                "ms per search": round(1e3 * float(np.mean([search.seconds for search in searches])), 2),
                "network: learning rate": rate.best if rate else None,
                "network: lowest training loss (median)": float(np.median(result.final(method))),
                "network: forward passes": float(np.mean([search.total for search in trainings])),
                "network: ms per run": round(1e3 * float(np.mean([search.seconds for search in trainings])), 1),
                "network: stopped because": reasons.mode()[0],
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every point visited on the surface and the loss of every run: one row each, by algorithm and number."""
    tables = []
    for where, searches in (("surface", result.surface), ("network", result.network)):
        for method, each in searches.items():
            for turn, search in enumerate(each):
                points = search.path.T if len(search.path) else (np.nan, np.nan)
                columns = {"evaluations": search.spent, "value": search.values, "x": points[0], "y": points[1]}
                tables.append(pd.DataFrame({"where": where, "algorithm": method, "number": turn, **columns}))
    return pd.concat(tables, ignore_index=True)
