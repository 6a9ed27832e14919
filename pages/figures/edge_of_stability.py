"""The edge of stability as charts: sharpness, loss, and steps uphill."""

from typing import Any

import numpy as np

from core.studies.beyond.edge_of_stability import Result
from pages.figures.common.plots import Chart, level, needs, plot
from pages.figures.common.style import PALETTE, PERCENT, POWERS
from pages.figures.common.traces import bands

WINDOWS = 20  # of steps, in each of which those uphill are counted

measured = needs(lambda result: len(result.looks) > 1, "The first measurements are on their way.")


def _by_update(result: Result, steps: Any, values: np.ndarray, title: str, **more: Any) -> Chart:
    """Values (T, rates, seeds), one band for each learning rate."""
    names = [f"learning rate {rate:g}" for rate in result.settings.rates]
    return plot(bands(steps, values, names), "updates", title, **{"yaxis": {"rangemode": "tozero"}} | more)


@measured
def sharpness(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: 2 / learning rate; beyond it steps on a parabola grow."""
    look = {"dash": "dot", "width": 2}
    edges = [level(2 / rate, line=look | {"color": PALETTE[k % 10]}) for k, rate in enumerate(result.settings.rates)]
    return _by_update(result, result.looks, np.array(result.seen), "sharpness", shapes=edges)


@measured
def scaled(result: Result) -> Chart:
    """Dotted: the edge, which is 1 in these units."""
    return _by_update(result, result.looks, result.scaled, "sharpness × learning rate / 2", shapes=[level(1)])


@measured
def loss(result: Result) -> Chart:
    """The first seed, as it trains."""
    steps = np.arange(0, len(result.losses), max(1, len(result.losses) // 1000))
    return _by_update(result, steps, result.losses[steps, :, :1], "training loss", yaxis=POWERS)


@measured
def uphill(result: Result) -> Chart:
    """Share of the steps in each twentieth of the training."""
    parts = [part for part in np.array_split(np.arange(len(result.uphill)), WINDOWS) if len(part)]
    shares = 100 * np.array([result.uphill[part].mean(axis=0) for part in parts])
    return _by_update(result, [part.mean() for part in parts], shares, "steps uphill, %", yaxis=PERCENT)
