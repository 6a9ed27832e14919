"""Which settings are best on this data, and how certain is that? A sweep over the settings of a network's training."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from core.checks import InputError
from core.data import DATASETS, Dataset, OwnData
from core.data.table import TEST_SHARE
from core.data.wording import counted
from core.nn import ACTIVATIONS
from core.optimizers import BATCH_RULES
from core.playground import settings as playground_settings
from core.settings import choice, choices, number, numbers, switch, told
from core.statistics import Difference, interval
from core.studies.contract import Quantity, Told
from core.studies.race import Growing, Repeated
from core.studies.rules import Rules
from core.studies.wording import interval as written
from core.sweep import reading
from core.sweep.runs import Sweep, dataset
from core.sweep.settings import FRAMES, METRICS, SweepSettings, label
from core.training import RunSettings

SAMPLES = 300  # samples for training, and as many for testing
MOST_RUNS = 3000  # limit for a visitor of a shared server; the command has none
MOST_CELLS = 200_000  # the same for the cells of a table
BATCHES = ["4", "8", "16", "32", "64", "128", "300"]
RULED = ("sgd", "momentum", "adam", "rmsprop")  # swept unless others are chosen
SHORT = {"lr": "rate", "batch_size": "batch", "l2": "L2"}  # short names of numeric settings
RULES = Rules(__name__)
findings = RULES.findings
PENALTIES = ["0", "0.0001", "0.001", "0.01", "0.1"]


class Settings(Repeated):
    """The settings to vary, how they are sampled, and the metric."""

    dataset: str = choice("moons", [*DATASETS, "own"], "Data", "Training data; own: your table.")
    table: str = told("Table", "The table to learn from if the data are your own: name, target, columns.")
    optimizers: tuple[str, ...] = choices(RULED, BATCH_RULES, "Update rules", "An axis of the sweep.")
    activations: tuple[str, ...] = choices(("relu", "tanh"), ACTIVATIONS, "Activations", "An axis of the sweep.")
    layers: tuple[int, ...] = numbers((1, 2), 1, 6, "Hidden layers", "An axis of the sweep.")
    width: int = number(8, 1, 64, "Units per layer", "Width of each hidden layer.")
    lowest: float = number(0.001, 1e-5, 10, "Lowest learning rate", "Lower end of that axis.", log=True)
    highest: float = number(1.0, 1e-5, 10, "Highest learning rate", "Upper end of that axis.", log=True)
    rates: int = number(6, 2, 12, "Learning rates", "Number on the grid; a random sample uses any value.", work=1)
    batch_sizes: tuple[str, ...] = choices(("32",), BATCHES, "Batch sizes", "An axis of the sweep.")
    penalties: tuple[str, ...] = choices(("0",), PENALTIES, "L2 penalties", "An axis of the sweep.")
    method: str = choice("grid", ["grid", "random", "sobol"], "Method", "All combinations, or a sample of them.")
    samples: int = number(60, 4, 500, "Points", "Size of the random sample.", when=lambda s: s.method != "grid")
    halving: bool = switch(False, "Successive halving", "Short runs for all, longer ones for the best third.")
    confirm: int = number(6, 0, 20, "Confirm", "Number of the best that train again on new seeds.")
    steps: int = number(200, 10, 2000, "Steps", "Updates of every network; with halving, of the longest runs.", work=1)
    metric: str = choice("test_loss", METRICS, "Metric", "The measure that ranks runs.")
    target: int = number(25, 1, 90, "Target, best %", "The profile tells how fast their final level is reached.")

    def sweep(self, own: OwnData | None = None) -> SweepSettings:
        """The same settings for the command `python -m core.sweep`; `own` is the table, if any."""
        if self.lowest >= self.highest:
            raise InputError(f"lowest is {self.lowest:g}, but must be below highest, which is {self.highest:g}")
        base = RunSettings(dataset=self.dataset, steps=self.steps, frames=FRAMES)
        data: dict[str, Any] = {}
        if self.dataset != "own":
            base = base.replace(train=SAMPLES, test=SAMPLES)
        elif own is None:
            raise InputError("dataset is 'own', but there is no table: upload your table again to continue")
        else:
            data = {"data": own.table.name, "target": own.target}
            data |= {"task": own.task or "recognized", "features": own.features or ()} | own.how
        wanted: dict[str, tuple[Any, ...]] = {
            "optimizer": self.optimizers,
            "activation": self.activations,
            "hidden": tuple((self.width,) * layers for layers in self.layers),
            "batch_size": tuple(map(int, self.batch_sizes)),
            "l2": tuple(map(float, self.penalties)),
        }
        axes: dict[str, Any] = {name: values for name, values in wanted.items() if len(values) > 1}
        base = base.replace(**{name: values[0] for name, values in wanted.items() if len(values) == 1})
        axes["lr"] = {"low": self.lowest, "high": self.highest, "log": True, "points": self.rates}
        same = {"method", "samples", "halving", "confirm", "metric", "seeds", "seed"}
        return SweepSettings(base=base, axes=axes, **data, **{name: getattr(self, name) for name in same})


@dataclass
class Result(Growing):
    """The state of a sweep: `table` holds the finished runs; None and empty before it starts."""

    phase: str = "drawing the points"
    sweep: Sweep | None = None
    table: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def axes(self) -> list[str]:
        """The settings that vary."""
        return list(self.sweep.settings.axes) if self.sweep else []

    @property
    def metric(self) -> str:
        return self.settings.metric

    @property
    def source(self) -> Dataset | None:
        """The rows of an own table that the first seed uses."""
        return self.sweep.own.dataset(seed=self.settings.seed) if self.sweep and self.sweep.own else None

    def target(self) -> float:
        """The cost that counts as the target."""
        return reading.target(self.table, self.metric, self.settings.target)

    @RULES.rule("best")
    def _best(self) -> Told:
        found = reading.standings(self.table, self.axes, self.metric)
        if not np.isfinite(found["cost"].iloc[0]):
            yield {"missing": "Some seed of every combination diverged, so there is no best one."}
            return
        others = reading.against_best(self.table, self.metric)
        alike = set(reading.indistinguishable(self.table, self.metric))
        best, metric = found.iloc[0], self.metric.replace("_", " ")
        score = Quantity.of(metric, Difference(best["mean"], best["low"], best["high"], self.settings.seeds))
        told = 1 - len(alike) / len(others) if others else 0.0
        yield score
        yield {"others": len(others)}
        yield Quantity.of("alike", len(alike), "", "at most", 0)
        yield Quantity.of("share of the others told from it", told, "share", "at least", 0.5)
        yield {"missing": "" if others else "Choose at least two combinations of settings to compare."}
        yield {"best": described(self, int(best["point"])), "metric": metric, "score": score}
        yield {"rest": counted(len(others), "other choice")}

    @RULES.rule("rate")
    def _rate_matters_most(self) -> Told:
        found = reading.weights(self.table, self.axes, self.metric)
        others = found.drop(index="lr")
        if others.empty:
            yield {"missing": "Only the learning rate varies here: vary another setting too."}
            return
        second = others.mean(axis=1).idxmax()
        lead = interval((found.loc["lr"] - found.loc[second]).to_numpy())
        yield Quantity.of("lead", lead, "", "above", 0)
        yield {title(axis): float(places.mean()) for axis, places in found.iterrows()} | {"second": title(second)}


def title(axis: str) -> str:
    """The label of a setting."""
    return str(RunSettings.model_fields[axis].title).lower()


def run(settings: Settings, own: OwnData | None = None) -> Iterator[Result]:
    """Train task by task in this process: a page's server is shared, and one visitor must not take all cores."""
    result = Result(settings)
    yield result
    own = own if settings.dataset == "own" else None
    asked = settings.sweep(own)
    if asked.points_at_most * asked.seeds > MOST_RUNS:
        raise InputError(
            f"{asked.points_at_most * asked.seeds:,} runs are requested with {settings.seeds} seeds, but a page "
            f"trains at most {MOST_RUNS:,}: choose fewer values, or method random with fewer points"
        )
    if own and own.table.frame.size > MOST_CELLS:
        raise InputError(
            f"the table has {own.table.frame.size:,} cells, but a page uses at most {MOST_CELLS:,}: leave out rows or "
            "columns, or use the command `python -m core.sweep`"
        )
    sweep = result.sweep = Sweep(asked, own)
    yield result
    while not sweep.finished:
        result.phase = _phase(sweep)
        for task in list(sweep.waiting.values()):
            before, share = sweep.progress, sweep.share_of(task)
            for state in task.work():
                if isinstance(state, pd.DataFrame):
                    sweep.take(task, state)
                    result.table = sweep.table
                    state = 1.0
                result.progress = min(max(result.progress, before + share * state), 0.99)
                yield result
    yield result.complete()


