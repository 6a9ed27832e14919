"""Charts of where runs end: solved or stuck, at rest or not, in the deep well or the shallow one."""

from collections.abc import Sequence

import numpy as np

from core.studies.minima.ends import ARRIVED
from core.studies.minima.ends import SOLVED as GOAL
from core.studies.minima.study import DEEP_WIDTH, ONCE, PLANE, SMALLEST, Attempt, Result, name
from pages.figures.common.decision import small_multiples
from pages.figures.common.plots import Chart, Frame, empty, needs, plot, stacked, unnamed
from pages.figures.common.style import PALETTE, PERCENT, POWERS, color
from pages.figures.common.traces import Trace, bars, line, marks, percent, strokes
from pages.figures.common.words import words

SOLVED, STUCK, OPEN = PALETTE[0], PALETTE[1], PALETTE[8]
WAIT = "The first runs are training …"
TUNING = "Tuning first: which learning rate suits two units?", "One line per tuning run, each at its own learning rate."
SHARPER = 6  # targets of the squared loss differ by 1 at most; the maps spread them by this factor
LOWEST = 1e-6

started = needs(lambda result: result.race.started, WAIT)


def fates(result: Result) -> Chart:
    """XOR with 2 hidden units: one line per run, all on the same four rows."""
    race = result.race if result.race.started else result.trials
    if not race.started:
        return empty(WAIT)
    losses = race.values(SMALLEST, "train_loss")
    chart = runs(race.steps(SMALLEST), losses, losses[-1] < GOAL, "not solved (yet)")
    return chart if result.race.started else chart.titled(*TUNING)


def runs(steps: Sequence[int] | np.ndarray, losses: np.ndarray, solved: np.ndarray, otherwise: str) -> Chart:
    """Losses (T, runs) in the colours of solved and other runs; their count would tell the answer."""
    traces = []
    for found, text, hue in ((solved, "solved", SOLVED), (~solved, otherwise, STUCK)):
        traces.append(strokes(steps, np.maximum(losses[:, found], LOWEST).T, text, hue, 1.2, opacity=0.6))
    return plot(traces, "updates", "training loss", yaxis=POWERS)


@started
def shares(result: Result) -> Chart:
    """With 95 % intervals (Wilson). Stuck: at rest above the lowest loss, with no direction that curves down."""
    widths, depths = sorted(result.settings.widths), sorted(result.settings.depths)
    traces = []
    for place, (sizes, labels) in enumerate(
        [(widths, [name(width, 1) for width in widths]), (depths, [name(DEEP_WIDTH, depth) for depth in depths])]
    ):
        half: Trace = {"xaxis": "x2"} if place else {}
        kinds = [("solved", SOLVED, [result.solved(label) for label in labels])]
        if all(label in result.ends for label in labels):
            kinds.append(("stuck in a minimum", STUCK, [result.trapped(label) for label in labels]))
        for text, hue, found in kinds:
            named: Trace = {"name": text, "legendgroup": text, "showlegend": not place}
            traces.append(percent(list(map(str, sizes)), found, color=hue, width=1.5) | named | half)
    axes: Frame = {
        "xaxis": {"title": {"text": "units in one layer"}, "domain": [0, 0.47], "type": "category"},
        "xaxis2": {"title": {"text": f"layers of {DEEP_WIDTH} units"}, "domain": [0.53, 1], "type": "category"},
        "yaxis": PERCENT,
    }
    return plot(traces, y="runs (%)", **axes)


@started
def restarts(result: Result) -> Chart:
    """Line: uninterrupted runs. Marks: the best of one, two and more runs, with 95 % intervals (Wilson)."""
    settings, steps = result.settings, result.race.steps(ONCE)
    solved = 100 * (result.race.values(ONCE, "train_loss") < GOAL).mean(axis=1)
    counts = range(1, settings.restarts + 1)
    found = [result.best_of(count) for count in counts]
    spent = [count * settings.steps for count in counts]
    traces = [
        line(steps, solved, "one long run", STUCK),
        percent(spent, found, "best of all restarts so far", SOLVED, width=1.5),
    ]
    return plot(traces, "total updates spent", "solved (%)", yaxis=PERCENT)


