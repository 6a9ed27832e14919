"""Is gradient descent backpropagation? Combines the two halves of training with every combination."""

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd

from core.data import Dataset, stream
from core.nn import ACTIVATIONS
from core.settings import choice, number
from core.statistics import Difference, interval, paired, paired_logs
from core.studies.contract import Quantity, Told
from core.studies.question import matrix
from core.studies.question.matrix import CELLS, EXACT, GRADIENT_USES, UPDATE_RULES, Cell, Walk, begin, train
from core.studies.race import SLICE, Growing, RaceSettings
from core.studies.rules import Rules
from core.studies.tuning import TUNING_SEED, Trials, Tuning, choose, unsettled
from core.studies.wording import listed, percent

RATES = np.geomspace(0.03, 3, 5)  # shared by all rules
Losses = dict[Cell, np.ndarray]  # (rates, seeds)
BATCHES = (1, 8, 32)  # batch sizes whose mean gradients are compared with the full gradient
PAIRS = ["-".join(cell) for cell in CELLS]
SAME = 1e-3  # relative to the path length: two paths that stay this close are the same
PARTED = 0.1  # relative to the path length: two paths that get this far apart are different
STRAIGHT = 1e-6  # a cosine this close to 1 means the same direction
TURNED = 0.999  # a mean cosine below this means different directions
ROUNDING = 1e-10  # relative
AS_LONG = (0.9, 1.1)  # factors of time that count as no change
BACKPROP, FORWARD, CENTRAL = EXACT
RULES = Rules(__name__)
findings = RULES.findings


class Settings(RaceSettings):
    """One small network, trained with every combination."""

    dataset: str = choice("moons", ["moons", "circles", "spirals", "xor", "wave"], "Data", "The network trains on it.")
    seeds: int = number(10, 5, 40, "Seeds", "Paired repetitions, with the same data for every run.", work=1)
    samples: int = number(100, 10, 200, "Training samples", "Every gradient uses all of them.", work=1)
    layers: int = number(1, 1, 2, "Hidden layers", "Depth of the network.", work=1)
    width: int = number(8, 1, 12, "Units per layer", "Width of each hidden layer.", work=1)
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    steps: int = number(40, 5, 200, "Gradients", "Number of gradients for each run with an exact source.", work=1)
    pair: str = choice(PAIRS[0], PAIRS, "Pair", "The source and the use.", when=lambda s: False)  # has its own control

    @property
    def cell(self) -> Cell:
        """The source and the use that are drawn."""
        source, use = self.pair.split("-")
        return source, use


