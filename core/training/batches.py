"""The samples of a stack of runs: feature-major, gathered into mini-batches in each seed's random order."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from core.checks import InputError, check_array
from core.data import Dataset, stream
from core.nn import Loss, Network
from core.nn.network import Pass, with_ones


class Part:
    """One part of D data sets: x (D, features + 1, n) with ones, t (D, k, n); `which` (R,) is each run's data set."""

    def __init__(self, X: list[np.ndarray], t: list[np.ndarray], which: np.ndarray, dtype: np.dtype):
        self.rows = np.stack([with_ones(each) for each in X]).astype(dtype)
        self.x = np.ascontiguousarray(self.rows.swapaxes(1, 2))
        self.t = np.stack(t).astype(dtype).swapaxes(1, 2).copy()
        self.columns = np.ascontiguousarray(self.t.swapaxes(0, 1)).reshape(self.t.shape[1], -1)
        self.which = which
        self.size = self.x.shape[-1]

    def of(self, runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x and t of the given runs, as views if they share one data set."""
        first = self.which[runs[0]]
        if (self.which[runs] == first).all():
            return self.x[first : first + 1], self.t[first : first + 1]
        return self.x[self.which[runs]], self.t[self.which[runs]]


def held_out(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Indices (count,) of the validation rows, sorted, drawn by a seed and stratified by label (n,).

    Of the rows in random order, sorted by label, every n/count-th is drawn (systematic sampling, Cochran 1977, chapter
    8). A label's only row stays in training unless there are too few other rows.
    """
    _, label, rows = np.unique(labels, return_inverse=True, return_counts=True)
    rng, drawn = stream(seed, "validation"), np.flatnonzero(rows[label] > 1)
    drawn = rng.permutation(drawn if len(drawn) > count else len(labels))
    drawn = drawn[np.argsort(label[drawn], kind="stable")]
    return np.sort(drawn[(rng.integers(len(drawn)) + np.arange(count) * len(drawn)) // count])


Rows = tuple[int, int, bool] | None  # the rows held out by a seed for validation, or all others; None: all
# The parts in use, by their source (a data set equals only itself); each is freed with its last stack.
SHARED: WeakValueDictionary[Hashable, Part] = WeakValueDictionary()


def split(
    datasets: Sequence[Dataset], loss: Loss, outputs: int, share: float, dtype: np.dtype, seeds: Sequence[int] = ()
) -> tuple[Part, Part, Part | None]:
    """Training, test and (for a share above 0) validation part of the data sets of R runs, targets encoded by the loss.

    `seeds` (R,), the data seeds, draw the validation rows. Raises InputError for data that fits no stack.
    """
    counts = zip(*((len(data.X_train), len(data.X_test), data.features) for data in datasets), strict=True)
    for what, numbers in zip(("training samples", "test samples", "features"), counts, strict=True):
        if len({*numbers}) > 1:
            raise InputError(f"runs of one stack must have equally many {what}, not {sorted({*numbers})}")
    rows = len(datasets[0].X_train)
    if share and rows < 2:
        raise InputError(f"patience needs training samples to hold out, but there is {rows} only")
    held = max(1, int(share * rows)) if share else 0

    def part(name: str, rows: Sequence[Rows]) -> Part:
        sources = list(zip(datasets, rows, strict=True))
        key = (name, loss, outputs, dtype.str, *sources)
        found = SHARED.get(key)
        if found is None:
            places = {source: place for place, source in enumerate(dict.fromkeys(sources))}
            pairs = [_checked(data, name, loss, outputs, chosen) for data, chosen in places]
            which = np.array([places[source] for source in sources])
            found = SHARED[key] = Part([X for X, _ in pairs], [t for _, t in pairs], which, dtype)
        return found

    everything: list[Rows] = [None] * len(datasets)
    if not held:
        return part("train", everything), part("test", everything), None
    learnt, judging = ([(held, seed, judge) for seed in seeds] for judge in (False, True))
    return part("train", learnt), part("test", everything), part("train", judging)


def _checked(data: Dataset, part: str, loss: Loss, outputs: int, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """X (n, features) and the targets (n, outputs) of some rows of one part, or of all."""
    X = check_array(f"X_{part}", getattr(data, f"X_{part}"), 2)
    t = loss.targets(getattr(data, f"y_{part}"), data.task, outputs, f"y_{part}")
    if len(X) != len(t):
        raise InputError(f"y_{part} has {len(t)} rows, but X_{part} has {len(X)}")
    if rows is None:
        return X, t
    held, seed, judging = rows
    labels = np.zeros(len(t)) if data.task == "numbers" else t[:, 0] if t.shape[1] == 1 else t.argmax(axis=1)
    places = held_out(labels, held, seed)
    chosen = places if judging else np.delete(np.arange(len(t)), places)
    return X[chosen], t[chosen]


def scores(task: str, z: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Share of right answers, or R² (1 - residual / total sum of squares), of each run, for outputs z (R, k, n)."""
    if task == "numbers":
        residual = np.square(z - t).sum(axis=(1, 2))
        total = np.square(t - t.mean(axis=-1, keepdims=True)).sum(axis=(1, 2))
        return 1 - residual / np.where(total > 0, total, np.nan)  # R² is undefined for a constant target
    if z.shape[1] == 1:
        return ((z > 0) == (t > 0.5)).mean(axis=(1, 2))
    if z.shape[1] == 2:  # the same as argmax, several times as fast
        return ((z[:, 1] > z[:, 0]) == (t[:, 1] > t[:, 0])).mean(axis=-1)
    return (z.argmax(axis=1) == t.argmax(axis=1)).mean(axis=-1)


@dataclass(slots=True)
class Batch:
    """Samples of one step for a group of runs, x (G, features + 1, B) and t (G, k, B), and the pass over them.

    `rows`: its runs. x and t are views of `room`, which all groups use in turn; `index` (G, B) names the next samples.
    """

    rows: slice
    x: np.ndarray
    t: np.ndarray
    work: Pass
    room: tuple[np.ndarray, np.ndarray] | None = None
    index: np.ndarray | None = None
    last: bool = True  # whether it is the last group of its stack


class Resting:
    """Has trainers, directly or nested, whose buffers, most of their memory, the next update allocates again."""

    def rest(self) -> None:
        """Free the buffers of all trainers here."""
        for value in vars(self).values():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
            for each in held:
                if isinstance(each, Resting):
                    each.rest()


class Batches(Resting):
    """Mini-batches without replacement, in the same order for runs of one seed; the last of an epoch may be smaller."""

    def __init__(self, part: Part, seeds: Sequence[int], batch_size: int | None):
        self.part, self.seen = part, 0  # samples served to each run so far
        self.rngs = {seed: stream(seed, "batches") for seed in seeds}
        self.pool_rows = part.rows.reshape(-1, part.rows.shape[-1])
        self.pool_columns = part.columns
        self.seeds = np.array(seeds)
        self.cursor = part.size
        self.order_of_all = np.empty((0, part.size), dtype=np.intp)
        self.order, self.alive = self.order_of_all, np.arange(len(seeds))  # of the runs it serves
        self.buffers: dict[int, list[Batch]] = {}  # their batches of each size; empty until there are runs to serve
        self.resize(batch_size)

    def resize(self, batch_size: int | None) -> None:
        """Change the batch size at the next `bind`; the epoch continues in its order."""
        self.size = min(batch_size or self.part.size, self.part.size)
        self.full = self.size == self.part.size
        if not self.full and not len(self.order_of_all):
            self.order_of_all = np.empty((len(self.seeds), self.part.size), dtype=np.intp)

    def bind(self, network: Network, params: np.ndarray, alive: np.ndarray, together: int) -> None:
        """Serve these runs from now on: params (S, P) of the runs `alive` (S,), `together` runs per group."""
        sizes = {self.size}
        if not self.full:
            sizes |= {(self.part.size - start) % self.size or self.size for start in (0, self.cursor)}
        grads = np.empty_like(params[:together])
        everyone = self.full or len(alive) == len(self.seeds)
        self.order, self.alive = self.order_of_all if everyone else self.order_of_all[alive], alive
        self.buffers = {size: self._groups(size, network, params, alive, grads) for size in sizes}

    def _groups(
        self, size: int, network: Network, params: np.ndarray, alive: np.ndarray, grads: np.ndarray
    ) -> list[Batch]:
        """The batches of one size: one for each group, all in the buffers of the first, and the last may be smaller."""
        runs, together, made = len(alive), len(grads), {}
        groups: list[Batch] = []
        for start in range(0, runs, together):
            rows = slice(start, min(start + together, runs))
            count = rows.stop - start
            if count not in made:
                work = Pass(network, params[rows], size, grads[:count])
                work.allocate_backward()
                shapes = (count, size, self.pool_rows.shape[1]), (len(self.pool_columns), count, size)
                dtype = self.pool_rows.dtype
                room = None if self.full else (np.empty(shapes[0], dtype), np.empty(shapes[1], dtype))
                made[count] = work, room, (room[0].swapaxes(1, 2), room[1].swapaxes(0, 1)) if room else ()
            work, room, views = made[count]
            x, t = views or self.part.of(alive[rows])
            groups.append(Batch(rows, x, t, work.twin(params[rows], rows), room, last=rows.stop == runs))
        return groups

    def rest(self) -> None:
        """Free the buffers; `bind` allocates them again before the next batch."""
        self.buffers = {}

    def __getstate__(self) -> dict[str, Any]:
        """Everything except the buffers, which are large and temporary."""
        return vars(self) | {"buffers": {}}

    def next(self) -> list[Batch]:
        """The next batch of every run, by groups; `gather` fills one of them."""
        if self.full:
            self.seen += self.size
            return self.buffers[self.size]
        if self.cursor >= self.part.size:
            self._shuffle()
        index = self.order[:, self.cursor : self.cursor + self.size]
        self.cursor += self.size
        batches = self.buffers[index.shape[1]]
        self.seen += index.shape[1]
        for batch in batches:
            batch.index = index[batch.rows] if len(batches) > 1 else index
        return batches

    def gather(self, batch: Batch) -> None:
        """Fetch the samples of this group into buffers that the next group of the same size overwrites."""
        if batch.room is not None:
            assert batch.index is not None
            self.pool_rows.take(batch.index, axis=0, out=batch.room[0], mode="clip")
            self.pool_columns.take(batch.index, axis=1, out=batch.room[1], mode="clip")

    def _shuffle(self) -> None:
        """A new order for every seed, including ended runs, so that runs of one seed stay in step."""
        for seed, rng in self.rngs.items():
            order = rng.permutation(self.part.size)
            for place in np.flatnonzero(self.seeds == seed):
                np.add(order, self.part.which[place] * self.part.size, out=self.order_of_all[place])
        if self.order is not self.order_of_all:
            np.take(self.order_of_all, self.alive, axis=0, out=self.order)
        self.cursor = 0
