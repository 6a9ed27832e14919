"""Whole charts: one or two pairs of axes, a message until there is data, and how rates were tuned."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, wraps
from textwrap import wrap
from typing import Any, Self

import numpy as np
from plotly.io.json import to_json_plotly

from core.studies.race import Race
from core.studies.wording import listed
from pages.figures.common.style import NEUTRAL, POWERS, color, faded
from pages.figures.common.traces import Trace, band, finite, strokes
from pages.figures.common.words import spoken, words

WAIT = "The race starts once the learning rates are tuned."
SHARED = "First: does the shared rate work on other seeds?", "Each line is one run. The race uses the same rate."
CLICKED = "clicked"  # layout's `meta` of a chart in which a point can be chosen
NAMED, SHORT = 7, 14  # most lines that are named at their ends, and most letters of a name: a phone is narrow
DASHES = ["solid", "dash", "dashdot", "longdash", "longdashdot"]  # of lines that share a colour
LINE, LETTERS = 16, 42  # height of a line of text in pixels, and its most letters
LOWEST = -1  # score that is drawn: R² of numbers has no lower end
EXPLODED = 10  # times the initial loss, above which a tuning run is not drawn

Frame = dict[str, Any]  # parts of plotly's layout
Parts = Iterable[Trace | Frame | Sequence[Trace]]  # of a chart; traces have a type


class Chart:
    """A Plotly figure as plain data, whose methods have the names of `plotly.graph_objects.Figure`.

    Plotly's own class checks every property, which took half of a busy server's time; here tests do.
    """

    def __init__(self, data: Sequence[dict[str, Any]], layout: Mapping[str, Any]):
        self.data, self.layout = list(data), dict(layout)
        self.title, self.caption = "", ""  # if it shows something other than its panel's title says

    def titled(self, title: str, caption: str) -> Self:
        """The same chart with its own title and caption."""
        self.title, self.caption = title, caption
        return self

    def update_layout(self, more: Mapping[str, Any] | None = None, **named: Any) -> Self:
        """Merge into the layout, and into the mappings in it; shapes and annotations are added."""
        _merge(self.layout, {**(more or {}), **named})
        return self

    def to_dict(self) -> dict[str, Any]:
        return {"data": self.data, "layout": self.layout}

    def to_json(self) -> str:
        return to_json_plotly(typed(self.to_dict()))


def typed(value: Any) -> Any:
    """The same with arrays of floats and of bytes in the form that takes least to write and to read."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fu" and value.size:
        array = {"dtype": f"{value.dtype.kind}{value.itemsize}", "bdata": base64.b64encode(value.tobytes()).decode()}
        return array | ({"shape": ",".join(map(str, value.shape))} if value.ndim > 1 else {})
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items()}
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict | np.ndarray):
        return [typed(each) for each in value]
    return value


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), Mapping):
            into[name] = dict(into[name])  # may be shared with other charts
            _merge(into[name], value)
        elif name in ("shapes", "annotations"):
            into[name] = [*into.get(name, ()), *value]
        else:
            into[name] = value


def chart(
    x: str = "",
    y: str = "",
    below: str = "",
    height: int = 380,
    when: Callable[[Any], object] = lambda result: True,
    wait: str = "",
    instead: Callable[[Any], Chart | None] = lambda result: None,
    ends: bool = False,
    none: str = "",
    **frame: Any,
) -> Callable[[Callable[..., Parts]], Callable[..., Chart]]:
    """Decorator: a function that yields the parts of a chart, about a result, becomes one that draws them.

    Titles of axes may quote the result's `settings` in braces. The message `wait` stands there until `when` holds of
    the result and there are traces; `instead` may give another chart meanwhile. ends: lines are `named` at their ends.
    none: said on axes whose traces have no finite value.
    """

    def decorated(draw: Callable[..., Parts]) -> Callable[..., Chart]:
        @wraps(draw, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
        def figure(result: Any, *rest: Any, **named_parts: Any) -> Chart:
            if other := instead(result):
                return other
            if not when(result):
                return empty(wait, height)
            across, up, down = (title.format(settings=getattr(result, "settings", None)) for title in (x, y, below))
            drawn = plot(draw(result, *rest, **named_parts), across, up, down, height, wait, **frame)
            if none and not any(np.isfinite(np.asarray(each["y"], float)).any() for each in drawn.data):
                drawn.update_layout(note(none, 0.5, 0.5, opacity=0.7))
            return named(drawn) if ends else drawn

        return figure

    return decorated


def plot(
    parts: Parts, x: str = "", y: str = "", below: str = "", height: int = 380, wait: str = "", **more: Any
) -> Chart:
    """Traces, lists of them and parts of the layout on titled axes, or the message `wait` if there are no traces.

    below: the title of a second vertical axis, for traces made `lower`. `more` is for the layout.
    """
    every = flat(parts)
    traces = told_apart([each for each in every if "type" in each])
    if wait and not traces:
        return empty(wait, height)
    known = {each["name"] for each in traces if each.get("name") and each.get("showlegend", True)}
    room = LINE * max(0, len(known) - NAMED) // 2  # for the legend: on a phone two or three names share a line
    drawn = Chart(traces, layout(x, y, height + room))
    if below:
        under = {"title": {"text": below}, "domain": [0.0, 0.46]}
        drawn.update_layout(xaxis={"anchor": "y2"}, yaxis={"domain": [0.54, 1.0]}, yaxis2=under)
    for frame in (more, *(each for each in every if "type" not in each)):
        drawn.update_layout(frame)
    return drawn


def flat(parts: Parts) -> list[Trace]:
    """The parts, those of lists as well."""
    return [part for each in parts for part in ([each] if isinstance(each, dict) else each)]


def layout(x: str, y: str, height: int) -> Frame:
    """Axis titles, margins and a legend above the chart, in view with the lines."""
    return {
        "xaxis": {"title": {"text": x}},
        "yaxis": {"title": {"text": y}},
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0},
        "hovermode": "closest",
    }


