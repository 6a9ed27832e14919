"""A sweep as charts."""

from textwrap import wrap

import numpy as np
import pandas as pd

from core.studies.sweeps.study import Result, described, link, title
from core.sweep import reading
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, PALETTE, SEQUENTIAL, band, color, empty, layout
from pages.figures.common.words import spoken, words

WAIT = "The first networks are being trained …"
SHOWN = 10  # points on the ladder
MOST_LINES = 400  # points in the parallel coordinates
LEADERS = ["1st", "2nd", "3rd", "4th"]  # points whose curves are drawn
LINE = 26  # letters: a phone has no room for more
PLAYGROUND = "playground?"


def heatmap(result: Result, down: str | None = None, across: str = "lr") -> Chart:
    """The best reached for every pair of values of two settings, whatever the rest; a cell carries the link to it."""
    if result.table.empty:
        return empty(WAIT)
    others = [axis for axis in result.axes if axis != across]
    down = down or max(others, key=lambda axis: result.table[axis].nunique(), default=across)
    found = reading.cells(result.table, down, across, result.metric)
    rows, columns = found["down"].cat.categories, found["across"].cat.categories
    shape = (len(rows), len(columns))
    values, texts, links = np.full(shape, np.nan), np.full(shape, "", object), np.full(shape, "", object)
    for cell in found.itertuples():
        place = rows.get_loc(cell.down), columns.get_loc(cell.across)
        values[place] = cell.cost if np.isfinite(cell.cost) else np.nan
        texts[place] = f"{cell.mean:.3g}" if np.isfinite(cell.cost) else "failed"
        links[place] = PLAYGROUND + link(result, cell.point)
    loss = not result.metric.endswith("score")
    trace = {
        "type": "heatmap",
        "z": np.log10(values) if loss else values,
        "x": list(columns),
        "y": [words(row) for row in rows],
        "text": texts,
        "texttemplate": "%{text}",
        "customdata": links,
        "colorscale": SEQUENTIAL,
        "reversescale": True,  # the better the brighter
        "showscale": False,
        "hovertemplate": f"{title(down)} %{{y}}<br>{title(across)} %{{x}}<br>%{{text}}<extra>click to open it</extra>",
        "xgap": 2,
        "ygap": 2,
    }
    figure = Chart([trace], layout(title(across), title(down)))
    return figure.update_xaxes(type="category").update_yaxes(type="category", autorange="reversed")


def named(result: Result, point: int) -> str:
    """A point in the words of people, in short lines."""
    return "<br>".join(wrap(spoken(described(result, point)), LINE))


def ladder(result: Result) -> Chart:
    """The best points with their intervals over seeds; filled marks cannot be told from the best."""
    if result.table.empty:
        return empty(WAIT)
    found = reading.standings(result.table, result.axes, result.metric)
    found = found[(found["failed"] == 0) & (found["rung"] == found["rung"].max())].head(SHOWN)
    if found.empty:
        return empty("No choice of settings has a result for every seed yet.")
    alike = {int(found["point"].iloc[0]), *reading.indistinguishable(result.table, result.metric)}
    traces = []
    for name, same, symbol in (("not to be told from the best", True, "circle"), ("worse", False, "circle-open")):
        some = found[found["point"].isin(alike) == same]
        traces.append(
            {
                "type": "scatter",
                "x": some["mean"],
                "y": [named(result, point) for point in some["point"]],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": some["high"] - some["mean"],
                    "arrayminus": some["mean"] - some["low"],
                    "thickness": 1.5,
                },
                "mode": "markers",
                "marker": {"size": 10, "symbol": symbol, "color": PALETTE[0] if same else NEUTRAL},
                "customdata": [PLAYGROUND + link(result, point) for point in some["point"]],
                "name": name,
            }
        )
    figure = Chart(traces, layout(result.metric.replace("_", " "), height=440))
    order = [named(result, point) for point in found["point"]]
    return figure.update_yaxes(type="category", categoryorder="array", categoryarray=order[::-1])


def curves(result: Result) -> Chart:
    """The metric along the training of the best points: median and range over seeds."""
    if result.table.empty:
        return empty(WAIT)
    found = reading.standings(result.table, result.axes, result.metric)
    runs, drawn = reading.latest(result.table), []
    for place, point in zip(LEADERS, found[found["failed"] == 0]["point"], strict=False):
        own = runs[runs["point"] == point]
        values = np.array(own["curve"].to_list()).T
        drawn += band(place, f"{place}: {spoken(described(result, point))}", own["epochs"].iloc[0], values)
    if not drawn:
        return empty("No choice of settings has a result for every seed yet.")
    figure = Chart(drawn, layout("epochs", result.metric.replace("_", " ")))
    return figure if result.metric.endswith("score") else figure.update_yaxes(type="log", dtick="D2")


