"""A sweep over the settings of a study: every point runs the whole study once per seed and gets its verdicts."""

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from pydantic import model_validator

from core.checks import InputError, choose, tuples
from core.studies.contract import STUDIES
from core.sweep.settings import Space, changes, label, points

JUDGED = ["number", "claim", "outcome", "kind"]  # columns of a finding


class StudySpace(Space):
    """The study to sweep and its settings. base and the axes: fields of that study's Settings."""

    study: str

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: dict[str, Any]) -> dict[str, Any]:
        base, model = given.get("base", {}), choose("study", given.get("study", ""), STUDIES).Settings
        return given | {"base": model(**tuples(base)) if isinstance(base, Mapping) else base}

    @model_validator(mode="after")
    def _repeatable(self) -> "StudySpace":
        if "seed" in type(self.base).model_fields:
            self.base.replace(seed=self.chosen({}, self.seeds - 1)["seed"])  # the largest of all
        elif self.seeds > 1:
            raise InputError(f"seeds is {self.seeds}, but {self.study} uses no random numbers: 1 is enough")
        return self

    def chosen(self, values: Mapping[str, Any], repetition: int) -> dict[str, Any]:
        """The study's settings at these values of the axes, not validated yet.

        A study that uses several seeds gets separate ones: no two repetitions share a seed.
        """
        found = self.base.model_dump() | changes(self.base, values)
        if "seed" not in found:
            return found
        axis = self.axes.get("seeds", ())
        most = max((found.get("seeds", 1), *(axis if isinstance(axis, tuple) else (round(axis.high),))))
        return found | {"seed": self.seed + most * repetition}


class StudyTask(NamedTuple):
    """One run of a study."""

    name: str
    study: str
    values: dict[str, Any]  # values of its settings
    size: float

    def done(self) -> pd.DataFrame:
        """The rows of its table, then one per finding; or the sentence of its refusal."""
        study = STUDIES[self.study]
        try:
            (result,) = deque(study.run(study.Settings(**self.values)), maxlen=1)
        except InputError as refusal:
            return pd.DataFrame({"refused": [str(refusal)]})
        table = study.table(result)
        said = [{name: getattr(finding, name) for name in JUDGED} for finding in study.findings(result)]
        judged = pd.DataFrame(said, columns=JUDGED).astype({"number": "Int64"})
        named = table.rename(columns={name: f"{name} of the study" for name in [*JUDGED, "refused"]})
        return pd.concat([named, judged], ignore_index=True).assign(refused="")


class StudySweep:
    """The state of a sweep over a study, as work: see `core.sweep.work.Work`.

    A row of `table` is a row of the study's table or one of its findings (number, claim, outcome), preceded by the
    point, the values of the axes and the seed.
    """

    def __init__(self, settings: StudySpace):
        self.settings, self.points = settings, points(settings)
        rows: list[tuple[Any, ...]] = []
        tasks = []
        for point, chosen in enumerate(self.points):
            for repetition in range(settings.seeds):
                values = settings.chosen(dict(zip(settings.axes, chosen, strict=True)), repetition)
                size = settings.base.model_copy(update=values).effort()
                tasks.append(StudyTask(f"{len(rows):05}", settings.study, values, size))
                rows.append((point, *label(chosen), values.get("seed", settings.seed)))
        self.waiting = {task.name: task for task in tasks}
        self.places = {name: place for place, name in enumerate(self.waiting)}
        self.arrived: dict[int, pd.DataFrame] = {}  # by place among the tasks
        self.asked = pd.DataFrame(rows, columns=["point", *settings.axes, "seed"])

    def take(self, task: Any, measured: pd.DataFrame) -> None:
        """Store the results of a task."""
        self.arrived[self.places[self.waiting.pop(task.name).name]] = measured

    @property
    def finished(self) -> bool:
        return not self.waiting

    @property
    def progress(self) -> float:
        """Share of the runs done, 0 to 1."""
        return len(self.arrived) / len(self.places)

    @property
    def hash(self) -> str:
        """A digest of everything that the table depends on."""
        return self.settings.hash()

    @property
    def table(self) -> pd.DataFrame:
        """The rows that have arrived, in the order of the points and seeds."""
        parts = [
            self.asked.loc[[place]].merge(measured, how="cross", suffixes=("", " of the study"))
            for place, measured in sorted(self.arrived.items())
        ]
        return pd.concat(parts, ignore_index=True) if parts else self.asked[:0].assign(refused="")


def summary(sweep: StudySweep) -> str:
    """For each point, the number of seeds with each verdict."""
    table, settings = sweep.table, sweep.settings
    lines = [f"{len(sweep.asked)} runs of {settings.study}: {len(sweep.points)} points, {settings.seeds} seeds each."]
    for point, rows in table.groupby("point"):
        values = ", ".join(f"{name} {rows[name].iloc[0]}" for name in settings.axes)
        lines += [f"Point {point}, {values}:"]
        refused = rows["refused"][rows["refused"] != ""].value_counts()
        lines += [f"  {count} refused: {why}." for why, count in refused.items()]
        judged = rows.dropna(subset="number") if "number" in rows else rows[:0]
        for (number, claim), own in judged.groupby(JUDGED[:2], sort=False):
            counts = own["outcome"].value_counts()
            told = ", ".join(f"{outcome} {count} of {len(own)}" for outcome, count in counts.items())
            lines.append(f"  {f'claim {number}' if number else claim}: {told}")
    return "\n".join(lines)
