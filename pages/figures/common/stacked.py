"""Two charts over one another on the same horizontal axis."""

from typing import Any

from pages.figures.common.style import layout


def stacked(x: str, top: str, bottom: str, height: int = 380, **more: Any) -> dict[str, Any]:
    """A layout of an upper chart on (x, y) and a lower one on (x, y2), with their titles."""
    base: dict[str, Any] = layout(x, top, height, **more)
    base["xaxis"] |= {"anchor": "y2"}
    base["yaxis"] |= {"domain": [0.54, 1.0]}
    return base | {"yaxis2": {"title": {"text": bottom}, "domain": [0.0, 0.46]}}


def below(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The traces in the lower chart, without a second entry in the legend."""
    return [trace | {"yaxis": "y2", "showlegend": False} for trace in traces]
