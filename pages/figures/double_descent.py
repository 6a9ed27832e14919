"""Double descent as charts: errors in test and training, wrong answers, and the length of the coefficients."""

from collections.abc import Callable

import numpy as np

from core.studies.beyond.double_descent import Result
from pages.figures.common.plots import Chart, Frame, empty, level, needs, note, plot
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import band

FLOOR = 1e-12  # errors below are rounding
TEST, TRAIN, NORM = PALETTE[1], PALETTE[0], PALETTE[4]

fitted = needs(lambda result: len(result.sizes), "The first models are being fitted.")


def _by_size(measure: str, name: str, hue: str, y: str, axis: Frame) -> Callable[[Result], Chart]:
    """A figure of a measure by the number of features, with a line where there are as many as samples."""

    @fitted
    def figure(result: Result) -> Chart:
        values = 100 * result.values(measure) if measure == "wrong" else np.maximum(result.values(measure), FLOOR)
        place: Frame = {"xref": "x", "xanchor": "left", "yanchor": "top", "opacity": 0.7}
        ticks = [round(result.samples * 2.0**k) for k in range(-4, 6)]
        frame: Frame = {
            "xaxis": {"type": "log", "tickvals": ticks},
            "shapes": [level(result.samples, "x")],
            "annotations": [note("as many as samples", np.log10(result.samples), 1.0, **place)],
        }
        traces = band("", np.array(result.sizes), values, name, hue)
        return plot(traces, "features of the model", y, yaxis=axis, **frame)

    return figure


errors = _by_size("test_error", "test error", TEST, "squared error, test", POWERS)
training = _by_size("train_error", "training error", TRAIN, "squared error, training", POWERS)
norms = _by_size("norm", "length", NORM, "length of the coefficients", POWERS)
_wrong = _by_size("wrong", "wrong answers", TEST, "wrong answers, test, %", {"rangemode": "tozero"})


@fitted
def wrong(result: Result) -> Chart:
    """Share of wrong answers in test by the number of features."""
    if np.isnan(result.values("wrong")).all():
        return empty("This data has numbers to predict: no answer is simply wrong.")
    return _wrong(result)
