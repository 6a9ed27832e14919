"""Saddle plateaus as charts: the wait by initial scale, and the Hessian along the way."""

from functools import partial

import numpy as np

from core.studies.beyond.saddles import PLATEAU, Result
from pages.figures.common.plots import Parts, chart, level, within
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import bands, dots, dotted, marks, medians

HIGHEST = 3  # times the initial loss, above which none is drawn
POINTS = 400  # of a curve
looked = partial(chart, when=lambda result: len(result.looks), wait="The first steps are being made.")


def _named(result: Result) -> list[str]:
    return [f"initial scale {scale:g}" for scale in result.settings.scales]


@looked("updates", "loss over the initial loss", yaxis={"rangemode": "tozero"})
def loss(result: Result) -> Parts:
    """Line: median over seeds. Band: all. Dotted: half."""
    thin = max(1, len(result.losses) // POINTS)
    left = (result.losses / result.losses[0])[::thin]
    yield bands(thin * np.arange(len(left)), left, _named(result))
    yield level(0.5)
    yield within([left, np.zeros(1)], 0, HIGHEST)


@looked("initial scale", "updates to half of the loss", yaxis=POWERS)
def wait(result: Result) -> Parts:
    """One mark for each seed, line: median. Dotted: as predicted."""
    order = np.argsort(result.settings.scales)
    scales, values = np.array(result.settings.scales)[order], result.wait[order]
    yield dots("", scales, values, "measured", PALETTE[4])
    last, power = medians(values)[-1], 1 - result.settings.hidden
    if np.isfinite(last) and power:  # with one hidden layer it is no power
        yield dotted(scales, last * (scales / scales[-1]) ** power, f"power −{-power}")
    yield {"xaxis": {"type": "log", "tickvals": scales}}


@looked("updates", "lowest eigenvalue / largest", xaxis=POWERS)
def lowest(result: Result) -> Parts:
    """Below 0 a direction curves down: a saddle. At 0 there is none. Line: median over seeds. Band: all."""
    yield bands(result.looks, result.lowest, _named(result))
    yield level(0)


@looked("loss over the initial loss", "negative eigenvalues, %")
def index(result: Result) -> Parts:
    """One mark for each look and seed: directions that curve down. Right of the dotted line: waiting."""
    for k, name in enumerate(_named(result)):
        heights, shares = result.heights[:, k].ravel(), 100 * result.index[:, k].ravel()
        yield marks(heights, shares, name, PALETTE[k % 10], 7, opacity=0.6)
    yield level(PLATEAU, "x")
    yield within([result.heights], 0, HIGHEST, "xaxis")
