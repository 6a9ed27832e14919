"""Charts of the learning rate: sweep, stability limit, range test, schedules, equal initial weights."""

import numpy as np

from core.optimizers import SCHEDULES
from core.studies.learning_rate.quadratic import optimum
from core.studies.learning_rate.study import FREE, METHOD_NAMES, PER_DECADE, Result
from pages.figures.common.plots import Chart, Frame, empty, level, needs, plot, stacked, unnamed
from pages.figures.common.style import NEUTRAL, POWERS, color, mark
from pages.figures.common.traces import band, dots, dotted, finite, joined, line, marks
from pages.figures.common.words import words

HEIGHT = 460
SIDES = {"under": ("good", "just under 2/L"), "over": ("bad", "just over 2/L")}
STARTS = {
    "constant": ("constant", "all weights equal"),
    "nudged": ("normal", "equal, then perturbed"),
    "xavier": ("xavier", "random weights"),
}

swept = needs(lambda result: result.race.started, "The sweep over the rates is about to start.", HEIGHT)


def _family(result: Result) -> str:
    """The name under which the update rule has its colour: plain gradient descent here runs on mini-batches."""
    return "mini_batch" if result.settings.optimizer == "sgd" else result.settings.optimizer


@swept
def sweep(result: Result) -> Chart:
    """Line: median over seeds. Band: all seeds. Dashed, for gradient descent: twice the reciprocal of the loss's
    largest curvature at the first weights, the edge of stability on a bowl."""
    family = _family(result)
    start = np.median([result.race.values(each, "train_loss")[0] for each in result.race.runs])
    upper = band(family, result.rates, result.final("train_loss"), "training loss so far")
    upper.append(dotted(result.rates[[0, -1]], [start, start], "before training"))
    if result.edges:
        edge, losses = float(np.median(result.edges)), finite(result.final("train_loss"))
        ends = [np.nanmin(losses), np.nanmax(losses)]
        upper.append(line([edge, edge], ends, "2/sharpness", NEUTRAL, 2, "dash"))
    lower = unnamed(band(family, result.rates, result.final("test_score"), "test score"))
    return stacked(upper, lower, "learning rate", "training loss", "test score", HEIGHT, xaxis=POWERS, yaxis=POWERS)


@swept
def speed(result: Result) -> Chart:
    """Above: one mark per seed that reached the target. Failed: the final loss is above the initial loss."""
    steps = result.steps_to_target()
    shares = {"reached the target": ("good", np.isfinite(steps)), "failed": ("bad", result.worse())}
    upper = dots(_family(result), result.rates, steps, "updates to the target")
    lower = [
        joined(result.rates, 100 * which.mean(axis=1), name, color(hue), 8, mark(hue))
        for name, (hue, which) in shares.items()
    ]
    ends = {"range": np.log10(result.rates[[0, -1]]).tolist()}
    axes: Frame = {"xaxis": POWERS | ends, "yaxis": POWERS, "yaxis2": {"range": [-5, 105]}}
    return stacked(upper, lower, "learning rate", "updates to the target", "% of seeds", HEIGHT, **axes)


@needs(lambda result: result.bowl.edge, "Descending a quadratic bowl …", HEIGHT)
def bowl(result: Result) -> Chart:
    """A quadratic bowl with largest curvature L. Above: plain gradient descent just under and just over 2/L. Below:
    each method at its best settings; dotted: the rate that theory predicts (for Nesterov only a bound)."""
    bowl, upper, lower = result.bowl, [], []
    for side, walk in bowl.edge.items():
        hue, name = SIDES[side]
        upper += band(hue, np.arange(len(walk.heights)), walk.heights, name)
    for method, walk in bowl.best.items():
        name, steps = METHOD_NAMES[method], np.arange(len(walk.distances))
        promised = optimum(method, bowl.k)[1] ** steps
        lower += band(method, steps, walk.distances, name)
        lower += unnamed([dotted(steps, promised, f"theory for {name}", color(method))])
    longest = len(bowl.edge["under"].heights) - 1
    axes: Frame = {"xaxis": {"range": [0, longest]}, "yaxis": POWERS, "yaxis2": POWERS | {"range": [-12, 1]}}
    return stacked(upper, lower, "steps", "height / start", "distance / start", HEIGHT, **axes)


def rising(result: Result) -> Chart:
    """The range test (Smith 2017): the rate grows with every update of one run. The star marks the rate of lowest loss.
    How far below it to go is a rule of thumb, so several rates are marked. Compare with the sweep."""
    if result.rising is None or not len(result.rising.history):
        return empty("The range test runs after the sweep.", HEIGHT)
    rates, losses = result.rising.curve()
    traces = band(_family(result), rates, losses, "one run, rising rate")
    final = finite(np.median(result.final("train_loss"), axis=1))
    traces.append(dotted(result.rates, final, "the sweep, one run per rate"))
    turning, middle = result.rising.turning(), np.median(losses, axis=1)
    below = turning / 10 ** (np.arange(1, 2 * PER_DECADE + 1) / PER_DECADE)
    heights = [float(middle[np.abs(np.log(rates / rate)).argmin()]) for rate in (turning, *below)]
    traces.append(marks([turning], heights[:1], f"lowest: {turning:.2g}", color("bad"), 16, "star"))
    traces.append(marks(below, heights[1:], "down to 1/100 of it", color("bad"), 12, "circle-open"))
    return plot(traces, "learning rate", "training loss", HEIGHT, xaxis=POWERS, yaxis=POWERS)


@needs(lambda result: result.schedules.started, "Schedules are compared at the end.", HEIGHT)
def schedules(result: Result) -> Chart:
    """All start from the same large base rate. Below: the rate under each schedule."""
    race, steps, upper, lower = result.schedules, result.settings.steps, [], []
    for name in result.settings.compared:
        upper += band(name, race.steps(name), race.values(name, "train_loss"))
        schedule = SCHEDULES[name](result.base_rate, **SCHEDULES[name].fit(steps))
        rates = [schedule(step) for step in range(steps)]
        if name != "reduce_on_plateau":  # it depends on the loss, not on a plan
            lower.append(line(np.arange(steps), np.array(rates), words(name), color(name)))
    return stacked(upper, unnamed(lower), "updates", "training loss", "learning rate", HEIGHT, yaxis=POWERS)


@needs(lambda result: result.freed.race.started, "The XOR runs come last.", HEIGHT)
def stuck(result: Result) -> Chart:
    """Different initial weights, each method at its own tuned rate. Below the dotted line all corners are learned."""
    traces = []
    for name in result.freed.race.runs:
        losses = np.sort(result.freed.race.judged(name, "train_loss"))
        traces.append(joined(np.arange(1, len(losses) + 1), losses, words(name), color(name), 5))
    return plot(traces, "runs, sorted by loss", "training loss", HEIGHT, yaxis=POWERS, shapes=[level(FREE)])


@needs(lambda result: result.symmetry.started, "The start from equal weights comes after the sweep.", HEIGHT)
def symmetry(result: Result) -> Chart:
    """From equal weights all hidden units stay identical: the rank of the first layer stays 1. If a small random change
    also brings the loss down, only the symmetry was in the way."""
    race, starts = result.symmetry, STARTS.items()
    upper, lower = (
        [band(family, race.steps(label), race.values(label, kind), name) for label, (family, name) in starts]
        for kind in ("train_loss", "rank")
    )
    axes: Frame = {"yaxis": POWERS, "yaxis2": {"rangemode": "tozero"}}
    return stacked(upper, unnamed(lower), "updates", "training loss", "rank of W₁", HEIGHT, **axes)
