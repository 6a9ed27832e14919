"""Charts of where runs end: solved or stuck, at rest or not, in the deep well or the shallow one."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from core.studies.minima.ends import ARRIVED
from core.studies.minima.ends import SOLVED as GOAL
from core.studies.minima.study import DEEP_WIDTH, ONCE, SMALLEST, Attempt, Result, name
from pages.figures.common.plots import SHARED, Chart, Frame, Parts, chart, lower, plot, unnamed
from pages.figures.common.style import PALETTE, PERCENT, POWERS
from pages.figures.common.traces import Trace, bars, line, marks, percent, strokes

SOLVED, STUCK, OPEN = PALETTE[0], PALETTE[1], PALETTE[8]
TUNING = "Tuning first: which learning rate suits each size?", "One line per tuning run, each at its own learning rate."
LOWEST = 1e-6
WAIT = "The first runs are training …"
started = partial(chart, when=lambda result: result.race.started, wait=WAIT)


def fates(result: Result) -> Chart:
    """XOR with 2 hidden units: one line per run, all on the same four rows."""
    race, parts = result.race if result.race.started else result.trials, []
    if race.started:
        label = SMALLEST if SMALLEST in race.runs else next(iter(race.runs))  # the last trials are of some sizes only
        losses = race.values(label, "train_loss")
        parts = by_fate(race.steps(label), losses, losses[-1] < GOAL, "not solved (yet)")
    drawn = plot(parts, "updates", "training loss", wait=WAIT, yaxis=POWERS)
    told = SHARED if result.settings.rate == "same" else TUNING
    return drawn.titled(*told) if race.started and race is result.trials else drawn


def by_fate(steps: Sequence[int] | np.ndarray, losses: np.ndarray, solved: np.ndarray, otherwise: str) -> list[Trace]:
    """Losses (T, runs) in the colours of solved and other runs; their count would tell the answer."""
    return [
        strokes(steps, np.maximum(losses[:, found], LOWEST).T, text, hue, 1.2, opacity=0.6)
        for found, text, hue in ((solved, "solved", SOLVED), (~solved, otherwise, STUCK))
    ]


@started("units in one layer", "runs (%)", yaxis=PERCENT)
def shares(result: Result) -> Parts:
    """With 95 % intervals (Wilson). Stuck: at rest above the lowest loss, with no direction that curves down."""
    widths, depths = sorted(result.settings.widths), sorted(result.settings.depths)
    rows = [(widths, [name(width, 1) for width in widths]), (depths, [name(DEEP_WIDTH, depth) for depth in depths])]
    for place, (sizes, labels) in enumerate(rows):
        kinds = [("solved", SOLVED, [result.solved(label) for label in labels])]
        if all(label in result.ends for label in labels):
            kinds.append(("stuck in a minimum", STUCK, [result.trapped(label) for label in labels]))
        for text, hue, found in kinds:
            half: Trace = {"legendgroup": text, "showlegend": not place} | ({"xaxis": "x2"} if place else {})
            yield percent(list(map(str, sizes)), found, text, hue, width=1.5, **half)
    deep = {"title": {"text": f"layers of {DEEP_WIDTH} units"}, "domain": [0.53, 1], "type": "category"}
    yield {"xaxis": {"domain": [0, 0.47], "type": "category"}, "xaxis2": deep}


@started("total updates spent", "solved (%)", yaxis=PERCENT)
def restarts(result: Result) -> Parts:
    """Line: uninterrupted runs. Marks: the best of one, two and more runs, with 95 % intervals (Wilson)."""
    solved = 100 * (result.race.values(ONCE, "train_loss") < GOAL).mean(axis=1)
    yield line(result.race.steps(ONCE), solved, "one long run", STUCK)
    counts = range(1, result.settings.restarts + 1)
    spent, found = [count * result.settings.steps for count in counts], list(map(result.best_of, counts))
    yield percent(spent, found, "best of all restarts so far", SOLVED, width=1.5)


@chart("training loss", "runs", "size of the gradient", 420, wait=WAIT, barmode="stack", bargap=0.05, yaxis2=POWERS)
def rest(result: Result) -> Parts:
    """Above: how many runs have which loss. Below: the gradient there; where it is tiny, descent stops moving."""
    if not len(result.slopes):
        return
    losses = result.race.final(SMALLEST, "train_loss")
    groups = [("solved", SOLVED, losses < GOAL), ("not solved", STUCK, ~(losses < GOAL))]
    if ends := result.ends.get(SMALLEST):
        kinds = [
            ("stuck in a minimum", STUCK, ends.trapped),
            ("on a saddle, or still moving", OPEN, ends.saddle | ends.moving),
        ]
        groups[1:] = [each for each in kinds if each[2].any()]
    edges = np.linspace(0, max(0.3, float(np.where(np.isfinite(losses), losses, 0).max()) * 1.02), 31)
    for text, hue, found in groups:
        both: Trace = {"name": text, "legendgroup": text, "color": hue}
        yield bars((edges[1:] + edges[:-1]) / 2, np.histogram(losses[found], edges)[0], **both)
        yield lower([marks(losses[found], np.maximum(result.slopes[found], 1e-16), size=7, opacity=0.6, **both)])


def wells(result: Result) -> Chart:
    """Each dot is a start. In a bowl all lead to the lowest point; with two wells, the starting side decides."""
    halves = []
    for well in result.wells.values():
        good = np.abs(well.ends - well.lowest) <= ARRIVED
        half = [line(well.x, well.y, showlegend=False, hoverinfo="skip")]
        for found, text, hue in ((good, "leads to the lowest point", SOLVED), (~good, "leads elsewhere", STUCK)):
            starts = well.starts[found]
            heights = np.interp(starts, well.x, well.y)
            half.append(marks(starts, heights, text, hue, 7, opacity=0.5, legendgroup=text, hoverinfo="x"))
        halves.append(half)
    upper, under = halves
    first, second = (f"f(x), {name}" for name in result.wells)
    return plot([*unnamed(upper), *(each | {"yaxis": "y2"} for each in under)], "starting point x", first, second, 420)


def attempts(tried: Sequence[Attempt], share: float = 1.0) -> Chart:
    """The visitor's own trainings, of the newest as much as this share of its way."""
    traces = []
    for place, each in enumerate(tried):
        newest = place == len(tried) - 1
        points = max(2, round(share * len(each.steps))) if newest else len(each.steps)
        hue = SOLVED if each.solved else STUCK
        losses, text = np.maximum(each.losses[:points], LOWEST), f"start {place + 1}"
        look: Trace = {"opacity": 1.0 if newest else 0.5, "showlegend": False}
        traces.append(line(each.steps[:points], losses, text, hue, 3.0 if newest else 1.2, **look))
    ends: Frame = {
        "xaxis": {"range": [0, int(tried[-1].steps[-1])]},
        "yaxis": POWERS | {"range": [np.log10(LOWEST), 1]},
    }
    return plot(traces, "updates", "training loss", height=260, **ends)
