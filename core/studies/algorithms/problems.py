"""The problems to search, a surface and a network's loss, and the one number that is tuned for each algorithm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.data import stream
from core.gradients.estimators import Gradient
from core.minimizers import LANDSCAPES, MINIMIZERS, Problem
from core.minimizers.landscapes import Landscape
from core.minimizers.methods import FirstOrder
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS
from core.studies.tuning import TUNING_SEED, Trials, Tried
from core.training import RunSettings, Trainer

BOX = 3.0  # global methods search weights from -BOX to BOX
HESSIAN_STEP = 1e-5
SAMPLE = 200  # random points that determine a surface's units
PRICE = Gradient(np.empty(0), evaluations=1, backward=1).price  # cost of backpropagation in forward passes
# Gradient descent and its family
FAMILY = {name: method for name, method in MINIMIZERS.items() if issubclass(method, FirstOrder)}
COURSE = ("himmelblau", "rastrigin", "six_hump_camel", "three_hump_camel", "styblinski_tang")
LEARNT_ON = 4  # number of tuning surfaces, other than the one shown


class Surface:
    """A surface to search: its lowest points, and its units.

    width: mean side of the map. spread: of the heights. slope: typical gradient norm. They are medians over random
    points, and no method pays for them.
    """

    def __init__(self, landscape: Landscape, reach: float):
        self.landscape, self.reach = landscape, reach
        self.low, self.high = np.array(landscape.bounds, dtype=float).T
        self.size, self.minima = self.high - self.low, np.array(landscape.minima)
        self.problem = Problem(landscape.value, landscape.gradient, landscape.hessian, self.low, self.high)
        sample = np.random.default_rng(0).uniform(self.low, self.high, (SAMPLE, 2))
        heights, slopes = landscape.value(sample), np.linalg.norm(landscape.gradient(sample), axis=1)
        self.width = float(np.sqrt(self.size.prod()))
        self.spread = float(np.median(np.abs(heights - np.median(heights))))
        self.slope = float(np.median(slopes))

    def away(self, x: np.ndarray) -> np.ndarray:
        """Distance (...) of x (..., 2) to the nearest lowest point, in widths of the map, at most 1."""
        with np.errstate(all="ignore"):
            distances = np.linalg.norm((x[..., None, :] - self.minima) / self.size, axis=-1).min(axis=-1)
        return np.fmin(distances, 1.0)

    def near(self, x: np.ndarray) -> np.ndarray:
        """Whether x (..., 2) lies within reach of a lowest point."""
        return self.away(x) <= self.reach

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """A random point of the map that is not already within reach."""
        while True:
            x = rng.uniform(self.low, self.high)
            if not self.near(x):
                return x


@dataclass
class Search:
    """One search: its points, the values there and the cost so far."""

    values: np.ndarray  # (k,)
    spent: np.ndarray  # (k,) evaluations
    total: int  # evaluations until it stopped
    seconds: float
    reason: str
    path: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))  # (k, 2); empty for a network
    end: np.ndarray | None = None  # (2,) the result
    arrived: int = 0  # evaluations after which it stayed within reach of a lowest point; 0 if it ended elsewhere

    @property
    def success(self) -> bool:
        """Whether it ended within reach; passing by does not count."""
        return self.arrived > 0

    def best_at(self, grid: np.ndarray) -> np.ndarray:
        """The lowest value found with so many evaluations, grid (T,)."""
        lowest = np.minimum.accumulate(self.values)
        return lowest[np.searchsorted(self.spent, grid, side="right") - 1]


Searches = dict[str, list[Search]]  # by method


class TrainingLoss:
    """The training loss of one network as a function of its weights (P,); a forward pass is kept for the gradient."""

    def __init__(self, run: RunSettings):
        trainer = Trainer([run])
        self.network, self.start = trainer.network, trainer.params[0].copy()
        (self.x, self.t), count = trainer.train.of(trainer.alive), len(self.start)
        self.work = Pass(self.network, self.start[None].copy(), trainer.train.size)
        self.known = np.full(count, np.nan)
        box = np.full(count, max(BOX, float(np.abs(self.start).max())))
        self.problem = Problem(self.value, self.gradient, self.hessian, -box, box, PRICE)

    def _forward(self, x: np.ndarray) -> None:
        if not np.array_equal(x, self.known):
            np.copyto(self.known, x)
            np.copyto(self.work.params[0], x)
            self.work.forward(self.x)

    def value(self, x: np.ndarray) -> float:
        self._forward(x)
        return float(self.network.loss.values(self.work.outputs, self.t)[0])

    def gradient(self, x: np.ndarray) -> np.ndarray:
        self._forward(x)
        return self.work.backward(self.t)[0].copy()

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """(P, P) from differences of backpropagated gradients, two for each weight."""
        steps = HESSIAN_STEP * np.eye(len(x))
        work = Pass(self.network, np.vstack([x + steps, x - steps]), self.x.shape[-1])
        work.forward(self.x)
        up, down = np.split(work.backward(self.t), 2)
        H = (up - down) / (2 * HESSIAN_STEP)
        return (H + H.T) / 2


@dataclass(frozen=True)
class Knob:
    """An option, the numbers tried for it, and their meaning on a surface."""

    option: str
    grid: np.ndarray  # (K,), rising by a constant factor
    unit: Callable[[Surface], float] = lambda surface: 1.0
    whole: bool = False
    limits: tuple[float, float] = (0.0, np.inf)  # name of the option

    def value(self, number: float, surface: Surface) -> float:
        """The option's value on this surface."""
        value = min(max(number * self.unit(surface), self.limits[0]), self.limits[1])
        return round(value) if self.whole else value