def told_apart(traces: Sequence[Trace]) -> list[Trace]:
    """The traces, with dashes for solid lines whose colour another name in the legend has already."""
    names: dict[str, dict[str, str]] = {}  # of each colour, in their order: the dash of each name
    plain = [each for each in traces if "lines" in each.get("mode", "") and "dash" not in each.get("line", ())]
    for each in plain:
        if each.get("name") and each.get("showlegend", True) and (hue := each["line"].get("color")):
            known = names.setdefault(hue, {})
            known.setdefault(each["name"], DASHES[len(known) % len(DASHES)])
    drawn = []
    for each in traces:
        stroke = each.get("line", {})
        dash = names.get(str(stroke.get("color")), {}).get(str(each.get("name")), DASHES[0])
        same = dash == DASHES[0] or "dash" in stroke
        drawn.append(each if same else each | {"line": stroke | {"dash": dash}})
    return drawn


def lower(traces: Parts) -> list[Trace]:
    """The traces on the axes below, without entries in the legend."""
    return [trace | {"yaxis": "y2"} for trace in unnamed(traces)]


def unnamed(traces: Parts) -> list[Trace]:
    """The traces without entries in the legend."""
    return [trace | {"showlegend": False} for trace in flat(traces)]


def empty(message: str, height: int = 380) -> Chart:
    """A chart without data yet, with a message that says when there will be some."""
    # a revision different from the later chart's: Plotly would keep its axes and lose their direction
    hidden: Frame = {"xaxis": {"visible": False}, "yaxis": {"visible": False}, "uirevision": "empty"}
    return plot([note(message, 0.5, 0.5, opacity=0.7)], height=height, **hidden)


def note(text: str, x: float, y: float, **more: Any) -> Frame:
    """A text at chart coordinates from 0 to 1, in lines that fit on a phone."""
    place = {"x": x, "y": y, "xref": "paper", "yref": "paper", "showarrow": False}
    return {"annotations": [{"text": "<br>".join(wrap(text, LETTERS))} | place | more]}


def vanished(names: list[str]) -> Frame:
    """A note on lines that a logarithmic axis cannot show."""
    return note(f"0 in the layers before the last: {listed(names)}", 0.98, 0.3, xanchor="right") if names else {}


def level(value: float, axis: str = "y", **more: Any) -> Frame:
    """A dotted line across the whole chart, at a value of one axis."""
    other = "x" if axis == "y" else "y"
    ends = {f"{axis}0": value, f"{axis}1": value, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"shapes": [ends | {"type": "line", "line": {"dash": "dot", "width": 1, "color": NEUTRAL}} | more]}


def within(values: Sequence[np.ndarray], low: float, high: float, axis: str = "yaxis") -> Frame:
    """A vertical axis that ends at `low` and `high`, with a note, if values lie outside: one run must not flatten all.

    Values that are not finite are not drawn, and do not count.
    """
    every = np.concatenate([np.ravel(each) for each in values])
    every = every[np.isfinite(every)]
    if not len(every) or (low <= every.min() and every.max() <= high):
        return {}
    ends = max(low, every.min()), min(high, every.max())
    room = 0.05 * (ends[1] - ends[0])
    side = 0.02 if every.max() <= high else 0.98
    text = note("Values outside this range are not drawn.", 0.98, side, xanchor="right", opacity=0.7)
    return {axis: {"range": [float(ends[0] - room), float(ends[1] + room)]}} | text


