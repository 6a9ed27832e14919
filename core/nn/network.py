"""A network as a list of layers over one flat vector of parameters: its loss, and backpropagation into a gradient.

R runs of one network are one array `params` (R, P), and every layer has views of its own parameters. Values between
layers are feature-major, (R, n, B), with a last row of ones for the biases if the next layer needs it.
"""

from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np

from core.checks import InputError, check_array, check_number, check_whole, choose
from core.nn.activations import ACTIVATIONS, Activation
from core.nn.initializers import INITIALIZERS
from core.nn.layers import Activate, Affine, Chain, Dense, Dropout, Layer, Residual, Shape, Signal, Weights
from core.nn.layers.vectors import NORMALIZATIONS
from core.nn.losses import LOSSES, Loss
from core.statistics import lengths

LARGEST_INPUT = 1e30  # larger inputs overflow float32 sums of products; scale such a column first


class Network:
    """z_l = W_l a_{l-1} + b_l, a_l = activation(z_l), the last layer linear; loss of z_L plus l1 Σ|W| + (l2/2) ΣW².

    sizes: units of each layer, the input first. activation: a name, an instance with its own parameters, or one of
    these for each hidden layer. l1, l2, max_norm: a number, or one for each run; max_norm: the largest norm of a hidden
    unit's weights after `constrain`. normalization: none, batch or layer, of hidden pre-activations. residual: a_l =
    a_{l-1} + activation(z_l) if both have the same shape (He et al. 2016). dropout: whether hidden units pass a mask in
    training. hidden: layers that replace sizes[1:-1]; each one with weights gets an activation and the rest. picture:
    the shape (channels, height, width) of an input, if hidden layers see it as one. Raises InputError for what does not
    fit together or is out of range.
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
        *,
        dropout: bool = False,
        hidden: Sequence[Layer] = (),
        picture: Shape | None = None,
    ):
        if not isinstance(sizes, Sequence | np.ndarray) or isinstance(sizes, str) or len(sizes) < 2:
            raise InputError(f"sizes is {sizes!r}, but must name at least the input and the output")
        sizes = [check_whole("layer width", n, 1) for n in sizes]
        written = list(hidden) or [Dense(units=n) for n in sizes[1:-1]]
        one, count = not isinstance(activation, list | tuple), sum(layer.weighted for layer in written)
        named: Any = [activation] if one else activation
        made = [each if isinstance(each, Activation) else choose("activation", each, ACTIVATIONS)() for each in named]
        made *= count if one else 1
        if len(made) != count:
            raise InputError(f"activation has {len(made)} names, but must have one for each of {count} hidden layers")
        kind = choose("normalization", normalization, NORMALIZATIONS)
        inputs = picture if picture and written[:1] and written[0].takes_pictures else (sizes[0],)
        layers, shape = [], inputs
        for layer in written:
            block = [layer]
            if layer.weighted:
                block += [kind()] if kind else []
                block += [Activate(made.pop(0))]
                block += [Dropout()] if dropout else []
            if residual and layer.weighted and layer.twin().build(shape).outputs == shape:
                block = [Residual(block)]
            layers += block
            shape = layer.twin().build(shape).outputs
        self._set_up([*layers, Dense(units=sizes[-1])], inputs, loss, l1, l2)
        self.max_norm = None if max_norm is None else check_number("max_norm", max_norm, 0, open_low=True)

    @classmethod
    def of(cls, layers: Sequence[Layer], inputs: Shape, loss: str | Loss, l1: Any = 0.0, l2: Any = 0.0) -> Self:
        """A network of any layers for inputs of this shape. Raises InputError if they do not fit together."""
        network = cls.__new__(cls)
        network._set_up(layers, inputs, loss, l1, l2)
        network.max_norm = None
        return network

    def _set_up(self, layers: Sequence[Layer], inputs: Shape, loss: str | Loss, l1: Any, l2: Any) -> None:
        self.loss = loss if isinstance(loss, Loss) else choose("loss", loss, LOSSES)
        self.chain = Chain(layer.twin() for layer in layers).build(inputs)
        self.layers, self.shapes, self.leaves = self.chain.layers, self.chain.shapes, self.chain.leaves()
        self.affine = [leaf for leaf in self.leaves if isinstance(leaf, Affine)]
        ends = np.cumsum([0, *(leaf.parameters for leaf in self.leaves)]).tolist()
        for leaf, (start, end) in zip(self.leaves, pairwise(ends), strict=True):
            leaf.part = slice(start, end)
        self.parameters: int = ends[-1]
        self.sizes = [int(np.prod(inputs)), *(layer.numbers for layer in self.affine)]
        self.penalty = WeightPenalty(l1, l2, self.is_weight)

    def is_weight(self) -> np.ndarray:
        """(P,), 1 for weights, 0 for biases and normalizations."""
        found = np.zeros(self.parameters)
        for W, _ in self.unpack(found):
            W[...] = 1
        return found

    @property
    def activations(self) -> list[Activation]:
        """The activation of each layer that has one, in order."""
        return [leaf.function for leaf in self.leaves if isinstance(leaf, Activate)]

    def pack(self, layers: Sequence[tuple[Any, Any]]) -> np.ndarray:
        """Parameters (P,) of the layers [(W (n_out, n_in), b (n_out,)), ...]; normalizations start afresh."""
        params = np.empty(self.parameters)
        for leaf in self.leaves:
            leaf.start(leaf.views(params))
        for view, (W, b) in zip(self.unpack(params), layers, strict=True):
            view.W[...], view.b[...] = W, b
        return params

    def unpack(self, params: np.ndarray) -> list[Weights]:
        """(W, b) of each layer that has weights, as views into params (..., P)."""
        return [layer.pair(layer.views(params)[0]) for layer in self.affine]

    def named(self, params: np.ndarray) -> list[dict[str, np.ndarray]]:
        """All parameters by name, of each layer that has some, as views into params (..., P)."""
        return [leaf.named(leaf.views(params)) for leaf in self.leaves if leaf.shapes]

    def initial(self, rng: np.random.Generator, initializer: str = "xavier", gain: float = 1.0) -> np.ndarray:
        """Fresh parameters (P,): weights drawn by the initializer, scaled by `gain`, biases 0.

        Schemes made for an activation are also scaled by the gain of the one that follows, the outputs by that of the
        last.
        """
        draw = choose("initializer", initializer, INITIALIZERS)
        params = self.pack([(0.0, 0.0)] * len(self.affine))
        own, pairs = 1.0, []
        for leaf in reversed(self.leaves):
            if isinstance(leaf, Activate):
                own = leaf.function.gain
            elif isinstance(leaf, Affine):
                pairs.append((leaf, own))
        last = next((leaf.function.gain for leaf in reversed(self.leaves) if isinstance(leaf, Activate)), 1.0)
        pairs[:1] = [(pairs[0][0], last)] if pairs else []
        for layer, own in reversed(pairs):
            total = gain * own if draw.for_activation else gain
            W = draw(rng, layer.fan_in, layer.fan_out, gain=total, field=layer.field)
            layer.pair(layer.views(params)[0]).W[...] = W.reshape(-1, *layer.kernel_shape)
        return params

    @np.errstate(all="ignore")
    def constrain(self, params: np.ndarray, rows: slice = slice(None)) -> None:
        """Shorten the weight vectors of hidden units to `max_norm`, in place, for params (R, P) of these runs."""
        limit: Any = self.max_norm
        limit = limit[rows] if np.ndim(limit) else limit
        for layer in self.affine[:-1]:
            limit_norms(layer.views(params)[0][:, :, :-1], limit)

    @np.errstate(all="ignore")  # a loss that overflows is infinite
    def loss_and_gradient(self, params: np.ndarray, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Loss with penalty, and its gradient, for params (P,) or (R, P), X (n, features), y as the loss expects it.

        Returns a float and (P,), or (R,) and (R, P). Raises InputError for wrong shapes, NaN and labels out of range.
        """
        stack, x, t = self.prepared(params, X, y)
        work = Pass(self, stack, x.shape[-1])
        outputs = work.forward(x)
        losses = self.loss.values(outputs, t) + self.penalty.value(stack)
        grads = work.backward(t)
        return (losses, grads) if np.ndim(params) == 2 else (float(losses[0]), grads[0])

    @np.errstate(all="ignore")
    def data_loss(self, params: np.ndarray, X: Any, y: Any) -> Any:
        """Loss over (X, y) in evaluation without penalty, (R,) for params (R, P). Refuses as `loss_and_gradient`."""
        stack, x, t = self.prepared(params, X, y)
        losses = self.loss.values(Evaluation(self, stack, x.shape[-1]).forward(x), t)
        return losses if np.ndim(params) == 2 else float(losses[0])

    @np.errstate(all="ignore")
    def predict(self, params: np.ndarray, X: Any) -> np.ndarray:
        """Outputs of the last layer (n, k), or (R, n, k) for params (R, P). Refuses wrong shapes, NaN, giant inputs."""
        stack = self._stack(params)
        x = self._inputs(X, stack.dtype)
        outputs = Evaluation(self, stack, x.shape[-1]).forward(x).swapaxes(-1, -2)
        return outputs if np.ndim(params) == 2 else outputs[0]

    def _stack(self, params: np.ndarray) -> np.ndarray:
        """Params as a contiguous stack (R, P), float32 or float64, for the layers' views."""
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

    def prepared(self, params: np.ndarray, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Params (R, P), x (1, features + 1, n) with ones, and targets (1, k, n), checked."""
        stack = self._stack(params)
        x = self._inputs(X, stack.dtype)
        t = self.loss.encode(y, self.sizes[-1])
        if len(t) != x.shape[-1]:
            raise InputError(f"y has {len(t)} rows, but X has {x.shape[-1]}")
        return stack, x, np.ascontiguousarray(t.T, stack.dtype)[None]


def with_ones(X: np.ndarray) -> np.ndarray:
    """X (n, features) with a last column of ones: (n, features + 1)."""
    return np.hstack([X, np.ones((len(X), 1), dtype=X.dtype)])


class Pass:
    """One forward and one backward pass of R runs over B samples, in buffers that are allocated once.

    x is (R or 1, features + 1, B) with ones in its last row, targets (R or 1, k, B). `leaves` are the layers without
    combinators, `affine` those with weights: their `above.values` is z, and after `backward` their `above.delta` dL/dz
    and `grads` (R, P) the gradient of loss and penalty.
    """

    training = True

    def __init__(self, network: Network, params: np.ndarray, batch: int, grads: np.ndarray | None = None):
        self.network, self.penalty, self.grads = network, network.penalty, grads
        like = np.broadcast_to(np.empty((), params.dtype), (len(params), batch))
        self.inputs = Signal()
        self.chain = network.chain.at_work(self.inputs, Signal(), like, self.training)
        self.outputs = self.chain.top.values
        self.bind(params)

    def bind(self, params: np.ndarray) -> None:
        """Use these params (R, P) from now on; in-place changes take effect."""
        self.params = params
        self.leaves = self.chain.leaves()
        self.affine = [leaf for leaf in self.leaves if isinstance(leaf, Affine)]
        self.masks = [leaf for leaf in self.leaves if isinstance(leaf, Dropout)]
        for leaf in self.leaves:
            leaf.bind(leaf.views(params), None if self.grads is None else leaf.views(self.grads))
        self._forward = [layer.forward for layer in self.chain.layers]  # faster than the loop of the chain
        self._backward = [layer.backward for layer in reversed(self.chain.layers)]
        self._remember = [leaf.remember for leaf in self.leaves if leaf.remembers]

    def twin(self, params: np.ndarray, rows: slice) -> "Pass":
        """A pass in the same buffers over the params (R, P) of other runs of the network."""
        other = copy(self)
        other.penalty = self.network.penalty.of(rows)
        other.chain = self.chain.twin()
        other.bind(params)
        return other

    def allocate_backward(self) -> None:
        """Allocate the deltas and the gradient."""
        self.grads = np.empty_like(self.params) if self.grads is None else self.grads
        self.scratch = np.empty_like(self.params) if self.penalty.used else None
        self.chain.top.delta = np.empty(self.outputs.shape, self.params.dtype)
        self.chain.allocate_backward(is_first=True)
        self.bind(self.params)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Outputs z_L (R, k, B) of the inputs; the buffers keep what the backward pass needs."""
        if x is not self.inputs.full:
            self.inputs.show(x)
        for forward in self._forward:
            forward()
        return self.outputs

    def backward(self, targets: np.ndarray) -> np.ndarray:
        """Backpropagation (Rumelhart, Hinton & Williams 1986): the gradient (R, P) of the last forward pass.

        From δ_L = dL/dz_L, each layer computes dL/d(its parameters) and the δ of the layer below.
        """
        if self.chain.top.delta is None:
            self.allocate_backward()
        assert self.grads is not None
        self.network.loss.delta(self.outputs, targets, out=self.chain.top.delta)
        for backward in self._backward:
            backward()
        if self.scratch is not None:
            self.penalty.add_gradient(self.params, self.grads, self.scratch)
        return self.grads

    def buffers(self) -> list[np.ndarray]:
        """Every array it uses, some of them views."""
        signals = [signal for leaf in self.leaves for signal in (leaf.below, leaf.above)]
        held = [list(vars(each).values()) for each in (self, *self.chain.layers, *self.leaves)]
        held += [[each.values, each.delta] for each in signals]
        return [value for values in held for value in values if isinstance(value, np.ndarray)]

    def said(self) -> list[np.ndarray]:
        """The output (R, n, B) of each layer with weights, as input to the next; the network's outputs last."""
        return [*(layer.below.values for layer in self.affine[1:]), self.outputs]

    def remember(self) -> None:
        """Update the running statistics of the normalizations, which are part of params, with the last batch."""
        for remember in self._remember:
            remember()


class Evaluation(Pass):
    """The forward pass in evaluation: batch normalization uses its running statistics, so samples are independent."""

    training = False


class WeightPenalty:
    """penalty = l1 Σ|W| + (l2/2) ΣW² of each run, over weights but not biases: the elastic net (Zou & Hastie 2005).

    l1, l2: a number, or one for each of R runs; `is_weight` gives (P,), 1 for weights. The derivative of |w| at 0 is 0.
    """

    def __init__(self, l1: Any, l2: Any, is_weight: Callable[[], np.ndarray]):
        check_number("l1", l1, 0)
        check_number("l2", l2, 0)
        self.strengths, self.is_weight = (l1, l2), is_weight
        self.used = bool(np.any(l1) or np.any(l2))

    @cached_property
    def l1(self) -> np.ndarray | None:
        """Strength at each parameter, (P,) if shared by all runs, otherwise (R, P); None if it is 0."""
        return self._of_weights(self.strengths[0])

    @cached_property
    def l2(self) -> np.ndarray | None:
        """The same for ΣW²."""
        return self._of_weights(self.strengths[1])

    def _of_weights(self, strength: Any) -> np.ndarray | None:
        return (
            np.asarray(strength, float)[..., *[None] * np.ndim(strength)] * self.is_weight()
            if np.any(strength)
            else None
        )

    def of(self, rows: slice) -> Self:
        """The penalty of these runs."""
        part = copy(self)
        part.l1, part.l2 = (each if each is None or each.ndim == 1 else each[rows] for each in (self.l1, self.l2))
        return part

    def value(self, params: np.ndarray) -> np.ndarray:
        """Penalty of each run, shape (...,) for params (..., P)."""
        first = 0.0 if self.l1 is None else self.l1 * np.abs(params)
        second = 0.0 if self.l2 is None else 0.5 * self.l2 * params * params
        both = first + second
        return np.zeros(params.shape[:-1]) if isinstance(both, float) else both.sum(axis=-1)

    def add_gradient(self, params: np.ndarray, grads: np.ndarray, scratch: np.ndarray) -> None:
        """grads += l1 sign(W) + l2 W, in place; scratch has the shape of params."""
        if self.l1 is not None:
            np.sign(params, out=scratch)
            scratch *= self.l1
            grads += scratch
        if self.l2 is not None:
            np.multiply(params, self.l2, out=scratch)
            grads += scratch


def limit_norms(W: np.ndarray, limit: Any) -> None:
    """w <- w limit / max(limit, ‖w‖) for the weights w of each unit, in place (Srivastava et al. 2014, section 5.1)."""
    size, limit = np.sqrt(np.einsum("rij,rij->ri", W, W)), np.reshape(limit, (-1, 1))
    if np.isinf(size).any():  # squares overflow
        size = np.where(np.isinf(size), lengths(W), size)
    W *= (limit / np.maximum(limit, size)).astype(W.dtype)[:, :, None]
