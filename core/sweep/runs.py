"""The training runs of a sweep: grouped into stacks by structure, and gathered into one table in a fixed order."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data import Dataset, OwnData
from core.sweep.settings import CONFIRMING_SEED, ETA, METRICS, SweepSettings, changes, label, points
from core.training import History, RunSettings, Trainer

STACK = 64  # maximum runs per task: more are not faster, and fewer tasks balance less evenly


class Task(NamedTuple):
    """Runs of one structure, trained as one stack; `places` are their indices among the runs of the rung."""

    name: str
    places: np.ndarray
    runs: list[RunSettings]
    metric: str
    own: OwnData | None

    @property
    def size(self) -> float:
        """Approximate duration, since the last tasks should be short to keep all processes busy."""
        run = self.runs[0]
        return len(self.runs) * run.steps * ((run.batch_size or run.train or 300) + 50) * (sum(run.hidden) + 10)

    def done(self) -> pd.DataFrame:
        """The measures, one row per run."""
        (measured,) = deque(self.work(), maxlen=1)
        assert isinstance(measured, pd.DataFrame)
        return measured

    def work(self) -> Iterator[float | pd.DataFrame]:
        """Train the stack: yields progress, then the measures; halves a stack that is refused, down to one run."""
        try:
            datasets = []
            for run in self.runs:
                datasets.append(dataset(run, self.own))
                yield 0.0
            # training rows of one seed may have a category that those of another lack
            if len(same := grouped((data.X_train.shape, data.X_test.shape) for data in datasets)) > 1:
                yield from self._apart(same)
                return
            trainer, history = Trainer(self.runs, datasets if self.own else None), History()
            for frame in trainer.work():
                if frame is not None:
                    history.append(frame)
                yield trainer.step / max(1, self.runs[0].steps)
            yield _measured(history, self.runs, self.metric)
        except InputError as refusal:
            if len(self.runs) == 1:
                row = dict.fromkeys(METRICS, np.nan) | {"diverged": -1, "stopped": -1, "refused": str(refusal)}
                yield pd.DataFrame([row | dict.fromkeys(["epochs", "curve"], np.empty(0))])
                return
            yield from self._apart(np.array_split(np.arange(len(self.runs)), 2))

    def _apart(self, groups: Sequence[Sequence[int] | np.ndarray]) -> Iterator[float | pd.DataFrame]:
        """Train each group of runs, given by indices, as a separate stack; the measures in the runs' order."""
        done: list[pd.DataFrame] = []
        for group in groups:
            for state in self._replace(runs=[self.runs[place] for place in group]).work():
                if isinstance(state, pd.DataFrame):
                    done.append(state.set_axis(list(group)))
                else:
                    yield (len(done) + state) / len(groups)
        yield pd.concat(done).sort_index().reset_index(drop=True)


def dataset(run: RunSettings, own: OwnData | None) -> Dataset:
    """The data of a run: each seed splits an own table again, so that intervals include the split."""
    return own.dataset(seed=run.data_seed) if own else run.data()


class Rung(NamedTuple):
    """A stage of a sweep: its number of points, share of the steps, and first seed."""

    points: int
    share: float
    seed: int


def rungs(settings: SweepSettings, number: int) -> list[Rung]:
    """One rung for all points, up to two shorter ones before it with halving, and finally the confirming one."""
    stages = min(2, int(math.log(number, ETA))) if settings.halving else 0
    powers = [ETA**stage for stage in range(stages + 1)]
    found = [Rung(math.ceil(number / power), power / powers[-1], settings.seed) for power in powers]
    if settings.confirm:
        found.append(Rung(min(settings.confirm, found[-1].points), 1.0, CONFIRMING_SEED + settings.seed))
    return found