def _phase(sweep: Sweep) -> str:
    rung = sweep.rungs[len(sweep.tables)]
    if rung.seed != sweep.settings.seed:
        return f"confirming the best {rung.points}"
    return f"{rung.points} points" + (f", {rung.share:.0%} of the steps" if rung.share < 1 else "")


def link(result: Result, point: int) -> str:
    """The query of a link that opens the first run of a point in the playground; it names an own table."""
    assert result.sweep is not None
    run = result.sweep.run(point, result.settings.seed)
    train = dataset(run, result.sweep.own).X_train
    shared = RunSettings.model_fields.keys() & playground_settings.Settings.model_fields.keys()
    values = {name: getattr(run, name) for name in shared - {"activations", "inputs", "patience"}}
    epochs = math.ceil(run.steps * (run.batch_size or len(train)) / len(train))
    played = playground_settings.Settings(
        **values,
        samples=2 * SAMPLES,
        test_share=TEST_SHARE if result.sweep.own else 0.5,
        activations=(run.activation,),
        max_epochs=min(10_000, max(1, epochs)),
    )
    own = {"table": result.settings.table} if result.sweep.own and result.settings.table else {}
    return urlencode(played.to_text() | own, safe=",")


def around(played: playground_settings.Settings, table: str = "") -> Settings:
    """A sweep of the learning rate around a run of the playground, with the nearest of what a sweep offers."""
    width = (*played.hidden, Settings.model_fields["width"].default)[0]

    def nearest(offered: list[str], now: float) -> tuple[str]:
        return (min(offered, key=lambda text: abs(float(text) - now)),)

    return Settings(
        dataset=played.dataset,
        table=table,
        optimizers=(played.optimizer if played.optimizer in BATCH_RULES else "sgd",),
        activations=played.activations[:1],
        layers=(min(6, max(1, len(played.hidden))),),
        width=width,
        lowest=min(1.0, max(1e-5, played.lr / 10)),
        highest=min(10.0, max(1e-4, 10 * played.lr)),
        batch_sizes=nearest(BATCHES, played.batch_size),
        penalties=nearest(PENALTIES, played.l2),
    )


