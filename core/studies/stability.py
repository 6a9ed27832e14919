"""Does a verdict depend on its first seed? Runs every study from many first seeds and counts verdicts."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from core.settings import Settings, number
from core.studies.contract import CAVEATS, FAILS, HOLDS, STUDIES, UNDECIDED
from core.studies.sweeps.over_study import StudyWork
from core.sweep.work import sweep

APART = 100  # distance between first seeds, more than the seeds of any study
LETTERS = {HOLDS: "holds", CAVEATS: "caveats", FAILS: "fails", UNDECIDED: "open"}  # column headers


class Workers(Settings):
    """The number of workers."""

    processes: int = number(0, 0, 1024, "Processes", "Processes on this machine; 0: one per core.")
    cluster: str = ""


class Hearing(NamedTuple):
    """One study from one first seed."""

    name: str
    study: str
    seed: int
    size: float = 1.0

    def done(self) -> pd.DataFrame:
        """A row for each of its findings."""
        study = STUDIES[self.study]
        changes = {"seed": self.seed} if "seed" in study.Settings.model_fields else {}
        (last,) = deque(study.run(study.Settings(**changes)), maxlen=1)
        return pd.DataFrame(
            {
                "study": self.study,
                "seed": self.seed,
                "number": finding.number,
                "asked": finding.rule.question,
                "kind": finding.kind,
                "outcome": finding.outcome,
                "sentence": finding.sentence,
            }
            for finding in study.findings(last)
        )


class Hearings(StudyWork):
    """All runs of the studies."""

    def __init__(self, studies: Sequence[str], seeds: int, first: int = 0):
        self.settings = Workers()
        places = range(first, first + APART * seeds, APART)
        super().__init__(Hearing(f"{study}-{seed}", study, seed) for seed in places for study in studies)
        self.hash = "-".join([*studies, str(seeds), str(first)])

    @property
    def table(self) -> pd.DataFrame:
        """One row per finding: study, seed, number, question, kind, outcome, sentence."""
        return pd.concat(self.arrived.values(), ignore_index=True).sort_values(["study", "seed"], kind="stable")


def hear(studies: Sequence[str], seeds: int, first: int = 0) -> Iterator[Hearings]:
    """Run the studies on all cores from `seeds` first seeds; yields after each run."""
    yield from sweep(Hearings(studies, seeds, first))


def report(found: pd.DataFrame) -> str:
    """A line per verdict and a summary: how many differ from the most frequent outcome, how many are undecided."""
    lines = [f"{'':17}{'claim':>6} {''.join(f'{word:>9}' for word in LETTERS.values())}"]
    differing = decided = opposite = 0
    for (study, claim, asked), own in found.groupby(["study", "number", "asked"], sort=False):
        counts = Counter(own["outcome"])
        told = "".join(f"{counts[outcome] or '':>9}" for outcome in LETTERS)
        kind = "identity" if own["kind"].iloc[0] == "identity" else ""
        lines.append(f"{study:17}{claim or '':>6} {told}  {kind or asked}")
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
