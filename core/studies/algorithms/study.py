"""Is gradient descent the only way down? Compares algorithms on a surface and on a network, with equal budgets."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from core.data import stream
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.settings import choice, choices, number
from core.statistics import LEVEL, Difference, Share, confidence, interval, paired_logs
from core.studies.algorithms import problems, steepest
from core.studies.algorithms.problems import FAMILY, KNOBS, PRICE, Search, Searches, Surface, TrainingLoss
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Quantity, Told
from core.studies.race import SLICE, RaceResult, Repeated, training, tuned
from core.studies.rules import Rules
from core.studies.tuning import TUNING_SEED, Tuning, choose, unsettled
from core.studies.wording import listed
from core.training import RunSettings

PLANAR = ("moons", "circles", "spirals", "xor", "blobs")  # few inputs, so that curvature and populations are cheap
SURFACES = [name for name, surface in LANDSCAPES.items() if surface.lowest is not None]
NETWORK_RATES = np.geomspace(0.1, 30, 6)  # learning rates of each method of the family
HEATS = 20  # starts that choose the representative of each kind of algorithm; success is counted on other starts
TEN = (  # compared unless others are chosen
    *("gradient_descent", "momentum", "newton", "conjugate_gradient", "lbfgs", "nelder_mead"),
    *("annealing", "evolution_strategy", "particle_swarm", "random_search"),
)
HALF = 0.5  # share of gradient descent's decrease in loss that counts as training the network
ROUNDED = 1e-6  # relative excess of a distance over theory that is allowed
LENGTH, RANDOM = steepest.LENGTH, steepest.RANDOM
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The algorithms, the surface and the budgets."""

    landscape: str = choice("styblinski_tang", SURFACES, "Surface", "The two-dimensional function to search.")
    methods: tuple[str, ...] = choices(TEN, MINIMIZERS, "Algorithms", "The algorithms to compare.")
    across: float = number(20.0, 0, 100, "Start, across (%)", "Of the map, from the left. Or click the map.", step=1)
    up: float = number(70.0, 0, 100, "Start, up (%)", "Of the map, from below. Or click the map.", step=1)
    starts: int = number(60, 5, 200, "Starts", "Random points on the surface, the same for all algorithms.", work=1)
    budget: int = number(300, 20, 500, "Budget on the surface", "Value 1, gradient 1, Hessian 2.", work=1)
    reach: float = number(1.0, 0.1, 5, "Within reach, in %", "Of the map: a success ends this close.", step=0.1)
    dataset: str = choice("moons", PLANAR, "Data", "Data the network trains on.")
    width: int = number(8, 1, 12, "Hidden units", "Units in the network's one tanh layer.", work=1)
    samples: int = number(100, 20, 200, "Training samples", "Number of training samples for the network.", work=1)
    network_budget: int = number(
        1200, 150, 1500, "Budget on the network", f"Value 1, gradient {PRICE}, Hessian {PRICE} per weight.", work=1
    )

    @property
    def map(self) -> Surface:
        """The surface to search."""
        return Surface(LANDSCAPES[self.landscape], self.reach / 100)


def _outside(settings: Any) -> list[str]:
    """The algorithms outside gradient descent's family."""
    return [method for method in settings.methods if method not in FAMILY]


def _rivals(settings: Any) -> bool:
    return "gradient_descent" in settings.methods and bool(_outside(settings))


