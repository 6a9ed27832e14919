"""Charts of batch sizes: updates, passes and time to the target, the cost of an update, and rates."""

import numpy as np

from core.studies.batch_size import RATES, Result
from pages.figures.common.plots import Chart, Frame, Parts, chart, lower, raced, trials
from pages.figures.common.style import POWERS, color
from pages.figures.common.traces import Trace, dots, dotted, marks

FAMILY = "mini_batch"  # the colour of plain gradient descent on batches
SIZES = "batch size (samples per update)"
PLAIN = POWERS | {"exponentformat": "none"}
AXES: Frame = {"xaxis": PLAIN, "yaxis": PLAIN, "showlegend": False}
EDGE = "at the edge of the rates tried: a rate beyond it may be better"
MISSED = "No batch size has reached the target so far."
FIRST_TIMED = "First: what does one update cost?", "Measured before the rates are tuned: one mark per timing."


def _samples(result: Result) -> np.ndarray:
    return np.array([size.samples for size in result.sizes.values()])


def _before(result: Result) -> Chart | None:
    if result.race.started:
        return None
    if result.trials.started:
        return trials(result.trials, dict.fromkeys(result.trials.runs, FAMILY))
    return cost(result).titled(*FIRST_TIMED)


@chart(SIZES, "updates to a loss of {settings.target:g}", instead=_before, none=MISSED, **AXES | {"showlegend": True})
def updates(result: Result) -> Parts:
    """Line: median. Dotted: perfect scaling, half the updates for twice the batch."""
    sizes, steps = _samples(result), np.array([result.steps(label) for label in result.sizes])
    yield dots(FAMILY, sizes, steps, "measured")
    there = np.isfinite(steps).all(axis=1)
    if there.any():
        first = int(there.argmax())
        perfect = np.median(steps[first]) * sizes[first] / sizes
        yield dotted(sizes, np.where(perfect >= 1, perfect, np.nan), "perfect scaling")


@raced(SIZES, "passes to the target", "ms to the target", none=MISSED, **AXES, yaxis2=PLAIN)
def price(result: Result) -> Parts:
    """Passes over the data, and computing time of a single run on this machine."""
    passes, seconds = (np.array(list(map(each, result.sizes))) for each in (result.epochs, result.seconds))
    yield dots(FAMILY, _samples(result), passes, "passes")
    yield lower(dots("batch", _samples(result), 1e3 * seconds, "time"))


@chart(
    SIZES,
    "µs per update",
    "µs per sample",
    when=lambda result: result.sizes and all(np.isfinite(each.seconds[0]) for each in result.sizes.values()),
    wait="Timing the updates of every batch size …",
    **AXES,
    yaxis2=PLAIN,
)
def cost(result: Result) -> Parts:
    """Marks: ten measurements. Line: fastest of the last five, used to test times. Samples are processed together."""
    sizes = _samples(result)
    times = 1e6 * np.array([each.seconds for each in result.sizes.values()])
    fastest = 1e6 * np.array([each.cost for each in result.sizes.values()])
    for family, name, share in (("batch", "per update", np.ones_like(sizes)), (FAMILY, "per sample", sizes)):
        every, best = dots(family, sizes, times / share[:, None], name)
        shown = [every, best | {"y": fastest / share}]
        yield shown if family == "batch" else lower(shown)


@chart(SIZES, "learning rate", wait="Trying learning rates for each batch size …", xaxis=PLAIN, yaxis=PLAIN)
def rates(result: Result) -> Parts:
    """The rate with the fewest updates to the target, on seeds not used in the race. Dotted: proportional to the batch
    size, and to its square root. Each rate tried is twice the previous one; a square marks the largest or smallest."""
    if not result.tuning:
        return
    sizes = np.array([result.sizes[label].samples for label in result.tuning])
    best = np.array([each.best for each in result.tuning.values()])
    yield dots(FAMILY, sizes, best[:, None], "rate chosen")
    inside = np.where(sizes <= 2 * RATES[-1] / best[0], best[0] * sizes, np.nan)
    yield dotted(sizes, inside, "proportional to the batch size")
    yield dotted(sizes, best[0] * np.sqrt(sizes), "proportional to its square root", dash="dash")
    edge = np.array([each.at_edge for each in result.tuning.values()])
    if edge.any():
        look: Trace = {"size": 18, "symbol": "square-open", "edge": {"width": 2}}
        yield marks(sizes[edge], best[edge], EDGE, color(FAMILY), **look)


def noise(result: Result) -> str:
    """The noise scale of the gradient after training, in a sentence; empty where every run diverged."""
    known = [scale for scale in result.noise if np.isfinite(scale)]
    if not known:
        return ""
    return (
        f"After training, the gradients of single samples have a noise scale of {np.median(known):,.0f} samples "
        f"(median of {len(known)} seeds). The page *Critical batch size* tests what this says about useful sizes."
    )
