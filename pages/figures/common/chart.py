"""A plotly figure as plain data: plotly's own class checks every property, half of what a crowded server had to do."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from plotly.utils import PlotlyJSONEncoder


class Chart:
    """Traces and a layout as plotly.js takes them; the methods are named as those of `plotly.graph_objects.Figure`.

    Nothing is checked here: the tests let plotly's own class check the chart of every page.
    """

    def __init__(self, data: Sequence[dict[str, Any]], layout: Mapping[str, Any]):
        self.data, self.layout = list(data), dict(layout)

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
        return json.dumps(self.to_dict(), cls=_Encoder, separators=(",", ":"))


class _Encoder(PlotlyJSONEncoder):
    """Arrays of floats in the form that takes least to write and to read, all else as plotly writes it."""

    def default(self, obj: Any) -> Any:
        if isinstance(obj, np.ndarray) and obj.dtype.kind == "f" and obj.size:
            typed = {"dtype": f"f{obj.itemsize}", "bdata": base64.b64encode(obj.tobytes()).decode()}
            return typed | ({"shape": ",".join(map(str, obj.shape))} if obj.ndim > 1 else {})
        return super().default(obj)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), Mapping):
            into[name] = dict(into[name])  # which may be shared with other charts
            _merge(into[name], value)
        else:
            into[name] = value
