"""Charts of the cost of a gradient: time, memory, exponents, and other methods."""

import numpy as np

from core.studies.complexity import DOUBLINGS, GROWING, THEORY, Result, Sweep, fit
from core.studies.complexity import exponents as fitted
from core.studies.timing import BAUR_STRASSEN
from core.studies.wording import number
from pages.figures.common.plots import Chart, Frame, named, needs, plot, rows, stacked, unnamed
from pages.figures.common.style import NEUTRAL, POWERS, color, mark
from pages.figures.common.traces import Trace, dots, dotted, marks, reach
from pages.figures.common.words import words

WAIT = "Building networks …"
MULTIPLES = "size relative to the start"
TICKS = {"type": "log", "tickvals": [2**k for k in range(DOUBLINGS + 1)]}
HUES = {"central_differences": "forward_differences"}  # its usual colour is also that of L-BFGS beside it

started = needs(lambda result: any(_timed(sweep) for sweep in result.sweeps.values()), WAIT)
complete = needs(
    lambda result: result.sweeps and all(np.isfinite(sweep.numbers).all() for sweep in result.sweeps.values()), WAIT
)


def _timed(sweep: Sweep) -> bool:
    return bool(np.isfinite(sweep.gradient).any())


def _grown(sweep: Sweep) -> np.ndarray:
    return sweep.values / sweep.values[0]


def _kibibytes(sweep: Sweep) -> np.ndarray:
    return sweep.numbers[:, None] * 8 / 1024


@started
def time(result: Result) -> Chart:
    """One mark per repetition, line: median. A straight line is a power law here, and its slope is the exponent."""
    traces = [dots(name, _grown(sweep), 1e3 * sweep.gradient.T) for name, sweep in result.sweeps.items()]
    return named(plot(traces, MULTIPLES, "ms per gradient", xaxis=TICKS, yaxis=POWERS))


@complete
def memory(result: Result) -> Chart:
    """All numbers kept by both passes, without the data set. More samples in batches of the same size need no more."""
    traces = [dots(name, _grown(sweep), _kibibytes(sweep))[1:] for name, sweep in result.sweeps.items()]
    return named(plot(traces, MULTIPLES, "KiB kept", xaxis=TICKS, yaxis=POWERS))


@needs(lambda result: result.measured(), "Timing every size for the first time …")
def exponents(result: Result) -> Chart:
    """Filled mark: fitted to the three largest sizes, with its 95 % interval over repetitions. Open: from counted
    multiplications at the same sizes. Cross: theory, in the limit."""
    places, hues = np.arange(len(GROWING)), list(map(color, GROWING))
    found = [fit(result.sweeps[name]) for name in GROWING]
    means = [each.mean for each in found]
    counted = [float(fitted(result.sweeps[name].values, result.sweeps[name].counted)) for name in GROWING]
    theory = [THEORY[name][0] for name in GROWING]
    interval: Trace = {"error_x": reach(means, found)} if np.isfinite(found[0].high) else {}
    edge = {"width": 2, "color": NEUTRAL}
    traces = [
        marks(theory, places - 0.2, "in the limit", NEUTRAL, 10, "x-thin", edge=edge),
        marks(counted, places - 0.2, "counted", hues, 12, "circle-open", edge={"width": 2}),
        marks(means, places, "measured", hues, 12, list(map(mark, GROWING)), **interval),
    ]
    axes: Frame = {"xaxis": {"range": [0, 2.5]}, "yaxis": rows([words(name) for name in GROWING])}
    return plot(traces, "exponent of time over size", **axes)


@started
def ratio(result: Result) -> Chart:
    """Time of forward and backward pass divided by forward alone. Dotted: 5, a bound on operations, not on seconds."""
    found = [dots(name, _grown(sweep), (sweep.gradient / sweep.forward).T) for name, sweep in result.sweeps.items()]
    limit = dotted([1, 2**DOUBLINGS], [BAUR_STRASSEN, BAUR_STRASSEN], "limit")
    return plot(
        [*found, limit], MULTIPLES, "time of gradient / forward pass", xaxis=TICKS, yaxis={"rangemode": "tozero"}
    )


@needs(lambda result: any(_timed(sweep) for sweep in result.methods.values()), WAIT, height=460)
def methods(result: Result) -> Chart:
    """A small network of growing width. Finite differences need two losses per parameter; Newton needs one Hessian row
    per parameter and solves as many equations."""
    upper, lower = [], []
    for name, sweep in result.methods.items():
        hue = HUES.get(name, name)
        upper += dots(hue, sweep.values, 1e3 * sweep.gradient.T, words(name))
        lower += dots(hue, sweep.values, _kibibytes(sweep), words(name))[1:]
    ticks = {"type": "log", "tickvals": result.methods["gradient_descent"].values.tolist()}
    axes: Frame = {"xaxis": ticks, "yaxis": POWERS, "yaxis2": POWERS}
    return stacked(upper, unnamed(lower), "parameters", "ms per step", "KiB kept", 460, **axes)


@started
def multiplications(result: Result) -> Chart:
    """On the dotted line multiplications explain the time. Above it: the fixed cost of calls, and activations."""
    traces, pace = [], []
    for name, sweep in result.sweeps.items():
        done = np.isfinite(sweep.gradient).any(axis=0)
        if done.any():
            spent = np.nanmedian(sweep.gradient[:, done], axis=0)
            traces += dots(name, sweep.counted[done], 1e3 * spent[:, None])[1:]
            pace.append((spent / sweep.counted[done]).min())
    counted = np.concatenate([sweep.counted for sweep in result.sweeps.values()])
    ends = np.array([np.nanmin(counted), np.nanmax(counted)])
    traces.append(dotted(ends, 1e3 * min(pace) * ends, f"{number(1e-9 / min(pace), 2)} billion per second"))
    return plot(traces, "multiplications per gradient", "ms per gradient", xaxis=POWERS, yaxis=POWERS)