@needs(lambda result: len(result.slopes), WAIT)
def rest(result: Result) -> Chart:
    """Above: how many runs have which loss. Below: the gradient there; where it is tiny, descent stops moving."""
    losses = result.race.final(SMALLEST, "train_loss")
    solved = losses < GOAL
    groups = [("solved", SOLVED, solved), ("not solved", STUCK, ~solved)]
    if ends := result.ends.get(SMALLEST):
        told = [
            ("stuck in a minimum", STUCK, ends.trapped),
            ("on a saddle, or still moving", OPEN, ends.saddle | ends.moving),
        ]
        groups[1:] = [each for each in told if each[2].any()]
    edges = np.linspace(0, max(0.3, float(np.where(np.isfinite(losses), losses, 0).max()) * 1.02), 31)
    upper, lower = [], []
    for text, hue, found in groups:
        both: Trace = {"name": text, "legendgroup": text, "color": hue}
        upper.append(bars((edges[1:] + edges[:-1]) / 2, np.histogram(losses[found], edges)[0], **both))
        lower.append(marks(losses[found], np.maximum(result.slopes[found], 1e-16), size=7, opacity=0.6, **both))
    frame: Frame = {"barmode": "stack", "bargap": 0.05, "yaxis2": POWERS}
    return stacked(upper, unnamed(lower), "training loss", "runs", "size of the gradient", 420, **frame)


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
    upper, lower = halves
    first, second = result.wells
    return stacked(unnamed(upper), lower, "starting point x", f"f(x), {first}", f"f(x), {second}", 420)


@started
def data(result: Result) -> Chart:
    """One line per seed; the samples are the same for all, only the initial weights differ."""
    steps, losses = result.race.steps("data"), result.race.values("data", "train_loss")
    traces = [
        line(steps, losses[:, place], f"seed {run.seed}", color("tanh"), 1.5, opacity=0.6)
        for place, run in enumerate(result.race.runs["data"])
    ]
    return plot(unnamed(traces), "updates", f"training loss on {words(result.settings.dataset)}", yaxis=POWERS)


def maps(result: Result) -> Chart:
    """Corners of the same colour are of one class. At the end: up to three that solve it and three that do not."""
    if not result.maps:
        return empty(WAIT)
    right = np.nan_to_num(4 * result.race.values(SMALLEST, "train_score")[-1])
    pictures = {}
    for seed, picture in result.maps.items():
        one = np.clip(picture, 1e-9, 1 - 1e-9)
        pictures[f"no. {seed + 1}: {right[seed]:.0f} of 4"] = 1 / (1 + (1 / one - 1) ** SHARPER)
    figure = small_multiples(PLANE, pictures)
    for trace in figure.data:
        if trace["type"] == "scatter":
            trace |= {"cliponaxis": False, "marker": trace["marker"] | {"size": 12}}
    return figure


def attempts(tried: Sequence[Attempt], share: float = 1.0) -> Chart:
    """The visitor's own trainings, of the newest as much as this share of its way."""
    traces = []
    for place, each in enumerate(tried):
        newest = place == len(tried) - 1
        points = max(2, round(share * len(each.steps))) if newest else len(each.steps)
        hue = SOLVED if each.solved else STUCK
        losses, name = np.maximum(each.losses[:points], LOWEST), f"start {place + 1}"
        look: Trace = {"opacity": 1.0 if newest else 0.5, "showlegend": False}
        traces.append(line(each.steps[:points], losses, name, hue, 3.0 if newest else 1.2, **look))
    ends: Frame = {"xaxis": {"range": [0, int(tried[-1].steps[-1])]}}
    return plot(traces, "updates", "training loss", 260, yaxis=POWERS | {"range": [np.log10(LOWEST), 1]}, **ends)
