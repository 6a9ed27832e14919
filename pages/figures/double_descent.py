"""Double descent as charts: errors in test and training, wrong answers, and the length of the coefficients."""

from typing import Any

import numpy as np

from core.studies.beyond.double_descent import Result
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, empty, level, needs, note, plot
from pages.figures.common.style import FEW_TICKS, PALETTE, POWERS
from pages.figures.common.traces import band

FLOOR = 1e-12  # errors below are rounding
TEST, TRAIN, NORM = PALETTE[1], PALETTE[0], PALETTE[4]

fitted = needs(lambda result: len(result.sizes), "The first models are being fitted.")


def _by_size(result: Result, traces: list[Any], y: str, axis: Frame) -> Chart:
    """By the number of features, with a line where there are as many as samples."""
    there = note(
        "as many as samples", np.log10(result.samples), 1.0, xref="x", xanchor="left", yanchor="top", opacity=0.7
    )
    frame: Frame = {
        "xaxis": {"type": "log", "tickvals": [round(result.samples * 2.0**k) for k in range(-4, 6)]},
        "yaxis": axis,
        "shapes": [level(result.samples, "x")],
        "annotations": [there],
    }
    return plot(traces, "features of the model", y, **frame)


def _measured(result: Result, measure: str, name: str, hue: str, y: str, axis: Frame) -> Chart:
    values = 100 * result.values(measure) if measure == "wrong" else np.maximum(result.values(measure), FLOOR)
    return _by_size(result, band("", np.array(result.sizes), values, name, hue), y, axis)


@fitted
def errors(result: Result) -> Chart:
    """Squared error in test by the number of features."""
    return _measured(result, "test_error", "test error", TEST, "squared error, test", FEW_TICKS)


@fitted
def training(result: Result) -> Chart:
    """Squared error in training, which is 0 from the threshold on."""
    return _measured(result, "train_error", "training error", TRAIN, "squared error, training", POWERS)


@fitted
def norms(result: Result) -> Chart:
    """Length of the coefficients by the number of features."""
    return _measured(result, "norm", "length", NORM, "length of the coefficients", FEW_TICKS)


@fitted
def wrong(result: Result) -> Chart:
    """Share of wrong answers in test by the number of features."""
    if np.isnan(result.values("wrong")).all():
        return empty("This data has numbers to predict: no answer is simply wrong.")
    return _measured(result, "wrong", "wrong answers", TEST, "wrong answers, test, %", {"rangemode": "tozero"})


FIRST = errors  # what the trial shows while this experiment runs