RATE = Knob("lr", np.geomspace(1e-3, 0.3, 6), lambda surface: surface.width / surface.slope)
KNOBS = {  # other algorithms have no such number
    **dict.fromkeys(FAMILY, RATE),
    "annealing": Knob("temperature", np.geomspace(1e-3, 1e4, 8), lambda surface: surface.spread, limits=(0.011, 5e4)),
    "evolution_strategy": Knob("sigma", np.geomspace(0.03, 3, 6), lambda surface: surface.width),
    "particle_swarm": Knob("particles", np.geomspace(2.5, 80, 6), whole=True, limits=(2, 1000)),
    "differential_evolution": Knob("members", np.geomspace(5, 80, 5), whole=True, limits=(5, 1000)),
}


def options(method: str, numbers: Mapping[str, float], surface: Surface) -> dict[str, float]:
    """The tuned option of a method on a surface, if it has one."""
    knob = KNOBS.get(method)
    return {knob.option: knob.value(numbers[method], surface)} if knob else {}


def trials(result: Any, until: float) -> Trials:
    """Search surfaces other than the one shown; the loss is the mean distance of the end from a lowest point.

    Each seed gives one search of each surface from a new start. The progress of `result` goes to `until`.
    """
    settings = result.settings
    names = [name for name in COURSE if name != settings.landscape][:LEARNT_ON]
    surfaces = [Surface(LANDSCAPES[name], settings.reach / 100) for name in names]

    def search(wanted: Mapping[Any, np.ndarray], seeds: int, share: float) -> Tried:
        losses, budget = {}, max(1, round(share * settings.budget))
        first, begun = TUNING_SEED + settings.seed, result.progress
        for place, (method, numbers) in enumerate(wanted.items()):
            losses[method] = found = np.zeros((len(numbers), seeds))
            for turn, surface in enumerate(surfaces):
                starts = [surface.start(stream(first + k, turn, 0)) for k in range(seeds)]
                if method in FAMILY:
                    found += _descents(surface, method, numbers, np.array(starts), budget)
                    yield result
                    continue
                for (i, k), _ in np.ndenumerate(found):
                    tuned = options(method, {method: float(numbers[i])}, surface)
                    rng = stream(first + k, turn, 1)
                    end = MINIMIZERS[method](**tuned)(surface.problem, starts[k], budget, rng).path[-1]
                    found[i, k] += surface.away(end)
                    yield result
            found /= len(surfaces)
            result.progress = begun + (until - begun) * (place + 1) / len(wanted) * (1 if share == 1 else 0.2)
        return losses

    return search


@np.errstate(all="ignore")  # rates at which it diverges
def _descents(surface: Surface, method: str, numbers: np.ndarray, starts: np.ndarray, budget: int) -> np.ndarray:
    """Distance of the end (numbers, starts) from a lowest point, with all searches of the method as one stack."""
    rates = np.repeat([RATE.value(float(number), surface) for number in numbers], len(starts))
    x = np.tile(starts, (len(numbers), 1))
    rule = OPTIMIZERS[FAMILY[method].rule](lr=rates).init(x, shapes=[(1, 2)])
    for _ in range(budget):
        rule.step(x, surface.landscape.gradient(x))
    return surface.away(x).reshape(len(numbers), -1)
