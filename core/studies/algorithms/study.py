"""Is gradient descent the only way down? Many algorithms on a surface and on a network, with equal budgets."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import stream
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.minimizers.methods import FirstOrder
from core.optimizers import OPTIMIZERS
from core.settings import Settings as BaseSettings
from core.settings import choice, choices, number, switch
from core.statistics import Share
from core.studies.algorithms import steepest
from core.studies.algorithms.problems import Surface, TrainingLoss
from core.studies.race import SLICE, Race, tuned, tuning_runs
from core.training import Resting, RunSettings

PLANAR = ("moons", "circles", "spirals", "xor", "blobs")  # few inputs, so that curvature and populations cost little
SURFACES = [name for name, surface in LANDSCAPES.items() if surface.lowest is not None]
# Gradient descent and its family
FAMILY = {name: method for name, method in MINIMIZERS.items() if issubclass(method, FirstOrder)}
RATES = np.geomspace(1e-5, 1, 11)  # of each of the family on a surface
NETWORK_RATES = np.geomspace(0.03, 100, 8)
TUNING_STARTS = 10


class Settings(BaseSettings):
    """Who searches, on which surface, with how much."""

    landscape: str = choice("styblinski_tang", SURFACES, "Surface", "What is searched, in two dimensions.")
    methods: tuple[str, ...] = choices(
        (
            *("gradient_descent", "momentum", "newton", "conjugate_gradient", "lbfgs", "nelder_mead"),
            *("annealing", "evolution_strategy", "particle_swarm", "random_search"),
        ),
        MINIMIZERS,
        "Algorithms",
        "Who takes part.",
    )
    starts: int = number(20, 5, 100, "Starts", "Random starting points on the surface, the same for everyone.", work=1)
    budget: int = number(
        300,
        20,
        500,
        "Budget on the surface",
        "Evaluations of one search: a value or a gradient is 1, a Hessian is 2.",
        work=1,
    )
    reach: float = number(
        1.0,
        0.1,
        5,
        "Within reach, in %",
        "A search succeeds this near a lowest point, in % of the map's width.",
        step=0.1,
    )
    restarts: bool = switch(
        False, "Start again when stuck", "A search that stops early spends what is left from another random start."
    )
    dataset: str = choice("moons", PLANAR, "Data", "What the network learns.")
    width: int = number(8, 1, 12, "Hidden units", "Of the network, in one layer of tanh.", work=1)
    samples: int = number(100, 20, 200, "Training samples", "Of the network.", work=1)
    network_budget: int = number(500, 50, 500, "Budget on the network", "Evaluations of one training.", work=1)
    seeds: int = number(
        5, 5, 20, "Seeds", "Trainings of the network by each algorithm, from the same first weights.", work=1
    )
    seed: int = number(0, 0, 10_000, "First seed", "Use the same number to get the same run.")


@dataclass
class Search:
    """One search: where it was, what it found there and what it had spent by then."""

    path: np.ndarray  # (k, 2); empty for a network
    values: np.ndarray  # (k,)
    spent: np.ndarray  # (k,) evaluations
    success: bool
    total: int  # evaluations until success, or until it stopped
    seconds: float
    reason: str

    def best_at(self, grid: np.ndarray) -> np.ndarray:
        """The lowest value found with so many evaluations, grid (T,)."""
        lowest = np.minimum.accumulate(self.values)
        return lowest[np.searchsorted(self.spent, grid, side="right") - 1]


@dataclass
class Result(Resting):
    """The state of the study, complete enough to draw at any time."""

    settings: Settings
    phase: str = "tuning the learning rates"
    progress: float = 0.0
    rates: dict[str, float] = field(default_factory=dict)  # of the family on the surface
    trials: Race = field(default_factory=lambda: Race({}))  # of rates for the network
    network_rates: dict[str, float] = field(default_factory=dict)
    surface: dict[str, list[Search]] = field(default_factory=dict)
    network: dict[str, list[Search]] = field(default_factory=dict)
    directions: list[steepest.Directions] = field(default_factory=list)
    least_squares: steepest.LeastSquares | None = None

    def share(self, method: str) -> Share:
        """Searches that succeeded."""
        return Share.of(np.array([search.success for search in self.surface[method]]))

    def final(self, method: str) -> np.ndarray:
        """Lowest training loss (seeds,) of the network."""
        return np.array([search.values.min() for search in self.network[method]])

    def first(self, method: str) -> np.ndarray:
        """Training loss (seeds,) of the network at its first weights."""
        return np.array([search.values[0] for search in self.network[method]])


def run(settings: Settings) -> Iterator[Result]:
    """Tune the family's rates, search the surface from every start, train the network, look at directions."""
    result = Result(settings)
    yield result
    surface = Surface(LANDSCAPES[settings.landscape], settings.reach / 100)
    for method in (method for method in settings.methods if method in FAMILY):
        result.rates[method] = surface_rate(surface, method, settings.budget)
        yield result
    result.phase = "searching the surface"
    for share in _search_surface(result, surface):
        result.progress = 0.5 * share
        yield result
    result.phase = "training the network"
    for share in _train_network(result):
        result.progress = 0.5 + 0.4 * share
        yield result
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


