"""The cost of a gradient as charts: time, memory, exponents, and the price of other methods."""

from typing import Any

import numpy as np

from core.studies.complexity.study import DOUBLINGS, GROWING, THEORY, Result, Sweep, fit
from core.studies.complexity.study import exponents as fitted
from core.studies.timing import BAUR_STRASSEN
from core.studies.wording import listed, number
from pages.figures.common.chart import Chart
from pages.figures.common.stacked import below, stacked
from pages.figures.common.style import FEW_TICKS, NEUTRAL, color, dots, empty, layout, mark
from pages.figures.common.words import words

WAIT = "Building networks …"
MULTIPLES = "times as large as at the start"
HUES = {"central_differences": "forward_differences"}  # its own colour is that of L-BFGS, with which it is compared


def _grown(sweep: Sweep) -> np.ndarray:
    return sweep.values / sweep.values[0]


def _started(result: Result) -> bool:
    return any(np.isfinite(sweep.gradient).any() for sweep in result.sweeps.values())


def _logs(figure: Chart, *axes: str) -> Chart:
    return figure.update_layout(dict.fromkeys(axes, FEW_TICKS))


def _doublings(figure: Chart) -> Chart:
    """Ticks at 1, 2, 4 ... on a logarithmic axis."""
    values = 2 ** np.arange(DOUBLINGS + 1)
    return figure.update_layout(xaxis={"type": "log", "tickvals": values.tolist()})


def time(result: Result) -> Chart:
    """Milliseconds of a gradient as each quantity grows."""
    if not _started(result):
        return empty(WAIT)
    traces = []
    for name, sweep in result.sweeps.items():
        traces += dots(name, words(name), _grown(sweep), 1e3 * sweep.gradient.T)
    figure = Chart(traces, layout(MULTIPLES, "ms for a gradient"))
    return _logs(_doublings(figure), "yaxis")


def memory(result: Result) -> Chart:
    """Kibibytes kept by a gradient as each quantity grows."""
    if not result.sweeps or not all(np.isfinite(sweep.numbers).all() for sweep in result.sweeps.values()):
        return empty(WAIT)
    traces = []
    for name, sweep in result.sweeps.items():
        traces += dots(name, words(name), _grown(sweep), sweep.numbers[:, None] * 8 / 1024)[1:]
    figure = Chart(traces, layout(MULTIPLES, "KiB kept"))
    return _logs(_doublings(figure), "yaxis")


def exponents(result: Result) -> Chart:
    """Exponents of time: measured with interval, counted, and in the limit."""
    if not result.measured():
        return empty("Timing every size for the first time …")
    places = np.arange(len(GROWING))
    found = [fit(result.sweeps[name]) for name in GROWING]
    counted = [float(fitted(result.sweeps[name].values, result.sweeps[name].counted)) for name in GROWING]
    reach = {"type": "data", "array": [f.high - f.mean for f in found], "arrayminus": [f.mean - f.low for f in found]}
    base: dict[str, Any] = {"type": "scatter", "mode": "markers"}
    hues = [color(name) for name in GROWING]
    measured = {"x": [f.mean for f in found], "y": places, "name": "measured"}
    measured |= {"marker": {"color": hues, "size": 12, "symbol": [mark(name) for name in GROWING]}}
    measured |= {"error_x": reach | {"thickness": 2, "color": NEUTRAL}} if np.isfinite(found[0].high) else {}
    open_marks = {"color": hues, "size": 12, "symbol": "circle-open", "line": {"width": 2}}
    cross = {"color": NEUTRAL, "size": 10, "symbol": "x-thin", "line": {"width": 2, "color": NEUTRAL}}
    theory = [THEORY[name][0] for name in GROWING]
    traces = [
        base | {"x": theory, "y": places - 0.2, "name": "in the limit", "marker": cross},
        base | {"x": counted, "y": places - 0.2, "name": "counted", "marker": open_marks},
        base | measured,
    ]
    frame = layout("power of the size with which time grows", "")
    names = [words(name) for name in GROWING]
    frame["yaxis"] = {"tickvals": places.tolist(), "ticktext": names, "range": [len(GROWING) - 0.5, -0.5]}
    frame["xaxis"] = {"title": {"text": "power of the size with which time grows"}, "range": [0, 2.5]}
    return Chart(traces, frame)


def ratio(result: Result) -> Chart:
    """Time of a gradient over that of its forward pass as each quantity grows."""
    if not _started(result):
        return empty(WAIT)
    traces: list[dict[str, Any]] = []
    for name, sweep in result.sweeps.items():
        traces += dots(name, words(name), _grown(sweep), (sweep.gradient / sweep.forward).T)
    limit = {"x": [1, 2**DOUBLINGS], "y": [BAUR_STRASSEN, BAUR_STRASSEN], "mode": "lines", "name": "limit"}
    traces.append({"type": "scatter", "line": {"color": NEUTRAL, "width": 1.5, "dash": "dot"}} | limit)
    figure = Chart(traces, layout(MULTIPLES, "gradient / forward time"))
    return _doublings(figure).update_yaxes(rangemode="tozero")


def methods(result: Result) -> Chart:
    """Milliseconds and kibibytes of one step of each method by number of parameters."""
    if not any(np.isfinite(sweep.gradient).any() for sweep in result.methods.values()):
        return empty(WAIT, height=460)
    upper, lower = [], []
    for name, sweep in result.methods.items():
        hue = HUES.get(name, name)
        upper += dots(hue, words(name), sweep.values, 1e3 * sweep.gradient.T)
        lower += below(dots(hue, words(name), sweep.values, sweep.numbers[:, None] * 8 / 1024)[1:])
    frame = stacked("parameters", "ms for a step", "KiB kept", height=460)
    ticks = {"type": "log", "tickvals": result.methods["gradient_descent"].values.tolist()}
    return _logs(Chart(upper + lower, frame), "yaxis", "yaxis2").update_layout(xaxis=ticks)


def multiplications(result: Result) -> Chart:
    """Milliseconds of every gradient against its multiplications."""
    if not _started(result):
        return empty(WAIT)
    traces, pace = [], []
    for name, sweep in result.sweeps.items():
        done = np.isfinite(sweep.gradient).any(axis=0)
        if done.any():
            spent = np.nanmedian(sweep.gradient[:, done], axis=0)
            traces += dots(name, words(name), sweep.counted[done], 1e3 * spent[:, None])[1:]
            pace.append((spent / sweep.counted[done]).min())
    counted = np.concatenate([sweep.counted for sweep in result.sweeps.values()])
    ends = np.array([np.nanmin(counted), np.nanmax(counted)])
    line = {"color": NEUTRAL, "width": 1.5, "dash": "dot"}
    name = f"{number(1e-9 / min(pace), 2)} billion a second"
    traces.append(
        {"type": "scatter", "x": ends, "y": 1e3 * min(pace) * ends, "mode": "lines", "line": line, "name": name}
    )
    figure = Chart(traces, layout("multiplications of a gradient", "ms for a gradient"))
    return _logs(figure, "xaxis", "yaxis")


def standing(result: Result) -> str:
    """What doubling each quantity does to the time."""
    powers = {name: fit(sweep).mean for name, sweep in result.sweeps.items()}
    if not result.measured() or not np.isfinite([*powers.values()]).all():  # an interval wants two repetitions
        return ""
    factors = [f"the {words(name)} {number(2**power)}" for name, power in powers.items()]
    return f"Doubling multiplies the time of a gradient, measured so far: {listed(factors)} times."


FIRST = time  # what the trial shows while this experiment runs
