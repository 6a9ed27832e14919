"""Double descent as charts: errors in test and training, and the length of the coefficients."""

from functools import partial

import numpy as np

from core.studies.beyond.double_descent import Result
from pages.figures.common.plots import Parts, chart, level
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import band

FLOOR = 1e-4  # smaller errors, up to rounding, are drawn at this value
WAIT = "The first models are being fitted."
fitted = partial(chart, "features of the model", when=lambda result: len(result.sizes), wait=WAIT, yaxis=POWERS)


def _by_size(result: Result, looks: dict[str, tuple[str, str]]) -> Parts:
    """Values (sizes, seeds) by the number of features, with a line where there are as many as samples."""
    for measure, (name, hue) in looks.items():
        yield band("", np.array(result.sizes), np.maximum(result.values(measure), FLOOR), name, hue)
    side = "left" if result.sizes[-1] > result.samples else "right"  # the side with room
    text = {"text": "as many as samples", "textposition": "end", "textangle": 0, "xanchor": side, "yanchor": "top"}
    yield level(result.samples, "x", label=text)
    yield {"xaxis": {"type": "log", "tickvals": [round(result.samples * 2.0**k) for k in range(-4, 6)]}}


@fitted("squared error")
def errors(result: Result) -> Parts:
    """Line: median over seeds. Band: all. Dotted: as many features as samples. Drawn down to 10⁻⁴."""
    return _by_size(result, {"test_error": ("test", PALETTE[1]), "train_error": ("training", PALETTE[0])})


@fitted("length of the coefficients", showlegend=False)
def norms(result: Result) -> Parts:
    """Line: median over seeds. Band: all. Large coefficients give wild answers."""
    return _by_size(result, {"norm": ("length", PALETTE[4])})
