"""Does a verdict depend on its first seed? Runs every study from many first seeds and counts verdicts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from joblib import Parallel, delayed, parallel_config

from core.studies.contract import CAVEATS, FAILS, HOLDS, STUDIES, UNDECIDED
from core.studies.sweeps.over_study import StudyTask

APART = 100  # distance between first seeds, more than the seeds of any study
LETTERS = {HOLDS: "holds", CAVEATS: "caveats", FAILS: "fails", UNDECIDED: "open"}  # column headers


def hear(studies: Sequence[str], seeds: int, first: int = 0) -> Iterator[pd.DataFrame]:
    """Run the studies on all cores from `seeds` first seeds; yields each run's findings, with its study and seed."""
    heard = [(study, seed) for seed in range(first, first + APART * seeds, APART) for study in studies]
    given = [{"seed": seed} if "seed" in STUDIES[study].Settings.model_fields else {} for study, seed in heard]
    tasks = [StudyTask(study, study, values, 1.0) for (study, _), values in zip(heard, given, strict=True)]
    with parallel_config(backend="loky", inner_max_num_threads=1):
        runs = Parallel(n_jobs=-1, return_as="generator")(delayed(task.done)() for task in tasks)
        for (study, seed), rows in zip(heard, runs, strict=True):
            yield rows.dropna(subset="number").assign(study=study, seed=seed)


def report(found: pd.DataFrame) -> str:
    """A line per verdict and a summary: how many differ from the most frequent outcome, how many are undecided."""
    lines = [f"{'':17}{'claim':>6} {''.join(f'{word:>9}' for word in LETTERS.values())}"]
    differing = decided = opposite = 0
    for (study, of, claim), own in found.groupby(["study", "number", "claim"], sort=False):
        counts = Counter(own["outcome"])
        told = "".join(f"{counts[outcome] or '':>9}" for outcome in LETTERS)
        kind = "identity" if own["kind"].iloc[0] == "identity" else ""
        lines.append(f"{study:17}{of or '':>6} {told}  {kind or ('' if of else claim)}")
        known = sum(counts.values()) - counts[UNDECIDED]
        differing += known - max(counts[outcome] for outcome in (HOLDS, CAVEATS, FAILS))
        decided += known
        opposite += min(counts[HOLDS], counts[FAILS])
    measured: Any = found[found["kind"] == "measured"]
    still = (measured["outcome"] == UNDECIDED).sum() / max(1, len(measured))
    share = differing / max(1, decided)
    lines += [
        f"{differing} of {decided} decided verdicts differ from the most frequent outcome of their question "
        f"({share:.1%}).",
        f"{opposite} say the opposite. {still:.0%} of the measured verdicts are not decided.",
    ]
    return "\n".join(lines)
