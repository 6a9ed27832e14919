"""Traces for plotly.js: lines, marks, bars, heat maps, and the spread over seeds.

Further keyword arguments are Plotly's properties of the trace.
"""

from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from plotly.colors import sample_colorscale

from core.minimizers.landscapes import Landscape
from pages.figures.common import style
from pages.figures.common.style import NEUTRAL, PALETTE, SEQUENTIAL, faded, mark
from pages.figures.common.words import words

Trace = dict[str, Any]
EVEN = 0.179  # luminance on which black and white stand out alike, 4.6 to 1


def line(
    x: Any, y: Any, name: str | None = None, color: str = NEUTRAL, width: float = 2, dash: Any = None, **more: Any
) -> Trace:
    """A line through the points (x, y)."""
    return _scatter("lines", x, y, name, {"line": _given(color=color, width=width, dash=dash)} | more)


def dotted(x: Any, y: Any, name: str, color: str = NEUTRAL, dash: str = "dot", **more: Any) -> Trace:
    """A reference line."""
    return line(x, y, name, color, 1.5, dash, **more)


def marks(
    x: Any, y: Any, name: str | None = None, color: Any = None, size: Any = None, symbol: Any = None, **more: Any
) -> Trace:
    """A mark at each point, with `text` beside it if given; color, size and symbol are shared or one per point.

    `opacity` and `edge`, the line around it, are those of each mark.
    """
    look = _given(color=color, size=size, symbol=symbol, opacity=more.pop("opacity", None), line=more.pop("edge", None))
    return _scatter("markers+text" if "text" in more else "markers", x, y, name, {"marker": look} | more)


def joined(
    x: Any, y: Any, name: str | None = None, color: str = NEUTRAL, size: Any = None, symbol: Any = None, **more: Any
) -> Trace:
    """Marks with a line through them."""
    both = line(x, y, name, color, **more) | {"mode": "lines+markers"}
    return marks(x, y, name, color, size, symbol) | both


def _scatter(mode: str, x: Any, y: Any, name: str | None, more: Trace) -> Trace:
    return _given(type="scatter", mode=mode, x=x, y=y, name=name) | more


def _given(**properties: Any) -> Trace:
    """The properties that are not None; Plotly has defaults for the others."""
    return {name: value for name, value in properties.items() if value is not None}


def strokes(x: Any, y: Any, name: str | None = None, color: str = NEUTRAL, width: float = 1, **more: Any) -> Trace:
    """Many lines in one trace, separated by gaps: y (lines, points), x of the same shape or (points,)."""
    y = np.asarray(y, float)
    gap = np.full((len(y), 1), np.nan)
    x, y = (np.hstack([each, gap]).ravel() for each in (np.broadcast_to(x, y.shape), y))
    return line(x, y, name, color, width, hoverinfo="skip", **more)


def bars(x: Any, y: Any, name: str | None = None, color: Any = None, **more: Any) -> Trace:
    """Bars, with the `text` of each at its end if given."""
    outside = {"textposition": "outside", "cliponaxis": False} if "text" in more else {}
    return _given(type="bar", x=x, y=y, name=name, marker={"color": color}) | outside | more


def heatmap(x: Any, y: Any, z: Any, colors: Any = SEQUENTIAL, cells: Any = None, **more: Any) -> Trace:
    """Values z as colours, with text in each cell if given, which a tooltip has as `hovertext`."""
    drawn = {"type": "heatmap", "x": x, "y": y, "z": z, "colorscale": colors, "showscale": False} | more
    if cells is not None:
        font = drawn.get("textfont", {"size": 12})  # otherwise plotly fits the markup into the cell, not the text
        drawn |= {"text": _inked(cells, drawn), "hovertext": cells, "texttemplate": "%{text}", "textfont": font}
    return drawn


def _inked(cells: Any, drawn: Trace) -> list[list[str]]:
    """The text of each cell in black or white, whichever stands out more from its colour."""
    z = np.array(drawn["z"], float)
    known = z[np.isfinite(z)]
    low, high = drawn.get("zmin", known.min(initial=np.inf)), drawn.get("zmax", known.max(initial=-np.inf))
    shares = np.clip(np.where(np.isfinite(z), (z - low) / (high - low if high > low else 1), 0), 0, 1)
    shares = 1 - shares if drawn.get("reversescale") else shares
    inks = np.where(luminances(drawn["colorscale"], shares) > EVEN, "#000000", "#ffffff")
    texts = np.array(cells, str)
    inked = np.char.add(np.char.add(np.char.add('<span style="color: ', inks), '">'), np.char.add(texts, "</span>"))
    return np.where(np.isfinite(z), inked, texts).tolist()


