"""The windows of a convolution as small pictures."""

import numpy as np

from core.playground.playground import Playground
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, needs, plot
from pages.figures.common.style import DIVERGING
from pages.figures.common.traces import heatmap

ACROSS, MOST = 8, 16  # filters side by side where each is one picture; rows and columns where it is several
PIXELS, LEAST, HIGHEST = 60, 200, 640  # height of a row, and of the chart


@needs(lambda result: result.convolutions, "There are no filters: choose a convolution.")
def filters(result: Playground, layer: int | None = None) -> Chart:
    """The filters of a convolution, the first unless `layer` is the place of another among the layers with weights.

    A filter has a picture for each channel that it sees: of one channel rows of filters, otherwise one row for each.
    """
    place = layer if layer in result.convolutions else result.convolutions[0]
    W = result.network.unpack(result.params)[place].W
    channels, seen, size, _ = W.shape
    if seen == 1:
        rows, columns = -(-channels // ACROSS), min(channels, ACROSS)
        W = np.pad(W[:, 0], ((0, rows * columns - channels), (0, 0), (0, 0)), constant_values=np.nan)
        names = [f"{row * columns + 1}–{min((row + 1) * columns, channels)}" for row in range(rows)]
    else:
        rows, columns = min(channels, MOST), min(seen, MOST)
        W, names = W[:rows, :columns], [str(row + 1) for row in range(rows)]
    step = size + 1  # with the gap
    tiles = np.full((rows, columns, step, step), np.nan, np.float32)
    tiles[..., :size, :size] = W.reshape(rows, columns, size, size)
    z = tiles.swapaxes(1, 2).reshape(rows * step, columns * step)[:-1, :-1]
    largest = float(np.nanmax(np.abs(z), initial=0)) or 1.0
    look = {"zmin": -largest, "zmax": largest, "showscale": True, "hoverongaps": False}
    heat = heatmap(None, None, z, DIVERGING, **look, hovertemplate="weight %{z:.3g}<extra></extra>")
    middle = (size - 1) / 2
    bare: Frame = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    axes: Frame = {
        "xaxis": bare | {"tickvals": middle + step * np.arange(columns), "ticktext": list(range(1, columns + 1))},
        "yaxis": bare | {"tickvals": middle + step * np.arange(rows), "ticktext": names, "autorange": "reversed"},
    }
    axes["yaxis"] |= {"scaleanchor": "x"}
    of = "filter" if seen == 1 else f"channel that it sees{f', of {seen}' if columns < seen else ''}"
    by = "" if seen == 1 else f"filter{f', of {channels}' if rows < channels else ''}"
    return plot([heat], of, by, height=min(max(LEAST, 90 + PIXELS * rows), HIGHEST), **axes)
