"""Random labels as charts: what is learned in training, what is worth anything in test, and how long it takes."""

import numpy as np

from core.studies.beyond.random_labels import FITTED, Result
from pages.figures.common.plots import Chart, level, needs, plot, unnamed
from pages.figures.common.style import PALETTE, PERCENT
from pages.figures.common.traces import bands, dots

started = needs(lambda result: len(result.history), "The trainings are about to start.")


def _by_update(result: Result, part: str, title: str, limit: float) -> Chart:
    ends = {0.0: "true labels", 1.0: "random labels"}
    names = [ends.get(share, f"{100 * share:g} % random") for share in result.settings.shares]
    traces = bands(result.history.step, 100 * result.scores(part), names)
    return plot(traces, "updates", title, yaxis=PERCENT, shapes=[level(limit)])


@started
def training(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: memorized."""
    return _by_update(result, "train", "right in training, %", 100 * FITTED)


@started
def test(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: guessing. Test labels are always the true ones."""
    return _by_update(result, "test", "right in test, %", 100 / result.classes)


@started
def ends(result: Result) -> Chart:
    """One mark for each seed, line: median."""
    x, looks = 100 * np.array(result.settings.shares), (("train", "training", PALETTE[4]), ("test", "test", PALETTE[3]))
    traces = [dots("", x, 100 * result.scores(part)[-1], name, hue) for part, name, hue in looks]
    return plot(traces, "random labels, %", "right, %", yaxis=PERCENT)


@started
def fitted(result: Result) -> Chart:
    """Only seeds that got there."""
    x = 100 * np.array(result.settings.shares)
    traces = unnamed(dots("", x, np.array([result.fitted(k) for k in range(len(x))]), "median", PALETTE[5]))
    return plot(traces, "random labels, %", f"updates to {100 * FITTED:g} % right", yaxis={"rangemode": "tozero"})
