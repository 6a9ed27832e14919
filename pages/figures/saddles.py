"""Saddle plateaus as charts: the wait by initial scale, and the Hessian along the way."""

import numpy as np

from core.studies.beyond.saddles import PLATEAU, Result
from pages.figures.common.plots import Chart, level, needs, plot
from pages.figures.common.style import NEUTRAL, PALETTE, POWERS
from pages.figures.common.traces import bands, dots, dotted, marks, medians

POINTS = 400  # of a curve

looked = needs(lambda result: len(result.looks), "The first steps are being made.")


def _named(result: Result) -> list[str]:
    return [f"initial scale {scale:g}" for scale in result.settings.scales]


@looked
def loss(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: half."""
    thin = max(1, len(result.losses) // POINTS)
    left = (result.losses / result.losses[0])[::thin]
    traces = bands(thin * np.arange(len(left)), left, _named(result))
    return plot(traces, "updates", "loss over the initial loss", shapes=[level(0.5)], yaxis={"rangemode": "tozero"})


@looked
def wait(result: Result) -> Chart:
    """One mark for each seed, line: median. Dotted: as predicted."""
    order = np.argsort(result.settings.scales)
    scales, values = np.array(result.settings.scales)[order], result.wait[order]
    traces, last = dots("", scales, values, "measured", PALETTE[4]), medians(values)[-1]
    if np.isfinite(last):
        power = 1 - result.settings.hidden
        traces.append(dotted(scales, last * (scales / scales[-1]) ** power, f"power −{-power}", NEUTRAL))
    ticks = {"type": "log", "tickvals": scales}
    return plot(traces, "initial scale", "updates to half of the loss", xaxis=ticks, yaxis=POWERS)


@looked
def lowest(result: Result) -> Chart:
    """Below 0 a direction curves down: a saddle. At 0 there is none. Line: median over seeds. Band: all."""
    traces = bands(result.looks, result.lowest, _named(result))
    return plot(traces, "updates", "lowest eigenvalue / largest", xaxis=POWERS, shapes=[level(0)])


@looked
def index(result: Result) -> Chart:
    """One mark for each look and seed: directions that curve down. Right of the dotted line: waiting."""
    traces = [
        marks(result.heights[:, k].ravel(), 100 * result.index[:, k].ravel(), name, PALETTE[k % 10], 7, opacity=0.6)
        for k, name in enumerate(_named(result))
    ]
    return plot(traces, "loss over the initial loss", "negative eigenvalues, %", shapes=[level(PLATEAU, "x")])
