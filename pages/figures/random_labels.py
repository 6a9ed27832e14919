"""Random labels as charts: what is learnt in training, what is worth anything in test, and how long it takes."""

import numpy as np

from core.studies.beyond.random_labels import FITTED, Result
from pages.figures.common.plots import Chart, level, needs, plot, unnamed
from pages.figures.common.style import PALETTE, PERCENT
from pages.figures.common.traces import Trace, bands, dots

HUES = [PALETTE[0], PALETTE[2], PALETTE[1], *PALETTE[3:]]

started = needs(lambda result: len(result.history), "The trainings are about to start.")


def _named(share: float) -> str:
    return {0.0: "true labels", 1.0: "random labels"}.get(share, f"{100 * share:g} % random")


def _by_update(result: Result, part: str) -> list[Trace]:
    named = [(_named(share), HUES[k % 10]) for k, share in enumerate(result.settings.shares)]
    return bands(result.history.step, 100 * result.scores(part), named)


@started
def training(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: memorized."""
    shapes = [level(100 * FITTED)]
    return plot(_by_update(result, "train"), "updates", "right in training, %", yaxis=PERCENT, shapes=shapes)


@started
def test(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: guessing. Test labels are always the true ones."""
    shapes = [level(100 / result.classes)]
    return plot(_by_update(result, "test"), "updates", "right in test, %", yaxis=PERCENT, shapes=shapes)


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
    values = np.array([result.fitted(k) for k in range(len(x))])
    traces = unnamed(dots("", x, values, "median", PALETTE[5]))
    return plot(traces, "random labels, %", f"updates to {100 * FITTED:g} % right", yaxis={"rangemode": "tozero"})
