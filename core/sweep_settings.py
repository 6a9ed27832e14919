"""What a sweep varies: a base run, the axes along which it changes, and the points drawn from them."""

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from itertools import product
from typing import Any, NamedTuple, Self, get_args

import numpy as np
from pydantic import field_validator, model_validator

from core.checks import InputError, check_number, choose
from core.settings import Settings, choice, number, switch
from core.training import RunSettings

LARGEST = 100_000  # runs of one sweep
FRAMES = 20  # evaluations along a run where the base does not say
METRICS = ["test_loss", "train_loss", "test_score", "train_score"]
OWN = {"seed", "data_seed", "frames", "patience"}  # settings that the sweep sets itself, or that its runs must share
CONFIRMING_SEED = 2_000_000  # the first of the seeds that judge the best and did not choose them
ETA = 3  # successive halving trains a third of the points for three times as long (Jamieson & Talwalkar 2016)


class Range(Settings):
    """Numbers from `low` to `high`, evenly spaced, or by equal factors for `log`; a grid takes `points` of them."""

    low: float
    high: float
    log: bool = False
    points: int = number(5, 2, 1000, "Points", "Of a grid.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        check_number("low", self.low, 0 if self.log else -math.inf, self.high, open_low=self.log, open_high=True)
        check_number("high", self.high)
        return self

    def at(self, share: np.ndarray) -> list[float]:
        """The numbers at these shares (n,), 0 to 1, of the way from low to high."""
        if self.log:
            return (self.low * (self.high / self.low) ** share).tolist()
        return (self.low + (self.high - self.low) * share).tolist()


class SweepSettings(Settings):
    """Which runs to train: every point of the axes, changed from the base, once for each seed.

    base: fields of RunSettings. axes: name of such a field (or "hyper.beta1") -> the list of its values, or a Range.
    """

    base: RunSettings = RunSettings(frames=FRAMES)
    axes: dict[str, tuple[Any, ...] | Range] = {}
    method: str = choice("grid", ["grid", "random", "sobol"], "Method", "How the points are drawn from the axes.")
    samples: int = number(64, 1, LARGEST, "Samples", "Points of a random or Sobol sample.")
    seeds: int = number(5, 1, 1000, "Seeds", "Paired repetitions of every point: same data, same first weights.")
    seed: int = number(0, 0, 1_000_000, "First seed", "Of the runs, and of the sample.")
    metric: str = choice("test_loss", METRICS, "Metric", "What is to be low (a loss) or high (a score).")
    halving: bool = switch(False, "Successive halving", "Short trainings for all, longer ones for the best third.")
    confirm: int = number(0, 0, 1000, "Confirm", "How many of the best are trained again on seeds of their own.")
    processes: int = number(0, 0, 1024, "Processes", "Of this machine; 0: one for each core.")
    cluster: str = ""

    @field_validator("base", mode="before")
    @classmethod
    def _read_base(cls, given: Any) -> Any:
        return RunSettings(**{"frames": FRAMES} | _tuples(given)) if isinstance(given, Mapping) else given

    @field_validator("axes", mode="before")
    @classmethod
    def _read_axes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: Range(**axis) if isinstance(axis, Mapping) else axis for name, axis in _tuples(given).items()}

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if not self.axes:
            raise InputError("axes is empty, but must name at least one setting and its values")
        for name, axis in self.axes.items():
            _check_axis(self.base, name, axis)
        if self.halving and "steps" in self.axes:
            raise InputError("halving is true, but steps is an axis: successive halving chooses the steps itself")
        if (runs := self.points_at_most * self.seeds) > LARGEST:
            raise InputError(f"axes make {runs:,} runs with {self.seeds} seeds, but at most {LARGEST:,} are allowed")
        return self

    @property
    def points_at_most(self) -> int:
        """Points of the grid or the sample, before the same ones are counted once."""
        if self.method != "grid":
            return self.samples
        return math.prod(axis.points if isinstance(axis, Range) else len(axis) for axis in self.axes.values())

    @property
    def higher_is_better(self) -> bool:
        return self.metric.endswith("score")

    def to_toml(self) -> str:
        """What the command reads as these settings; JSON's way to write a value is TOML's, tables aside."""
        own = self.model_dump(exclude_defaults=True, exclude={"base", "axes"})
        lines = [f"{name} = {json.dumps(value)}" for name, value in own.items()]
        lines += ["", "[base]"]
        lines += [
            f"{name} = {json.dumps(value)}" for name, value in self.base.model_dump(exclude_defaults=True).items()
        ]
        lines += ["", "[axes]"]
        for name, axis in self.axes.items():
            pairs = axis.model_dump() if isinstance(axis, Range) else {}
            table = ", ".join(f"{key} = {json.dumps(value)}" for key, value in pairs.items())
            lines.append(f"{json.dumps(name)} = " + (f"{{{table}}}" if pairs else json.dumps(axis)))
        return "\n".join(lines) + "\n"

    def hash(self) -> str:
        """16 letters that stand for everything the results depend on."""
        text = f"{self.model_dump_json(exclude={'processes', 'cluster'})} numpy {np.__version__}"
        return sha256(text.encode()).hexdigest()[:16]