def effects(result: Result) -> Chart:
    """The mean place of the runs with each value of each setting: one mark a seed, a bar for their mean."""
    if result.table.empty:
        return empty(WAIT)
    found = reading.effects(result.table, result.axes, result.metric)
    traces = []
    for number, axis in enumerate(result.axes):
        own = found[found["axis"] == axis]
        names = [[title(axis)] * len(own), [words(level) for level in own["level"]]]
        means = own.groupby("level", sort=False)["place"].mean()
        labels = [[title(axis)] * len(means), [words(level) for level in means.index]]
        look = {"name": title(axis), "legendgroup": axis, "showlegend": False}
        bar = {"type": "bar", "x": means, "y": labels, "orientation": "h", "opacity": 0.55}
        dots = {"type": "scatter", "x": own["place"], "y": names, "mode": "markers"}
        traces.append(look | bar | {"marker": {"color": PALETTE[number % len(PALETTE)]}})
        traces.append(look | dots | {"marker": {"color": PALETTE[number % len(PALETTE)], "size": 5}})
    height = max(380, 26 * found[["axis", "level"]].drop_duplicates().shape[0] + 90)
    figure = Chart(traces, layout("place (0 best, 1 worst)", height=height))
    return figure.update_yaxes(autorange="reversed").update_xaxes(range=[0, 1])


def parallel(result: Result) -> Chart:
    """Every point as a line through its settings to its place: the best quarter in colour, the rest behind it."""
    if result.table.empty:
        return empty(WAIT)
    found = (
        reading.standings(result.table, result.axes, result.metric).sort_values("cost", kind="stable").head(MOST_LINES)
    )
    places, ticks = {}, []
    for number, axis in enumerate(result.axes):
        level = reading.levels(found.sort_values("point")[axis]).loc[found.index]
        top = max(1, len(level.cat.categories) - 1)
        places[axis] = level.cat.codes.to_numpy() / top
        ticks += [(number, code / top, words(name)) for code, name in enumerate(level.cat.categories)]
    order = np.arange(len(found)) / max(1, len(found) - 1)
    heights = np.column_stack([*places.values(), 1 - order])
    heights[:, :-1] += 0.03 * (order[:, None] - 0.5)  # so that lines through the same values lie side by side
    best = order <= 0.25
    traces = [
        _lines(heights[~best], "the rest", NEUTRAL, 0.25),
        _lines(heights[best], "the best quarter", PALETTE[1], 0.8),
    ]
    names = [*map(title, result.axes), "best on top"]
    figure = Chart(traces, layout())
    for x, y, text in ticks:
        look = {"showarrow": False, "xanchor": "left", "xshift": 4, "font": {"size": 11, "shadow": "auto"}}
        figure.add_annotation(x=x, y=y, text=text, **look)
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=names, tickfont={"size": 11}, range=[-0.2, len(names) - 0.4]
    )
    return figure.update_yaxes(visible=False, range=[-0.08, 1.08])


def _lines(heights: np.ndarray, name: str, colour: str, opacity: float) -> dict[str, object]:
    """One trace of many lines, (points, axes), with gaps between them."""
    broken = np.column_stack([heights, np.full(len(heights), np.nan)])
    x = np.tile([*range(heights.shape[1]), np.nan], len(heights))
    line = {"color": colour, "width": 1.2}
    look = {"mode": "lines", "line": line, "opacity": opacity, "name": name, "hoverinfo": "skip"}
    return {"type": "scatter", "x": x, "y": broken.ravel()} | look


def profile(result: Result) -> Chart:
    """Share of the workloads on which each level of a setting is at most so many times slower than the fastest."""
    if result.table.empty:
        return empty(WAIT)
    contestant = next((axis for axis in result.axes if result.table[axis].dtype.kind not in "if"), "lr")
    wanted = result.target()
    if not np.isfinite(wanted):
        return empty("So few runs have a result that there is no target yet.")
    found = reading.profile(result.table, result.axes, contestant, result.metric, wanted)
    end = 1.1 * found["ratio"].max() if len(found) else 2.0
    traces = []
    for place, name in enumerate(dict.fromkeys(reading.levels(result.table[contestant]))):
        own = found[found["contestant"] == name]
        last = own["share"].max() if len(own) else 0.0
        ends = pd.DataFrame({"ratio": [1.0, end], "share": [0.0, last]})
        steps = pd.concat([ends[:1], own, ends[1:]])
        hue = color(name) if contestant in ("optimizer", "activation") else PALETTE[place % len(PALETTE)]
        line = {"shape": "hv", "color": hue, "width": 2}
        look = {"mode": "lines", "line": line, "name": words(name)}
        traces.append({"type": "scatter", "x": steps["ratio"], "y": steps["share"]} | look)
    sign = -1 if result.metric.endswith("score") else 1
    x = f"epochs / fastest, to {result.metric.replace('_', ' ')} {sign * wanted:.3g}"
    figure = Chart(traces, layout(x, "share of the seeds"))
    return figure.update_yaxes(range=[-0.03, 1.03]).update_xaxes(type="log" if end > 30 else "linear")
