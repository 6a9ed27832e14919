"""The one number tuned for each algorithm, in units of the surface, and its choice on other surfaces."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data import stream
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.minimizers.methods import FirstOrder
from core.optimizers import OPTIMIZERS
from core.studies.algorithms.problems import Surface
from core.studies.tuning import TUNING_SEED, Trials

# Gradient descent and its family
FAMILY = {name: method for name, method in MINIMIZERS.items() if issubclass(method, FirstOrder)}
COURSE = ("himmelblau", "rastrigin", "six_hump_camel", "three_hump_camel", "styblinski_tang")
LEARNT_ON = 4  # number of tuning surfaces, other than the one shown


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

    def search(
        wanted: Mapping[Any, np.ndarray], seeds: int, share: float
    ) -> Generator[Any, None, dict[Any, np.ndarray]]:
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
