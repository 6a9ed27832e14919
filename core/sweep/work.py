"""The work of a sweep, whatever it consists of: on all cores or a cluster, and kept on disk as it goes."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pandas as pd

from core.checks import InputError

PATIENCE = 3  # times that a process may die before the sweep gives up
CONNECTING = 10  # seconds to wait for a cluster


class Task(Protocol):
    """What one process does by itself; it travels there, and only its results come back."""

    @property
    def name(self) -> str:
        """Of its file."""

    @property
    def size(self) -> float:
        """About how long it takes, beside the others."""

    def done(self) -> pd.DataFrame:
        """Do it; returns the results."""


class Workers(Protocol):
    """Processes of this machine (0: one for each core), or the address of a Dask cluster."""

    @property
    def processes(self) -> int: ...

    @property
    def cluster(self) -> str: ...


class Work(Protocol):
    """How far a sweep is: the tasks that wait, and the table of what has arrived, whoever did them.

    `table` holds the sentence of a refusal in its column `refused`, which is empty everywhere else.
    """

    @property
    def settings(self) -> Workers:
        """Who does the work, and whatever else there is to settle."""

    @property
    def hash(self) -> str:
        """Letters that stand for everything that the table depends on."""

    @property
    def waiting(self) -> Mapping[str, Any]:
        """The tasks that can be done now, by name."""

    def take(self, task: Any, measured: pd.DataFrame) -> None:
        """Put the results of a task into their place; new tasks may begin to wait."""

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""

    @property
    def progress(self) -> float:
        """Share of the work done, 0 to 1."""

    @property
    def table(self) -> pd.DataFrame:
        """What has arrived, in an order that does not depend on who did it, nor when."""


W = TypeVar("W", bound=Work)


def sweep(work: W, folder: Path | None = None) -> Iterator[W]:
    """Do the work to the end; yields it, the same object, whenever results have arrived.

    Results are kept below `folder` and taken from there if this sweep was begun before. The table is bitwise the same
    on one process, on several and on a cluster, measured times apart, as far as their processors are of one kind: BLAS
    has kernels for each.
    Raises InputError where the cluster or the folder cannot be used.
    """
    parts = Parts(folder / work.hash if folder else None)
    with backend(work.settings) as config:
        deaths = 0
        while not work.finished:
            known = [(task, found) for task in work.waiting.values() if (found := parts.load(task)) is not None]
            for task, measured in known:
                work.take(task, measured)
            yield work
            if known:
                continue  # which may have begun a rung of which more is known
            try:
                for task, measured in _results(config, work):
                    parts.keep(task, measured)
                    work.take(task, measured)
                    yield work
            except BrokenProcessPool:
                deaths += 1
                if deaths > PATIENCE:
                    raise InputError(
                        f"processes is {work.settings.processes}, but {deaths} of them were killed, perhaps for want "
                        "of memory: try fewer"
                    ) from None


def _results(config: dict[str, Any], work: Work) -> Iterator[tuple[Task, pd.DataFrame]]:
    """Do what waits; yields in the order in which it gets done."""
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(**config):  # Parallel is made anew: one that lost a process may hand out old results again
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
    longest_first = sorted(work.waiting.values(), key=lambda task: -task.size)
    for name, measured in parallel(delayed(_done)(task) for task in longest_first):
        yield work.waiting[name], measured


def _done(task: Task) -> tuple[str, pd.DataFrame]:
    return task.name, task.done()


@contextmanager
def backend(settings: Workers) -> Iterator[dict[str, Any]]:
    """For joblib: processes of this machine with one BLAS thread each, or the workers of a Dask cluster."""
    if not settings.cluster:
        yield {"backend": "loky", "n_jobs": settings.processes or os.cpu_count(), "inner_max_num_threads": 1}
        return
    try:
        from dask.distributed import Client
    except ImportError:
        raise InputError(
            f"cluster is {settings.cluster!r}, but Dask is not installed: pip install 'descent-lab[cluster]'"
        ) from None
    try:
        client = Client(settings.cluster, timeout=CONNECTING, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"cluster is {settings.cluster!r}, but no worker can be reached there: {reason}") from None
    with client:
        yield {"backend": "dask", "client": client}


class Parts:
    """The results of finished tasks on disk, one file each, in a folder of this sweep alone; or nowhere."""

    def __init__(self, folder: Path | None):
        self.folder = folder
        if folder:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"folder is {str(folder.parent)!r}, but cannot be made: {error.strerror}") from None

    def load(self, task: Task) -> pd.DataFrame | None:
        """The results of a task, if it was done before and its file is whole."""
        try:
            return pd.read_parquet(self.folder / f"{task.name}.parquet") if self.folder else None
        except (OSError, ValueError):
            return None

    def keep(self, task: Task, measured: pd.DataFrame) -> None:
        """Write them whole or not at all: under another name first."""
        if self.folder:
            written = self.folder / f"{task.name}.{os.getpid()}.tmp"
            measured.to_parquet(written)
            written.replace(self.folder / f"{task.name}.parquet")