class Sweep:
    """The state of a sweep: waiting tasks, and the table of results.

    A row of `table` is a run: rung, point, the axes, seed, steps, the final measures (an infinite loss and a score of 0
    if it diverged; NaN if it was `refused`, for that reason), and the metric during training: `curve` at each of
    `epochs`. Rows keep the order of the runs. `own` is the table named in `data`. Raises InputError if it cannot be
    used.
    """

    def __init__(self, settings: SweepSettings, own: OwnData | None = None):
        self.settings, self.own, self.points = settings, own, points(settings)
        if (own is None) != (not settings.data):
            raise InputError(f"data is {settings.data!r}, but there is {'no' if settings.data else 'a'} table")
        self.notices = [*own.table.notices, *own.dataset(seed=settings.seed).notices] if own else []
        self.rungs = rungs(settings, len(self.points))
        work = [rung.points * rung.share for rung in self.rungs]
        self.work = [each / sum(work) for each in work]  # share of each rung in the whole work
        self.tables: list[pd.DataFrame] = []
        self.members = list(range(len(self.points)))
        self._begin()

    def _begin(self) -> None:
        """The tasks of the next rung."""
        rung, settings = self.rungs[len(self.tables)], self.settings
        self.members = self.members[: rung.points]
        rows, runs = [], []
        for point in sorted(self.members):
            for seed in range(rung.seed, rung.seed + settings.seeds):
                run = self.run(point, seed, rung.share)
                runs.append(run)
                rows.append((len(self.tables), point, *label(self.points[point]), seed, run.steps))
        asked = pd.DataFrame(rows, columns=["rung", "point", *settings.axes, "seed", "steps"])
        self.asked = asked.loc[:, ~asked.columns.duplicated()]  # steps may be an axis
        self.arrived: list[pd.DataFrame] = []
        tasks = [
            Task(f"{len(self.tables)}-{at:05}", part, [runs[place] for place in part], settings.metric, self.own)
            for at, part in enumerate(stacks(runs))
        ]
        self.waiting = {task.name: task for task in tasks}

    def run(self, point: int, seed: int, share: float = 1.0) -> RunSettings:
        """One run of a point, for a share of its steps."""
        base = self.settings.base
        changed = changes(base, dict(zip(self.settings.axes, self.points[point], strict=True)))
        steps = max(1, round(share * changed.get("steps", base.steps)))
        own = {"steps": steps, "seed": seed, "data_seed": seed}
        return base.model_copy(update=changed | own)  # the settings have checked each value

    def take(self, task: Task, measured: pd.DataFrame) -> None:
        """Store the results of a task; the last one of a rung starts the next."""
        del self.waiting[task.name]
        self.arrived.append(measured.set_axis(task.places))
        if not self.waiting:
            self.tables.append(self._current())
            self.members = ranking(self.tables[-1], self.settings)
            if not self.finished:
                self._begin()

    def _current(self) -> pd.DataFrame:
        """The rows of this rung that have arrived."""
        return self.asked.join(pd.concat(self.arrived).sort_index(), how="inner") if self.arrived else self.asked[:0]

    @property
    def hash(self) -> str:
        """A digest of everything that the table depends on, including the data."""
        return self.settings.hash(self.own.table.digest if self.own else "")

    @property
    def finished(self) -> bool:
        return len(self.tables) == len(self.rungs)

    @property
    def table(self) -> pd.DataFrame:
        """The rows of all rungs that have arrived."""
        parts = self.tables if self.finished or not self.arrived else [*self.tables, self._current()]
        return pd.concat(parts, ignore_index=True) if parts else self._current()

    @property
    def progress(self) -> float:
        """Share of the work done, 0 to 1, counted in steps of runs."""
        if self.finished:
            return 1.0
        return sum(self.work[: len(self.tables) + 1]) - sum(map(self.share_of, self.waiting.values()))

    def share_of(self, task: Task) -> float:
        """Share of a waiting task in the whole work."""
        return self.work[len(self.tables)] * len(task.places) / len(self.asked)


def grouped(keys: Iterable[object]) -> list[list[int]]:
    """The indices of equal keys."""
    groups: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(key, []).append(place)
    return list(groups.values())


def stacks(runs: Sequence[RunSettings]) -> list[np.ndarray]:
    """Indices of the runs of each structure, with large groups split equally."""
    groups = grouped(run.structure() for run in runs)
    return [part for group in groups for part in np.array_split(group, math.ceil(len(group) / STACK))]


def _measured(history: History, runs: Sequence[RunSettings], metric: str) -> pd.DataFrame:
    """The measures at the final weights or, with early stopping, the best ones."""
    columns = np.arange(len(runs))
    judged = history.validation_loss
    ends = np.where(np.isnan(judged), np.inf, judged).argmin(axis=0) if runs[0].patience else -1 + 0 * columns
    diverged, stopped = history.diverged[-1], history.stopped[-1]
    found: dict[str, object] = {}
    for name in METRICS:
        worst = np.inf if name.endswith("loss") else 0.0
        found[name] = np.where(diverged >= 0, worst, getattr(history, name)[ends, columns])
    curves = [curve[: np.isfinite(curve).sum()] for curve in getattr(history, metric).T]
    found |= {"diverged": diverged, "stopped": stopped, "refused": ""}
    found |= {"epochs": [history.epoch[: len(curve)] for curve in curves], "curve": curves}
    return pd.DataFrame(found)


def cost(table: pd.DataFrame, metric: str) -> pd.Series:
    """The cost: the metric, or a negated score; infinite if a run diverged or was refused."""
    values = -table[metric] if metric.endswith("score") else table[metric]
    return values.where((table["diverged"] < 0) & (table["refused"] == "") & values.notna(), np.inf)


def ranking(table: pd.DataFrame, settings: SweepSettings) -> list[int]:
    """The points of a table, best mean over seeds first."""
    means = cost(table, settings.metric).groupby(table["point"]).mean()
    return means.sort_values(kind="stable").index.to_list()
