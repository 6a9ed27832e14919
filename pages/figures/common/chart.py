"""A Plotly figure as plain data: Plotly's own class checks every property, which took half of a busy server's time."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from plotly.io.json import to_json_plotly


class Chart:
    """Traces and a layout for plotly.js; methods have the names of `plotly.graph_objects.Figure`.

    Nothing is checked here: tests check the chart of every page with Plotly's own class.
    """

    def __init__(self, data: Sequence[dict[str, Any]], layout: Mapping[str, Any]):
        self.data, self.layout = list(data), dict(layout)
        self.title, self.caption = "", ""  # if it shows something other than its panel's title says

    def titled(self, title: str, caption: str) -> Self:
        """The same chart with its own title and caption."""
        self.title, self.caption = title, caption
        return self

    def update_layout(self, more: Mapping[str, Any] | None = None, **named: Any) -> Self:
        """Merge into the layout, and into the mappings in it."""
        _merge(self.layout, {**(more or {}), **named})
        return self

    def update_xaxes(self, more: Mapping[str, Any] | None = None, **named: Any) -> Self:
        """Merge into every horizontal axis."""
        return self._update_axes("xaxis", {**(more or {}), **named})

    def update_yaxes(self, more: Mapping[str, Any] | None = None, **named: Any) -> Self:
        """Merge into every vertical axis."""
        return self._update_axes("yaxis", {**(more or {}), **named})

    def _update_axes(self, kind: str, more: dict[str, Any]) -> Self:
        return self.update_layout({name: more for name in self.layout if name.startswith(kind)})

    def add_annotation(self, **named: Any) -> Self:
        self.layout["annotations"] = [*self.layout.get("annotations", []), named]
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
        else:
            into[name] = value
