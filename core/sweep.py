"""A sweep on all cores or a cluster, kept on disk as it goes: `python -m core.sweep settings.toml --out table.parquet`.

Settings are TOML: `seeds = 5`, `metric = "test_loss"`, a table `[base]` of fields of a run, and a table `[axes]` of
what varies: `optimizer = ["sgd", "adam"]`, `lr = {low = 1e-3, high = 1.0, log = true, points = 5}`. An interrupted
sweep goes on where it stopped when the same command is given again.
"""

import argparse
import os
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from core.checks import InputError
from core.sweep_runs import Sweep, Task, ranking, trained
from core.sweep_settings import SweepSettings

PATIENCE = 3  # times that a process may die before the sweep gives up
CONNECTING = 10  # seconds to wait for a cluster


def sweep(settings: SweepSettings, folder: Path | None = None) -> Iterator[Sweep]:
    """Run it to the end; yields its state, the same object, whenever results have arrived.

    Results are kept below `folder` and taken from there if this sweep was begun before. The table is bitwise the same
    on one process, on several and on a cluster, as far as their processors are of one kind: BLAS has kernels for each.
    Raises InputError where the cluster or the folder cannot be used.
    """
    state, parts = Sweep(settings), Parts(folder, settings)
    with backend(settings) as config:
        deaths = 0
        while not state.finished:
            known = [(task, found) for task in state.waiting.values() if (found := parts.load(task)) is not None]
            for task, measured in known:
                state.take(task, measured)
            yield state
            if known:
                continue  # which may have begun a rung of which more is known
            try:
                for task, measured in _work(config, state):
                    parts.keep(task, measured)
                    state.take(task, measured)
                    yield state
            except BrokenProcessPool:
                deaths += 1
                if deaths > PATIENCE:
                    raise InputError(
                        f"processes is {settings.processes}, but {deaths} of them were killed, perhaps for want of "
                        "memory: try fewer"
                    ) from None


def _work(config: dict[str, Any], state: Sweep) -> Iterator[tuple[Task, pd.DataFrame]]:
    """Train what waits; yields in the order in which it gets done."""
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(**config):  # Parallel is made anew: one that lost a process may hand out old results again
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
    longest_first = sorted(state.waiting.values(), key=lambda task: -task.size)
    return parallel(delayed(trained)(task, state.settings.metric) for task in longest_first)


@contextmanager
def backend(settings: SweepSettings) -> Iterator[dict[str, Any]]:
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
    """The results of finished tasks on disk, one file each, in a folder named by the hash of the settings."""

    def __init__(self, folder: Path | None, settings: SweepSettings):
        self.folder = folder / settings.hash() if folder else None
        if self.folder:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"folder is {str(folder)!r}, but cannot be made: {error.strerror}") from None

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


def read_settings(path: Path) -> SweepSettings:
    """Settings from a TOML file; InputError where it is missing or cannot be read."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"settings is {str(path)!r}, but cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"settings is {str(path)!r}, but is not TOML: {error}") from None
    return SweepSettings(**given)


def main(arguments: list[str] | None = None) -> int:
    """0 when the table was written, 2 with one sentence for settings that do not work, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m core.sweep", description=__doc__)
    parser.add_argument("settings", type=Path, help="TOML file")
    parser.add_argument("--out", type=Path, required=True, help="table to write, one row a run")
    parser.add_argument("--parts", type=Path, help="folder for results on the way; by default beside the table")
    given = parser.parse_args(arguments)
    parts = given.parts or given.out.with_suffix(".parts")
    try:
        settings = read_settings(given.settings)
        if not given.out.parent.is_dir():
            raise InputError(f"out is {str(given.out)!r}, but its folder does not exist")
        state = _tell(sweep(settings, parts))
        if (state.table["refused"] != "").all():
            raise InputError(f"every run was refused: {state.table['refused'].iloc[0]}")
        state.table.to_parquet(given.out)
        print(_summary(state))
    except InputError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nInterrupted; what is done lies in {parts}, and the same command goes on from there.", file=sys.stderr)
        return 130
    return 0


def _tell(states: Iterator[Sweep]) -> Sweep:
    """Run to the end with a line of progress and time left, judged by the work done since the start."""
    started, begin = time.perf_counter(), None
    for state in states:
        begin = state.progress if begin is None else begin
        seconds, done = time.perf_counter() - started, state.progress - begin
        left = f", about {seconds * (1 - state.progress) / done:.0f} s left" if done > 0 else ""
        print(f"\r{state.progress:4.0%} of the work, {len(state.table)} runs{left}   ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return state


def _summary(state: Sweep) -> str:
    """How many runs, how many of them diverged or were refused and why, and the best point."""
    table, settings = state.table, state.settings
    lines = [f"{len(table)} runs of {len(state.points)} points; {(table['diverged'] >= 0).sum()} diverged."]
    refused = table["refused"][table["refused"] != ""]
    lines += [f"{count} refused: {reason}." for reason, count in refused.value_counts().items()]
    last = table[table["rung"] == table["rung"].max()]
    best = last[last["point"] == ranking(last, settings)[0]]
    values = ", ".join(f"{name} {best[name].iloc[0]}" for name in settings.axes)
    lines.append(f"Best {settings.metric}: {best[settings.metric].mean():.4g}, mean of {len(best)} seeds, at {values}.")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