def table(result: Result) -> pd.DataFrame:
    """One row per point, best first: settings, metric with interval, and comparison with the best."""
    found = reading.standings(result.table, result.axes, result.metric)
    against = {
        point: written(each.mean, each.low, each.high, signed=True)
        for point, each in reading.against_best(result.table, result.metric).items()
    }
    names = {axis: title(axis) for axis in result.axes} | {"mean": result.metric.replace("_", " ")}
    against[int(found["point"].iloc[0])] = "the best"
    found["cost against the best"] = found["point"].map(against).fillna("dropped or not confirmed")
    found = found.drop(columns=["rung", "cost"]).replace([np.inf, -np.inf], np.nan)
    return found.rename(columns=names | {"failed": "seeds that failed"})


def curves(result: Result) -> pd.DataFrame:
    """Every evaluation of every run."""
    known = result.table[["rung", "point", *result.axes, "seed", "steps", "epochs", "curve"]]
    return known.explode(["epochs", "curve"], ignore_index=True).rename(columns={"curve": result.metric})


def described(result: Result, point: int) -> str:
    """A short description of a point: 'adam, tanh, 8-8, rate 0.0158'."""
    assert result.sweep is not None
    values = zip(result.axes, label(result.sweep.points[point]), strict=True)
    return ", ".join(f"{SHORT[name]} {value:.3g}" if name in SHORT else str(value) for name, value in values)
