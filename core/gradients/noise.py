"""How much the gradients of single samples differ, which a batch averages away: the noise scale."""

from typing import Any, NamedTuple

import numpy as np

from core.nn import Network
from core.nn.network import Pass
from core.statistics import share_of

CELLS = 500_000  # numbers of the gradients held at a time


class Noise(NamedTuple):
    """Gradients g_i (P,) of the samples, their mean G: spread = mean |g_i - G|² = tr(Σ), square = |G|²."""

    spread: float
    square: float

    @property
    def scale(self) -> float:
        """tr(Σ) / |G|², in samples: up to about this batch size, twice the samples need half the updates.

        Source: McCandlish et al. 2018, the "simple" noise scale.
        """
        return float(share_of(self.spread, self.square))


@np.errstate(all="ignore")
def gradient_noise(network: Network, params: np.ndarray, X: Any, y: Any) -> Noise:
    """The noise at params (P,) over samples X (n, features), y as the loss takes it; without the penalty.

    Each sample is a separate batch and a separate run of a stack in which all runs share these parameters. Raises
    InputError for wrong shapes, NaN and labels out of range.
    """
    _, x, t = (np.ascontiguousarray(each.T) for each in network.prepared(params, X, y))  # one sample after the other
    total, squares = np.zeros(params.size), 0.0
    together = max(1, CELLS // params.size)
    for start in range(0, len(x), together):
        part = slice(start, start + together)
        work = Pass(network, np.broadcast_to(params, (len(x[part]), params.size)).copy(), 1)
        work.forward(x[part])
        work.allocate_backward()
        work.scratch = None  # without the penalty
        g = work.backward(t[part])
        total += g.sum(axis=0)
        squares += float(np.square(g, dtype=float).sum())
    mean = total / len(x)
    square = float(mean @ mean)
    return Noise(squares / len(x) - square, square)
