"""Charts of a sweep."""

from functools import partial
from textwrap import wrap

import numpy as np

from core.studies.sweeps.study import Result, described, link, title
from core.studies.wording import number
from core.sweep import reading
from pages.figures.common import traces
from pages.figures.common.plots import Parts, chart
from pages.figures.common.style import NEUTRAL, PALETTE, color
from pages.figures.common.traces import Trace, bars, finite, line, marks, reach, strokes
from pages.figures.common.words import spoken, words

SHOWN = 10  # points in the ranking
MOST_LINES = 400  # points in the parallel coordinates
LINE = 26  # letters that fit on a phone
PLAYGROUND = "playground?"
WAIT = "No choice of settings has a result for every seed yet."

begun = partial(chart, when=lambda result: not result.table.empty, wait=WAIT)


@begun()
def heatmap(result: Result, down: str | None = None, across: str = "lr") -> Parts:
    """The best network in each cell, mean over seeds; darker is better. Click a cell to open it in the playground."""
    others = [axis for axis in result.axes if axis != across]
    down = down or max(others, key=lambda axis: result.table[axis].nunique(), default=across)
    found = reading.cells(result.table, down, across, result.metric)
    rows, columns = found["down"].cat.categories, found["across"].cat.categories
    found["text"] = np.where(np.isfinite(found["cost"]), found["mean"].map(number), "failed")
    found["link"] = [PLAYGROUND + link(result, point) for point in found["point"]]
    grid = found.set_index(["down", "across"])[["cost", "text", "link"]].unstack()
    cost, *told = (grid[part].reindex(index=rows, columns=columns) for part in ("cost", "text", "link"))
    texts, links = (each.astype(object).fillna("").to_numpy() for each in told)  # a level may have no point
    z = values = finite(cost.to_numpy(float))
    if not result.metric.endswith("score"):  # a loss of 0 gets the colour of the smallest positive loss, or of 1
        z = np.log10(np.maximum(values, np.min(values, where=values > 0, initial=1.0)))
    known = z[np.isfinite(z)]  # one run that explodes must not leave one colour for all others
    most = 1.0 if result.metric.endswith("score") else float(np.median(known)) + 1 if len(known) else 0.0
    ends = {"zmin": known.min(), "zmax": min(known.max(), max(most, known.min()))} if len(known) else {}
    hover = f"{title(down)} %{{y}}<br>{title(across)} %{{x}}<br>%{{hovertext}}<extra>click to open it</extra>"
    look: Trace = {"hovertemplate": hover, "customdata": links, "xgap": 2, "ygap": 2}  # for costs, darker is better
    yield traces.heatmap(list(columns), list(map(words, rows)), z, cells=texts, **look, **ends)
    yield {"xaxis": {"type": "category", "title": {"text": title(across)}}}
    yield {"yaxis": {"type": "category", "autorange": "reversed", "title": {"text": title(down)}}}


def named(result: Result, point: int) -> str:
    """A point as people write it, in short lines."""
    return "<br>".join(wrap(spoken(described(result, point)), LINE))


@begun(height=440)
def ladder(result: Result) -> Parts:
    """The best ten with 95 % intervals over seeds. Filled: indistinguishable from the best in paired comparisons."""
    found = reading.standings(result.table, result.axes, result.metric)
    found = found[(found["failed"] == 0) & (found["rung"] == found["rung"].max())].head(SHOWN)
    names = {point: named(result, point) for point in found["point"]}
    alike = {*found["point"].head(1), *reading.indistinguishable(result.table, result.metric)}
    for name, same, symbol in (("indistinguishable from the best", True, "circle"), ("worse", False, "circle-open")):
        some = [row for row in found.itertuples() if (row.point in alike) == same]
        means, hue = [row.mean for row in some], PALETTE[0] if same else NEUTRAL
        links = [PLAYGROUND + link(result, row.point) for row in some]
        intervals = reach(means, some, thickness=1.5, color=hue)
        rows = [names[row.point] for row in some]
        if some:
            yield marks(means, rows, name, hue, 10, symbol, error_x=intervals, customdata=links)
    yield {"xaxis": {"title": {"text": result.metric.replace("_", " ")}}}
    yield {"yaxis": {"type": "category", "categoryorder": "array", "categoryarray": list(names.values())[::-1]}}


