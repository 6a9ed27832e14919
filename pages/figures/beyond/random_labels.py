"""Random labels as charts: what is learned in training, what is worth anything in test, and how long it takes."""

from functools import partial

import numpy as np

from core.studies.beyond.random_labels import FITTED, Result
from pages.figures.common.plots import Parts, chart, level, unnamed
from pages.figures.common.style import PALETTE, PERCENT
from pages.figures.common.traces import Trace, bands, dots

MISSED = f"No seed has got {100 * FITTED:g} % right in training so far."
started = partial(chart, when=lambda result: len(result.history), wait="The trainings are about to start.")


def _bands(result: Result, part: str) -> list[Trace]:
    ends = {0.0: "true labels", 1.0: "random labels"}
    names = [ends.get(share, f"{100 * share:g} % random") for share in result.settings.shares]
    return bands(result.history.step, 100 * result.scores(part), names)


@started("updates", "right in training, %", yaxis=PERCENT)
def training(result: Result) -> Parts:
    """Line: median over seeds. Band: all. Dotted: memorized."""
    yield _bands(result, "train")
    yield level(100 * FITTED)


@started("updates", "right in test, %", yaxis=PERCENT)
def test(result: Result) -> Parts:
    """Line: median over seeds. Band: all. Dotted: guessing. Test labels are always the true ones."""
    yield _bands(result, "test")
    yield level(100 / result.classes)


@started("random labels, %", f"updates to {100 * FITTED:g} % right", none=MISSED, yaxis={"rangemode": "tozero"})
def fitted(result: Result) -> Parts:
    """Only seeds that got there."""
    x = 100 * np.array(result.settings.shares)
    yield unnamed(dots("", x, np.array([result.fitted(k) for k in range(len(x))]), "median", PALETTE[5]))
    yield {"xaxis": {"tickvals": x.tolist()}}
