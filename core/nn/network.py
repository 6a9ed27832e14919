"""A fully connected network as one flat vector of parameters: its forward pass, and backpropagation into a gradient.

R runs of one network are one array `params` (R, P). A layer is a view into it, the matrix [W|b] of shape
(R, n_out, n_in + 1), and activations are feature-major, (R, n + 1, B), with a last row of ones that carries the bias.
What normalization learns and remembers are vectors behind the matrices in the same array.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from core.checks import InputError, check_array, check_number, check_whole, choose
from core.nn.activations import ACTIVATIONS, Activation
from core.nn.initializers import INITIALIZERS
from core.nn.losses import LOSSES, Loss
from core.nn.normalization import NORMALIZATIONS
from core.nn.penalties import WeightPenalty, limit_norms

LARGEST_INPUT = 1e30  # beyond it float32 has no room for a sum of products; such a column wants scaling first


class Network:
    """z_l = W_l a_{l-1} + b_l, a_l = activation(z_l), the last layer linear; loss of z_L plus l1 Σ|W| + (l2/2) ΣW².

    sizes: units of each layer, the input first; [features, outputs] is a linear model.
    activation: a name, or an instance with parameters of its own, or one of these for each hidden layer.
    loss: a name or an instance. l1, l2: a number, or one for each run.
    normalization: none, batch or layer, of the pre-activations of hidden layers.
    residual: a_l = a_{l-1} + activation(z_l) where both have equally many units (He et al. 2016).
    max_norm: the longest weight vector that `constrain` leaves to a hidden unit, a number or one for each run, or None.
    Raises InputError for an unknown name, a layer without units and a number out of range.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Activation | Sequence[str | Activation],
        loss: str | Loss,
        l1: Any = 0.0,
        l2: Any = 0.0,
        normalization: str = "none",
        residual: bool = False,
        max_norm: Any = None,
    ):
        self.sizes = [check_whole("layer width", n, 1) for n in sizes]
        if len(self.sizes) < 2:
            raise InputError(f"sizes is {list(sizes)}, but must name at least the input and the output")
        self.activations, self.gains = _activations(activation, len(self.sizes) - 2)
        self.loss = loss if isinstance(loss, Loss) else choose("loss", loss, LOSSES)
        self.matrices = [(n_out, n_in + 1) for n_in, n_out in pairwise(self.sizes)]
        self.normalization = choose("normalization", normalization, NORMALIZATIONS)
        kind = self.normalization
        self.starts = [*kind.learned.values(), *kind.remembered.values()] if kind else []
        self.shapes = [*self.matrices, *[(n,) for _ in self.starts for n in self.sizes[1:-1]]]
        self.parameters = sum(math.prod(shape) for shape in self.shapes)
        pairs = enumerate(pairwise(self.sizes[:-1]))
        self.shortcuts = {index for index, (n_in, n_out) in pairs if residual and n_in == n_out}
        self.max_norm = None if max_norm is None else check_number("max_norm", max_norm, 0, open_low=True)
        is_weight = np.zeros(self.parameters)
        for layer in self.layers(is_weight):
            layer[:, :-1] = 1
        self.penalty = WeightPenalty(l1, l2, is_weight)

    def layers(self, params: np.ndarray) -> list[np.ndarray]:
        """The matrices [W|b] as views (..., n_out, n_in + 1) into params (..., P)."""
        views, start = [], 0
        for rows, columns in self.matrices:
            views.append(params[..., start : start + rows * columns].reshape(*params.shape[:-1], rows, columns))
            start += rows * columns
        return views

    def vectors(self, params: np.ndarray) -> list[list[np.ndarray]]:
        """For each hidden layer the vectors of its normalization, as views (..., n, 1) into params (..., P)."""
        hidden = self.sizes[1:-1]
        ends = self.parameters - sum(hidden) * len(self.starts) + np.cumsum(hidden * len(self.starts))
        views = [params[..., end - n : end, None] for n, end in zip(hidden * len(self.starts), ends, strict=True)]
        return [views[index :: len(hidden)] for index in range(len(hidden))]

    def pack(self, layers: Sequence[tuple[Any, Any]]) -> np.ndarray:
        """Parameters (P,) of the layers [(W (n_out, n_in), b (n_out,)), ...]; normalizations are as at their start."""
        params = np.empty(self.parameters)
        for view, (W, b) in zip(self.layers(params), layers, strict=True):
            view[:, :-1], view[:, -1] = W, b
        for vectors in self.vectors(params):
            for vector, start in zip(vectors, self.starts, strict=True):
                vector[...] = start
        return params

    def unpack(self, params: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Layers [(W, b), ...] as views into params (P,)."""
        return [(layer[..., :-1], layer[..., -1]) for layer in self.layers(params)]

    def initial(self, rng: np.random.Generator, initializer: str = "xavier", gain: float = 1.0) -> np.ndarray:
        """Fresh parameters (P,): weights drawn by the initializer, scaled by `gain`, biases 0.

        The schemes made for an activation (Kaiming, orthogonal) are scaled by the gain of their layer as well.
        """
        draw = choose("initializer", initializer, INITIALIZERS)
        gains = [draw.total_gain(gain, own) for own in self.gains]
        layers = zip(self.matrices, gains, strict=True)
        return self.pack([(draw(rng, columns - 1, rows, gain=gain), 0.0) for (rows, columns), gain in layers])

    @np.errstate(all="ignore")
    def constrain(self, params: np.ndarray) -> None:
        """Shorten the weight vectors of hidden units to `max_norm`, in place, for params (R, P)."""
        for layer in self.layers(params)[:-1]:
            limit_norms(layer[:, :, :-1], self.max_norm)

    @np.errstate(all="ignore")  # a loss that overflows says so itself: it is infinite
    def loss_and_gradient(self, params: np.ndarray, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Loss with penalty, and its gradient, for params (P,) or (R, P), X (n, features), y as the loss takes it.

        Returns a float and (P,), or (R,) and (R, P). Raises InputError for wrong shapes, NaN and labels out of range.
        """
        stack, x, t = self._checked(params, X, y)
        work = Pass(self, stack, x.shape[-1])
        outputs = work.forward(x)
        losses = self.loss.values(outputs, t) + self.penalty.value(stack)
        grads = work.backward(t)
        return (losses, grads) if np.ndim(params) == 2 else (float(losses[0]), grads[0])

    @np.errstate(all="ignore")
    def data_loss(self, params: np.ndarray, X: Any, y: Any) -> Any:
        """Loss over (X, y) as `predict` sees it, without the penalty: a float for params (P,), (R,) for (R, P).

        Raises InputError as `loss_and_gradient` does.
        """
        stack, x, t = self._checked(params, X, y)
        losses = self.loss.values(Evaluation(self, stack, x.shape[-1]).forward(x), t)
        return losses if np.ndim(params) == 2 else float(losses[0])

    @np.errstate(all="ignore")
    def predict(self, params: np.ndarray, X: Any) -> np.ndarray:
        """Outputs of the last layer (logits, or values in a regression): (n, k), or (R, n, k) for params (R, P).

        Raises InputError for wrong shapes, NaN and inputs beyond 1e30.
        """
        stack = self._stack(params)
        x = self._inputs(X, stack.dtype)
        outputs = Evaluation(self, stack, x.shape[-1]).forward(x).swapaxes(-1, -2)
        return outputs if np.ndim(params) == 2 else outputs[0]

    def _stack(self, params: np.ndarray) -> np.ndarray:
        """Params as a stack (R, P) whose layers are views: float32 or float64, contiguous."""
        params = np.asarray(params)
        if params.ndim not in (1, 2) or params.shape[-1] != self.parameters:
            raise InputError(
                f"params has shape {params.shape}, but must be ({self.parameters},) or (R, {self.parameters})"
            )
        if params.dtype.kind not in "fiubO":
            raise InputError(f"params holds {params.dtype} values, but must hold real numbers")
        return np.atleast_2d(np.ascontiguousarray(params, params.dtype if params.dtype.kind == "f" else float))

    def _inputs(self, X: Any, dtype: np.dtype) -> np.ndarray:
        X = check_number("X", check_array("X", X, 2), -LARGEST_INPUT, LARGEST_INPUT)
        if X.shape[1] != self.sizes[0]:
            raise InputError(f"X has {X.shape[1]} features, but the network expects {self.sizes[0]}")
        return with_ones(X.astype(dtype, copy=False)).swapaxes(-1, -2)[None]

    def _checked(self, params: np.ndarray, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        stack = self._stack(params)
        x = self._inputs(X, stack.dtype)
        t = self.loss.encode(y, self.sizes[-1])
        if len(t) != x.shape[-1]:
            raise InputError(f"y has {len(t)} rows, but X has {x.shape[-1]}")
        return stack, x, np.ascontiguousarray(t.T, stack.dtype)[None]


def _activations(given: Any, layers: int) -> tuple[list[Activation], list[float]]:
    """The activation of each hidden layer, and the gain of each layer; the output's is that of the layer before it."""
    one = not isinstance(given, list | tuple)
    made = [
        each if isinstance(each, Activation) else choose("activation", each, ACTIVATIONS)()
        for each in ([given] if one else given)
    ]
    activations = made * layers if one else made
    if len(activations) != layers:
        raise InputError(f"activation has {len(made)} names, but must have one for each of {layers} hidden layers")
    return activations, [each.gain for each in activations] + [made[-1].gain if made else 1.0]


def with_ones(X: np.ndarray) -> np.ndarray:
    """X (n, features) with a last column of ones: (n, features + 1)."""
    return np.hstack([X, np.ones((len(X), 1), dtype=X.dtype)])


class Pass:
    """One forward and one backward pass of R runs over B samples, in buffers that are made once and used at every step.

    x is (R or 1, features + 1, B) with ones in its last row, targets (R or 1, k, B). After `backward`, `deltas[l]`
    (R, n_l, B) holds dL/dz of layer l + 1 and `grads` (R, P) the gradient of loss and penalty.
    """

    def __init__(self, network: Network, params: np.ndarray, batch: int, grads: np.ndarray | None = None):
        runs, dtype = len(params), params.dtype
        self.network, self.grads = network, grads
        widths = network.sizes[1:]
        self.z = [np.empty((runs, n, batch), dtype) for n in widths]
        kind = network.normalization
        self.norms = [kind(z) for z in self.z[:-1]] if kind else []
        self.y = [np.empty_like(z) for z in self.z[:-1]] if kind else self.z[:-1]  # what the activation is applied to
        self.normalize = [norm.forward for norm in self.norms]
        self.a = [np.empty((runs, n + 1, batch), dtype) for n in widths[:-1]]
        for a in self.a:
            a[:, -1] = 1
        self.a_units = [a[:, :-1] for a in self.a]
        self.a_turned = [a.swapaxes(1, 2) for a in self.a]
        self.deltas: list[np.ndarray] = []
        self.masks: list[np.ndarray] = []  # of dropout, one for each hidden layer, filled by the trainer
        self.bind(params)

    def bind(self, params: np.ndarray) -> None:
        """Use these params (R, P) from now on; changes made to them in place are seen."""
        self.params = params
        self.layers = self.network.layers(params)
        self.backward_weights = [layer[:, :, :-1].swapaxes(1, 2) for layer in self.layers]
        for norm, vectors in zip(self.norms, self.network.vectors(params), strict=False):
            norm.bind(vectors)

    def _allocate_backward(self) -> None:
        self.grads = np.empty_like(self.params) if self.grads is None else self.grads
        self.grad_layers, self.grad_vectors = self.network.layers(self.grads), self.network.vectors(self.grads)
        for _, _, *remembered in self.grad_vectors if self.norms else []:
            for vector in remembered:
                vector[...] = 0
        self.kept = {index: np.empty_like(self.z[index]) for index in self.network.shortcuts}
        self.scratch = np.empty_like(self.params)
        self.deltas = [np.empty_like(z) for z in self.z]
        self.slopes = {z.shape: np.empty_like(z) for z in self.z[:-1]}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Outputs z_L (R, k, B) of the inputs; the buffers keep every z and a for the backward pass."""
        self.x = a = x
        layers = zip(self.z, self.y, self.a_units, self.network.activations, strict=False)
        for index, (z, y, units, activation) in enumerate(layers):
            np.matmul(self.layers[index], a, out=z)
            if self.normalize:
                self.normalize[index](z, y)
            activation.f(y, units)
            if self.masks:
                units *= self.masks[index]
            if index in self.network.shortcuts:
                units += a[:, :-1]
            a = self.a[index]
        return np.matmul(self.layers[-1], a, out=self.z[-1])

    def backward(self, targets: np.ndarray) -> np.ndarray:
        """Backpropagation (Rumelhart, Hinton & Williams 1986): the gradient (R, P) of the last forward pass.

        δ_L = dL/dz_L;  δ_l = (W_{l+1}ᵀ δ_{l+1}) ⊙ f'(z_l);  dL/d[W_l|b_l] = δ_l [a_{l-1}|1]ᵀ
        With a shortcut dL/da_{l-1} = W_lᵀ δ_l + dL/da_l.
        """
        if not self.deltas:
            self._allocate_backward()
        assert self.grads is not None
        activations, shortcuts = self.network.activations, self.network.shortcuts
        pure = not self.masks and not shortcuts  # a is f(z), which spares the slope its work
        delta = self.network.loss.delta(self.z[-1], targets, out=self.deltas[-1])
        for index in range(len(self.layers) - 1, 0, -1):
            np.matmul(delta, self.a_turned[index - 1], out=self.grad_layers[index])
            below = np.matmul(self.backward_weights[index], delta, out=self.deltas[index - 1])
            if shortcuts:
                self._pass_by(index, below)
            slope = self.slopes[below.shape]
            activations[index - 1].df(self.y[index - 1], self.a_units[index - 1] if pure else None, slope)
            delta = np.multiply(below, slope, out=below)
            if self.masks:
                delta *= self.masks[index - 1]
            if self.norms:
                self.norms[index - 1].backward(delta, self.grad_vectors[index - 1])
        np.matmul(delta, self.x.swapaxes(1, 2), out=self.grad_layers[0])
        self.network.penalty.add_gradient(self.params, self.grads, self.scratch)
        return self.grads

    def _pass_by(self, index: int, below: np.ndarray) -> None:
        """Add the gradient that passed a layer by its shortcut to dL/da below it, and keep the sum for the next one."""
        if index in self.kept:
            below += self.kept[index]
        if index - 1 in self.kept:
            np.copyto(self.kept[index - 1], below)

    def remember(self) -> None:
        """Update the running statistics of the normalizations, which are part of params, with the last batch."""
        for norm in self.norms:
            norm.remember()


class Evaluation(Pass):
    """The forward pass once training is over: batch normalization uses what it remembers, so no sample sees another."""

    def __init__(self, network: Network, params: np.ndarray, batch: int):
        super().__init__(network, params, batch)
        self.normalize = [norm.evaluate for norm in self.norms]