def luminances(colors: Any, shares: np.ndarray) -> np.ndarray:
    """Relative luminance, as WCAG 2 defines it, of a colour scale at shares from 0 to 1."""
    rgb = np.array(sample_colorscale(colors, shares.ravel(), colortype="tuple"))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return (linear @ [0.2126, 0.7152, 0.0722]).reshape(shares.shape)


def terrain(landscape: Landscape, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid over a landscape: x (side,), y (side,), heights (side, side)."""
    x, y = (np.linspace(low, high, side) for low, high in landscape.bounds)
    return x, y, landscape.value(np.stack(np.meshgrid(x, y), axis=-1))


def reach(
    middle: Sequence[float], found: Sequence[Any], scale: float = 1, thickness: float = 2, color: str = NEUTRAL
) -> Trace:
    """Error bars from `low` to `high` of Differences or Shares, around the middle of each, everything times `scale`."""
    above = [scale * (each.high - value) for value, each in zip(middle, found, strict=True)]
    below = [scale * (value - each.low) for value, each in zip(middle, found, strict=True)]
    return {"type": "data", "array": above, "arrayminus": below, "thickness": thickness, "color": color}


def percent(x: Any, found: Sequence[Any], name: str | None = None, color: str = NEUTRAL, **more: Any) -> Trace:
    """Shares in percent with their intervals, joined by a line."""
    values = [each.value for each in found]
    told: Trace = {"hovertext": list(map(str, found)), "hoverinfo": "text", "error_y": reach(values, found, 100)}
    return joined(x, [100 * value for value in values], name, color, 11, cliponaxis=False, **told, **more)


def medians(values: np.ndarray) -> np.ndarray:
    """Median (T,) over the seeds with a finite value, NaN if there is none; values (T, seeds)."""
    ordered, rows, count = np.sort(finite(values)), np.arange(len(values)), np.isfinite(values).sum(axis=1)
    return ordered[rows, (count - 1) // 2] / 2 + ordered[rows, count // 2] / 2  # NaN sorts last


def finite(values: np.ndarray) -> np.ndarray:
    """Values with NaN, drawn as a gap, wherever they are not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def band(
    family: str,
    x: Any,
    values: np.ndarray,
    name: str = "",
    color: str = "",
    dash: str | None = None,
    alpha: float = 0.12,
) -> list[Trace]:
    """Median over seeds as a line, and the range of the seeds as a band; x (T,), values (T, seeds)."""
    name, color = name or words(family), color or style.color(family)
    some = np.isfinite(values).any(axis=1)
    x, values = x[some], finite(values[some])
    low, high = (pick(values, axis=1) if len(x) else x for pick in (np.nanmin, np.nanmax))
    corners = np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])
    look = {"line": {"width": 0}, "fill": "toself", "fillcolor": faded(color, alpha)}
    silent = {"hoverinfo": "skip", "showlegend": False, "legendgroup": name}
    area = _scatter("lines", *corners, None, look | silent)  # the default mode puts marks on the corners of short bands
    return [area, line(x, medians(values), name, color, dash=dash, legendgroup=name)]


def bands(x: Any, values: np.ndarray, names: Iterable[str]) -> list[Trace]:
    """A band for each name, in the order of the palette; x (T,), values (T, names, seeds)."""
    look = zip(names, cycle(PALETTE), strict=False)
    return [trace for k, (name, hue) in enumerate(look) for trace in band("", np.asarray(x), values[:, k], name, hue)]


def dots(family: str, x: Any, values: np.ndarray, name: str = "", color: str = "") -> list[Trace]:
    """A mark for each seed, and a line through the medians of the finite values; x (T,), values (T, R)."""
    name, values = name or words(family), finite(values)
    look: Trace = {"name": name, "legendgroup": name, "color": color or style.color(family), "symbol": mark(family)}
    each = marks(np.repeat(x, values.shape[1]), values.ravel(), size=6, opacity=0.4, showlegend=False, **look)
    return [each, joined(x, medians(values), size=9, **look)]