def named(chart: Chart) -> Chart:
    """The chart with the name of each line at its end, in its colour, in place of the legend, if few and short."""
    upper = [each for each in chart.data if "yaxis" not in each]
    lines = [each for each in upper if "lines" in each.get("mode", "") and each.get("name")]
    lines = [each for each in lines if each.get("showlegend", True) and np.isfinite(each["y"]).any()]
    if not 0 < len(lines) <= NAMED or max(len(each["name"]) for each in lines) > SHORT:
        return chart
    axis: Frame = chart.layout["yaxis"]
    to = np.log10 if axis.get("type") == "log" else np.asarray
    with np.errstate(all="ignore"):
        heights = [to(finite(np.asarray(each["y"], float))) for each in upper]
    every = np.concatenate([each[np.isfinite(each)] for each in heights])
    low, high = axis.get("range") or (every.min(), every.max())
    ends = [float(to([y for y in each["y"] if np.isfinite(y)][-1])) for each in lines]
    ends = [min(max(end, low), high) for end in ends]
    top, bottom = axis.get("domain", (0, 1))[::-1]
    pixels = (chart.layout["height"] - 60) * (top - bottom) / (high - low or 1)
    told = []
    for each, end, lifted in zip(lines, ends, _apart(pixels * np.array(ends)), strict=True):
        text: Frame = {"text": each["name"], "font": {"color": each["line"]["color"]}, "showarrow": False}
        place: Frame = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 4, "yshift": lifted - pixels * end}
        told.append({"y": end} | text | place)
    width = 10 + 7 * max(len(each["name"]) for each in lines)
    return chart.update_layout(showlegend=False, margin={"r": width}, annotations=told)


def _apart(heights: np.ndarray) -> np.ndarray:
    """The heights in pixels, moved apart so that a line of text fits between two of them, around the same middle."""
    order = np.argsort(heights, kind="stable")
    steps = LINE * np.arange(len(heights))
    raised = np.maximum.accumulate(heights[order] - steps) + steps
    placed = np.empty(len(heights))
    placed[order] = raised - (raised - heights[order]).mean()
    return placed


def rows(names: Sequence[str]) -> Frame:
    """A vertical axis with a name at each of the places 0, 1, 2 ... from top to bottom."""
    return {"tickvals": list(range(len(names))), "ticktext": list(names), "range": [len(names) - 0.5, -0.5]}


def trials(race: Race, families: Mapping[str, str] = {}, what: str = "learning rate", height: int = 380) -> Chart:
    """The training loss of every tuning run so far: one thin line each, in the colour of its family.

    families: the family of each contestant whose name is not that of its family. what: the number that is tuned. Runs
    that explode leave the chart at the top; otherwise the others could not be distinguished.
    """
    if not race.started:
        return empty(WAIT, height)
    heights = {label: finite(race.values(label, "train_loss")) for label in race.runs}
    starts = np.concatenate([losses[0] for losses in heights.values()])
    limit, traces, told = EXPLODED * np.max(starts, where=starts > 0, initial=0), [], set()
    for label, losses in heights.items():
        family = families.get(label, label)
        look, shown = faded(color(family), 0.5), np.where(losses > limit, np.nan, losses)
        traces.append(strokes(race.steps(label), shown.T, spoken(words(family)), look, showlegend=family not in told))
        told.add(family)
    title = f"Tuning first: which {what} suits each contestant?"
    caption = f"Each line is one tuning run with its own {what}. The race uses the best one of each contestant."
    # a separate revision, or the race would keep the range of its axes
    drawn = plot(traces, "updates", "training loss", height=height, yaxis=POWERS, uirevision="trials")
    return drawn.titled(title, caption)


def tuning(
    families: Callable[[Any], Mapping[str, str]] = lambda result: {}, what: str = "learning rate", height: int = 380
) -> Callable[[Any], Chart | None]:
    """The tuning runs `instead` of a chart until the race starts; see `trials`."""

    def instead(result: Any) -> Chart | None:
        if result.race.started:
            return None
        drawn = trials(result.trials, families(result), what, height)
        shared = drawn.title and getattr(result.settings, "rate", "tuned") == "same"
        return drawn.titled(*SHARED) if shared else drawn

    return instead


def contest(race: Race, measure: str, scale: float = 1) -> list[Trace]:
    """A band of a measure, over updates, for each contestant."""
    return flat(band(label, race.steps(label), scale * race.values(label, measure)) for label in race.runs)


raced = partial(chart, when=lambda result: result.race.started, wait=WAIT)