@begun("rank (0 best, 1 worst)", xaxis={"range": [0, 1]}, yaxis={"autorange": "reversed"})
def effects(result: Result) -> Parts:
    """Mean rank of all runs with that value, over all other settings. Dots: seeds."""
    found = reading.effects(result.table, result.axes, result.metric)
    for place, axis in enumerate(result.axes):
        own, hue = found[found["axis"] == axis], PALETTE[place % len(PALETTE)]
        means = own.groupby("level", sort=False)["place"].mean()
        names, levels = ([[title(axis)] * len(each), list(map(words, each))] for each in (own["level"], means.index))
        look: Trace = {"name": title(axis), "color": hue, "legendgroup": axis, "showlegend": False}
        yield bars(means, levels, orientation="h", opacity=0.55, **look)
        yield marks(own["place"], names, size=5, **look)
    yield {"height": max(380, 26 * found[["axis", "level"]].drop_duplicates().shape[0] + 90)}


@begun(yaxis={"visible": False, "range": [-0.08, 1.08]})
def parallel(result: Result) -> Parts:
    """Each line is a combination, from its settings on the left to its rank on the right."""
    found = reading.standings(result.table, result.axes, result.metric)
    found = found.sort_values("cost", kind="stable").head(MOST_LINES)
    places, names = [], []
    look: Trace = {"showarrow": False, "xanchor": "left", "xshift": 4, "font": {"size": 11, "shadow": "auto"}}
    for place, axis in enumerate(result.axes):
        level = reading.levels(found.sort_values("point")[axis]).loc[found.index]
        top = max(1, len(level.cat.categories) - 1)
        places.append(level.cat.codes.to_numpy() / top)
        for code, name in enumerate(level.cat.categories):
            names.append(look | {"x": place, "y": code / top, "text": words(name)})
    order = np.arange(len(found)) / max(1, len(found) - 1)
    heights = np.column_stack([*places, 1 - order])
    heights[:, :-1] += 0.03 * (order[:, None] - 0.5)  # lines through the same values lie side by side
    best, x = order <= 0.25, np.arange(heights.shape[1])
    yield strokes(x, heights[~best], "the rest", NEUTRAL, 1.2, opacity=0.25)
    yield strokes(x, heights[best], "the best quarter", PALETTE[1], 1.2, opacity=0.8)
    titles = [*map(title, result.axes), "best drawn on top"]
    ticks = {"tickvals": x.tolist(), "ticktext": titles, "tickfont": {"size": 11}, "range": [-0.2, len(titles) - 0.4]}
    yield {"annotations": names, "xaxis": ticks}


@begun(y="share of seeds", yaxis={"range": [-0.03, 1.03]})
def profile(result: Result) -> Parts:
    """Performance profile: the share of seeds on which each is at most this many times slower than the fastest, with
    its best choice of the other settings. Higher and further left is better."""
    contestant = next((axis for axis in result.axes if result.table[axis].dtype.kind not in "if"), "lr")
    wanted = result.target()
    if not np.isfinite(wanted):
        return
    found = reading.profile(result.table, result.axes, contestant, result.metric, wanted)
    end = 1.1 * found["ratio"].max() if len(found) else 2.0
    for place, name in enumerate(dict.fromkeys(reading.levels(result.table[contestant]))):
        own = found[found["contestant"] == name]
        ratios, shares = [1.0, *own["ratio"], end], [0.0, *own["share"], own["share"].max() if len(own) else 0.0]
        hue = color(name) if contestant in ("optimizer", "activation") else PALETTE[place % len(PALETTE)]
        steps = line(ratios, shares, words(name), hue)
        yield steps | {"line": steps["line"] | {"shape": "hv"}}
    sign = -1 if result.metric.endswith("score") else 1
    x = f"epochs / fastest, to {result.metric.replace('_', ' ')} {sign * wanted:.3g}"
    yield {"xaxis": {"type": "log" if end > 30 else "linear", "title": {"text": x}}}
