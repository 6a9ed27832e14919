"""The critical batch size as charts: updates by batch size, noise on the way, and rates in proportion."""

import numpy as np

from core.studies.beyond.critical_batch import FEWEST, SCALED_BY, Result
from pages.figures.common.plots import Frame, Parts, chart, level, raced, tuning
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import band, dots, dotted

OWN, SCALED, NOISE = PALETTE[0], PALETTE[1], PALETTE[4]
READ: Frame = POWERS | {"dtick": "D2"}  # ticks at 1, 2 and 5 times each power of ten


def _ticks(result: Result) -> Frame:
    return {"xaxis": {"type": "log", "tickvals": result.sizes}}


@chart("batch size", "updates to the target", instead=tuning(), yaxis=READ)
def updates(result: Result) -> Parts:
    """One mark for each seed, line: median. Dotted: fitted curve, S (1 + C/B), where C is the critical batch size."""
    yield dots("", result.sizes, np.array([result.updates(str(size)) for size in result.sizes]), "tuned rates", OWN)
    if _bent(result):
        floor, critical = result.fitted()
        bends, x = np.isfinite(critical), np.geomspace(result.sizes[0], result.sizes[-1], 60)
        if bends.any():
            fitted = floor[bends, None] * (1 + critical[bends, None] / x)
            yield dotted(x, np.median(fitted, axis=0), "fitted", OWN)
    yield _ticks(result)


@raced("batch size", "samples to the target", yaxis=READ)
def scaled(result: Result) -> Parts:
    """A level line: no work is lost. Dotted: where the rule is tested. Target missed: twice the updates."""
    for name, needed, hue in (
        ("tuned rates", lambda size: result.updates(str(size)), OWN),
        ("rate in proportion", result.scaled, SCALED),
    ):
        yield dots("", result.sizes, np.array([size * needed(size) for size in result.sizes]), name, hue)
    yield level(SCALED_BY * result.sizes[0], "x")
    yield _ticks(result)


def _bent(result: Result) -> bool:
    """Whether a critical size can be fitted: at the end, over sizes far enough apart."""
    return result.progress == 1 and result.sizes[-1] >= FEWEST * result.sizes[0]


@raced("updates", "noise scale, samples", yaxis=POWERS)
def noise(result: Result) -> Parts:
    """tr(Σ)/|G|². Line: median over seeds. Band: all. Dotted: the critical sizes, predicted from it and measured."""
    reference, found = result.race.reference, result.race.noise
    if not len(found):
        return
    yield band("", result.race.steps(reference)[: len(found)], found, f"trained with batches of {reference}", NOISE)
    if _bent(result):
        low, high = sorted([(np.median(result.predicted), "predicted"), (np.median(result.fitted()[1]), "measured")])
        for (size, name), side in ((low, "top"), (high, "bottom")):  # their labels do not meet
            if np.isfinite(size):
                yield level(float(size), label={"text": name, "textposition": "end", "yanchor": side})
