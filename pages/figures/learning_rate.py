"""Charts of the learning rate: sweep, stability limit, range test, schedules."""

from functools import partial

import numpy as np

from core.optimizers import SCHEDULES
from core.studies.learning_rate.quadratic import optimum
from core.studies.learning_rate.study import METHOD_NAMES, PER_DECADE, Result
from pages.figures.common.plots import Parts, chart, contest, lower, unnamed
from pages.figures.common.style import POWERS, color, mark
from pages.figures.common.traces import Trace, band, dots, dotted, finite, joined, line, marks
from pages.figures.common.words import words

SIDES = {"under": ("good", "just under 2/L"), "over": ("bad", "just over 2/L")}

tall = partial(chart, height=460, yaxis=POWERS)
WAIT = "The sweep over the rates is about to start."
swept = partial(tall, "learning rate", xaxis=POWERS, when=lambda result: result.race.started, wait=WAIT)


def _family(result: Result) -> str:
    """The name under which the update rule has its colour: plain gradient descent here runs on mini-batches."""
    return "mini_batch" if result.settings.optimizer == "sgd" else result.settings.optimizer


@swept("training loss", "test score")
def sweep(result: Result) -> Parts:
    """Line: median over seeds. Band: all seeds. Dashed, for gradient descent: twice the reciprocal of the loss's
    largest curvature at the first weights, the edge of stability on a bowl."""
    family, losses = _family(result), result.final("train_loss")
    start = np.median([result.race.values(each, "train_loss")[0] for each in result.race.runs])
    yield band(family, result.rates, losses, "training loss so far")
    yield dotted(result.rates[[0, -1]], [start, start], "before training")
    if result.edges:
        edge, known = float(np.median(result.edges)), finite(losses)
        yield line([edge, edge], [np.nanmin(known), np.nanmax(known)], "2/sharpness", dash="dash")
    yield lower(band(family, result.rates, result.final("test_score"), "test score"))


@swept("updates to the target", "% of seeds", yaxis2={"range": [-5, 105]})
def speed(result: Result) -> Parts:
    """Above: one mark per seed that reached the target. Failed: the final loss is above the initial loss."""
    steps = result.steps_to_target()
    shares = {"reached the target": ("good", np.isfinite(steps)), "failed": ("bad", result.worse())}
    yield unnamed(dots(_family(result), result.rates, steps, "updates to the target"))
    for name, (hue, which) in shares.items():
        below: Trace = {"yaxis": "y2", "legendgroup": name, "cliponaxis": False}  # grouped, or they take a line each
        yield joined(result.rates, 100 * which.mean(axis=1), name, color(hue), 8, mark(hue)) | below
    yield {"xaxis": {"range": np.log10(result.rates[[0, -1]]).tolist()}}


@tall("steps", "height / start", "distance / start", yaxis2=POWERS | {"range": [-12, 1]}, wait="Descending a bowl …")
def bowl(result: Result) -> Parts:
    """A quadratic bowl with largest curvature L. Above: plain gradient descent just under and just over 2/L. Below:
    each method at its best settings; dotted: the rate that theory predicts (for Nesterov only a bound)."""
    for side, walk in result.bowl.edge.items():
        hue, name = SIDES[side]
        yield band(hue, np.arange(len(walk.heights)), walk.heights, name)
        yield {"xaxis": {"range": [0, len(walk.heights) - 1]}}
    for method, walk in result.bowl.best.items():
        name, steps = METHOD_NAMES[method], np.arange(len(walk.distances))
        theory = dotted(steps, optimum(method, result.bowl.k)[1] ** steps, f"theory for {name}", color(method))
        yield [each | {"yaxis": "y2"} for each in (*band(method, steps, walk.distances, name), *unnamed([theory]))]


@tall("learning rate", "training loss", xaxis=POWERS, wait="The range test runs after the sweep.")
def rising(result: Result) -> Parts:
    """The range test (Smith 2017): the rate grows with every update of one run. The star marks the rate of lowest loss.
    How far below it to go is a rule of thumb, so several rates are marked. Compare with the sweep."""
    if result.rising is None or not len(result.rising.history):
        return
    rates, losses = result.rising.curve()
    yield band(_family(result), rates, losses, "one run, rising rate")
    final = finite(np.median(result.final("train_loss"), axis=1))
    yield dotted(result.rates, final, "the sweep, one run per rate")
    turning, middle = result.rising.turning(), np.median(losses, axis=1)
    below = turning / 10 ** (np.arange(1, 2 * PER_DECADE + 1) / PER_DECADE)
    heights = [float(middle[np.abs(np.log(rates / rate)).argmin()]) for rate in (turning, *below)]
    yield marks([turning], heights[:1], f"lowest: {turning:.2g}", color("bad"), 16, "star")
    yield marks(below, heights[1:], "down to 1/100 of it", color("bad"), 12, "circle-open")


@tall("updates", "training loss", "learning rate", wait="Schedules are compared at the end.")
def schedules(result: Result) -> Parts:
    """All start from the same large base rate. Below: the rate under each schedule."""
    if not result.schedules.started:
        return
    yield contest(result.schedules, "train_loss")
    steps = range(result.settings.steps)
    for name in result.settings.compared:
        if name == "reduce_on_plateau":  # it depends on the loss, not on a plan
            continue
        schedule = SCHEDULES[name](result.base_rate, **SCHEDULES[name].fit(len(steps)))
        yield lower([line(np.array(steps), np.array(list(map(schedule, steps))), words(name), color(name))])
