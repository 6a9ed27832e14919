"""Reads the table of a sweep: the best points and their certainty, the effect of each setting, speed to a target.

A table is that of `core.sweep.runs.Sweep`, finished or not. Low costs are better: a loss, or a negated score.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from core.statistics import Difference, interval, paired
from core.sweep.runs import cost

MOST_LEVELS = 12  # maximum distinct values of a setting; more are put into BINS bins
BINS = 6
DECADES = 30  # ratio of largest to smallest above which bins are logarithmic
TASK = {"dataset", "noise", "train", "test", "irrelevant"}  # settings that define the task, not the training


def latest(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each point at its longest training: those of its last rung."""
    return table[table["rung"] == table.groupby("point")["rung"].transform("max")]


def by_seed(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Costs (points, seeds), best mean first; infinite if a run diverged or was refused."""
    costs = table.assign(cost=cost(table, metric)).pivot(index="point", columns="seed", values="cost")
    return costs.loc[costs.mean(axis=1).sort_values(kind="stable").index]


def against_best(table: pd.DataFrame, metric: str) -> dict[int, Difference]:
    """Cost of every other point of the last rung minus that of the best, paired by seed, in order of their means.

    The last rung has the confirming seeds, if any. A point with a diverged seed is infinitely worse.
    """
    costs = by_seed(table[table["rung"] == table["rung"].max()], metric)
    whole = np.isfinite(costs).all(axis=1)
    known = costs.where(np.isfinite(costs))
    worse = Difference(np.inf, np.inf, np.inf, costs.shape[1])
    return {
        int(point): worse if whole.iloc[0] and not whole[point] else paired(row.to_numpy(), known.iloc[0].to_numpy())
        for point, row in known.iloc[1:].iterrows()
    }


def indistinguishable(table: pd.DataFrame, metric: str) -> list[int]:
    """The points of the last rung that are indistinguishable from the best: the paired interval contains zero."""
    return [point for point, difference in against_best(table, metric).items() if not difference.detected]


def standings(table: pd.DataFrame, axes: Sequence[str], metric: str) -> pd.DataFrame:
    """One row per point at its longest training, best first: the axes, the metric's mean and 95 % interval over seeds.

    Points that reached a later rung come first; `failed` counts seeds without a result.
    """
    runs = latest(table).assign(cost=lambda runs: cost(runs, metric))
    seeds = runs.groupby("point")
    found = seeds[["rung", *axes]].first()
    intervals = [interval(values.to_numpy()) for _, values in seeds[metric]]
    found["mean"], found["cost"] = seeds[metric].mean(), seeds["cost"].mean()
    found["low"], found["high"] = [each.low for each in intervals], [each.high for each in intervals]
    found["failed"] = np.isinf(runs["cost"]).groupby(runs["point"]).sum()
    return found.reset_index().sort_values(["rung", "cost"], ascending=[False, True], kind="stable", ignore_index=True)


def levels(values: pd.Series) -> pd.Series:
    """The values of a setting in words and in order; many numbers as a few intervals."""
    if values.dtype.kind not in "if" or values.isna().any():  # None is NaN among numbers
        words = [
            "None" if pd.isna(each) else f"{each:.15g}" if isinstance(each, float) else str(each) for each in values
        ]
        return pd.Series(pd.Categorical(words, dict.fromkeys(words)), index=values.index)
    known = np.unique(values)
    if len(known) > MOST_LEVELS:
        by_factors = known[0] > 0 and known[-1] / known[0] >= DECADES
        edges = (np.geomspace if by_factors else np.linspace)(known[0], known[-1], BINS + 1)
        names = [f"{low} to {high}" for low, high in pairwise(_names(edges, 2))]
        places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    else:
        names, places = _names(known, 3), np.searchsorted(known, values)
    return pd.Series(pd.Categorical.from_codes(places, names, ordered=True), index=values.index)


def _names(numbers: np.ndarray, digits: int) -> list[str]:
    """The numbers with enough digits to distinguish them."""
    names = [f"{number:.{digits}g}" for number in numbers]
    return names if len(set(names)) == len(names) or digits > 16 else _names(numbers, digits + 1)


def cells(table: pd.DataFrame, down: str, across: str, metric: str) -> pd.DataFrame:
    """The best point for every pair of levels of two settings: down, across, point, mean, cost."""
    runs = latest(table)
    means = runs.assign(cost=cost(runs, metric)).groupby("point").agg({"cost": "mean", metric: "mean"})
    points = runs.drop_duplicates("point").set_index("point").sort_index()
    keyed = {"down": levels(points[down]), "across": levels(points[across]), "cost": means["cost"]}
    found = pd.DataFrame(keyed | {"mean": means[metric]}).reset_index()
    return found.sort_values("cost", kind="stable").drop_duplicates(["down", "across"])


def effects(table: pd.DataFrame, axes: Sequence[str], metric: str) -> pd.DataFrame:
    """The effect of each value of each setting: its mean rank among all runs of its seed, in the first rung.

    Columns: axis, level, seed, place (0: all its runs are the best ones, 1: the worst). No diverged run dominates
    ranks.
    """
    runs = table[table["rung"] == 0]
    costs = cost(runs, metric)
    ranks = costs.groupby(runs["seed"]).rank() - 1
    place = (ranks / (costs.groupby(runs["seed"]).transform("size") - 1).clip(lower=1)).rename("place")
    parts = []
    for axis in axes:
        level = levels(runs[axis]).rename("level")
        means = place.groupby([level, runs["seed"]], observed=True).mean().reset_index()
        parts.append(means.astype({"level": str}).assign(axis=axis))
    return pd.concat(parts, ignore_index=True)[["axis", "level", "seed", "place"]]


def weights(table: pd.DataFrame, axes: Sequence[str], metric: str) -> pd.DataFrame:
    """The importance of each setting (axes, seeds): rank of its worst value minus that of its best."""
    places = effects(table, axes, metric).groupby(["axis", "seed"], sort=False)["place"]
    return (places.max() - places.min()).unstack()


def target(table: pd.DataFrame, metric: str, percent: float) -> float:
    """The final cost reached by the best `percent` of the runs, using each point's longest ones."""
    return float(np.quantile(cost(latest(table), metric), percent / 100, method="lower"))


def time_to_target(table: pd.DataFrame, metric: str, wanted: float) -> pd.Series:
    """Epochs until a run's cost is first at most `wanted` along its curve; infinite if never."""
    sign = -1 if metric.endswith("score") else 1
    reached = [np.flatnonzero(sign * np.asarray(curve) <= wanted) for curve in table["curve"]]
    pairs = zip(table["epochs"], reached, strict=True)
    first = [epochs[places[0]] if len(places) else np.inf for epochs, places in pairs]
    return pd.Series(first, index=table.index, dtype=float)


def profile(table: pd.DataFrame, axes: Sequence[str], contestant: str, metric: str, wanted: float) -> pd.DataFrame:
    """Performance profile (Dolan & Moré 2002): share that reaches the target within `ratio` times the fastest time.

    Contestants are the levels of one setting, each at its best choice of all others; workloads the tasks and seeds.
    Columns: contestant, ratio, share; one row per step of its curve.
    """
    runs = table[table["seed"].isin(table["seed"][table["rung"] == 0])]  # seeds with all contestants
    work = [*(axis for axis in axes if axis in TASK and axis != contestant), "seed"]
    times = time_to_target(runs, metric, wanted)
    fastest = times.groupby([*(runs[name] for name in work), levels(runs[contestant])], observed=True).min().unstack()
    least = fastest.min(axis=1)
    ratios = fastest.div(least, axis=0).mask(fastest.eq(least, axis=0), 1.0).where(np.isfinite(fastest), np.inf)
    rows = []
    for name in ratios:
        ordered = np.sort(ratios[name].fillna(np.inf))
        shares = np.arange(1, len(ordered) + 1) / len(ordered)
        rows += [(str(name), ratio, share) for ratio, share in zip(ordered, shares, strict=True) if np.isfinite(ratio)]
    return pd.DataFrame(rows, columns=["contestant", "ratio", "share"])
