"""The work of any sweep: on all cores or a cluster, saved to disk as it runs."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pandas as pd

from core.checks import InputError

PATIENCE = 3  # deaths of a process after which the sweep gives up
CONNECTING = 10  # seconds to wait for a cluster


class Work(Protocol):
    """The state of a sweep: tasks that can be done now, by name, and the table of the results so far.

    waiting: tasks, each sent to a process, with a `name`, a `size` (its relative duration) and `done()`, which returns
    only results. settings: has `processes` of this machine (0: one for each core), or the address of a Dask `cluster`.
    hash: of everything that the table depends on. table: its order does not depend on the workers; its column `refused`
    has the sentence of a refusal and is otherwise empty. progress: share of the work done, 0 to 1. take: stores the
    results of a task, which may add waiting tasks.
    """

    @property
    def settings(self) -> Any: ...
    @property
    def waiting(self) -> Mapping[str, Any]: ...
    @property
    def hash(self) -> str: ...
    @property
    def finished(self) -> bool: ...
    @property
    def progress(self) -> float: ...
    @property
    def table(self) -> pd.DataFrame: ...
    def take(self, task: Any, measured: pd.DataFrame) -> None: ...


W = TypeVar("W", bound=Work)


def sweep(work: W, folder: Path | None = None) -> Iterator[W]:
    """Do the work to the end; yields it, the same object, whenever results have arrived.

    Results are saved in `folder` and reused if this sweep was started before. Except for measured times, the table is
    bitwise the same with any number of processes, and on a cluster of the same kind of processor. Raises InputError.
    """
    from joblib import Parallel, delayed, parallel_config

    parts, deaths = Parts(folder / work.hash if folder else None), 0
    with backend(work.settings) as config:
        while not work.finished:
            known = [(task, found) for task in work.waiting.values() if (found := parts.load(task)) is not None]
            for task, measured in known:
                work.take(task, measured)
            yield work
            if known:
                continue  # which may have started a rung with saved results
            longest_first = sorted(work.waiting.values(), key=lambda task: -task.size)
            with parallel_config(**config):  # a new Parallel: one that lost a process may return old results again
                parallel = Parallel(return_as="generator_unordered", batch_size=1)
            try:
                for name, measured in parallel(delayed(_done)(task) for task in longest_first):
                    task = work.waiting[name]
                    parts.keep(task, measured)
                    work.take(task, measured)
                    yield work
            except BrokenProcessPool:
                deaths += 1
                if deaths > PATIENCE:
                    raise InputError(
                        f"processes is {work.settings.processes}, but {deaths} of them were killed, perhaps because "
                        "of too little memory: try fewer"
                    ) from None


def _done(task: Any) -> tuple[str, pd.DataFrame]:
    return task.name, task.done()


@contextmanager
def backend(settings: Any) -> Iterator[dict[str, Any]]:
    """For joblib: processes of this machine with one BLAS thread each, or the workers of a Dask cluster."""
    if not settings.cluster:
        yield {"backend": "loky", "n_jobs": settings.processes or os.cpu_count(), "inner_max_num_threads": 1}
        return
    try:
        from dask.distributed import Client
    except ImportError:
        raise InputError(f"cluster is {settings.cluster!r}, but Dask is missing: pip install -e '.[cluster]'") from None
    try:
        client = Client(settings.cluster, timeout=CONNECTING, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"cluster is {settings.cluster!r}, but no worker can be reached there: {reason}") from None
    with client:
        yield {"backend": "dask", "client": client}


class Parts:
    """The results of finished tasks on disk, one file each, in this sweep's folder, if any."""

    def __init__(self, folder: Path | None):
        self.folder = folder
        if folder:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"folder is {str(folder.parent)!r}, but cannot be created: {error.strerror}") from None

    def load(self, task: Any) -> pd.DataFrame | None:
        """The saved results of a task, if its file is complete."""
        try:
            return pd.read_parquet(self.folder / f"{task.name}.parquet") if self.folder else None
        except (OSError, ValueError):
            return None

    def keep(self, task: Any, measured: pd.DataFrame) -> None:
        """Save results atomically, under a temporary name first."""
        if self.folder:
            written = self.folder / f"{task.name}.{os.getpid()}.tmp"
            measured.to_parquet(written)
            written.replace(self.folder / f"{task.name}.parquet")
