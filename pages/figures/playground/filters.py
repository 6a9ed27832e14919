"""The filters of a convolution as small pictures."""

import numpy as np

from core.playground.playground import Playground
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, plot
from pages.figures.common.style import DIVERGING
from pages.figures.common.traces import finite, heatmap

MOST = 16  # rows and columns if a filter has several pictures; if it has one, this many filters stand four in a row
PIXELS, HIGHEST = 90, 640  # heights of a row and of the chart


@np.errstate(all="ignore")  # a diverged run has numbers beyond float32
def filters(result: Playground, layer: int | None = None) -> Chart:
    """The filters of the first layer, or of the convolution at index `layer` among the layers with weights.

    A filter has one picture per input channel: filters fill rows if there is one channel, otherwise each has a row.
    """
    place = layer if layer in result.convolutions else 0
    W = finite(result.network.unpack(result.params)[place].W.astype(np.float32))
    channels, seen, size, _ = W.shape
    if seen == 1:
        columns = min(channels, 4 if channels <= MOST else 8)
        W = np.pad(W, ((0, -channels % columns), *((0, 0),) * 3), constant_values=np.nan)
        names = [f"{first + 1}–{min(first + columns, channels)}" for first in range(0, channels, columns)]
        across, down = "", "filters"
    else:
        columns, W = min(seen, MOST), W[:MOST, :MOST]
        names = [str(row + 1) for row in range(len(W))]
        across = "input channel" + f", of {seen}" * (seen > MOST)
        down = "filter" + f", of {channels}" * (channels > MOST)
    tiles = np.pad(W.reshape(-1, columns, size, size), ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows, step = len(tiles), size + 1  # including the gap
    z = tiles.swapaxes(1, 2).reshape(rows * step, -1)[:-1, :-1]
    largest = float(np.nanmax(np.abs(z), initial=0)) or 1.0
    look = {"zmin": -largest, "zmax": largest, "showscale": True, "colorbar": {"thickness": 12}, "hoverongaps": False}
    heat = heatmap(None, None, z, DIVERGING, **look, hovertemplate="weight %{z:.3g}<extra></extra>")
    bare: Frame = {"showgrid": False, "zeroline": False, "ticks": "", "constrain": "domain"}
    ticks = [(size - 1) / 2 + step * np.arange(count) for count in (columns, rows)]
    axes: Frame = {
        "xaxis": bare | {"tickvals": ticks[0], "ticktext": [*range(1, columns + 1)], "showticklabels": seen > 1},
        "yaxis": bare | {"tickvals": ticks[1], "ticktext": names, "autorange": "reversed", "scaleanchor": "x"},
        "margin": {"t": 30},  # below the tools
    }
    return plot([heat], across, down, height=min(90 + PIXELS * rows, HIGHEST), **axes)
