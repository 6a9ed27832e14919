"""Charts of the cost of a gradient: time, memory, exponents, and other methods."""

from collections.abc import Callable
from functools import partial

import numpy as np

from core.studies.complexity import DOUBLINGS, GROWING, THEORY, Result, Sweep, fit
from core.studies.complexity import exponents as fitted
from pages.figures.common.plots import Parts, chart, lower, rows
from pages.figures.common.style import NEUTRAL, POWERS, color, mark
from pages.figures.common.traces import dots, marks, reach
from pages.figures.common.words import words

HUES = {"central_differences": "forward_differences"}  # its usual colour is also that of L-BFGS beside it
WAIT = "Building networks …"
TICKS = {"type": "log", "tickvals": [2**k for k in range(DOUBLINGS + 1)]}
grown = partial(chart, "size relative to the start", wait=WAIT, xaxis=TICKS, yaxis=POWERS, ends=True)


def _timed(which: str) -> Callable[[Result], bool]:
    """Whether any gradient of these has been timed."""
    return lambda result: any(np.isfinite(sweep.gradient).any() for sweep in getattr(result, which).values())


def _kibibytes(sweep: Sweep) -> np.ndarray:
    return sweep.numbers[:, None] * 8 / 1024


@grown("ms per gradient", when=_timed("sweeps"))
def time(result: Result) -> Parts:
    """One mark per repetition, line: median. A straight line is a power law here, and its slope is the exponent."""
    for name, sweep in result.sweeps.items():
        yield dots(name, sweep.values / sweep.values[0], 1e3 * sweep.gradient.T)


@grown("KiB kept", when=lambda result: all(np.isfinite(sweep.numbers).all() for sweep in result.sweeps.values()))
def memory(result: Result) -> Parts:
    """All numbers kept by both passes, without the data set. More samples in batches of the same size need no more."""
    for name, sweep in result.sweeps.items():
        yield dots(name, sweep.values / sweep.values[0], _kibibytes(sweep))[1]


@chart("exponent of time over size", when=lambda result: result.measured(), wait="Timing every size …")
def exponents(result: Result) -> Parts:
    """Filled mark: fitted to the three largest sizes, with its 95 % interval over repetitions. Open: from counted
    multiplications at the same sizes. Cross: theory, in the limit."""
    places, hues = np.arange(len(GROWING)), list(map(color, GROWING))
    sweeps = [result.sweeps[name] for name in GROWING]
    theory = [THEORY[name][0] for name in GROWING]
    counted = [float(fitted(each.values, each.counted)) for each in sweeps]
    yield marks(theory, places - 0.2, "in the limit", NEUTRAL, 10, "x-thin", edge={"width": 2, "color": NEUTRAL})
    yield marks(counted, places - 0.2, "counted", hues, 12, "circle-open", edge={"width": 2})
    found = list(map(fit, sweeps))
    means = [each.mean for each in found]
    interval = {"error_x": reach(means, found)} if np.isfinite(found[0].high) else {}
    yield marks(means, places, "measured", hues, 12, list(map(mark, GROWING)), **interval)
    yield {"xaxis": {"range": [0, max(2.5, 0.1 + max(means))]}, "yaxis": rows(list(map(words, GROWING)))}


@chart("parameters", "ms per step", "KiB kept", 460, _timed("methods"), WAIT, yaxis=POWERS, yaxis2=POWERS)
def methods(result: Result) -> Parts:
    """A small network of growing width. Finite differences need two losses per parameter; Newton needs one Hessian row
    per parameter and solves as many equations."""
    for name, sweep in result.methods.items():
        hue = HUES.get(name, name)
        yield dots(hue, sweep.values, 1e3 * sweep.gradient.T, words(name))
        yield lower(dots(hue, sweep.values, _kibibytes(sweep), words(name))[1:])
    yield {"xaxis": {"type": "log", "tickvals": result.methods["gradient_descent"].values.tolist()}}
