"""The critical batch size as charts: updates by batch size, noise on the way, and rates in proportion."""

import numpy as np

from core.studies.beyond.critical_batch import SCALED_BY, Result
from pages.figures.common.plots import Chart, Frame, empty, level, note, plot, raced, trials
from pages.figures.common.style import PALETTE, POWERS
from pages.figures.common.traces import band, dots, dotted, joined

OWN, SCALED, NOISE = PALETTE[0], PALETTE[1], PALETTE[4]
READ: Frame = POWERS | {"dtick": "D2"}  # ticks at 1, 2 and 5 times each power of ten


def _batches(result: Result) -> Frame:
    """An axis with a tick at each batch size."""
    return {"type": "log", "tickvals": result.sizes}


def updates(result: Result) -> Chart:
    """One mark for each seed, line: median. Dotted: fitted curve; critical size, predicted and measured."""
    if not result.race.started:
        return trials(result.trials)
    found = np.array([result.updates(str(size)) for size in result.sizes])
    traces = dots("", result.sizes, found, "updates, tuned rates", OWN)
    frame: Frame = {"xaxis": _batches(result), "yaxis": READ}
    if result.progress == 1:
        floor, critical = result.fitted()
        x = np.geomspace(result.sizes[0], result.sizes[-1], 60)
        curve = np.median(floor[:, None] * (1 + critical[:, None] / x), axis=0)
        traces.append(dotted(x, curve, "fitted: S (1 + B_c/B)", OWN))
        places = [(np.median(critical), "measured"), (np.median(result.predicted), "predicted by noise")]
        frame["shapes"] = [level(float(place), "x") for place, _ in places if np.isfinite(place)]
        frame["annotations"] = [
            note(text, float(np.log10(place)), 1 - 0.08 * k, xref="x", xanchor="left", yanchor="top", opacity=0.8)
            for k, (place, text) in enumerate(places)
            if np.isfinite(place)
        ]
    return plot(traces, "batch size", "updates to the target", **frame)


@raced
def noise(result: Result) -> Chart:
    """tr(Σ)/|G|². Line: median over seeds. Band: all."""
    reference, found = result.race.reference, result.race.noise
    if not len(found):
        return empty("The first measurement is on its way.")
    steps = result.race.steps(reference)[: len(found)]
    traces = band("", steps, found, f"trained with batches of {reference}", NOISE)
    return plot(traces, "updates", "noise scale, samples", yaxis=READ)


@raced
def scaled(result: Result) -> Chart:
    """A level line: no work is lost. Dotted: where the rule is tested. Target missed: twice the updates."""
    sizes = result.sizes
    own = np.array([size * result.updates(str(size)) for size in sizes])
    other = np.array([size * result.scaled(size) for size in sizes])
    traces = dots("", sizes, own, "tuned rates", OWN) + dots("", sizes, other, "rate in proportion", SCALED)
    shapes = [level(SCALED_BY * sizes[0], "x")]
    return plot(traces, "batch size", "samples to the target", xaxis=_batches(result), yaxis=READ, shapes=shapes)


@raced
def rates(result: Result) -> Chart:
    """Tuned on other seeds."""
    best = [result.tuning[str(size)].best for size in result.sizes]
    line = [best[0] * size / result.sizes[0] for size in result.sizes]
    traces = [joined(result.sizes, best, "tuned", OWN, 9), dotted(result.sizes, line, "in proportion", SCALED)]
    return plot(traces, "batch size", "learning rate", xaxis=_batches(result), yaxis=READ)
