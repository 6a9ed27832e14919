"""The edge of stability as charts: sharpness, loss, and steps uphill."""

import numpy as np

from core.studies.beyond.edge_of_stability import Result
from pages.figures.common.plots import Chart, level, needs, plot
from pages.figures.common.style import PALETTE, PERCENT, POWERS
from pages.figures.common.traces import bands

WINDOWS = 20  # of steps, in each of which those uphill are counted

measured = needs(lambda result: len(result.looks) > 1, "The first measurements are on their way.")


def _named(result: Result) -> list[tuple[str, str]]:
    """Name and colour of each learning rate."""
    return [(f"learning rate {rate:g}", PALETTE[k % 10]) for k, rate in enumerate(result.settings.rates)]


@measured
def sharpness(result: Result) -> Chart:
    """Line: median over seeds. Band: all. Dotted: 2 / learning rate; beyond it steps on a parabola grow."""
    edges = [
        level(2 / rate, line={"dash": "dot", "width": 2, "color": hue})
        for rate, (_, hue) in zip(result.settings.rates, _named(result), strict=True)
    ]
    traces = bands(result.looks, np.array(result.seen), _named(result))
    return plot(traces, "updates", "sharpness", shapes=edges, yaxis={"rangemode": "tozero"})


@measured
def scaled(result: Result) -> Chart:
    """Dotted: the edge, which is 1 in these units."""
    traces = bands(result.looks, result.scaled, _named(result))
    return plot(traces, "updates", "sharpness × learning rate / 2", shapes=[level(1)], yaxis={"rangemode": "tozero"})


@measured
def loss(result: Result) -> Chart:
    """The first seed, as it trains."""
    steps = np.arange(len(result.losses))
    thin = max(1, len(steps) // 1000)
    lines = bands(steps[::thin], result.losses[::thin, :, :1], _named(result))[1::2]  # without bands around them
    return plot(lines, "updates", "training loss", yaxis=POWERS)


@measured
def uphill(result: Result) -> Chart:
    """Share of the steps in each twentieth of the training."""
    parts = np.array_split(np.arange(len(result.uphill)), WINDOWS)
    middles = [part.mean() for part in parts if len(part)]
    shares = 100 * np.array([result.uphill[part].mean(axis=0) for part in parts if len(part)])
    return plot(bands(middles, shares, _named(result)), "updates", "steps uphill, %", yaxis=PERCENT)
