"""Random restarts as charts: how many trainings solve XOR, and how many groups of them."""

from functools import partial

from core.studies.beyond.restarts import Result, drawn
from core.studies.minima.ends import SOLVED as GOAL
from pages.figures.common.plots import Parts, chart, level
from pages.figures.common.style import PERCENT, POWERS
from pages.figures.common.traces import dotted, percent
from pages.figures.minima import SOLVED, by_fate

started = partial(chart, when=lambda result: len(result.steps), wait="The first trainings are on their way.")


@started("updates", "training loss", yaxis=POWERS)
def losses(result: Result) -> Parts:
    """One line for each of the single trainings."""
    single = result.losses[:, 0]
    return by_fate(result.steps, single, single[-1] < GOAL, "stuck, or not there yet")


@started("restarts", "solved, %", yaxis=PERCENT)
def best(result: Result) -> Parts:
    """Bars: 95 % intervals. Dotted: 1 − (1 − p)ᵏ, for the share p of single trainings that solve it, and half."""
    counts = list(range(1, result.settings.restarts + 1))
    yield percent(counts, [result.best_of(count) for count in counts], "best of the restarts", SOLVED)
    expected = [100 * drawn(result.single.value, count) for count in counts]
    yield dotted(counts, expected, "independent draws of single trainings")
    yield level(50)
