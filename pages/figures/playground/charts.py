"""The playground as charts: what the network says, how it learns, and what goes on in its layers."""

from html import escape
from typing import Any

import numpy as np

from core.playground.playground import Playground
from pages.figures.common.chart import Chart
from pages.figures.common.decision import decision
from pages.figures.common.style import NEUTRAL, PALETTE, SEQUENTIAL, empty, layout
from pages.figures.playground.network import network as network

SIDE = 48  # points along a side of the output's picture
TRAIN, TEST, DELTA, GRADIENT = PALETTE[0], PALETTE[1], PALETTE[3], PALETTE[2]
PINNED = {"dash": "dot", "width": 1.6}


def output(result: Playground) -> Chart:
    """What the network says on the plane of the data, with the training samples on it, and the test samples to add."""
    plane = result.plane(SIDE)
    first, second = decision(plane, result.output_map(SIDE), "output")
    train, test = (second, first) if plane.features > 1 else (first, second)
    traces: list[dict[str, Any]] = [first, second]
    train |= {"name": "training samples"}
    if plane.features > 1:
        train["marker"] |= {"size": 7, "line": {"width": 1, "color": "white"}}
        first["opacity"] = 0.6
        tested = plane.place(result.source.X_test, result.source.y_test)[: len(plane.points)]
        marker = train["marker"] | {"color": result.source.y_test[: len(tested)], "symbol": "diamond"}
        here = {"x": tested[:, 0], "y": tested[:, 1], "marker": marker, "visible": "legendonly"}
        traces.append(train | here | {"name": "test samples"})
        first["showlegend"] = False
    else:
        test |= {"name": "the network"}
    return Chart(traces, layout(*plane.axes, height=420))


def losses(result: Playground, pinned: Playground | None = None) -> Chart:
    """Training and test loss without the penalty, and the penalty beside them; those of the pinned run dotted."""
    curves = []
    for run, prefix, look in ((pinned, "pinned: ", PINNED), (result, "", {"width": 2})):
        if run is None:
            continue
        history = run.history
        curves += [
            _line(history.step, history.train_loss, f"{prefix}training", TRAIN, look),
            _line(history.step, history.test_loss, f"{prefix}test", TEST, look),
        ]
        if history.penalty.max(initial=0) > 0:
            curves.append(_line(history.step, history.penalty, f"{prefix}penalty, not in the loss", NEUTRAL, look))
    figure = Chart(curves, layout("updates", "loss, without penalty"))
    return figure.update_yaxes(type="log", exponentformat="power")


def scores(result: Playground, pinned: Playground | None = None) -> Chart:
    """Training and test score beside what a majority vote and a linear model reach on the test samples."""
    curves = []
    for run, prefix, look in ((pinned, "pinned: ", PINNED), (result, "", {"width": 2})):
        if run is not None:
            history = run.history
            curves.append(_line(history.step, history.train_score, f"{prefix}training", TRAIN, look))
            curves.append(_line(history.step, history.test_score, f"{prefix}test", TEST, look))
    ends = np.array([0, max(result.step, 1)])
    for (name, score), color in zip(result.baselines().items(), (PALETTE[5], PALETTE[2]), strict=True):
        line = {"dash": "dash", "width": 1.5}
        curves.append(_line(ends, np.full(2, score), f"{name} model, test", color, line))
    name = "accuracy" if result.score == "accuracy" else "R²"
    return Chart(curves, layout("updates", name))


def _line(x: np.ndarray, y: np.ndarray, name: str, color: str, line: dict[str, Any]) -> dict[str, Any]:
    y = np.asarray(y, float).reshape(len(x), -1)[:, 0]
    mode = "lines" if len(x) > 1 else "markers"
    look = {"type": "scatter", "mode": mode, "name": name, "line": line | {"color": color}}
    return look | {"x": x, "y": np.where(np.isfinite(y), y, np.nan), "marker": {"color": color}}


