"""The critical batch size as charts: updates by batch size, noise on the way, and rates in proportion."""

from typing import Any

import numpy as np

from core.studies.beyond.critical_batch import SCALED_BY, Result
from pages.figures.common.plots import Chart, Frame, empty, level, plot, raced, trials
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import Trace, band, dots, dotted, joined

OWN, SCALED, NOISE = PALETTE[0], PALETTE[1], PALETTE[4]
READ: Frame = POWERS | {"dtick": "D2"}  # ticks at 1, 2 and 5 times each power of ten


def updates(result: Result) -> Chart:
    """One mark for each seed, line: median. Dotted: fitted curve, S (1 + B_c/B) with the critical size B_c."""
    if not result.race.started:
        return trials(result.trials)
    found = np.array([result.updates(str(size)) for size in result.sizes])
    traces = dots("", result.sizes, found, "updates, tuned rates", OWN)
    if result.progress == 1:
        floor, critical = result.fitted()
        x = np.geomspace(result.sizes[0], result.sizes[-1], 60)
        curve = np.median(floor[:, None] * (1 + critical[:, None] / x), axis=0)
        traces.append(dotted(x, curve, "fitted", OWN))
    return _by_size(traces, result, "updates to the target")


@raced
def noise(result: Result) -> Chart:
    """tr(Σ)/|G|². Line: median over seeds. Band: all. Dotted: the critical sizes, predicted from it and measured."""
    reference, found = result.race.reference, result.race.noise
    if not len(found):
        return empty("The first measurement is on its way.")
    steps = result.race.steps(reference)[: len(found)]
    traces = band("", steps, found, f"trained with batches of {reference}", NOISE)
    shapes = []
    if result.progress == 1:
        low, high = sorted([(np.median(result.predicted), "predicted"), (np.median(result.fitted()[1]), "measured")])
        for (size, name), side in ((low, "top"), (high, "bottom")):  # their labels do not meet
            shapes.append(level(float(size), label={"text": name, "textposition": "end", "yanchor": side}))
    return plot(traces, "updates", "noise scale, samples", yaxis=READ, shapes=shapes)


@raced
def scaled(result: Result) -> Chart:
    """A level line: no work is lost. Dotted: where the rule is tested. Target missed: twice the updates."""
    sizes = result.sizes
    own = np.array([size * result.updates(str(size)) for size in sizes])
    other = np.array([size * result.scaled(size) for size in sizes])
    traces = dots("", sizes, own, "tuned rates", OWN) + dots("", sizes, other, "rate in proportion", SCALED)
    return _by_size(traces, result, "samples to the target", shapes=[level(SCALED_BY * sizes[0], "x")])


@raced
def rates(result: Result) -> Chart:
    """Tuned on other seeds."""
    best = [result.tuning[str(size)].best for size in result.sizes]
    line = [best[0] * size / result.sizes[0] for size in result.sizes]
    traces = [joined(result.sizes, best, "tuned", OWN, 9), dotted(result.sizes, line, "in proportion", SCALED)]
    return _by_size(traces, result, "learning rate")


def _by_size(traces: list[Trace], result: Result, title: str, **more: Any) -> Chart:
    """On logarithmic axes, with a tick at each batch size."""
    ticks = {"type": "log", "tickvals": result.sizes}
    return plot(traces, "batch size", title, xaxis=ticks, yaxis=READ, **more)
