"""Depth against convergence as charts."""

import numpy as np

from core.studies.depth import Result, name
from pages.figures.common.chart import Chart
from pages.figures.common.style import FEW_TICKS, color, empty, layout, lines, mark, trials
from pages.figures.common.words import words

WAIT = "The race starts when the learning rates are tuned."
DASHES = ["dashdot", "dot", "dash", "solid"]  # the deeper, the more solid


def loss(result: Result) -> Chart:
    """Training loss by step, one line for each depth and initializer; before the race, the trials of its rates."""
    if not result.race.started:
        return trials(result.trials, "updates") if result.trials.started else empty(WAIT)
    depths = sorted(result.settings.depths)
    curves = []
    for label, (depth, initializer) in result.contestants.items():
        dash = DASHES[-1 - min(3, len(depths) - 1 - depths.index(depth))]
        values = result.race.values(label, "train_loss")
        curves.append((initializer, f"{words(initializer)}, {depth}", result.race.steps(label), values, dash))
    figure = lines(curves, x="updates", y="training loss")
    return figure.update_yaxes(FEW_TICKS)


def score(result: Result) -> Chart:
    """Test score so far by depth, one line for each initializer, one mark for each seed."""
    if not result.race.started:
        return empty(WAIT)
    return _by_depth(result, lambda label: result.race.final(label, "test_score"), "test score")


def steps_to_target(result: Result) -> Chart:
    """Steps to the target loss by depth; seeds that never got there are left out and counted in the table."""
    if not result.race.started:
        return empty(WAIT)
    target = f"updates to a training loss of {result.settings.target:g}"
    return _by_depth(result, lambda label: result.race.first_below(label, result.settings.target), target)


def _by_depth(result: Result, measure, title: str) -> Chart:
    traces = []
    depths = sorted(result.settings.depths)
    for initializer in result.settings.initializers:
        values = np.array([measure(name(depth, initializer)) for depth in depths])
        values = np.where(np.isfinite(values), values, np.nan)
        marker = {"color": color(initializer), "symbol": mark(initializer)}
        group = {"type": "scatter", "legendgroup": initializer, "name": words(initializer)}
        x = np.repeat(depths, values.shape[1])
        dots = {"x": x, "y": values.ravel(), "mode": "markers", "showlegend": False}
        middle = [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in values]
        line = {"x": depths, "y": np.array(middle), "mode": "lines+markers"}
        traces.append(group | dots | {"marker": marker | {"size": 6, "opacity": 0.4}})
        traces.append(group | line | {"marker": marker | {"size": 9}, "line": {"color": color(initializer)}})
    figure = Chart(traces, layout("hidden layers", title))
    return figure.update_yaxes(rangemode="tozero")


def deltas(result: Result) -> Chart:
    """Size of dL/dz by layer in the deepest network, before training."""
    return _by_layer(result, "deltas", "size of δ = dL/dz")


def weight_gradients(result: Result) -> Chart:
    """Size of dL/dW by layer in the deepest network, before training."""
    return _by_layer(result, "weight_gradients", "size of dL/dW")


def _by_layer(result: Result, measure: str, title: str) -> Chart:
    curves = []
    for initializer in result.settings.initializers:
        layers = result.layers.get(result.deepest(initializer))
        if layers is not None:
            values = getattr(layers, measure).T
            values = np.where(values > 0, values, np.nan)
            curves.append((initializer, words(initializer), np.arange(1, len(values) + 1), values))
    if not curves:
        return empty("Looking at the layers …")
    return lines(curves, x="layer (1 is next to the input)", y=title).update_yaxes(type="log", exponentformat="power")


def tuning(result: Result) -> Chart:
    """Final training loss of every rate tried."""
    if not result.tuning:
        same = result.settings.rate == "same"
        return empty("Everyone uses the same learning rate: nothing to tune." if same else "Trying the rates …")
    traces = []
    for label, (depth, initializer) in result.contestants.items():
        each = result.tuning[label]
        finite = np.isfinite(each.losses)
        size = np.where(each.rates == each.best, 13, 5)[finite]
        traces.append(
            {
                "type": "scatter",
                "x": each.rates[finite],
                "y": each.losses[finite],
                "mode": "lines+markers",
                "name": f"{words(initializer)}, {depth}",
                "line": {"color": color(initializer), "width": 1.5},
                "marker": {"size": size, "symbol": mark(initializer)},
            }
        )
    figure = Chart(traces, layout("learning rate", "final training loss"))
    return figure.update_xaxes(type="log").update_yaxes(FEW_TICKS)


FIRST = loss  # what the trial shows while this experiment runs
