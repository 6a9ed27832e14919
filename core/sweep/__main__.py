"""A sweep on all cores or a cluster, saved to disk as it runs: the command."""

import argparse
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.checks import InputError, texts_of
from core.data.wording import counted
from core.studies.sweeps import over_study
from core.studies.sweeps.over_study import StudySpace, StudySweep
from core.studies.wording import interval as written
from core.sweep import reading
from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings, label
from core.sweep.work import Work, sweep

NAMED = 5  # points named in a summary


def summary(sweep: Sweep) -> str:
    """A finished sweep in words: failures, the best point with its interval, and points indistinguishable from it."""
    table, metric, axes = sweep.table, sweep.settings.metric, list(sweep.settings.axes)
    diverged, refused = (table["diverged"] >= 0).sum(), table["refused"][table["refused"] != ""]
    runs = f"{counted(len(table), 'run')} of {counted(len(sweep.points), 'point')}"
    lines = [*sweep.notices, f"{runs}; {diverged:,} diverged."]
    lines += [f"{count} refused: {reason}." for reason, count in refused.value_counts().items()]

    def named(point: int) -> str:
        values = zip(axes, label(sweep.points[point]), strict=True)
        return ", ".join(
            f"{axis} {value:.4g}" if isinstance(value, float) else f"{axis} {value}" for axis, value in values
        )

    best = reading.standings(table, axes, metric).iloc[0]
    if np.isinf(best["cost"]):
        return "\n".join([*lines, "At every point a run diverged or was refused, so none is the best."])
    seeds, where = sweep.settings.seeds, named(int(best["point"]))
    if seeds == 1:
        lines.append(f"Best {metric}: {best['mean']:.4g} with one seed, at {where}.")
        return "\n".join([*lines, "One seed cannot tell a difference from chance: choose more seeds."])
    spread = f"[{best['low']:.4g}, {best['high']:.4g}] over {seeds} seeds"
    lines.append(f"Best {metric}: {best['mean']:.4g} {spread}, at {where}.")
    others, alike = reading.against_best(table, metric), reading.indistinguishable(table, metric)
    if not others:
        return "\n".join(lines)
    compared, found = counted(len(others), "other point"), "1 is" if len(alike) == 1 else f"{len(alike)} are"
    lines.append(f"Compared seed by seed with {compared}: {found} indistinguishable from it.")
    for point in alike[:NAMED]:
        gap = others[point]
        lines.append(f"  {named(point)}: cost against the best {written(gap.mean, gap.low, gap.high, signed=True)}")
    return "\n".join(lines)


SUMMARIES: dict[type, Callable[[Any], str]] = {Sweep: summary, StudySweep: over_study.summary}


def read_work(path: Path) -> Work:
    """The work of a TOML file; InputError if the file or its table is missing or cannot be read."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"settings is {str(path)!r}, but cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"settings is {str(path)!r}, but is not TOML: {error}") from None
    if "study" in given:
        return StudySweep(StudySpace(**given))
    settings = SweepSettings(**given)
    return Sweep(settings, settings.own(path.parent))


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 if the table was written, 2 with one sentence for invalid settings, 130 if interrupted."""
    about = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m core.sweep", description=texts_of(__file__)["about"], formatter_class=about
    )
    parser.add_argument("settings", type=Path, help="TOML file")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write the table to")
    parser.add_argument("--parts", type=Path, help="folder for intermediate results; by default next to the table")
    given = parser.parse_args(arguments)
    parts = given.parts or given.out.with_suffix(".parts")
    try:
        work = read_work(given.settings)
        if not given.out.parent.is_dir():
            raise InputError(f"out is {str(given.out)!r}, but its folder does not exist")
        _tell(sweep(work, parts))
        if (work.table["refused"] != "").all():
            raise InputError(f"every run was refused: {work.table['refused'].iloc[0]}")
        work.table.to_parquet(given.out)
        print(SUMMARIES[type(work)](work))
    except InputError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nInterrupted; finished results are in {parts}. Run the command again to continue.", file=sys.stderr)
        return 130
    return 0


def _tell(states: Iterator[Work]) -> None:
    """Run to the end, with a line of progress and time left, estimated from the work done so far."""
    started, begin = time.perf_counter(), None
    for work in states:
        begin = work.progress if begin is None else begin
        seconds, done = time.perf_counter() - started, work.progress - begin
        left = f", about {seconds * (1 - work.progress) / done:.0f} s left" if done > 0 else ""
        print(f"\r{work.progress:4.0%} of the work{left}   ", end="", file=sys.stderr)
    print(file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
