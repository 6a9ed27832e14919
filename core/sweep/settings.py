"""Settings of a sweep: a base, the axes along which it varies, and the points drawn from them."""

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Self, get_args

import numpy as np
from pydantic import SerializeAsAny, field_validator, model_validator

from core.checks import InputError, check_number, choose, tuples
from core.data import OwnData, read_table
from core.data.encoding import DATES
from core.data.table import GAPS
from core.data.tasks import SPLITS
from core.settings import Settings, choice, number, switch
from core.training import RunSettings

LARGEST = 100_000  # maximum runs of one sweep
FRAMES = 20  # evaluations during a run, unless the base sets them
METRICS = ["test_loss", "train_loss", "test_score", "train_score"]
BUILT_IN = ("dataset", "train", "test", "noise", "irrelevant")  # settings of built-in data
CONFIRMING_SEED = 2_000_000  # the first of the confirming seeds, which did not choose the best
ETA = 3  # successive halving trains a third of the points for three times as long (Jamieson & Talwalkar 2016)


class Range(Settings):
    """Numbers from `low` to `high`, evenly spaced, or by equal factors for `log`; a grid takes `points` of them."""

    low: float
    high: float
    log: bool = False
    points: int = number(5, 2, 1000, "Points", "Number of points of a grid.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        check_number("low", self.low, 0 if self.log else -math.inf, self.high, open_low=self.log, open_high=True)
        check_number("high", self.high)
        return self

    def at(self, share: np.ndarray) -> list[float]:
        """The numbers at fractions (n,), 0 to 1, between low and high."""
        if self.log:
            return (self.low * (self.high / self.low) ** share).tolist()
        return (self.low + (self.high - self.low) * share).tolist()


class Space(Settings):
    """Any sweep: axes from a field of the base (or "hyper.beta1") to values or a Range, seeds per point, workers."""

    RESERVED: ClassVar[set[str]] = {"seed"}  # settings that the sweep sets itself or that all runs share

    base: SerializeAsAny[Settings]
    axes: dict[str, tuple[Any, ...] | Range] = {}
    method: str = choice("grid", ["grid", "random", "sobol"], "Method", "How points are drawn from the axes.")
    samples: int = number(64, 1, LARGEST, "Samples", "Number of points of a random or Sobol sample.")
    seeds: int = number(5, 1, 1000, "Seeds", "Paired repetitions of every point: same data, same initial weights.")
    seed: int = number(0, 0, 1_000_000, "First seed", "First seed of the runs and seed of the sample.")
    processes: int = number(0, 0, 1024, "Processes", "Processes on this machine; 0: one per core.")
    cluster: str = ""

    @field_validator("axes", mode="before")
    @classmethod
    def _read_axes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        for name, axis in given.items():
            if not isinstance(axis, Mapping | list | tuple | Range):
                raise InputError(f"axes.{name} is {_written(axis)}, but must be a list such as [{_written(axis)}]")
        return {name: Range(**axis) if isinstance(axis, Mapping) else axis for name, axis in tuples(given).items()}

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if not self.axes:
            raise InputError("axes is empty, but must name at least one setting and its values")
        for name, axis in self.axes.items():
            _check_axis(self, name, axis)
        if (runs := self.points_at_most * self.seeds) > LARGEST:
            raise InputError(f"axes make {runs:,} runs with {self.seeds} seeds, but at most {LARGEST:,} are allowed")
        return self

    @property
    def points_at_most(self) -> int:
        """Points of the grid or the sample, before removing duplicates."""
        if self.method != "grid":
            return self.samples
        return math.prod(axis.points if isinstance(axis, Range) else len(axis) for axis in self.axes.values())

    def to_toml(self) -> str:
        """These settings as TOML for the command."""
        lines = _lines(self.model_dump(exclude_defaults=True, exclude={"base", "axes"}))
        lines += ["", "[base]", *_lines(self.base.model_dump(exclude_defaults=True)), "", "[axes]"]
        for name, axis in self.axes.items():
            lines.append(f"{_written(name)} = {_written(axis.model_dump() if isinstance(axis, Range) else axis)}")
        return "\n".join(lines) + "\n"

    def hash(self, content: str = "") -> str:
        """A digest of 16 letters of everything the results depend on; `content` is that of the data."""
        text = f"{self.model_dump_json(exclude={'processes', 'cluster', 'data'})} {content} numpy {np.__version__}"
        return sha256(text.encode()).hexdigest()[:16]


class SweepSettings(Space):
    """A sweep over networks, by fields of RunSettings, on built-in data or on an own table.

    data and what follows it: as in `Table.dataset`; no features: all that can be learnt from. roles: pairs of a column
    and its role, where it is not the recognized one. choices: pairs of a choice of `read_table` and its value.
    """

    RESERVED: ClassVar[set[str]] = {"seed", "data_seed", "frames", "patience"}

    base: RunSettings = RunSettings(frames=FRAMES)
    metric: str = choice("test_loss", METRICS, "Metric", "The measure to minimize (a loss) or maximize (a score).")
    halving: bool = switch(False, "Successive halving", "Short runs for all, longer ones for the best third.")
    confirm: int = number(0, 0, 1000, "Confirm", "Number of the best that train again on new seeds.")
    data: str = ""
    target: str = ""
    task: str = choice("recognized", ["recognized", "classes", "numbers"], "Task", "What the target's values are.")
    features: tuple[str, ...] = ()
    gaps: str = choice("fill", list(GAPS), "Missing cells", "What becomes of them.")
    dates: str = choice("parts", list(DATES), "Dates", "What they are for a network.")
    split_by: str = choice("random", list(SPLITS), "Split", "Which rows are the test.")
    by: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    choices: tuple[tuple[str, Any], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: dict[str, Any]) -> dict[str, Any]:
        base = given.get("base", {})
        if isinstance(base, Mapping):
            own = {"dataset": "own"} if given.get("data") else {}
            base = RunSettings(**{"frames": FRAMES} | own | tuples(base))
        lists = {name: tuples(given.get(name, ())) for name in ("features", "roles", "choices")}
        return given | {"base": base} | lists

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        if self.halving and "steps" in self.axes:
            raise InputError("halving is true, but steps is an axis: successive halving chooses the steps itself")
        if self.data:
            if not self.target:
                raise InputError(f"target is '', but must name the column of {self.data!r} to predict")
            said = {"dataset": self.base.dataset} | self.base.model_dump(exclude_defaults=True) | self.axes
            for name in BUILT_IN:
                if said.get(name, "own") != "own":
                    raise InputError(f"data is {self.data!r}, so {name} has nothing to choose: leave it out")
        elif self.target:
            raise InputError(f"target is {self.target!r}, but data names no file that has such a column")
        elif "own" in (self.base.dataset, *self.axes.get("dataset", ())):
            raise InputError("dataset is 'own', but data names no file: give data, and target, the column to predict")
        return self

    def own(self, folder: Path) -> OwnData | None:
        """The table that `data` names, beside the settings' folder, and what to learn from it. Raises InputError."""
        if not self.data:
            return None
        task = None if self.task == "recognized" else self.task
        table = read_table(folder / self.data, **dict(self.choices)).with_roles(dict(self.roles))
        how = (self.gaps, self.dates, self.split_by, self.by)
        return OwnData(table, self.target, task, self.features or None, *how)


def _written(value: Any) -> str:
    """A value in TOML: texts and numbers are written as in JSON, None as a text that `tuples` reads."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(_lines(value))}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps("None" if value is None else value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_written(value)}" for name, value in values.items()]


def _check_axis(space: Space, name: str, axis: tuple[Any, ...] | Range) -> None:
    """Refuse an axis that is not a setting of the base, and values that the setting does not allow."""
    base, field = space.base, name.split(".")[0]
    choose("axes", field, {each: True for each in type(base).model_fields if each not in space.RESERVED})
    if isinstance(axis, Range):
        axis = (_fit(base, name, axis.low), _fit(base, name, axis.high))
    if any(isinstance(value, Mapping) for value in axis):
        raise InputError(f"axes.{name} holds a table, but one entry of a table is an axis, such as 'hyper.beta1'")
    if not axis or len(set(axis)) < len(axis):
        raise InputError(f"axes.{name} is {list(axis)}, but must hold one or more different values")
    for value in axis:
        base.replace(**changes(base, {name: value}))


def changes(base: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to change for these values; "hyper.beta1" changes one entry of `hyper`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field, _, key = name.partition(".")
        if key and not isinstance(getattr(base, field), Mapping):
            raise InputError(f"axes is {name!r}, but {field} is a single setting: write {field}")
        found[field] = found.get(field, getattr(base, field)) | {key: value} if key else value
    return found


def _fit(base: Settings, name: str, value: float) -> float:
    """As whole numbers if the setting is one."""
    field = type(base).model_fields.get(name)
    whole = field is not None and int in (field.annotation, *get_args(field.annotation))
    return round(value) if whole else value


def label(point: tuple[Any, ...]) -> list[Any]:
    """The values of a point for a table: layers as '8-8'."""
    return ["-".join(map(str, value)) if isinstance(value, tuple) else value for value in point]


def points(space: Space) -> list[tuple[Any, ...]]:
    """Distinct points of the sweep: the grid, or a sample (scipy's scrambled Sobol); each has a value on every axis."""
    axes, rng = space.axes.items(), np.random.default_rng(space.seed)
    if space.method == "grid":
        drawn = [_drawn(space.base, *each, np.linspace(0, 1, getattr(each[1], "points", 0))) for each in axes]
        return list(product(*map(dict.fromkeys, drawn)))
    if space.method == "random":
        shares = rng.random((space.samples, len(axes)))
    else:
        from scipy.stats import qmc

        power = math.ceil(math.log2(space.samples))
        shares = qmc.Sobol(len(axes), rng=rng).random_base2(power)[: space.samples]
    drawn = [_drawn(space.base, *each, share) for each, share in zip(axes, shares.T, strict=True)]
    return list(dict.fromkeys(zip(*drawn, strict=True)))


def _drawn(base: Settings, name: str, axis: tuple[Any, ...] | Range, share: np.ndarray) -> list[Any]:
    """The values of an axis at fractions (n,); of a list without any all of them."""
    if isinstance(axis, tuple):
        return [axis[place] for place in (share * len(axis)).astype(int)] if len(share) else list(axis)
    return [_fit(base, name, value) for value in axis.at(share)]
