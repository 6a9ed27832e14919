"""Is gradient descent backpropagation? The two halves of training, swapped against each other in every way."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data import Dataset, load_dataset, stream
from core.gradients import NetworkLoss
from core.gradients.estimators import backpropagation
from core.nn import ACTIVATIONS, Network
from core.settings import choice, number
from core.statistics import relative
from core.studies.question.matrix import CELLS, EXACT, GRADIENT_USES, UPDATE_RULES, Cell, Walk, apart, train
from core.studies.race import SLICE, TUNING_SEED, RaceSettings, Tuning
from core.studies.wording import percent

RATES = np.geomspace(0.03, 3, 5)  # the same for every rule
TUNING_SEEDS = 2
BATCHES = (1, 8, 32)  # whose gradients are put together to the gradient on all samples


class Settings(RaceSettings):
    """One small network, trained in every way."""

    dataset: str = choice("moons", ["moons", "circles", "spirals", "xor", "wave"], "Data", "What the network learns.")
    samples: int = number(100, 10, 200, "Training samples", "All of them stand behind every gradient.", work=1)
    layers: int = number(1, 1, 2, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(8, 1, 12, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of every hidden unit.")
    steps: int = number(40, 5, 200, "Gradients", "Each training with an exact gradient gets so many of them.", work=1)


@dataclass
class Result:
    """All trainings so far: for each cell of the matrix one walk a seed."""

    settings: Settings
    phase: str = "preparing"
    progress: float = 0.0
    parameters: int = 0
    sizes: list[int] = field(default_factory=list)
    tuning: dict[Cell, Tuning] = field(default_factory=dict)
    walks: dict[Cell, list[Walk]] = field(default_factory=dict)
    networks: list[Network] = field(default_factory=list)
    data: list[Dataset] = field(default_factory=list)
    batches: dict[int, list[float]] = field(default_factory=dict)  # batch size: relative error (seeds,)

    def final(self, source: str, use: str) -> np.ndarray:
        """Final training loss (seeds,)."""
        return np.array([walk.final for walk in self.walks[source, use]])

    def fall(self, source: str, use: str) -> np.ndarray:
        """Final minus first training loss (seeds,)."""
        return self.final(source, use) - np.array([walk.losses[0] for walk in self.walks[source, use]])

    def seconds(self, source: str, use: str) -> np.ndarray:
        """Seconds of gradients and updates (seeds,)."""
        return np.array([walk.seconds for walk in self.walks[source, use]])

    def passes(self, source: str, use: str) -> np.ndarray:
        """Forward passes paid (seeds,)."""
        return np.array([walk.passes[-1] for walk in self.walks[source, use]])

    def apart(self, first: Cell, second: Cell) -> np.ndarray:
        """Largest distance between the walks of two cells, as a share of the way (seeds,)."""
        pairs = zip(self.walks[first], self.walks[second], strict=True)
        return np.array([apart(one, other) for one, other in pairs])

    def score(self, source: str, use: str) -> np.ndarray:
        """Training accuracy, or R² in a regression, at the last weights (seeds,)."""
        scores = []
        for walk, network, data in zip(self.walks[source, use], self.networks, self.data, strict=True):
            output = np.nan_to_num(network.predict(walk.params[-1], data.X_train)[:, 0])
            y = data.y_train
            if data.task == "classes":
                scores.append(np.mean((output > 0) == y))
            else:
                scores.append(1 - walk.final / float(np.var(y)))
        return np.array(scores)


def updates(settings: Settings, source: str, use: str) -> int:
    """Gradients of a cell; where they are guessed or not used, for as many forward passes as backpropagation needs."""
    if use == "annealing":
        return 3 * settings.steps
    return 3 * settings.steps // 2 if source == "spsa" else settings.steps


def run(settings: Settings) -> Iterator[Result]:
    """Put batches together, tune the rates, then train in every way, all in turn so that the curves grow together."""
    result = Result(settings)
    yield result
    starts = []
    for seed in range(settings.seed, settings.seed + settings.seeds):
        network, data, walk = begin(settings, seed)
        result.networks.append(network)
        result.data.append(data)
        starts.append(walk)
        yield result
    result.parameters, result.sizes = result.networks[0].parameters, result.networks[0].sizes
    result.walks = {cell: [Walk(walk.problem, walk.start) for walk in starts] for cell in CELLS}
    result.phase = "putting batches together"
    for size in BATCHES:
        result.batches[size] = []
        for seed in range(settings.seeds):
            result.batches[size].append(_put_together(result, seed, size))
            yield result
    result.phase, result.progress = "tuning the learning rates", 0.1
    if settings.rate == "tuned":
        yield from _tune(result)
    result.phase, begun = "training in every way", result.progress
    expected = sum(1 if use == "nothing" else updates(settings, source, use) for source, use in CELLS)
    done = 0
    for done in _train(result):
        result.progress = begun + (0.99 - begun) * min(1.0, done / expected / settings.seeds)
        yield result
    result.progress = 1.0
    yield result


def begin(settings: Settings, seed: int) -> tuple[Network, Dataset, Walk]:
    """The network and the data of a seed, and the walk that stands at its first weights."""
    data = load_dataset(settings.dataset, settings.samples, 4, seed=seed)
    sizes = [data.features, *(settings.width,) * settings.layers, 1]
    loss = "binary_cross_entropy" if data.task == "classes" else "mean_squared_error"
    network = Network(sizes, settings.activation, loss)
    first = network.initial(stream(seed, "weights"))
    return network, data, Walk(NetworkLoss(network, data.X_train, data.y_train), first)


def _put_together(result: Result, seed: int, size: int) -> float:
    """How far the mean of the gradients of all batches is from the gradient on all samples, relative to it."""
    network, data = result.networks[seed], result.data[seed]
    walk, total = result.walks["none", "nothing"][seed], np.zeros(result.parameters)
    for i in range(0, len(data.X_train), size):
        rows = slice(i, i + size)
        part = NetworkLoss(network, data.X_train[rows], data.y_train[rows])
        total += len(data.X_train[rows]) * backpropagation(part, walk.start).grads
    return relative(total / len(data.X_train), backpropagation(walk.problem, walk.start).grads)


def _rng(seed: int, cell: Cell) -> np.random.Generator:
    """An independent stream for each seed and cell."""
    return stream(seed, CELLS.index(cell))


def _tune(result: Result) -> Iterator[Result]:
    """The rate of the lowest mean final loss, on seeds of its own: for exact gradients, and for guessed ones."""
    settings, begun = result.settings, result.progress
    cells = [(source, use) for source in ("backpropagation", "spsa") for use in UPDATE_RULES]
    seeds = range(TUNING_SEED, TUNING_SEED + TUNING_SEEDS)
    starts = [begin(settings, seed)[2] for seed in seeds]
    yield result
    for place, cell in enumerate(cells):
        losses = np.zeros((len(RATES), TUNING_SEEDS))
        for (i, k), _ in np.ndenumerate(losses):
            walk = Walk(starts[k].problem, starts[k].start)
            pauses = train(walk, cell, float(RATES[i]), updates(settings, *cell), _rng(seeds[k], cell))
            for step, _ in enumerate(pauses):
                if step % 20 == 19:
                    yield result
            losses[i, k] = walk.final
            result.progress = begun + 0.35 * (place + (i * TUNING_SEEDS + k + 1) / losses.size) / len(cells)
            yield result
        means = losses.mean(axis=1)
        result.tuning[cell] = Tuning(RATES, means, float(RATES[int(means.argmin())]))


def rate(result: Result, cell: Cell) -> float:
    """The learning rate of a cell: that of its rule, one for all exact gradients and one for guessed ones."""
    tuning = result.tuning.get((cell[0] if cell[0] == "spsa" else EXACT[0], cell[1]))
    return tuning.best if tuning else result.settings.lr


def _train(result: Result) -> Iterator[int]:
    """Advance all walks in turn; yields the number of updates done, after every 20 ms of work or less."""
    settings = result.settings
    active = [
        train(walk, cell, rate(result, cell), updates(settings, *cell), _rng(settings.seed + k, cell))
        for cell, walks in result.walks.items()
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
    """One row a cell: rate, loss, score, cost and seconds, and how far its path is from that of backpropagation."""
    rows = []
    for source, use in CELLS:
        reference = (EXACT[0], use)
        exact = source in EXACT and use in GRADIENT_USES
        rows.append(
            {
                "gradient from": source,
                "done with it": use,
                "learning rate": rate(result, (source, use)) if use in UPDATE_RULES else None,
                "updates": float(np.mean([len(walk.params) - 1 for walk in result.walks[source, use]])),
                "final training loss": float(result.final(source, use).mean()),
                "training score": float(result.score(source, use).mean()),
                "forward passes": float(result.passes(source, use).mean()),
                "milliseconds": round(float(1e3 * np.median(result.seconds(source, use))), 2),
                "farthest from backpropagation's path": (
                    percent(float(result.apart(reference, (source, use)).max())) if exact else None
                ),
            }
        )
    return pd.DataFrame(rows)


def curves(result: Result) -> pd.DataFrame:
    """Every point of every walk: one row for each cell, seed and update."""
    tables = []
    for (source, use), walks in result.walks.items():
        for k, walk in enumerate(walks):
            columns = {"update": range(len(walk.losses)), "forward_passes": walk.passes, "train_loss": walk.losses}
            each = pd.DataFrame({"source": source, "use": use, "seed": result.settings.seed + k, **columns})
            each["cosine"] = np.append(np.nan, walk.straight) if use in GRADIENT_USES else np.nan
            tables.append(each)
    return pd.concat(tables, ignore_index=True)
