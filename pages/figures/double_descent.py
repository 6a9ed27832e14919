"""Double descent as charts: errors in test and training, wrong answers, and the length of the coefficients."""

import numpy as np

from core.studies.beyond.double_descent import Result
from pages.figures.common.plots import Chart, Frame, empty, level, needs, plot
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import band

FLOOR = 1e-12  # errors below are rounding

fitted = needs(lambda result: len(result.sizes), "The first models are being fitted.")


def _by_size(result: Result, values: np.ndarray, hue: str, y: str, axis: Frame = POWERS) -> Chart:
    """Values (sizes, seeds) by the number of features, with a line where there are as many as samples."""
    if np.isnan(values).all():
        return empty("This data has numbers to predict: no answer is simply wrong.")
    text = {"text": "as many as samples", "textposition": "end", "textangle": 0, "xanchor": "left", "yanchor": "top"}
    ticks = {"type": "log", "tickvals": [round(result.samples * 2.0**k) for k in range(-4, 6)]}
    traces, shapes = band("", np.array(result.sizes), values, y, hue), [level(result.samples, "x", label=text)]
    return plot(traces, "features of the model", y, xaxis=ticks, yaxis=axis, shapes=shapes, showlegend=False)


@fitted
def errors(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: as many features as samples."""
    return _by_size(result, np.maximum(result.values("test_error"), FLOOR), PALETTE[1], "squared error, test")


@fitted
def training(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: as many features as samples."""
    return _by_size(result, np.maximum(result.values("train_error"), FLOOR), PALETTE[0], "squared error, training")


@fitted
def norms(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Large coefficients give wild answers."""
    return _by_size(result, np.maximum(result.values("norm"), FLOOR), PALETTE[4], "length of the coefficients")


@fitted
def wrong(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: as many features as samples."""
    return _by_size(result, 100 * result.values("wrong"), PALETTE[1], "wrong answers, test, %", {"rangemode": "tozero"})
