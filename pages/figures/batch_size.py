"""Charts of batch sizes: updates, passes and time to the target, the cost of an update, rates and shards."""

import numpy as np
from plotly.colors import sample_colorscale

from core.studies.batch_size import RATES, Result
from pages.figures.common.plots import Chart, empty, needs, plot, raced, stacked, trials
from pages.figures.common.style import POWERS, SEQUENTIAL, color
from pages.figures.common.traces import Trace, dots, dotted, line, marks, medians

FAMILY = "mini_batch"  # the colour of plain gradient descent on batches
SIZES = "batch size (samples per update)"
PLAIN = POWERS | {"exponentformat": "none"}
EDGE = "at the edge of the rates tried: a rate beyond it may be better"
FIRST_TIMED = "First: what does one update cost?", "Measured before the rates are tuned: one mark per timing."
TIMING = "Timing the updates of every batch size …"


def _samples(result: Result) -> np.ndarray:
    return np.array([size.samples for size in result.sizes.values()])


def _best_trials(result: Result) -> tuple[np.ndarray, np.ndarray]:
    """The sizes being tuned, and for each the fewest updates to the target over its rates (sizes, tuning seeds)."""
    race, labels = result.trials, list(result.trials.runs)
    seeds = {label: len({run.seed for run in race.runs[label]}) for label in labels}
    steps = [race.first_below(label, result.settings.target).reshape(-1, seeds[label]).min(axis=0) for label in labels]
    return np.array([result.sizes[label].samples for label in labels]), np.array(steps)


def updates(result: Result) -> Chart:
    """Line: median. Dotted: perfect scaling, half the updates for twice the batch. First: best of the rates tried."""
    if not result.trials.started:
        return cost(result).titled(*FIRST_TIMED)
    sizes, steps, name = _samples(result), np.empty((0, 0)), "raced"
    if result.race.started:
        steps = np.array([result.steps(label) for label in result.sizes])
    if not np.isfinite(steps).any() and not result.race.finished:
        (sizes, steps), name = _best_trials(result), "best of the rates tried"
        if not np.isfinite(steps).any():
            return trials(result.trials, dict.fromkeys(result.trials.runs, FAMILY))
    traces = dots(FAMILY, sizes, steps, name)
    there = np.isfinite(steps).all(axis=1)
    if there.any():
        first = int(there.argmax())
        perfect = np.median(steps[first]) * sizes[first] / sizes
        traces.append(dotted(sizes, np.where(perfect >= 1, perfect, np.nan), "perfect scaling"))
    return plot(traces, SIZES, f"updates to a loss of {result.settings.target:g}", xaxis=PLAIN, yaxis=PLAIN)


def loss(result: Result) -> Chart:
    """Median over seeds. The darker the line, the smaller the batch."""
    race = result.race if result.race.started else result.trials
    if not race.started:
        return empty(TIMING)
    traces = []
    shades = sample_colorscale(SEQUENTIAL, np.linspace(0.35, 0.8, len(result.sizes)))
    for (label, size), shade in zip(result.sizes.items(), shades, strict=True):
        if label not in race.runs:  # its tuning runs have ended
            continue
        epochs = race.steps(label) * size.samples / size.rows
        traces.append(line(epochs[1:], medians(race.values(label, "train_loss"))[1:], label, shade))
    legend = {"title": {"text": "batch size", "side": "top"}}
    return plot(traces, "passes over the data", "training loss", xaxis=PLAIN, yaxis=PLAIN, legend=legend)


@raced
def price(result: Result) -> Chart:
    """Passes over the data, and computing time of a single run on this machine."""
    passes = np.array([result.epochs(label) for label in result.sizes])
    times = 1e3 * np.array([result.seconds(label) for label in result.sizes])
    sizes = _samples(result)
    upper, lower = dots(FAMILY, sizes, passes, "passes"), dots("batch", sizes, times, "time")
    return _by_size(upper, lower, "passes to the target", "ms to the target")


@needs(lambda result: all(np.isfinite(each.seconds[0]) for each in result.sizes.values()) and result.sizes, TIMING)
def cost(result: Result) -> Chart:
    """Marks: ten measurements. Line: fastest of the last five, used to test times. Samples are processed together."""
    sizes = _samples(result)
    times = 1e6 * np.array([each.seconds for each in result.sizes.values()])
    fastest = 1e6 * np.array([each.cost for each in result.sizes.values()])
    upper, lower = dots("batch", sizes, times, "per update"), dots(FAMILY, sizes, times / sizes[:, None], "per sample")
    upper[1]["y"], lower[1]["y"] = fastest, fastest / sizes
    return _by_size(upper, lower, "µs per update", "µs per sample")


def _by_size(upper: list[Trace], lower: list[Trace], top: str, bottom: str) -> Chart:
    return stacked(upper, lower, SIZES, top, bottom, xaxis=PLAIN, yaxis=PLAIN, yaxis2=PLAIN)


@needs(lambda result: result.tuning, f"Trying {len(RATES)} learning rates for each batch size …")
def rates(result: Result) -> Chart:
    """The rate with the fewest updates to the target, on seeds not used in the race. Dotted: proportional to the batch
    size, and to its square root. Each rate tried is twice the previous one; a square marks the largest or smallest."""
    sizes = np.array([result.sizes[label].samples for label in result.tuning])
    best = np.array([each.best for each in result.tuning.values()])
    inside = np.where(sizes <= 2 * RATES[-1] / best[0], best[0] * sizes, np.nan)
    traces = [
        *dots(FAMILY, sizes, best[:, None], "rate chosen"),
        dotted(sizes, inside, "proportional to the batch size"),
        dotted(sizes, best[0] * np.sqrt(sizes), "proportional to its square root", dash="dash"),
    ]
    edge = np.array([each.at_edge for each in result.tuning.values()])
    if edge.any():
        look: Trace = {"size": 18, "symbol": "square-open", "edge": {"width": 2}}
        traces.append(marks(sizes[edge], best[edge], EDGE, color(FAMILY), **look))
    return plot(traces, SIZES, "learning rate", xaxis=PLAIN, yaxis=PLAIN)


@needs(lambda result: result.shards, "Dividing the samples among workers …")
def shards(result: Result) -> Chart:
    """Mean of the workers' gradients, weighted by samples, against the gradient over all. Dotted: precision."""
    workers, precision = np.array(list(result.shards)), float(np.finfo(float).eps)
    differences = np.array(list(result.shards.values()))
    traces = dots("batch", workers, np.maximum(differences, 1e-18), "difference")
    traces.append(dotted(workers[[0, -1]], [precision, precision], "floating-point precision"))
    ticks, axis = {"type": "log", "tickvals": workers.tolist()}, POWERS | {"range": [-18, 0]}
    return plot(traces, "workers", "largest difference / largest entry", xaxis=ticks, yaxis=axis)


def noise(result: Result) -> str:
    """What the noise of the gradient says about useful batch sizes, in a sentence; empty before the end."""
    if not result.noise:
        return ""
    return (
        f"After training, the gradients of single samples have a noise scale of {np.median(result.noise):,.0f} samples "
        f"(median of {len(result.noise)} seeds): batches far above it save few updates. See *Critical batch size*."
    )
