"""How a loss curves, by the Hessian, and how much the gradients of its samples differ.

    value, axis = extreme_curvature(problem, params)    # the sharpness, and the direction in which it is

`problem` is anything whose `gradient(params)` takes stacks (..., P), such as a NetworkLoss.
"""

from typing import Any, NamedTuple

import numpy as np

from core.checks import check_array
from core.nn import Network
from core.nn.network import Pass
from core.statistics import share_of

Array = np.ndarray
STEP = 6e-6  # the cube root of the machine's precision, where rounding and the third derivative balance
AT_ONCE = 128  # directions tried in one stack
CELLS = 500_000  # numbers of the gradients held at a time
SMALL = 24  # parameters up to which the whole Hessian is as fast


class Curvature(NamedTuple):
    """An eigenvalue of the Hessian and its eigenvector (P,) of length 1."""

    value: float
    axis: Array


def hessian_vector(problem: Any, params: Any, directions: Any) -> Array:
    """H v (..., P) for directions v (..., P) at params (P,): (g(x + h v) - g(x - h v)) / 2h, 2 gradients each.

    h moves the parameter that moves most by STEP * max(1, largest |x|). The error is O(h²) + O(ε/h).
    """
    params, v = check_array("params", params, 1), np.asarray(directions, dtype=float)
    longest = np.abs(v).max(axis=-1, keepdims=True)
    h = STEP * max(1.0, np.abs(params).max()) / np.where(longest > 0, longest, 1.0)
    up, down = problem.gradient(np.stack([params + h * v, params - h * v]))
    return (up - down) / (2 * h)


def hessian(problem: Any, params: Any) -> Array:
    """All second derivatives (P, P) at params (P,), made symmetric: 2 P gradients."""
    params = check_array("params", params, 1)
    rows = [
        hessian_vector(problem, params, np.eye(len(params))[start : start + AT_ONCE])
        for start in range(0, len(params), AT_ONCE)
    ]
    H = np.vstack(rows)
    return (H + H.T) / 2


def extreme_curvature(problem: Any, params: Any, start: Array | None = None) -> Curvature:
    """The largest eigenvalue of the Hessian at params (P,), its sharpness, by Lanczos to a thousandth of it.

    start: a direction (P,) to begin with. NaN where gradients are not finite or none is found, 0 where the gradient
    does not change along start. Source: Lehoucq, Sorensen & Yang 1998.
    """
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    params = check_array("params", params, 1)
    start = np.random.default_rng(0).standard_normal(params.size) if start is None else start
    with np.errstate(all="ignore"):
        change = hessian_vector(problem, params, start)
    if not np.isfinite(change).all():
        return Curvature(np.nan, start)
    if params.size > SMALL and not change.any():  # nowhere to go: along a random direction the loss is linear
        return Curvature(0.0, start / np.linalg.norm(start))
    try:
        if params.size <= SMALL:
            values, axes = np.linalg.eigh(hessian(problem, params))
        else:
            product = LinearOperator((params.size,) * 2, matvec=lambda v: hessian_vector(problem, params, v.ravel()))
            values, axes = eigsh(product, k=1, which="LA", v0=start, ncv=SMALL // 2, tol=1e-3, maxiter=1000)
    except (ArpackError, np.linalg.LinAlgError):  # where the weights have been thrown far off
        return Curvature(np.nan, start)
    return Curvature(float(values[-1]), axes[:, -1])


class Noise(NamedTuple):
    """Gradients g_i (P,) of the samples, their mean G: spread = mean |g_i - G|² = tr(Σ), square = |G|²."""

    spread: float
    square: float

    @property
    def scale(self) -> float:
        """tr(Σ) / |G|², in samples: the "simple" noise scale, below which batches pay (McCandlish et al. 2018)."""
        return float(share_of(self.spread, self.square))


@np.errstate(all="ignore")
def gradient_noise(network: Network, params: np.ndarray, X: Any, y: Any) -> Noise:
    """The noise at params (P,) over samples X (n, features), y as the loss takes it; without the penalty.

    Each sample is a run of a stack in which all share these parameters. Raises InputError for wrong shapes and labels.
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
