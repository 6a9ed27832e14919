"""Shared by all optimizers: hyper-parameters, state for one run or a stack of runs, and in-place arithmetic.

A rule's `update` reads as the paper's lines. Three rules keep it fast: it works in blocks that stay in the processor's
cache; it allocates nothing of the size of a stack after the first step; and it combines scalars first and passes them
to numpy as arrays of the parameters' dtype.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from core.checks import InputError
from core.optimizers.options import Array as Array
from core.optimizers.options import HasOptions, PerRun, Scalar, learning_rate
from core.optimizers.options import Number as Number

Shapes = Sequence[tuple[int, ...]]
BLOCK_BYTES = 256 * 1024  # numbers per array in a block


class Block(NamedTuple):
    """A part of the stack that a rule updates at once: whole runs or, for wide ones, some of their parameters."""

    part: tuple[slice, ...] | None  # index into params and grads; None: everything
    rows: slice  # the runs of the stack
    begins: bool  # whether it is the first block of its runs
    products: list[Array]
    arrays: list[Array]  # further arguments of `update`: buffers and products
    scratch: dict[str, Array]


class Optimizer(HasOptions):
    """Base of all rules: call `rule.init(params)`, then `rule.step(params, grads)` repeatedly.

    params, grads: (P,) or (R, P), float64 or float32; `step` changes params in place and leaves grads unchanged.
    Numbers may be given per run as (R,) or (R, 1); words and switches apply to the whole stack. `lr` may be changed
    between steps. t counts updates from 1. Raises InputError for an unknown hyper-parameter, a value out of range, and
    params with a shape different from that in `init`.

    A rule declares its hyper-parameters (see `core.optimizers.options`), the names of its `buffers` (arrays like
    params, zero at the start), its `update(x, g, *buffers)`, which gets a block of each, and the kind of block.
    """

    lr: Number = learning_rate(1e-3)
    rate: Scalar  # lr in the form used by the rule
    weight_decay: Scalar = Scalar("weight_decay", 0.0)  # for a rule without weight decay
    buffers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()  # running products, one number for each run in float64, 1 at the start
    scratches = 1
    block = "elements"  # any parameters; "runs": whole runs, for norms or matrices; "stack": everything at once
    update: Callable[..., None]
    scratch: Array  # scratch arrays of the block's shape
    scratch2: Array
    decayed: Array

    # Display and tests of the rule.
    label: str  # displayed name; by default the name of its class
    color: int | None = None  # its index in the charts' palette
    batches = True  # whether it can learn from the gradients of mini-batches
    lr_acts = True  # whether a new lr acts on the next update
    usual_rate = 0.01  # recommended rate for small networks on standardized data
    rates: tuple[
        float, float
    ]  # rates that reach the minimum of a parabola and of Rosenbrock's function in 10,000 updates
    misses = ""  # why no rate reaches them, if so
    still: Mapping[str, Any] = {}  # hyper-parameters for which a zero gradient moves nothing

    def __init_subclass__(cls) -> None:
        """A subclass does not inherit the display of its parent."""
        cls.label, cls.color = vars(cls).get("label", cls.__name__), vars(cls).get("color")

    def __init__(self, /, **hyper: Any) -> None:
        self.shape: tuple[int, ...] | None = None
        self.dtype = np.dtype(np.float64)
        self.t = 0
        super().__init__(**hyper)
        held = [getattr(self, "rate" if name == "lr" else name) for name in self.options()]
        self.scalars = [each for each in held if isinstance(each, Scalar)]

    @property
    def hyper(self) -> dict[str, Any]:
        """The hyper-parameters by name, in the order of the class."""
        held = {name: getattr(self, name) for name in self.options()}
        return {name: each.value if isinstance(each, Scalar) else each for name, each in held.items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={np.squeeze(v).tolist()!r}' for k, v in self.hyper.items())})"

    def init(self, params: Array, shapes: Shapes | None = None) -> Self:
        """Reset, and allocate state and scratch for params; only rules for matrices use `shapes`."""
        if not isinstance(params, np.ndarray) or params.ndim not in (1, 2) or params.dtype.kind != "f":
            raise InputError("params must be a float array of shape (P,) or (R, P)")
        self.shape, self.dtype, self.t = params.shape, params.dtype, 0
        self.buffer = {name: np.zeros_like(params, order="C") for name in self.buffers}
        self.buffer |= {name: np.ones((*params.shape[:-1], 1)) for name in self.products}
        self._prepare()
        return self

    def _prepare(self) -> None:
        """Compute constants from shape, dtype and hyper-parameters; they are never saved."""
        assert self.shape is not None
        for scalar in self.scalars:
            scalar.bind(self.shape, self.dtype)
        self._varied = [scalar for scalar in self.scalars if scalar.varies and scalar is not self.rate]
        self._entered: Block | None = None
        self._blocks: dict[tuple[int, int], list[Block]] = {}
        self._names = ["scratch", "scratch2"][: self.scratches] + ["decayed"] * self.weight_decay.used
        self._room = {name: np.empty(0, self.dtype) for name in self._names}

    def _cut(self, start: int, stop: int) -> list[Block]:
        """The blocks of the runs from start to stop."""
        assert self.shape is not None
        P, most = self.shape[-1], max(1, BLOCK_BYTES // self.dtype.itemsize)
        runs, columns = stop - start, P
        if self.block == "elements" and runs * P > 2 * most:
            runs = max(1, most // max(P, 1))
            columns = P if runs > 1 else -(-P // -(-P // most))
        size = min(runs, stop - start) * columns
        if size > next(iter(self._room.values())).size:
            self._room, self._blocks = {name: np.empty(size, self.dtype) for name in self._names}, {}
        whole = size == (stop - start) * P
        return [
            self._block(start, slice(low, min(low + runs, stop)), slice(left, min(left + columns, P)), whole)
            for low in range(start, stop, runs)
            for left in range(0, max(P, 1), max(columns, 1))
        ]

    def _block(self, start: int, rows: slice, columns: slice, whole: bool) -> Block:
        assert self.shape is not None
        lead = (rows,) if len(self.shape) == 2 else ()
        shape = tuple(each.stop - each.start for each in (*lead, columns))
        inner = *(slice(each.start - start, each.stop - start) for each in lead), columns
        cut = (*lead, columns) if self.block == "elements" else lead
        products = [self.buffer[name][lead] for name in self.products]
        others = [array[cut] for name, array in self.buffer.items() if name not in self.products]
        return Block(
            part=None if whole else inner,
            rows=rows,
            begins=columns.start == 0,
            products=products,
            arrays=[*others, *products],
            scratch={name: room[: math.prod(shape)].reshape(shape) for name, room in self._room.items()},
        )

    def __getstate__(self) -> dict[str, Any]:
        """Everything except the blocks, which are views and are rebuilt."""
        return vars(self) | {"_blocks": {}, "_entered": None}

    def cast(self, value: Number) -> Array:
        """Return a scalar or one value per run in the dtype of the parameters."""
        return np.asarray(value, self.dtype)

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")  # a run that diverges disturbs no other
    def step(self, params: Array, grads: Array, *, rows: slice | None = None) -> None:
        """Update params in place: one step of the rule.

        With `rows`, params and grads are those of these consecutive runs only; a step of the stack then consists of
        such parts, starting with the first run.
        """
        start, stop = (0, self.runs) if rows is None else (rows.start, rows.stop)
        self._check_shape(params, stop - start)
        if start == 0:
            self.t += 1
        blocks = self._blocks.get((start, stop))
        if blocks is None:
            blocks = self._cut(start, stop)
            self._blocks[start, stop] = blocks
        varied = [self.rate, *self._varied] if self.rate.varies else self._varied
        for block in blocks:
            if block is not self._entered:
                vars(self).update(block.scratch, _entered=block)
            for scalar in varied:
                scalar.see(block.rows)
            if block.begins:
                self.begin(*block.products)
            x, g = (params, grads) if block.part is None else (params[block.part], grads[block.part])
            self.update(x, g, *block.arrays)
        for scalar in varied:
            scalar.see(slice(None))

    def begin(self, *products: Any) -> None:
        """Advance the running products, before the first block of the current runs."""

    @property
    def runs(self) -> int:
        """Number of runs; one if params is (P,)."""
        return self.shape[0] if self.shape is not None and len(self.shape) == 2 else 1

    def _check_shape(self, params: Array, runs: int) -> None:
        if params.shape == self.shape and runs == self.runs:
            return
        if self.shape is None or params.shape != (runs, self.shape[-1])[2 - len(self.shape) :]:
            raise InputError(f"params has shape {params.shape}, but {type(self).__name__}.init saw {self.shape}")

    def coupled_decay(self, x: Array, g: Array) -> Array:
        """Return g + weight_decay x, the gradient of the loss with an L2 penalty; g itself if there is none."""
        if not self.weight_decay.used:
            return g
        np.multiply(x, self.weight_decay.cast, self.decayed)
        return np.add(self.decayed, g, self.decayed)

    def decoupled_decay(self, x: Array) -> None:
        """x <- x (1 - lr weight_decay), Loshchilov & Hutter 2019: the decay never enters the averages."""
        if self.weight_decay.used:
            np.multiply(x, self.cast(1.0 - self.rate.value * self.weight_decay.value), x)

    def keep(self, mask: Any) -> None:
        """Keep the runs where mask (R,) is true; the caller does the same to params."""
        mask = np.asarray(mask, bool)
        if self.shape is None or len(self.shape) != 2 or mask.shape != self.shape[:1]:
            raise InputError(f"mask has shape {mask.shape}, but the rule works on params of shape {self.shape}")
        self.buffer = {name: array[mask] for name, array in self.buffer.items()}
        for scalar in self.scalars:
            scalar.keep(mask)
        self.shape = (int(mask.sum()), self.shape[1])
        self._prepare()

    def follow(self, other: "Optimizer") -> Self:
        """Continue from the state of another rule, whose buffers of the same name must have the same shapes."""
        for name, array in self.buffer.items():
            theirs = other.buffer.get(name, array)
            if theirs.shape != array.shape:
                raise InputError(f"{name} has shape {theirs.shape}, but must have {array.shape}")
            array[...] = theirs
        self.t = other.t
        return self


def average(m: Array, g: Array, beta: Scalar, scratch: Array) -> None:
    """m <- β m + (1 - β) g."""
    np.multiply(g, beta.rest, scratch)
    np.multiply(m, beta.cast, m)
    np.add(m, scratch, m)


def average_square(v: Array, g: Array, beta: Scalar, scratch: Array) -> None:
    """v <- β v + (1 - β) g²."""
    np.multiply(g, g, scratch)
    average(v, scratch, beta, scratch)


def descend(x: Array, rate: Array, direction: Array) -> None:
    """x <- x - rate direction; overwrites direction, which must be scratch."""
    np.multiply(direction, rate, direction)
    np.subtract(x, direction, x)


def root(value: Number) -> Number:
    """Square root of a float or of one value per run."""
    return math.sqrt(value) if isinstance(value, float) else np.sqrt(value)


MAX_NORM = PerRun(low=0.0, open_low=True)


def clip_by_norm(grads: Array, max_norm: Any) -> Any:
    """g <- g min(1, max_norm / ‖g‖), in place and for each run; return the norms before, a float or (R,).

    grads (P,) or (R, P); max_norm a number or one for each run. Source: Pascanu, Mikolov & Bengio 2013, algorithm 1.
    torch divides by ‖g‖ + 1e-6 and so clips to slightly less.
    """
    limit, unit = MAX_NORM.numbers("max_norm", max_norm), 1.0
    with np.errstate(over="ignore", invalid="ignore"):  # a non-finite gradient stays non-finite
        lengths, about = np.sqrt(np.einsum("...p,...p->...", grads, grads))[..., None], np.finfo(grads.dtype)
        squared = (lengths > about.tiny**0.5 / about.eps) & (lengths < np.inf)
        if not squared.all():  # squares overflow from 1e154 and vanish below 1e-154: take the largest component as unit
            peak = np.abs(grads).max(axis=-1, keepdims=True, initial=0.0)
            unit = np.where(squared | (peak == 0.0) | ~np.isfinite(peak), peak.dtype.type(1.0), peak)
            lengths = np.where(unit == 1.0, lengths, np.linalg.norm(grads / unit, axis=-1, keepdims=True))
        norms = unit * lengths
        if (longer := norms > limit).any():
            grads *= np.divide(limit / unit, lengths, out=np.ones_like(norms), where=longer)
    return norms[..., 0] if grads.ndim > 1 else norms.item()
