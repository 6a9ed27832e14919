"""The edge of stability as charts: sharpness, loss, and steps uphill."""

from functools import partial
from typing import Any

import numpy as np

from core.studies.beyond.edge_of_stability import Result
from pages.figures.common.plots import Parts, chart, level, within
from pages.figures.common.style import PALETTE, PERCENT, POWERS
from pages.figures.common.traces import Trace, bands

BEYOND = 5  # times the largest 2 / learning rate, above which a sharpness is not drawn
WINDOWS = 20  # of steps, in each of which those uphill are counted
WAIT = "The first measurements are on their way."
measured = partial(chart, "updates", when=lambda result: len(result.looks) > 1, wait=WAIT)


def _bands(result: Result, steps: Any, values: Any) -> list[Trace]:
    """Values (T, rates, seeds), one band for each learning rate."""
    return bands(steps, np.asarray(values), [f"learning rate {rate:g}" for rate in result.settings.rates])


@measured("sharpness", yaxis={"rangemode": "tozero"})
def sharpness(result: Result) -> Parts:
    """Line: median over seeds. Band: all. Dotted: 2 / learning rate; beyond it steps on a parabola grow."""
    yield _bands(result, result.looks, result.seen)
    edges = 2 / np.array(result.settings.rates)
    yield within([np.asarray(result.seen), edges, np.zeros(1)], 0, BEYOND * float(edges.max()))
    for k, rate in enumerate(result.settings.rates):
        yield level(2 / rate, line={"dash": "dot", "width": 2, "color": PALETTE[k % 10]})


@measured("training loss", yaxis=POWERS)
def loss(result: Result) -> Parts:
    """The first seed, as it trains."""
    steps = np.arange(0, len(result.losses), max(1, len(result.losses) // 1000))
    yield _bands(result, steps, result.losses[steps, :, :1])


@measured("steps uphill, %", yaxis=PERCENT)
def uphill(result: Result) -> Parts:
    """Share of the steps in each twentieth of the training."""
    parts = [part for part in np.array_split(np.arange(len(result.uphill)), WINDOWS) if len(part)]
    shares = [100 * result.uphill[part].mean(axis=0) for part in parts]
    yield _bands(result, [part.mean() for part in parts], shares)