def norms(result: Playground, pinned: Playground | None = None) -> Chart:
    """Size of the deltas and of the weights' gradients by layer, in the last batch that went back."""
    curves = []
    for run, prefix, look in ((pinned, "pinned: ", PINNED), (result, "", {"width": 2})):
        if run is None:
            continue
        inside = run.inside()
        layers = np.arange(1, len(inside.delta_norms) + 1)
        for values, name, color in (
            (inside.delta_norms, "δ = dL/dz", DELTA),
            (inside.gradient_norms, "dL/dW", GRADIENT),
            (inside.weight_norms, "W", TRAIN),
        ):
            line = _line(layers, np.where(values > 0, values, np.nan), f"{prefix}{name}", color, look)
            curves.append(line | {"mode": "lines+markers"})
    figure = Chart(curves, layout("layer of weights (1 is next to the inputs)", "norm"))
    return figure.update_yaxes(type="log", exponentformat="power").update_xaxes(dtick=1)


def idle_units(result: Playground, pinned: Playground | None = None) -> Chart:
    """Shares of dead and of saturated hidden units by layer, on the last batch that went back."""
    if not result.settings.hidden:
        return empty("There are no hidden units: add a layer.")
    bars: list[dict[str, Any]] = []
    for run, prefix, opacity in ((pinned, "pinned: ", 0.4), (result, "", 1.0)):
        if run is None:
            continue
        inside = run.inside()
        for values, name, color in ((inside.dead, "dead", PALETTE[7]), (inside.saturated, "saturated", PALETTE[4])):
            bar = {"type": "bar", "x": np.arange(1, len(values) + 1), "y": values, "name": f"{prefix}{name}"}
            bars.append(bar | {"marker": {"color": color}, "opacity": opacity})
    figure = Chart(bars, layout("hidden layer", "share of its units"))
    if not any(bar["y"].any() for bar in bars):
        figure.add_annotation(text="None: all units learn.", showarrow=False, xref="paper", x=0.5, y=0.5)
    return figure.update_yaxes(range=[0, 1], tickformat=".0%").update_xaxes(dtick=1)


def answers(result: Playground) -> Chart:
    """The answers to the test samples: a confusion matrix, or predicted against true values."""
    counts = result.confusion()
    if counts is None:
        return _against_truth(result)
    names = list(map(escape, result.source.labels)) or [str(k) for k in range(len(counts))]
    heat = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": counts,
        "text": counts if len(counts) <= 20 else None,
        "texttemplate": "%{text}" if len(counts) <= 20 else "",
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "hovertemplate": "%{z} test samples of class %{y}<br>taken for class %{x}<extra></extra>",
    }
    figure = Chart([heat], layout("class that the network says", "true class"))
    return figure.update_xaxes(type="category").update_yaxes(type="category", autorange="reversed")


def _against_truth(result: Playground) -> Chart:
    true, said = result.data.y_test, result.predicted()
    dots = {"type": "scatter", "x": true, "y": said, "mode": "markers", "name": "test samples"}
    ends = [float(true.min()), float(true.max())]
    line = {"type": "scatter", "x": ends, "y": ends, "mode": "lines", "name": "right"}
    traces: list[dict[str, Any]] = [
        dots | {"marker": {"size": 5, "color": TEST, "opacity": 0.6}},
        line | {"line": {"color": NEUTRAL}},
    ]
    return Chart(traces, layout("true value, standardized", "what the network says"))


def canvas(points: list[tuple[float, float, str]]) -> Chart:
    """A plane to click points into: the points so far, and a grid of invisible places to click on."""
    ticks = np.linspace(-3, 3, 41)
    x, y = (axis.ravel() for axis in np.meshgrid(ticks, ticks))
    place = {"type": "scatter", "x": x, "y": y, "mode": "markers", "marker": {"size": 11, "opacity": 0}}
    traces: list[dict[str, Any]] = [place | {"hovertemplate": "%{x:.2f}, %{y:.2f}<extra></extra>", "showlegend": False}]
    for number, label in enumerate(sorted({point[2] for point in points})):
        own = np.array([point[:2] for point in points if point[2] == label])
        marker = {"size": 9, "color": PALETTE[number % len(PALETTE)], "line": {"width": 1, "color": "white"}}
        dots = {"type": "scatter", "x": own[:, 0], "y": own[:, 1], "mode": "markers", "marker": marker}
        traces.append(dots | {"name": label, "hoverinfo": "skip"})
    return Chart(traces, layout("x", "y", height=380, clickmode="event+select"))
