"""Where trainings end, as charts: solved or stuck, at rest or not, in the deep well or the shallow one."""

import numpy as np

from core.statistics import Share
from core.studies.minima.study import DEEP_WIDTH, PLANE, SMALLEST, Result, name
from pages.figures.common.chart import Chart
from pages.figures.common.decision import small_multiples
from pages.figures.common.stacked import stacked
from pages.figures.common.style import FEW_TICKS, NEUTRAL, PALETTE, color, empty, layout
from pages.figures.common.words import words

SOLVED, STUCK = PALETTE[0], PALETTE[1]
WAIT = "The first trainings are on their way."
SHARPER = 6  # outputs trained on squares differ by 1 at most; the pictures show them this much further apart
LOWEST = 1e-6


def fates(result: Result) -> Chart:
    """The loss of every training of the smallest network, by whether it gets all rows right now."""
    if not result.race.started:
        return empty(WAIT)
    steps, losses = result.race.steps(SMALLEST), result.race.values(SMALLEST, "train_loss")
    solved = result.race.values(SMALLEST, "train_score")[-1] == 1
    traces = []
    for found, text, hue in ((solved, "all four right", SOLVED), (~solved, "stuck, or not there yet", STUCK)):
        gap = np.full((1, int(found.sum())), np.nan)
        traces.append(
            {
                "type": "scatter",
                "x": np.tile(np.append(steps, np.nan), int(found.sum())),
                "y": np.vstack([np.maximum(losses[:, found], LOWEST), gap]).T.ravel(),
                "mode": "lines",
                "line": {"width": 1.2, "color": hue},
                "opacity": 0.6,
                "name": f"{text}: {found.sum()} of {len(found)}",
                "hoverinfo": "skip",
            }
        )
    figure = Chart(traces, layout("updates", "training loss"))
    return figure.update_yaxes(type="log", exponentformat="power")


def _shares(shares: list[Share], names: list[str], hue: str, axes: dict[str, str]) -> dict[str, object]:
    """Shares in percent with their intervals."""
    reach = {
        "array": [100 * (s.high - s.value) for s in shares],
        "arrayminus": [100 * (s.value - s.low) for s in shares],
    }
    return axes | {
        "type": "scatter",
        "x": names,
        "y": [100 * share.value for share in shares],
        "error_y": reach | {"type": "data", "color": NEUTRAL, "thickness": 2},
        "mode": "lines+markers",
        "line": {"color": hue, "width": 1.5},
        "marker": {"size": 11},
        "hovertext": [str(share) for share in shares],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def shares(result: Result) -> Chart:
    """Share of trainings that get XOR right so far, by width on the left and by depth on the right."""
    if not result.race.started:
        return empty(WAIT)
    widths, depths = sorted(result.settings.widths), sorted(result.settings.depths)
    by_width = [result.solved(name(w, 1)) for w in widths]
    by_depth = [result.solved(name(DEEP_WIDTH, d)) for d in depths]
    traces = [
        _shares(by_width, list(map(str, widths)), PALETTE[2], {"xaxis": "x", "yaxis": "y"}),
        _shares(by_depth, list(map(str, depths)), PALETTE[5], {"xaxis": "x2", "yaxis": "y"}),
    ]
    frame = layout(y="trainings that succeed, %", showlegend=False)
    frame["xaxis"] = {"title": {"text": "units in one layer"}, "domain": [0, 0.47], "type": "category"}
    frame["xaxis2"] = {"title": {"text": f"layers of {DEEP_WIDTH} units"}, "domain": [0.53, 1], "type": "category"}
    return Chart(traces, frame).update_yaxes(range=[-3, 103])


def rest(result: Result) -> Chart:
    """The losses of the smallest network as a histogram, and the size of the gradient at each of them."""
    if not len(result.norms):
        return empty(WAIT)
    losses = result.race.final(SMALLEST, "train_loss")
    solved = result.race.final(SMALLEST, "train_score") == 1
    edges = np.linspace(0, max(0.3, float(np.where(np.isfinite(losses), losses, 0).max()) * 1.02), 31)
    traces: list[dict[str, object]] = []
    for found, text, hue in ((solved, "all four right", SOLVED), (~solved, "not all right", STUCK)):
        counts = np.histogram(losses[found], edges)[0]
        middle, common = (edges[1:] + edges[:-1]) / 2, {"name": text, "legendgroup": text}
        traces.append(common | {"type": "bar", "x": middle, "y": counts, "marker": {"color": hue}})
        dots = {"x": losses[found], "y": np.maximum(result.norms[found], 1e-16), "mode": "markers", "yaxis": "y2"}
        look = {"color": hue, "size": 7, "opacity": 0.6}
        traces.append(common | dots | {"type": "scatter", "marker": look, "showlegend": False})
    frame = stacked("training loss", "trainings", "size of gradient", 420, barmode="stack", bargap=0.05)
    frame["yaxis2"] |= {"type": "log", "exponentformat": "power"}
    return Chart(traces, frame)


def wells(result: Result) -> Chart:
    """The two curves with all starts on them, by whether they lead to the lowest point."""
    traces: list[dict[str, object]] = []
    for axis, well in zip(("y", "y2"), result.wells.values(), strict=True):
        curve = {"x": well.x, "y": well.y, "mode": "lines", "line": {"color": NEUTRAL, "width": 2}, "showlegend": False}
        traces.append(curve | {"type": "scatter", "yaxis": axis, "hoverinfo": "skip"})
        good = np.abs(well.ends - well.lowest) < 0.1
        for found, text, hue in ((good, "leads to the lowest point", SOLVED), (~good, "leads elsewhere", STUCK)):
            spots = {"x": well.starts[found], "y": np.interp(well.starts[found], well.x, well.y), "mode": "markers"}
            look = {"color": hue, "size": 7, "opacity": 0.5}
            spots |= {"marker": look, "name": text, "legendgroup": text, "showlegend": axis == "y2", "hoverinfo": "x"}
            traces.append(spots | {"type": "scatter", "yaxis": axis})
    names = list(result.wells)
    frame = stacked("x, where it starts", f"f(x), {names[0]}", f"f(x), {names[1]}", 420)
    return Chart(traces, frame)


def data(result: Result) -> Chart:
    """The training loss of every seed on the data, which is the same for all."""
    if not result.race.started:
        return empty(WAIT)
    steps, losses = result.race.steps("data"), result.race.values("data", "train_loss")
    traces = [
        {
            "type": "scatter",
            "x": steps,
            "y": losses[:, seed],
            "mode": "lines",
            "line": {"width": 1.5, "color": color("tanh")},
            "opacity": 0.6,
            "name": f"seed {run.seed}",
            "showlegend": False,
        }
        for seed, run in enumerate(result.race.runs["data"])
    ]
    title = f"training loss on {words(result.settings.dataset)}"
    return Chart(traces, layout("updates", title)).update_yaxes(FEW_TICKS)


def maps(result: Result) -> Chart:
    """What the first trainings of the smallest network say about the plane."""
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


def standing(result: Result) -> str:
    """How many trainings of the smallest network and of the widest are right."""
    if not result.race.started:
        return ""
    small, wide = result.solved(SMALLEST), max(result.settings.widths, default=2)
    large = result.solved(name(wide, 1))
    return (
        f"All four rows are right at this moment: {small.successes} of {small.trials} trainings with 2 units, "
        f"{large.successes} of {large.trials} with {wide}."
    )


FIRST = fates  # what the trial shows while this experiment runs
