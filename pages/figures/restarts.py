"""Random restarts as charts: how many trainings solve XOR, and how many groups of them."""

import numpy as np

from core.studies.beyond.restarts import Result, drawn
from core.studies.minima.ends import SOLVED as GOAL
from pages.figures.common.plots import Chart, level, needs, plot
from pages.figures.common.style import NEUTRAL, PALETTE, PERCENT
from pages.figures.common.traces import bars, dotted, line, percent
from pages.figures.minima import SOLVED, runs

started = needs(lambda result: len(result.steps), "The first trainings are on their way.")


@started
def losses(result: Result) -> Chart:
    """One line for each of the single trainings."""
    single = result.losses[:, 0]
    return runs(result.steps, single, single[-1] < GOAL, "stuck, or not there yet")


@started
def best(result: Result) -> Chart:
    """Bars: 95 % intervals. Dotted: 1 - (1 - p)^k, for the share p of single trainings that solve it."""
    counts = list(range(1, result.settings.restarts + 1))
    found = [result.best_of(count) for count in counts]
    expected = [100 * drawn(result.single.value, count) for count in counts]
    traces = [
        percent(counts, found, "best of the restarts", SOLVED),
        dotted(counts, expected, "independent draws of single trainings", NEUTRAL),
    ]
    return plot(traces, "restarts", "solved, %", yaxis=PERCENT, shapes=[level(50)])


@started
def ends(result: Result) -> Chart:
    """All trainings; solved ones are at 0."""
    losses = result.losses[-1]
    found = losses[np.isfinite(losses)]
    edges = np.linspace(0, max(0.3, float(found.max(initial=0)) * 1.02), 31)
    middle, counts = (edges[1:] + edges[:-1]) / 2, np.histogram(found, edges)[0]
    return plot([bars(middle, counts, color=PALETTE[4])], "training loss by now", "trainings", bargap=0.05)


@started
def price(result: Result) -> Chart:
    """Each restart costs as many updates as the one before."""
    settings, spent, solved = result.settings, [], []
    for k in range(settings.restarts):
        before = result.losses[-1, 1 : 1 + k].min(axis=0, initial=np.inf)
        for step, losses in zip(result.steps, result.losses[:, 1 + k], strict=True):
            spent.append(k * result.steps[-1] + step)
            solved.append(100 * (np.minimum(before, losses) < GOAL).mean())
    return plot([line(spent, solved, color=SOLVED)], "updates spent by a group", "solved, %", yaxis=PERCENT)