def _replaced(evidence: Evidence) -> Outcome:
    gradient_descent, *others = (each for each in evidence.values() if each.wanted)
    if not gradient_descent.met:
        return UNDECIDED
    if any(each.met for each in others):
        return FAILS
    return CAVEATS if any(each.value for each in others) else HOLDS


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
        surface = self.settings.map
        return surface.low + surface.size * (self.settings.across, self.settings.up) / 100

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

    def _search_surface(self, found: Searches, seed: int, starts: int, until: float) -> Iterator[Self]:
        """Run every method from every start, start by start; searches go to `found`, progress to `until`."""
        surface, begun, deadline = self.settings.map, self.progress, time.perf_counter() + SLICE
        for k in range(starts):
            start = surface.start(stream(seed, k, 0))
            for method in self.settings.methods:
                search = search_surface(self, surface, method, start, stream(seed, k, 1))
                found.setdefault(method, []).append(search)
                if time.perf_counter() > deadline:
                    yield self
                    deadline = time.perf_counter() + SLICE
            self.progress = begun + (until - begun) * (k + 1) / starts
        yield self

    def _train_network(self) -> Iterator[Self]:
        """Tune the family on separate seeds, then train with all, seed by seed."""
        settings = self.settings
        base = _network_run(settings, 0)
        rules = {each: base.replace(optimizer=FAMILY[each].rule) for each in settings.methods if each in FAMILY}
        yield from tuned(self, rules, NETWORK_RATES, 0.7)
        begun = self.progress
        for k in range(settings.seeds):
            loss = TrainingLoss(_network_run(settings, settings.seed + k))
            for place, method in enumerate(settings.methods):
                options = {"lr": self.tuning[method].best} if method in rules else {}
                rng = stream(settings.seed + k, 8)
                began = time.perf_counter()
                found = MINIMIZERS[method](**options)(loss.problem, loss.start, settings.network_budget, rng)
                seconds = time.perf_counter() - began
                values = np.append(found.path_values, found.value)  # the best point need not lie on the path
                spent = np.append(found.path_spent, found.spent)
                search = Search(values, spent, found.spent, seconds, found.reason.value)
                self.network.setdefault(method, []).append(search)
                self.progress = begun + (0.9 - begun) * (k + (place + 1) / len(settings.methods)) / settings.seeds
                yield self

    def _unsettled(self, methods: Iterable[str]) -> str:
        return unsettled({each: known for each in methods if (known := self.surface_tuning.get(each))}, "setting")

    @RULES.rule("avoid_minima", _rivals)
    def _avoid_minima(self) -> Told:
        base, others = self.share("gradient_descent"), _outside(self.settings)
        found = leads({each: self.share(each) for each in others}, dict.fromkeys(others, base))
        ahead = [Quantity.of(_plain(each), lead, "share", "above", 0) for each, lead in found.items()]
        surface = _plain(self.settings.landscape)
        best = f"On {surface} gradient descent reached a lowest point from every start: no algorithm can do better."
        yield {"gradient descent": base}
        yield from ahead
        yield {"missing": best if base.value == 1 else self._unsettled(["gradient_descent", *others])}
        yield {"surface": surface, "ahead": listed([each.name for each in ahead if each.met])}

    @RULES.rule("necessary", _rivals, decide=_replaced)
    def _necessary(self) -> Told:
        base, first = self.final("gradient_descent"), self.first("gradient_descent")
        seeds, falls, others = len(base), base < first, _outside(self.settings)
        trains = {each: first - self.final(each) >= HALF * (first - base) for each in others}
        yield Quantity.of("gradient descent", falls.sum(), "seeds", "at least", seeds)
        yield from (Quantity.of(_plain(each), trains[each].sum(), "seeds", "at least", seeds) for each in others)
        yield {"loss at the start, median": np.median(first), "loss after gradient descent, median": np.median(base)}
        yield {"missing": unsettled({"gradient descent": self.tuning["gradient_descent"]})}
        some, every = ([_plain(each) for each in others if test(trains[each])] for test in (np.any, np.all))
        yield {"some": listed(some), "all": listed(every)}

    @RULES.rule("steepest")
    def _steepest(self) -> Told:
        best = max(float(each.random.max()) for each in self.directions)
        sign = interval(np.array([each.sign for each in self.directions]))
        yield Quantity.of("random direction", best, "times", "below", 1)
        yield Quantity.of("sign of g", sign, "times", "above", 1)

    @RULES.rule("works", lambda s: "gradient_descent" in s.methods)
    def _works(self) -> Told:
        found = self.least_squares
        assert found is not None
        over = found.left / found.allowed
        falls = paired_logs(self.final("gradient_descent"), self.first("gradient_descent"))
        yield Quantity.factor("loss left", falls, "below", 1)
        yield Quantity.of("over theory", over.max(), "times", "at most", 1 + ROUNDED)
        yield {"distance left": found.left.max(), "condition number": np.median(found.conditions)}

    @RULES.rule("most_starts", lambda s: len({*map(kind, s.methods)}) > 1)
    def _most_starts(self) -> Told:
        """Favourites have the most successes on separate starts; ties go to the first in the settings."""
        ranked = sorted(self.heats, key=lambda method: -successes(self.heats[method]).successes)
        favourites: dict[str, str] = {}
        for method in ranked:
            favourites.setdefault(kind(method), method)
        best, *others = favourites.values()
        share, rivals = self.share(best), {method: self.share(method) for method in others}
        for method, lead in leads(dict.fromkeys(rivals, share), rivals).items():
            yield Quantity.of(f"lead over {_plain(method)}", lead, "share", "above", 0)
        yield {"best share": share, "missing": self._unsettled([best, *others])}
        yield {"surface": _plain(self.settings.landscape), "best": _plain(best)}
        yield {"others": listed([_plain(method) for method in others]), "kind": kind(best)}


def successes(searches: Sequence[Search]) -> Share:
    """The searches that ended within reach of a lowest point."""
    return Share.of(np.array([search.success for search in searches]))