def surface_rate(surface: Surface, method: str, budget: int) -> float:
    """The rate with the most successes from separate starts; among equals that with the lowest median end."""
    rng = stream(0, 7)
    starts = [surface.start(rng) for _ in range(TUNING_STARTS)]
    x = np.tile(starts, (len(RATES), 1))
    rule = OPTIMIZERS[FAMILY[method].rule](lr=np.repeat(RATES, len(starts)))
    rule.init(x, shapes=[(1, 2)])
    nearest = np.full(len(x), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(budget):
            rule.step(x, surface.landscape.gradient(x))
            away = np.square((x[:, None] - surface.minima) / surface.size).sum(axis=2).min(axis=1)
            nearest = np.fmin(nearest, away)
        ends = np.nan_to_num(surface.landscape.value(x), nan=np.inf, posinf=np.inf)
    successes = (nearest.reshape(len(RATES), -1) <= surface.reach**2).sum(axis=1)
    return float(RATES[np.lexsort((np.median(ends.reshape(len(RATES), -1), axis=1), -successes))[0]])


def _search_surface(result: Result, surface: Surface) -> Iterator[float]:
    """Every method from every start, start by start; yields the share of the work done."""
    settings = result.settings
    deadline = time.perf_counter() + SLICE
    for k in range(settings.starts):
        start = surface.start(stream(settings.seed, k, 0))
        for place, method in enumerate(settings.methods):
            options = {"lr": result.rates[method]} if method in FAMILY else {}
            search = search_surface(method, options, surface, start, settings, stream(settings.seed, k, 1))
            result.surface.setdefault(method, []).append(search)
            if time.perf_counter() > deadline:
                yield (k + (place + 1) / len(settings.methods)) / settings.starts
                deadline = time.perf_counter() + SLICE
    yield 1.0


def search_surface(
    method: str,
    options: dict[str, float],
    surface: Surface,
    start: np.ndarray,
    settings: Settings,
    rng: np.random.Generator,
) -> Search:
    """One search from start (2,); while budget is left, further ones from other starts if the settings ask for them."""
    paths, values, spents, spent, reason = [], [], [], 0, ""
    surface.found = np.empty(0)
    began = time.perf_counter()
    while True:
        found = MINIMIZERS[method](**options)(surface.problem, start, settings.budget - spent, rng)
        paths.append(found.path)
        values.append(found.path_values)
        spents.append(found.path_spent + spent)
        spent, reason = spent + found.spent, found.reason.value
        if surface.found.size or not settings.restarts or not found.spent or spent >= settings.budget:
            break
        start = surface.start(rng)
    seconds, success = time.perf_counter() - began, bool(surface.found.size)
    if success:
        paths.append(surface.found[None])
        values.append(np.atleast_1d(surface.landscape.value(surface.found)))
        spents.append(np.array([spent]))
    parts = np.concatenate(paths), np.concatenate(values), np.concatenate(spents)
    return Search(*parts, success, spent, seconds, "within reach" if success else reason)


def _network_run(settings: Settings, seed: int) -> RunSettings:
    return RunSettings(
        dataset=settings.dataset,
        train=settings.samples,
        test=100,
        hidden=(settings.width,),
        batch_size=None,
        steps=settings.network_budget,
        seed=seed,
        data_seed=seed,
    )


def _train_network(result: Result) -> Iterator[float]:
    """Tune the family on a separate seed, then train with all, seed by seed; yields the share of work done."""
    settings, base = result.settings, _network_run(result.settings, 0)
    family = [method for method in settings.methods if method in FAMILY]
    rules = {method: base.replace(optimizer=FAMILY[method].rule) for method in family}
    trials = {m: tuning_runs([run.replace(lr=float(r)) for r in NETWORK_RATES], 1) for m, run in rules.items()}
    result.trials = race = Race(trials)
    for _ in race.work():
        yield 0.1 * race.progress
    result.network_rates = {method: tuned(race, method, NETWORK_RATES).best for method in family}
    for k in range(settings.seeds):
        loss = TrainingLoss(_network_run(settings, settings.seed + k))
        for place, method in enumerate(settings.methods):
            options = {"lr": result.network_rates[method]} if method in family else {}
            rng = stream(settings.seed + k, 8)
            began = time.perf_counter()
            found = MINIMIZERS[method](**options)(loss.problem, loss.start, settings.network_budget, rng)
            seconds = time.perf_counter() - began
            values = np.append(found.path_values, found.value)  # the best point need not lie on the path
            spent = np.append(found.path_spent, found.spent)
            search = Search(np.empty((0, 2)), values, spent, False, found.spent, seconds, found.reason.value)
            result.network.setdefault(method, []).append(search)
            yield 0.1 + 0.9 * (k + (place + 1) / len(settings.methods)) / settings.seeds


def table(result: Result) -> pd.DataFrame:
    """One row for each algorithm: success and cost on the surface, loss on the network, why it stopped there."""
    rows = []
    for method, searches in result.surface.items():
        share, trainings = result.share(method), result.network[method]
        price = [search.total for search in searches if search.success]
        reasons = pd.Series([search.reason for search in trainings])
        rows.append(
            {
                "algorithm": method,
                "learning rate": result.rates.get(method),
                "success rate": share.value,
                "95 % from": round(share.low, 3),
                "to": round(share.high, 3),
                "evaluations to success (median)": float(np.median(price)) if price else None,
                "ms a search": round(1e3 * float(np.mean([search.seconds for search in searches])), 2),
                "network: learning rate": result.network_rates.get(method),
                "network: final training loss": float(result.final(method).mean()),
                "network: evaluations used": float(np.mean([search.total for search in trainings])),
                "network: ms a training": round(1e3 * float(np.mean([search.seconds for search in trainings])), 1),
                "network: stopped because": reasons.mode()[0],
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every point visited on the surface and the loss of every training: one row for each, by algorithm and number."""
    tables = []
    for where, searches in (("surface", result.surface), ("network", result.network)):
        for method, each in searches.items():
            for turn, search in enumerate(each):
                points = search.path.T if len(search.path) else (np.nan, np.nan)
                columns = {"evaluations": search.spent, "value": search.values, "x": points[0], "y": points[1]}
                tables.append(pd.DataFrame({"where": where, "algorithm": method, "number": turn, **columns}))
    return pd.concat(tables, ignore_index=True)
