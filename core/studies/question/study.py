"""Is gradient descent backpropagation? Combines the two halves of training with every combination."""

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core.data import Dataset, load_dataset, stream
from core.gradients import NetworkLoss
from core.gradients.estimators import backpropagation
from core.nn import ACTIVATIONS, Network
from core.settings import choice, number
from core.statistics import relative
from core.studies.question.matrix import CELLS, EXACT, GRADIENT_USES, UPDATE_RULES, Cell, Walk, apart, train
from core.studies.race import SLICE, RaceSettings
from core.studies.tuning import TUNING_SEED, Trials, Tuning, choose
from core.studies.wording import percent

RATES = np.geomspace(0.03, 3, 5)  # shared by all rules
Losses = dict[Cell, np.ndarray]  # (rates, seeds)
BATCHES = (1, 8, 32)  # batch sizes whose mean gradients are compared with the full gradient


class Settings(RaceSettings):
    """One small network, trained with every combination."""

    dataset: str = choice(
        "moons", ["moons", "circles", "spirals", "xor", "wave"], "Data", "Data the network trains on."
    )
    seeds: int = number(10, 5, 40, "Seeds", "Paired repetitions, with the same data for every run.", work=1)
    samples: int = number(100, 10, 200, "Training samples", "Every gradient uses all of them.", work=1)
    layers: int = number(1, 1, 2, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(8, 1, 12, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    steps: int = number(40, 5, 200, "Gradients", "Number of gradients for each run with an exact source.", work=1)
    pair: str = choice(
        "backpropagation-sgd",
        map("-".join, CELLS),
        "Pair",
        "The source and the use that are drawn at work; every run is the same.",
        when=lambda settings: False,  # it has a control of its own
    )

    @property
    def cell(self) -> Cell:
        """The source and the use that are drawn."""
        source, use = self.pair.split("-")
        return source, use


@dataclass
class Result:
    """All runs so far: one walk per seed for each cell of the matrix."""

    settings: Settings
    phase: str = "preparing"
    progress: float = 0.0
    parameters: int = 0
    tuning: dict[Cell, Tuning] = field(default_factory=dict)
    walks: dict[Cell, list[Walk]] = field(default_factory=dict)
    data: list[Dataset] = field(default_factory=list)
    batches: dict[int, list[float]] = field(default_factory=dict)  # batch size: relative error (seeds,)

    def final(self, source: str, use: str) -> np.ndarray:
        """Final training loss (seeds,)."""
        return np.array([walk.final for walk in self.walks[source, use]])

    def judged(self, source: str, use: str) -> np.ndarray:
        """Final training loss (seeds,); a walk that diverged counts as the highest loss of any walk."""
        last = self.final(source, use)
        highest = max(float(loss) for walks in self.walks.values() for w in walks for loss in w.losses if loss < np.inf)
        return np.where(np.isfinite(last), last, highest)

    def seconds(self, source: str, use: str) -> np.ndarray:
        """Seconds of gradients and updates (seeds,)."""
        return np.array([walk.seconds for walk in self.walks[source, use]])

    def passes(self, source: str, use: str) -> np.ndarray:
        """Forward passes used (seeds,)."""
        return np.array([walk.passes[-1] for walk in self.walks[source, use]])

    def apart(self, first: Cell, second: Cell) -> np.ndarray:
        """Largest distance between the walks of two cells, relative to the path length (seeds,)."""
        return np.array(list(map(apart, self.walks[first], self.walks[second])))

    def score(self, source: str, use: str) -> np.ndarray:
        """Training accuracy, or R² in a regression, at the final weights (seeds,)."""
        scores = []
        for walk, data in zip(self.walks[source, use], self.data, strict=True):
            if data.task == "classes":
                output = np.nan_to_num(walk.problem.network.predict(walk.params[-1], data.X_train)[:, 0])
                scores.append(np.mean((output > 0) == data.y_train))
            else:
                scores.append(1 - walk.final / float(np.var(data.y_train)))
        return np.array(scores)


def updates(settings: Settings, source: str, use: str) -> int:
    """Gradients of a cell; if estimated or unused, for as many forward passes as backpropagation needs."""
    if use == "annealing":
        return 3 * settings.steps
    return 3 * settings.steps // 2 if source == "spsa" else settings.steps


def run(settings: Settings) -> Iterator[Result]:
    """Average batches, tune the rates, then train all cells in turn so that the curves grow together."""
    result = Result(settings)
    yield result
    starts = []
    for seed in range(settings.seed, settings.seed + settings.seeds):
        data, walk = begin(settings, seed)
        result.data.append(data)
        starts.append(walk)
        yield result
    result.parameters = walk.start.size
    result.walks = {cell: [Walk(walk.problem, walk.start) for walk in starts] for cell in CELLS}
    result.phase = "averaging the gradients of batches"
    for size in BATCHES:
        errors = result.batches[size] = []
        for data, walk in zip(result.data, starts, strict=True):
            errors.append(_put_together(data, walk, size))
            yield result
    result.phase, result.progress = "tuning learning rates", 0.1
    grid = RATES if settings.rate == "tuned" else np.array([settings.lr])
    tuned = [(source, use) for source in ("backpropagation", "spsa") for use in UPDATE_RULES]
    result.tuning = yield from choose(_trials(result), dict.fromkeys(tuned, grid))
    result.phase, begun = "training with every combination", result.progress
    expected = sum(1 if use == "nothing" else updates(settings, source, use) for source, use in CELLS)
    for done in _train(result):
        result.progress = begun + (0.99 - begun) * min(1.0, done / expected / settings.seeds)
        yield result
    result.progress = 1.0
    yield result


def begin(settings: Settings, seed: int) -> tuple[Dataset, Walk]:
    """The data of a seed, and a walk at its initial weights."""
    data = load_dataset(settings.dataset, settings.samples, 4, seed=seed)
    sizes = [data.features, *(settings.width,) * settings.layers, 1]
    loss = "binary_cross_entropy" if data.task == "classes" else "mean_squared_error"
    network = Network(sizes, settings.activation, loss)
    return data, Walk(NetworkLoss(network, data.X_train, data.y_train), network.initial(stream(seed, "weights")))


def _put_together(data: Dataset, walk: Walk, size: int) -> float:
    """Relative difference between the mean gradient of all batches and the gradient over all samples."""
    total = np.zeros_like(walk.start)
    for i in range(0, len(data.X_train), size):
        rows = slice(i, i + size)
        part = NetworkLoss(walk.problem.network, data.X_train[rows], data.y_train[rows])
        total += len(data.X_train[rows]) * backpropagation(part, walk.start).grads
    return relative(total / len(data.X_train), backpropagation(walk.problem, walk.start).grads)


def _trials(result: Result) -> Trials:
    """Walks of each cell at each rate, on seeds that follow the first seed."""
    settings, begun = result.settings, result.progress

    def trials(wanted: Mapping[Cell, np.ndarray], seeds: int, share: float) -> Generator[Any, None, Losses]:
        first = TUNING_SEED + settings.seed
        starts, found = [begin(settings, first + k)[1] for k in range(seeds)], {}
        yield result
        for place, (cell, rates) in enumerate(wanted.items()):
            found[cell] = np.full((len(rates), seeds), np.inf)
            for i, k in np.ndindex(len(rates), seeds):
                walk, steps = Walk(starts[k].problem, starts[k].start), round(share * updates(settings, *cell))
                pauses = train(walk, cell, float(rates[i]), max(2, steps), stream(first + k, CELLS.index(cell)))
                for step, _ in enumerate(pauses):
                    if step % 20 == 19:
                        yield result
                if walk.final < walk.losses[0]:
                    found[cell][i, k] = walk.final
            stage = (place + 1) / len(wanted) * (0.1 if share < 1 else 0.25)
            result.progress = max(result.progress, begun + stage + (0.1 if share == 1 else 0))
            yield result
        return found

    return trials


def rate(result: Result, cell: Cell) -> float:
    """The learning rate of a cell: one per rule for all exact gradients and one for estimated ones."""
    tuning = result.tuning.get((cell[0] if cell[0] == "spsa" else EXACT[0], cell[1]))
    return tuning.best if tuning else result.settings.lr  # rules with their own line search


def _train(result: Result) -> Iterator[int]:
    """Advance all walks in turn; yields the number of updates done, after every 20 ms of work or less."""
    settings = result.settings
    active = [
        train(walk, cell, rate(result, cell), updates(settings, *cell), stream(settings.seed + k, place))
        for place, (cell, walks) in enumerate(result.walks.items())
        for k, walk in enumerate(walks)
    ]
    done, deadline = 0, time.perf_counter() + SLICE
    while active:
        for walk in list(active):
            if next(walk, False) is False:
                active.remove(walk)
            done += 1
            if time.perf_counter() > deadline:
                yield done
                deadline = time.perf_counter() + SLICE
    yield done


def table(result: Result) -> pd.DataFrame:
    """One row per cell: rate, loss, score, cost, seconds, and distance of its path from that of backpropagation."""
    rows = [
        {
            "gradient from": source,
            "done with it": use,
            "learning rate": rate(result, (source, use)) if use in UPDATE_RULES else None,
            "updates": float(np.mean([len(walk.params) - 1 for walk in result.walks[source, use]])),
            "final training loss": float(np.median(result.final(source, use))),
            "training score": float(np.median(result.score(source, use))),
            "forward passes": float(result.passes(source, use).mean()),
            "milliseconds": round(float(1e3 * np.median(result.seconds(source, use))), 2),
            "farthest from backpropagation's path": (
                percent(float(result.apart((EXACT[0], use), (source, use)).max()))
                if source in EXACT and use in GRADIENT_USES
                else None
            ),
        }
        for source, use in CELLS
    ]
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every point of every walk: one row per cell, seed and update."""
    tables = []
    for (source, use), walks in result.walks.items():
        for k, walk in enumerate(walks):
            columns = {"update": range(len(walk.losses)), "forward_passes": walk.passes, "train_loss": walk.losses}
            each = pd.DataFrame({"source": source, "use": use, "seed": result.settings.seed + k, **columns})
            each["cosine"] = np.append(np.nan, walk.straight) if use in GRADIENT_USES else np.nan
            tables.append(each)
    return pd.concat(tables, ignore_index=True)