def run(settings: Settings) -> Iterator[Result]:
    """Tune on other surfaces, search this one from every start, train the network, compare directions."""
    result = Result(settings)
    yield result
    grids = {method: KNOBS[method].grid for method in settings.methods if method in KNOBS}
    result.surface_tuning = yield from choose(problems.trials(result, 0.2), grids)
    result.phase, result.watched = "searching the surface", watch(result)
    yield result
    yield from result._search_surface(result.heats, TUNING_SEED + settings.seed, HEATS, 0.3)
    yield from result._search_surface(result.surface, settings.seed, settings.starts, 0.6)
    result.phase = "training the network"
    yield from result._train_network()
    result.phase = "comparing directions"
    for k in range(settings.seeds):
        each = TrainingLoss(_network_run(settings, settings.seed + k))
        result.directions.append(steepest.directions(each.network, each.start, each.x, each.t, settings.seed + k))
        result.progress = 0.9 + 0.05 * (k + 1) / settings.seeds
        yield result
    for result.least_squares in steepest.least_squares(settings.seed, settings.seeds):
        yield result
    yield result.complete()


def watch(result: Result) -> Searches:
    """A search by each method from the start in the settings; it counts for nothing."""
    settings = result.settings
    rngs = {method: stream(settings.seed, 0, 2) for method in settings.methods}
    return {method: [search_surface(result, settings.map, method, result.start, rng)] for method, rng in rngs.items()}


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
    shares = np.clip((np.array([x, y]) - settings.map.low) / settings.map.size, 0, 1)
    across, up = (100 * shares).round().tolist()
    return settings.replace(across=across, up=up)


def search_surface(
    result: Result, surface: Surface, method: str, start: np.ndarray, rng: np.random.Generator
) -> Search:
    """One search from start (2,)."""
    options = problems.options(method, result.numbers, surface)
    began = time.perf_counter()
    found = MINIMIZERS[method](**options)(surface.problem, start, result.settings.budget, rng)
    seconds = time.perf_counter() - began
    path, spent = found.path, found.path_spent
    outside = np.flatnonzero(~surface.near(path))
    first = outside[-1] + 1 if len(outside) else 0
    arrived = max(1, int(spent[first])) if first < len(path) else 0
    return Search(found.path_values, spent, found.spent, seconds, found.reason.value, path, path[-1], arrived)


def _network_run(settings: Settings, seed: int) -> RunSettings:
    given = {"train": settings.samples, "test": 100, "batch_size": None, "steps": settings.network_budget // PRICE}
    return training(settings, (settings.width,), seed=seed, data_seed=seed, **given)


def table(result: Result) -> pd.DataFrame:
    """One row per algorithm: success and cost on the surface, loss on the network, why it stopped."""
    rows, surface = [], result.settings.map
    for method, searches in result.surface.items():
        share, rate = result.share(method), result.tuning.get(method)
        trainings = pd.DataFrame(result.network[method])
        price = [search.arrived for search in searches if search.success]
        option = [f"{name} = {value:.3g}" for name, value in problems.options(method, result.numbers, surface).items()]
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
                "network: forward passes": float(trainings["total"].mean()),
                "network: ms per run": round(1e3 * float(trainings["seconds"].mean()), 1),
                "network: stopped because": trainings["reason"].mode()[0],
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every point visited on the surface and the loss of every run: one row each, by algorithm and number."""
    tables = []
    for where, searches in (("surface", result.surface), ("network", result.network)):
        pairs = [(method, *each) for method, found in searches.items() for each in enumerate(found)]
        for method, turn, search in pairs:
            x, y = search.path.T if len(search.path) else (np.nan, np.nan)
            columns = {"evaluations": search.spent, "value": search.values, "x": x, "y": y}
            tables.append(pd.DataFrame({"where": where, "algorithm": method, "number": turn, **columns}))
    return pd.concat(tables, ignore_index=True)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def kind(method: str) -> str:
    """An algorithm's kind, as named by the options of the prediction."""
    if method in FAMILY:
        return "gradient descent or momentum"
    return "one that draws at random" if "rng" in MINIMIZERS[method].needs else "one with curvature or a simplex"


def leads(shares: Mapping[str, Share], over: Mapping[str, Share]) -> dict[str, Difference]:
    """Each share minus its rival's, with Holm's correction, largest differences first."""
    found: dict[str, Difference] = {}
    level, left, open_still = LEVEL.get(), len(shares), True
    for name in sorted(shares, key=lambda name: -abs(shares[name].value - over[name].value)):
        with confidence(1 - (1 - level) / left):
            found[name] = shares[name].minus(over[name])
        open_still = open_still and found[name].detected
        left -= open_still
    return {name: found[name] for name in shares}
