"""Six ways to compute the gradient of a function: four kinds of differences, and the chain rule from either end.

    estimate = GRADIENTS["central_differences"](problem, params, rng)

`problem` is anything with `value(params)`, which takes stacks (..., P) and returns (...): a NetworkLoss, a Traced
formula, a landscape. backpropagation needs its `gradient(params)` too, forward_mode its `slope(params, directions)`.
Every estimate reports its cost.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from core.checks import InputError, check_array, check_number, check_whole
from core.gradients.tape import Variable, forward_sweep, reverse_sweep
from core.nn import Network
from core.nn.network import Pass

Array = np.ndarray
Rng = np.random.Generator | None
AT_ONCE = 64  # parameters per stack: more would save little time and need much memory


class Gradient(NamedTuple):
    """An estimate of the gradient (P,) and its cost.

    evaluations: of the function; a slope along a direction counts as one. backward: passes worth two evaluations each.
    """

    grads: Array
    evaluations: int
    backward: int = 0

    @property
    def price(self) -> int:
        """In forward passes."""
        return self.evaluations + 2 * self.backward


class NetworkLoss:
    """The loss, with penalty, of a network on fixed data, as a function of its parameters (..., P)."""

    def __init__(self, network: Network, X: Any, y: Any):
        """X (n, features), y as the loss expects it. Raises InputError for wrong shapes, NaN and wrong labels."""
        self.network = network
        _, self.x, self.t = network.prepared(np.zeros(network.parameters), X, y)

    def value(self, params: Array) -> Array:
        """Losses (...) at params (..., P)."""
        stack = self._stack(params)
        outputs = Pass(self.network, stack, self.x.shape[-1]).forward(self.x)
        losses = self.network.loss.values(outputs, self.t) + self.network.penalty.value(stack)
        return losses.reshape(np.shape(params)[:-1])

    def gradient(self, params: Array) -> Array:
        """Backpropagation, (..., P) for params (..., P): one pass forward, one back."""
        work = Pass(self.network, self._stack(params), self.x.shape[-1])
        work.forward(self.x)
        return work.backward(self.t).reshape(np.shape(params))

    def _stack(self, params: Array) -> Array:
        if np.shape(params)[-1:] != (self.network.parameters,):
            raise InputError(f"params has shape {np.shape(params)}, but must be (..., {self.network.parameters})")
        return np.reshape(params, (-1, self.network.parameters))

    def slope(self, params: Array, directions: Array) -> Array:
        """Slopes (R,) at params (P,) along directions (R, P), propagated through the network with the values.

        ȧ_0 = 0; each layer has its `tangent`, for example ż = Ẇ a + ḃ + W ȧ; finally L̇ = Σ dL/dz_L ⊙ ż_L.
        """
        network, params, directions = self.network, self._stack(params), np.asarray(directions)
        work = Pass(network, params, self.x.shape[-1])
        z, slope = work.forward(self.x), np.zeros((len(directions), self.x.shape[1] - 1, self.x.shape[2]))
        slope = work.chain.tangent(slope, work.chain.views(directions))
        penalty = np.zeros_like(params)
        network.penalty.add_gradient(params, penalty, np.empty_like(params))
        return (network.loss.delta(z, self.t) * slope).sum(axis=(1, 2)) + directions @ penalty[0]


class Traced:
    """A formula of P numbers, differentiated by the tape: Traced(lambda x, y: np.sin(x) * y)."""

    def __init__(self, formula: Callable[..., Any]):
        self.formula = formula

    def value(self, params: Array) -> Array:
        """The formula (...) at params (..., P)."""
        return self.formula(*np.moveaxis(np.asarray(params), -1, 0))

    def gradient(self, params: Array) -> Array:
        """The reverse mode, (P,) for params (P,)."""
        inputs = [Variable(value) for value in np.asarray(params, dtype=np.float64)]
        return np.array(reverse_sweep(self.formula(*inputs), inputs), dtype=np.float64)

    def slope(self, params: Array, directions: Array) -> Array:
        """The forward mode: slopes (R,) at params (P,) along directions (R, P)."""
        inputs = [Variable(value) for value in np.asarray(params, dtype=np.float64)]
        return np.asarray(forward_sweep(self.formula(*inputs), inputs, np.asarray(directions).T), dtype=np.float64)


def _start(params: Any, step: float) -> Array:
    """Check a call; returns the parameters (P,) as floats."""
    check_number("step", step, 0, 1, open_low=True)
    return check_array("params", params, 1)


def _moved(params: Array, distances: Array) -> Iterator[tuple[slice, Array]]:
    """Stacks (at most AT_ONCE, P) of copies of params, each with one parameter moved by its distance."""
    for start in range(0, params.size, AT_ONCE):
        chosen = slice(start, min(start + AT_ONCE, params.size))
        stack = np.tile(params.astype(distances.dtype), (chosen.stop - start, 1))
        rows = np.arange(chosen.stop - start)
        stack[rows, start + rows] += distances[chosen]
        yield chosen, stack


def central_differences(problem: Any, params: Any, rng: Rng = None, *, step: float = 6e-6) -> Gradient:
    """g_i = (f(x + h e_i) - f(x - h e_i)) / 2h, error O(h²) + O(ε/h): 2P evaluations.

    h = step * max(1, |x_i|); the default is the cube root of the machine's precision ε, where the two errors balance.
    """
    params = _start(params, step)
    h, grads = step * np.maximum(1, np.abs(params)), np.empty(params.size)
    for (chosen, up), (_, down) in zip(_moved(params, h), _moved(params, -h), strict=True):
        grads[chosen] = (problem.value(up) - problem.value(down)) / (2 * h[chosen])
    return Gradient(grads, 2 * params.size)


def forward_differences(problem: Any, params: Any, rng: Rng = None, *, step: float = 1.5e-8) -> Gradient:
    """g_i = (f(x + h e_i) - f(x)) / h, error O(h) + O(ε/h): P + 1 evaluations; the default step is √ε."""
    params = _start(params, step)
    h, grads, here = step * np.maximum(1, np.abs(params)), np.empty(params.size), problem.value(params)
    for chosen, up in _moved(params, h):
        grads[chosen] = (problem.value(up) - here) / h[chosen]
    return Gradient(grads, params.size + 1)


def complex_step(problem: Any, params: Any, rng: Rng = None, *, step: float = 1e-20) -> Gradient:
    """g_i = Im f(x + i h e_i) / h: there is no subtraction, so h may be tiny and the error is ε. P + 2 evaluations.

    f must be analytic as written, which two more evaluations test. Source: Squire & Trapp 1998; Martins et al. 2003.
    """
    params = _start(params, step)
    grads = np.empty(params.size)
    for chosen, up in _moved(params, np.full(params.size, 1j * step)):
        try:
            values = np.asarray(problem.value(up))
        except TypeError:
            values = np.zeros(len(up))
        if values.dtype.kind != "c":
            raise InputError("problem does not take complex numbers, which the complex step needs")
        grads[chosen] = values.imag / step
    direction = np.random.default_rng(0).standard_normal(params.size)
    direction /= np.linalg.norm(direction)
    ahead, behind = (float(problem.value(params + side * direction)) for side in (1e-6, -1e-6))
    slope, found, rounding = (ahead - behind) / 2e-6, float(direction @ grads), 1e-9 * (1 + abs(ahead))
    if not abs(slope - found) <= 1e-5 * max(float(np.linalg.norm(grads)), abs(slope)) + rounding:
        raise InputError(
            f"problem has the slope {slope:g} along a direction, but {found:g} by the complex step: it is not "
            "analytic as written, for example because of |x|"
        )
    return Gradient(grads, params.size + 2)


def forward_mode(problem: Any, params: Any, rng: Rng = None) -> Gradient:
    """g_i = slope along e_i, the chain rule from the inputs forward: exact, P evaluations (Wengert 1964)."""
    params, grads = _start(params, 1.0), np.empty(np.size(params))
    if not hasattr(problem, "slope"):
        raise InputError("problem has no slope(params, directions), which the forward mode needs")
    for chosen, directions in _moved(np.zeros(params.size), np.ones(params.size)):
        grads[chosen] = problem.slope(params, directions)
    return Gradient(grads, params.size)


def backpropagation(problem: Any, params: Any, rng: Rng = None) -> Gradient:
    """The chain rule from the result back: exact, one evaluation and one backward pass for any P (Linnainmaa 1970)."""
    if not hasattr(problem, "gradient"):
        raise InputError("problem has no gradient(params), which backpropagation needs")
    return Gradient(problem.gradient(_start(params, 1.0)), 1, backward=1)


def spsa(problem: Any, params: Any, rng: Rng = None, *, step: float = 1e-4, samples: int = 1) -> Gradient:
    """g = mean of (f(x + hΔ) - f(x - hΔ)) / 2h · Δ over random signs Δ: correct on average, 2 evaluations per sample.

    The error of a single sample is about √P times the gradient's length. Source: Spall 1992.
    """
    params = _start(params, step)
    check_whole("samples", samples, 1)
    if rng is None:
        raise InputError("rng is None, but must be a numpy Generator: spsa draws random directions")
    total = np.zeros(params.size)
    for start in range(0, samples, AT_ONCE):
        signs = rng.choice([-1.0, 1.0], size=(min(AT_ONCE, samples - start), params.size))
        slopes = (problem.value(params + step * signs) - problem.value(params - step * signs)) / (2 * step)
        total += slopes @ signs
    return Gradient(total / samples, 2 * samples)


GRADIENTS: dict[str, Callable[..., Gradient]] = {
    "backpropagation": backpropagation,
    "forward_mode": forward_mode,
    "complex_step": complex_step,
    "central_differences": central_differences,
    "forward_differences": forward_differences,
    "spsa": spsa,
}
