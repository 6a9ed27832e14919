"""Saddle plateaus as charts: the wait by initial scale, and the Hessian along the way."""

import numpy as np

from core.studies.beyond.saddles import PLATEAU, Result
from pages.figures.common.chart import Chart
from pages.figures.common.plots import level, needs, plot
from pages.figures.common.style import FEW_TICKS, NEUTRAL, PALETTE, POWERS
from pages.figures.common.traces import band, dotted, joined, marks, medians

HUES = [PALETTE[0], PALETTE[2], PALETTE[1], *PALETTE[3:]]
POINTS = 400  # of a curve

looked = needs(lambda result: len(result.looks), "The first steps are being made.")


def _named(result: Result) -> list[tuple[int, str, str]]:
    return [(k, f"initial scale {scale:g}", HUES[k % 10]) for k, scale in enumerate(result.settings.scales)]


@looked
def loss(result: Result) -> Chart:
    """The loss over the first one by update, one line for each initial scale."""
    steps, traces = np.arange(len(result.losses)), []
    thin = max(1, len(steps) // POINTS)
    for k, name, hue in _named(result):
        traces += band("", steps[::thin], (result.losses[:, k] / result.losses[0, k])[::thin], name, hue)
    return plot(traces, "updates", "loss over the initial loss", shapes=[level(0.5)], yaxis={"rangemode": "tozero"})


@looked
def wait(result: Result) -> Chart:
    """Updates to half of the loss by the initial scale, with the predicted power."""
    scales = np.sort(result.settings.scales)
    values = np.where(np.isfinite(result.wait), result.wait, np.nan)[np.argsort(result.settings.scales)]
    dots = marks(
        np.repeat(scales, values.shape[1]), values.ravel(), color=PALETTE[4], size=6, opacity=0.4, showlegend=False
    )
    middle = medians(values)
    traces = [dots, joined(scales, middle, "measured", PALETTE[4], 9)]
    if np.isfinite(middle[-1]):
        power = 1 - result.settings.hidden
        traces.append(dotted(scales, middle[-1] * (scales / scales[-1]) ** power, f"power −{-power}", NEUTRAL))
    return plot(traces, "initial scale", "updates to half of the loss", xaxis=POWERS, yaxis=FEW_TICKS)


@looked
def lowest(result: Result) -> Chart:
    """The lowest eigenvalue of the Hessian over the largest, along the way."""
    traces = []
    for k, name, hue in _named(result):
        traces += band("", np.array(result.looks), result.lowest[:, k], name, hue)
    return plot(traces, "updates", "lowest eigenvalue / largest", xaxis=POWERS, shapes=[level(0)])


@looked
def index(result: Result) -> Chart:
    """The share of negative eigenvalues by the loss left, one mark for each seed and look."""
    traces = []
    for k, name, hue in _named(result):
        heights, shares = result.heights[:, k].ravel(), 100 * result.index[:, k].ravel()
        traces.append(marks(heights, shares, name, hue, 7, opacity=0.6))
    return plot(traces, "loss over the initial loss", "negative eigenvalues, %", shapes=[level(PLATEAU, "x")])


FIRST = loss  # what the trial shows while this experiment runs