@dataclass
class Result(Growing):
    """All runs so far: one walk per seed for each cell of the matrix."""

    parameters: int = 0
    tuning: dict[Cell, Tuning] = field(default_factory=dict)
    walks: dict[Cell, list[Walk]] = field(default_factory=dict)
    data: list[Dataset] = field(default_factory=list)
    batches: dict[int, list[float]] = field(default_factory=dict)  # batch size: relative error (seeds,)

    def final(self, source: str, use: str) -> np.ndarray:
        """Final training loss (seeds,); that of a walk that diverged is very large."""
        return np.array([walk.final for walk in self.walks[source, use]])

    def seconds(self, source: str, use: str) -> np.ndarray:
        """Seconds of gradients and updates (seeds,)."""
        return np.array([walk.seconds for walk in self.walks[source, use]])

    def passes(self, source: str, use: str) -> np.ndarray:
        """Forward passes used (seeds,)."""
        return np.array([walk.passes[-1] for walk in self.walks[source, use]])

    def apart(self, first: Cell, second: Cell) -> np.ndarray:
        """Largest distance between the walks of two cells, relative to the path length (seeds,)."""
        return np.array(list(map(matrix.apart, self.walks[first], self.walks[second])))

    def score(self, source: str, use: str) -> np.ndarray:
        """Training accuracy, or R² in a regression, at the final weights (seeds,)."""
        return np.array([walk.score(data) for walk, data in zip(self.walks[source, use], self.data, strict=True)])

    def _trials(self) -> Trials:
        """Walks of each cell at each rate, on seeds that follow the first seed."""
        settings, begun = self.settings, self.progress

        def trials(wanted: Mapping[Cell, np.ndarray], seeds: int, share: float) -> Generator[Any, None, Losses]:
            first = TUNING_SEED + settings.seed
            starts, found = [begin(settings, first + k)[1] for k in range(seeds)], {}
            yield self
            for place, (cell, rates) in enumerate(wanted.items()):
                found[cell] = np.full((len(rates), seeds), np.inf)
                for i, k in np.ndindex(len(rates), seeds):
                    walk, steps = Walk(starts[k].problem, starts[k].start), round(share * updates(settings, *cell))
                    pauses = train(walk, cell, float(rates[i]), max(2, steps), stream(first + k, CELLS.index(cell)))
                    for step, _ in enumerate(pauses):
                        if step % 20 == 19:
                            yield self
                    if walk.final < walk.losses[0]:
                        found[cell][i, k] = walk.final
                stage = (place + 1) / len(wanted) * (0.1 if share < 1 else 0.25)
                self.progress = max(self.progress, begun + stage + (0.1 if share == 1 else 0))
                yield self
            return found

        return trials

    def _train(self) -> Iterator[int]:
        """Advance all walks in turn; yields the number of updates done, after every 20 ms of work or less."""
        settings = self.settings
        active = [
            train(walk, cell, rate(self, cell), updates(settings, *cell), stream(settings.seed + k, place))
            for place, (cell, walks) in enumerate(self.walks.items())
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

    @RULES.rule("two_things")
    def _two_things(self) -> Told:
        pairs = combinations(UPDATE_RULES, 2)
        gaps = {(a, b): float(np.median(self.apart((BACKPROP, a), (BACKPROP, b)))) for a, b in pairs}
        nearest = min(gaps, key=gaps.__getitem__)
        falls = {cell: _fall("slowest fall", self, *cell) for cell in product(EXACT, UPDATE_RULES)}
        slowest = max(falls, key=lambda cell: falls[cell].high)
        yield Quantity.of("forward mode", farthest(self, FORWARD), "share", "at most", SAME)
        yield Quantity.of("central differences", farthest(self, CENTRAL), "share", "at most", SAME)
        yield Quantity.of("nearest two rules", gaps[nearest], "share", "above", PARTED)
        yield falls[slowest]
        yield {"nearest": " and ".join(nearest), "slowest": _named(slowest)}

    @RULES.rule("learns")
    def _learns(self) -> Told:
        moved = sum(not walk.still for walk in self.walks[BACKPROP, "nothing"])
        yield _fall("change alone", self, BACKPROP, "nothing")
        yield Quantity.of("seeds that moved or had no gradient", moved, "", "at most", 0)
        yield _fall("change with SGD", self, BACKPROP, "sgd")

    @RULES.rule("division")
    def _division(self) -> Told:
        walks = [walk for use in UPDATE_RULES for walk in self.walks[BACKPROP, use]]
        counts = [(walk.parameters_by_source, walk.gradient_by_rule, walk.parameters_by_rule) for walk in walks]
        by_source, gradients, by_rule = np.sum(counts, axis=0)
        yield Quantity.of("updates", sum(len(walk.params) - 1 for walk in walks), "updates")
        yield Quantity.of("parameters changed by a backward pass", by_source, "times", "at most", 0)
        yield Quantity.of("gradients changed by a rule", gradients, "times", "at most", 0)
        yield Quantity.of("parameters changed by a rule", by_rule, "times", "above", 0)

    def _cosines(self, use: str) -> np.ndarray:
        """Cosines between steps and the negative gradient, over all seeds and all nonzero steps."""
        cosines = np.concatenate([walk.straight for walk in self.walks[BACKPROP, use]])
        return cosines[np.isfinite(cosines)]

    @RULES.rule("opposite")
    def _opposite(self) -> Told:
        cosines = {use: self._cosines(use) for use in GRADIENT_USES}
        if len(cosines["sgd"]):
            yield Quantity.of("distance of a cosine from 1", 1 - cosines["sgd"].min(), "", "at most", STRAIGHT)
        else:
            yield {"missing": "Allow at least one step of plain gradient descent to measure its direction."}
        yield {f"mean cosine of {use}": each.mean() for use, each in cosines.items() if len(each)}

    def _open(self) -> str:
        return unsettled({_named(cell): each for cell, each in self.tuning.items()})

    @RULES.rule("backbone")
    def _backbone(self) -> Told:
        gain = paired(self.score(BACKPROP, "sgd"), self.score(BACKPROP, "nothing"))
        cells = [(source, "sgd") for source in (FORWARD, CENTRAL, "spsa")] + [
            (BACKPROP, use) for use in GRADIENT_USES[1:]
        ]
        replaced = [_ends(_named(cell), self, cell, (BACKPROP, "sgd")) for cell in cells]
        equal = listed([each.name for each in replaced if not each.met])
        yield Quantity.of("gain", gain, "", "above", 0)
        yield from replaced
        yield {"equal": equal, "missing": self._open()}

    @RULES.rule("key")
    def _key(self) -> Told:
        losses = [[self.tuning[source, use].loss for use in UPDATE_RULES] for source in (BACKPROP, "spsa")]
        best, other = (UPDATE_RULES[place] for place in np.argmin(losses, axis=1))  # with each of the two sources
        spsa, annealing, central = ("spsa", other), ("none", "annealing"), (CENTRAL, best)
        yield _ends("SPSA over backpropagation", self, spsa, (BACKPROP, best))
        yield _ends("annealing over backpropagation", self, annealing, (BACKPROP, best))
        yield _fall("change with SPSA", self, *spsa)
        yield _fall("change with annealing", self, *annealing)
        yield _fall("change with central differences", self, *central)
        yield Quantity.of("forward passes", self.passes(BACKPROP, best).mean(), "forward passes")
        yield Quantity.of("passes of central differences", self.passes(*central).mean(), "forward passes")
        yield {"missing": self._open(), "best": best}

    def _slower(self) -> Difference:
        """Time of central differences over that of backpropagation, with the same rules, paired by seed."""
        times = np.array([[self.seconds(each, use) for use in UPDATE_RULES] for each in (CENTRAL, BACKPROP)])
        return interval(np.divide(*times.sum(axis=1)))

    @RULES.rule("faster")
    def _faster(self) -> Told:
        passes = self.passes(CENTRAL, "sgd").mean() / self.passes(BACKPROP, "sgd").mean()
        yield _fall("change alone", self, BACKPROP, "nothing")
        yield Quantity.of("time of central differences over backpropagation", self._slower(), "times")
        yield Quantity.of("forward passes of central differences over backpropagation", passes, "times")
        yield {"parameters": self.parameters}

    @RULES.rule("without")
    def _without(self) -> Told:
        sources = {"forward mode": FORWARD, "central differences": CENTRAL, "SPSA": "spsa"}
        falls = [_fall(name, self, source, "sgd") for name, source in sources.items()]
        yield from falls
        yield {"others": ", ".join(f"{each.name} {each:signed}" for each in falls)}

    @RULES.rule("requires")
    def _requires(self) -> Told:
        cosines = self._cosines("lbfgs")
        yield _fall("change with L-BFGS", self, BACKPROP, "lbfgs")
        yield Quantity.of("mean cosine", cosines.mean() if len(cosines) else np.nan, "", "below", TURNED)

    @RULES.rule("variations")
    def _variations(self) -> Told:
        errors = [
            Quantity.of(f"batches of {size}", max(each), "of the gradient's length", "at most", ROUNDING)
            for size, each in self.batches.items()
        ]
        yield from errors
        yield {"largest": f"{max(errors, key=lambda each: each.value)}"}

    @RULES.rule("replaced")
    def _replaced(self) -> Told:
        distance = farthest(self, CENTRAL)
        yield Quantity.of("distance of the paths", distance, "share", "at most", SAME)
        yield Quantity.of("time", self._slower(), "times", "between", AS_LONG)
        yield {"otherwise": "neither" if distance <= SAME else "the path"}


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
    for seed in result.seeds:
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
            errors.append(matrix.batch_error(data, walk, size))
            yield result
    result.phase, result.progress = "tuning learning rates", 0.1
    grid = RATES if settings.rate == "tuned" else np.array([settings.lr])
    tuned = [(source, use) for source in ("backpropagation", "spsa") for use in UPDATE_RULES]
    result.tuning = yield from choose(result._trials(), dict.fromkeys(tuned, grid))
    result.phase, begun = "training with every combination", result.progress
    expected = sum(1 if use == "nothing" else updates(settings, source, use) for source, use in CELLS)
    for done in result._train():
        result.progress = begun + (0.99 - begun) * min(1.0, done / expected / settings.seeds)
        yield result
    yield result.complete()


def rate(result: Result, cell: Cell) -> float:
    """The learning rate of a cell: one per rule for all exact gradients and one for estimated ones."""
    tuning = result.tuning.get((cell[0] if cell[0] == "spsa" else EXACT[0], cell[1]))
    return tuning.best if tuning else result.settings.lr  # rules with their own line search


def farthest(result: Result, source: str) -> float:
    """The largest distance over rules (median seed) between a source's path and that of backpropagation."""
    return max(float(np.median(result.apart((BACKPROP, use), (source, use)))) for use in UPDATE_RULES)


def _fall(name: str, result: Result, source: str, use: str) -> Quantity:
    """Final loss minus initial loss."""
    change = paired(result.final(source, use), np.array([walk.losses[0] for walk in result.walks[source, use]]))
    return Quantity.of(name, change, "", "below", 0)


def _ends(name: str, result: Result, cell: Cell, reference: Cell) -> Quantity:
    """Final loss of a cell divided by that of another."""
    return Quantity.factor(name, paired_logs(result.final(*cell), result.final(*reference)), "above", 1)


def _named(cell: Cell) -> str:
    return " with ".join(cell).replace("_", " ")


def table(result: Result) -> pd.DataFrame:
    """One row per cell: rate, loss, score, cost, seconds, and distance of its path from that of backpropagation."""
    return pd.DataFrame(
        {
            "gradient from": source,
            "done with it": use,
            "learning rate": rate(result, (source, use)) if use in UPDATE_RULES else None,
            "updates": float(np.mean([len(walk.params) - 1 for walk in result.walks[source, use]])),
            "final training loss": float(np.median(result.final(source, use))),
            "training score": float(np.median(result.score(source, use))),
            "forward passes": float(result.passes(source, use).mean()),
            "milliseconds": round(float(1e3 * np.median(result.seconds(source, use))), 2),
            "farthest from backpropagation's path": percent(far.max()) if len(far) else None,
        }
        for source, use in CELLS
        for alike in [source in EXACT and use in GRADIENT_USES]
        for far in [result.apart((BACKPROP, use), (source, use)) if alike else np.empty(0)]
    )


def curves(result: Result) -> pd.DataFrame:
    """Every point of every walk: one row per cell, seed and update."""
    tables = []
    for (source, use), walks in result.walks.items():
        for k, walk in enumerate(walks):
            about = {"source": source, "use": use, "seed": result.settings.seed + k, "update": range(len(walk.losses))}
            each = pd.DataFrame(about | {"forward_passes": walk.passes, "train_loss": walk.losses})
            each["cosine"] = np.append(np.nan, walk.straight) if use in GRADIENT_USES else np.nan
            tables.append(each)
    return pd.concat(tables, ignore_index=True)
