"""Tunes one number of each contestant fairly: its learning rate or its regularization strength."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from core.studies.wording import listed

Tried = Generator[Any, None, dict[Any, np.ndarray]]  # losses (numbers, seeds) of each contestant, in the end
TUNING_SEED = 1_000_000  # offset of tuning seeds from those of the race, so that no race uses them
SCREENED, SHARE = 2, 0.2  # screening: seeds for every number, and share of the updates
FINALISTS, SEEDS = 3, 5  # finalists, and seeds for their full runs
EXTENSIONS, NOTCHES = 3, 2  # maximum extensions of a grid, and numbers added, while the best lies at its end


@dataclass(frozen=True)
class Tuning:
    """The choice of a number: those screened, the finalists, and the winner."""

    rates: np.ndarray  # (K,), rising
    losses: np.ndarray  # (K,), median over SCREENED seeds; infinite if a trial failed
    finals: Mapping[float, np.ndarray] = field(default_factory=dict)  # finalist: losses (SEEDS,)
    best: float = np.nan  # the chosen number

    @classmethod
    def of(cls, screened: Mapping[float, np.ndarray], finals: Mapping[float, np.ndarray]) -> "Tuning":
        """Take the finalist of lowest median loss, or the next smaller number if it is at the edge of divergence."""
        rates = np.array(sorted(screened or finals))
        losses = np.array([np.median((screened or finals)[rate]) for rate in rates])
        winner = _winner(finals)
        place = int(np.flatnonzero(rates == winner)[0])
        above = [known[rates[place + 1]] for known in (screened, finals) if rates[place + 1 : place + 2].sum() in known]
        on_the_brink = not np.isfinite(np.concatenate([finals[winner], *above])).all()
        return cls(rates, losses, finals, float(rates[place - 1] if on_the_brink and place else winner))

    @property
    def winner(self) -> float:
        """The finalist of lowest median loss."""
        return _winner(self.finals)

    @property
    def at_edge(self) -> bool:
        """Whether the winner is the first or last of several, so that one beyond might be better."""
        return len(self.rates) > 1 and self.winner in (self.rates[0], self.rates[-1])

    @property
    def loss(self) -> float:
        """Median loss of the winner, on tuning seeds."""
        return float(np.median(self.finals[self.winner]))


def _winner(finals: Mapping[float, np.ndarray]) -> float:
    return min(finals, key=lambda rate: float(np.median(finals[rate])))


class Trials(Protocol):
    """Trains each contestant at the given numbers, on some seeds, for a share of its updates.

    Yields where it may pause. A loss is infinite if a run failed: it diverged or ended no lower than it started.
    """

    def __call__(self, wanted: Mapping[Any, np.ndarray], seeds: int, share: float) -> Tried: ...


def choose(trials: Trials, grids: Mapping[Any, np.ndarray]) -> Generator[Any, None, dict[Any, Tuning]]:
    """Screen every number of each contestant's grid (K,), rising by a constant factor; try the best few in full.

    A grid is extended while the best lies at its end. A grid of one number needs no screening.
    """
    screened: dict[Any, dict[float, np.ndarray]] = {label: {} for label in grids}
    wanted = {label: grid for label, grid in grids.items() if len(grid) > 1}
    for _ in range(1 + EXTENSIONS):
        if not wanted:
            break
        found = yield from trials(wanted, SCREENED, SHARE)
        for label, losses in found.items():
            screened[label] |= dict(zip(map(float, wanted[label]), losses, strict=True))
        wanted = {label: more for label in wanted if len(more := _further(screened[label], grids[label]))}
    best = {name: sorted(known, key=lambda rate: _middle(known[rate]))[:FINALISTS] for name, known in screened.items()}
    finalists = {label: np.array(sorted(best[label] or grids[label])) for label in grids}
    found = yield from trials(finalists, SEEDS, 1.0)
    finals = {label: dict(zip(map(float, finalists[label]), losses, strict=True)) for label, losses in found.items()}
    return {label: Tuning.of(screened[label], finals[label]) for label in grids}


def _middle(losses: np.ndarray) -> tuple[float, float]:
    """The ranking key: the median loss, then the mean."""
    return float(np.median(losses)), float(np.mean(losses))


def _further(known: Mapping[float, np.ndarray], grid: np.ndarray) -> np.ndarray:
    """The numbers beyond the end at which the best known one lies; none if it lies inside."""
    best, factor = min(known, key=lambda rate: _middle(known[rate])), grid[1] / grid[0]
    if best == max(known):
        return best * factor ** np.arange(1, NOTCHES + 1)
    return best / factor ** np.arange(NOTCHES, 0, -1) if best == min(known) else np.empty(0)


def unsettled(tuning: Mapping[Any, Tuning], what: str = "learning rate") -> str:
    """Why nothing can be decided if a contestant may not have its best number; empty if all have."""
    edge = [str(label).replace("_", " ") for label, each in tuning.items() if each.at_edge]
    return f"The best {what} of {listed(edge)} is the last one tried; a better one may lie beyond it." if edge else ""