def _tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    """A table of a TOML file with its lists, and the lists in them, as tuples."""
    return {name: _tuple(value) for name, value in given.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _check_axis(base: RunSettings, name: str, axis: tuple[Any, ...] | Range) -> None:
    """Refuse an axis that is no setting of a run, and a value on it that the setting does not take."""
    field = name.split(".")[0]
    choose("axes", field, {each: True for each in RunSettings.model_fields if each not in OWN})
    if isinstance(axis, Range):
        axis = (_fit(name, axis.low), _fit(name, axis.high))
    if not axis or len(set(axis)) < len(axis):
        raise InputError(f"axes.{name} is {list(axis)}, but must hold one or more different values")
    for value in axis:
        base.replace(**changes(base, {name: value}))


def changes(base: RunSettings, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to change for these values; "hyper.beta1" changes one entry of `hyper`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field, _, key = name.partition(".")
        found[field] = found.get(field, getattr(base, field)) | {key: value} if key else value
    return found


def _fit(name: str, value: float) -> float:
    """Whole where the setting counts something."""
    field = RunSettings.model_fields.get(name)
    whole = field is not None and int in (field.annotation, *get_args(field.annotation))
    return round(value) if whole else value


class Point(NamedTuple):
    """One choice on every axis, in the order of the axes."""

    values: tuple[Any, ...]

    def label(self) -> list[Any]:
        """Its values for a table: layers as '8-8'."""
        return ["-".join(map(str, value)) if isinstance(value, tuple) else value for value in self.values]


def points(settings: SweepSettings) -> list[Point]:
    """The points of the sweep, each once: all of the grid, or those of the sample (scipy's scrambled Sobol)."""
    axes = settings.axes.items()
    if settings.method == "grid":
        return [Point(values) for values in product(*(_grid(name, axis) for name, axis in axes))]
    columns = [_drawn(name, axis, share) for (name, axis), share in zip(axes, _sample(settings).T, strict=True)]
    return [Point(values) for values in dict.fromkeys(zip(*columns, strict=True))]


def _grid(name: str, axis: tuple[Any, ...] | Range) -> list[Any]:
    if isinstance(axis, tuple):
        return list(axis)
    return list(dict.fromkeys(_fit(name, value) for value in axis.at(np.linspace(0, 1, axis.points))))


def _drawn(name: str, axis: tuple[Any, ...] | Range, share: np.ndarray) -> list[Any]:
    if isinstance(axis, tuple):
        return [axis[place] for place in (share * len(axis)).astype(int)]
    return [_fit(name, value) for value in axis.at(share)]


def _sample(settings: SweepSettings) -> np.ndarray:
    """(samples, axes) in [0, 1)."""
    rng = np.random.default_rng(settings.seed)
    if settings.method == "random":
        return rng.random((settings.samples, len(settings.axes)))
    from scipy.stats import qmc

    power = math.ceil(math.log2(settings.samples))
    return qmc.Sobol(len(settings.axes), rng=rng).random_base2(power)[: settings.samples]
