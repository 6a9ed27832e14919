"""Does a verdict depend on its first seed? Runs every study from many first seeds and counts verdicts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from core.settings import Settings, number
from core.studies.contract import CAVEATS, FAILS, HOLDS, STUDIES, UNDECIDED
from core.studies.sweeps.over_study import StudyTask, StudyWork
from core.sweep.work import sweep

APART = 100  # distance between first seeds, more than the seeds of any study
LETTERS = {HOLDS: "holds", CAVEATS: "caveats", FAILS: "fails", UNDECIDED: "open"}  # column headers


class Workers(Settings):
    """The number of workers."""

    processes: int = number(0, 0, 1024, "Processes", "Processes on this machine; 0: one per core.")
    cluster: str = ""


class Hearings(StudyWork):
    """All runs of the studies."""

    def __init__(self, studies: Sequence[str], seeds: int, first: int = 0):
        self.settings, self.hash = Workers(), "-".join([*studies, str(seeds), str(first)])
        places = range(first, first + APART * seeds, APART)
        self.heard = [(study, seed) for seed in places for study in studies]
        seeded = [study for study in studies if "seed" in STUDIES[study].Settings.model_fields]
        super().__init__(
            StudyTask(f"{study}-{seed}", study, {"seed": seed} if study in seeded else {}, 1.0)
            for study, seed in self.heard
        )

    @property
    def table(self) -> pd.DataFrame:
        """One row per finding: study, seed, number, claim, kind, outcome."""
        found = [
            rows.dropna(subset="number").assign(study=self.heard[place][0], seed=self.heard[place][1])
            for place, rows in self.arrived.items()
        ]
        return pd.concat(found, ignore_index=True).sort_values(["study", "seed"], kind="stable")


def hear(studies: Sequence[str], seeds: int, first: int = 0) -> Iterator[Hearings]:
    """Run the studies on all cores from `seeds` first seeds; yields after each run."""
    yield from sweep(Hearings(studies, seeds, first))


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
    still = (measured["outcome"] == UNDECIDED).mean()
    share = differing / max(1, decided)
    lines += [
        f"{differing} of {decided} decided verdicts differ from the most frequent outcome of their question "
        f"({share:.1%}).",
        f"{opposite} say the opposite. {still:.0%} of the measured verdicts are not decided.",
    ]
    return "\n".join(lines)
