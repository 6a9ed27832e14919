"""Shared by all optimizers: hyper-parameters, and state for one run or a stack of runs.

A rule's `update` reads as the paper's lines, and is also the text of exported scripts. It is fast because it works in
blocks that stay in the processor's cache, with numbers that are floats wherever all runs share them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from core.checks import InputError
from core.optimizers.options import Array as Array
from core.optimizers.options import HasOptions, PerRun, Varied, at_least, learning_rate
from core.optimizers.options import Number as Number

Shapes = Sequence[tuple[int, ...]]
BLOCK_BYTES = 256 * 1024  # numbers per array in a block; from here on numpy reuses temporaries


# A part of the stack that a rule updates at once, whole runs or, for wide ones, some of their parameters: the index
# into params and grads (None: everything), the runs of the stack, and further arguments of `update`.
Block = tuple[tuple[slice, ...] | None, slice, list[Array]]


class Optimizer(HasOptions):
    """Base of all rules: call `rule.init(params)`, then `rule.step(params, grads)` repeatedly.

    params, grads: (P,) or (R, P), float64 or float32; `step` changes params in place. Numbers may be given per run as
    (R,) or (R, 1). `lr` may be changed between steps. t counts updates from 1. Raises InputError for an unknown
    hyper-parameter, a value out of range, and params of another shape than in `init`.
    A rule declares its hyper-parameters (see `core.optimizers.options`), its `buffers` (arrays like params, zero at the
    start), its `update(x, g, *buffers)`, which gets a block of each and the gradient with its weight decay, and the
    kind of block. There `self.lr` and all other numbers are those of the runs in the block.
    """

    lr: Number = learning_rate(1e-3)
    weight_decay: Number = 0.0  # for a rule without weight decay
    decoupled_weight_decay: bool = False  # whether it shrinks x (Loshchilov & Hutter 2019), instead of joining g
    buffers: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()  # those with one number for each run; for blocks of whole runs only
    block = "elements"  # any parameters; "runs": whole runs, for norms or matrices; "stack": everything at once
    update: Callable[..., None]

    # Display, export and tests of the rule.
    label: str  # displayed name; by default the name of its class
    color: int | None = None  # its index in the charts' palette
    scripted = True  # whether a script can use the text of its `update`, which then needs only numpy and `h`, the rule
    batches = True  # whether it can learn from the gradients of mini-batches
    lr_acts = True  # whether a new lr acts on the next update
    usual_rate = 0.01  # recommended rate for small networks on standardized data
    # Rates that reach the minimum of a parabola and of Rosenbrock's function in 10,000 updates
    rates: tuple[float, float]
    still: Mapping[str, Any] = {}  # hyper-parameters for which a zero gradient moves nothing

    def __init_subclass__(cls, **shown: Any) -> None:
        """A subclass does not inherit the display of its parent."""
        super().__init_subclass__(**{"label": cls.__name__, "color": None} | shown)

    def __init__(self, /, **hyper: Any) -> None:
        self.shape: tuple[int, ...] | None = None
        self.dtype = np.dtype(np.float64)
        self.t = 0
        super().__init__(**hyper)
        self.numbers = {name: getattr(self, name) for name, each in self.options().items() if isinstance(each, PerRun)}

    @property
    def hyper(self) -> dict[str, Any]:
        """The hyper-parameters by name, in the order of the class."""
        return {name: getattr(self, name) for name in self.options()} | self.numbers

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={np.squeeze(v).tolist()!r}' for k, v in self.hyper.items())})"

    def init(self, params: Array, shapes: Shapes | None = None) -> Self:
        """Reset, and allocate state for params; only rules for matrices use `shapes`."""
        if (
            not isinstance(params, np.ndarray)
            or params.ndim not in (1, 2)
            or params.dtype.kind != "f"
            or not params.size
        ):
            raise InputError("params must be a float array of shape (P,) or (R, P) that is not empty")
        self.shape, self.dtype, self.t = params.shape, params.dtype, 0
        self.buffer = {
            name: np.zeros_like(params[..., :1] if name in self.narrow else params, order="C") for name in self.buffers
        }
        self._prepare()
        return self

    def _prepare(self) -> None:
        """Fit the numbers to shape and dtype."""
        for name, value in self.numbers.items():
            self.check_runs(name, value)
            vars(self)[name] = self._usable(name)
        self._decays = bool(np.any(self.weight_decay))
        self._blocks: dict[tuple[int, int], list[Block]] = {}

    def _usable(self, name: str) -> Number:
        """A number, raised to its floor."""
        option, value = self.declared()[name], self.numbers[name]
        return at_least(value, float(np.finfo(self.dtype).tiny)) if getattr(option, "floor", False) else value

    def _cut(self, start: int, stop: int) -> list[Block]:
        """The blocks of the runs from start to stop."""
        assert self.shape is not None
        P, most, stacked = self.shape[-1], max(1, BLOCK_BYTES // self.dtype.itemsize), len(self.shape) == 2
        runs, columns = stop - start, P
        if self.block != "stack" and runs * P > 2 * most:
            runs = max(1, most // max(P, 1))
            columns = P if runs > 1 or self.block == "runs" else -(-P // -(-P // most))
        whole, blocks = runs >= stop - start and columns == P, list[Block]()
        for low in range(start, stop, runs):
            rows = slice(low, min(low + runs, stop))
            for left in range(0, max(P, 1), max(columns, 1)):
                part = slice(left, min(left + columns, P))
                cut = (rows, part)[: 1 + (self.block == "elements")] if stacked else (part,)
                inner = (slice(rows.start - start, rows.stop - start), part) if stacked else (part,)
                blocks.append((None if whole else inner, rows, [each[cut] for each in self.buffer.values()]))
        return blocks

    def __getstate__(self) -> dict[str, Any]:
        """Everything except the blocks, which are views and are rebuilt."""
        return vars(self) | {"_blocks": {}}

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")  # a run that diverges disturbs no other
    def step(self, params: Array, grads: Array, *, rows: slice | None = None) -> None:
        """Update params in place: one step of the rule.

        With `rows`, params and grads are those of these runs only; the first part of a step starts with the first run.
        """
        start, stop = (0, self.runs) if rows is None else (rows.start, rows.stop)
        self._check_shape(params, stop - start)
        if start == 0:
            self.t += 1
        blocks = self._blocks.get((start, stop))
        if blocks is None:
            blocks = self._blocks[start, stop] = self._cut(start, stop)
        varied = {name: self._usable(name) for name, each in self.numbers.items() if isinstance(each, Varied)}
        for part, runs, arrays in blocks:
            if varied:
                vars(self).update({name: value[runs] for name, value in varied.items()})
            x, g = (params, grads) if part is None else (params[part], grads[part])
            self.update(x, self.decayed(x, g) if self._decays else g, *arrays)
        vars(self).update(varied)

    def decayed(self, x: Array, g: Array) -> Array:
        """The gradient with weight decay: g + weight_decay x, or g itself where x shrinks instead."""
        if not self.decoupled_weight_decay:
            return g + self.weight_decay * x
        x *= 1 - self.lr * self.weight_decay
        return g

    @property
    def runs(self) -> int:
        """Number of runs; one if params is (P,)."""
        return self.shape[0] if self.shape is not None and len(self.shape) == 2 else 1

    def check_runs(self, name: str, value: Number) -> None:
        """Refuse values for a different number of runs than in the parameters."""
        if self.shape is not None and isinstance(value, Varied) and len(value) not in (1, self.runs):
            raise InputError(f"{name} has {len(value)} values, but params holds {self.runs} runs")

    def _check_shape(self, params: Array, runs: int) -> None:
        if params.shape == self.shape and runs == self.runs:
            return
        if self.shape is None or params.shape != (runs, self.shape[-1])[2 - len(self.shape) :]:
            raise InputError(f"params has shape {params.shape}, but {type(self).__name__}.init saw {self.shape}")

    def keep(self, mask: Any) -> None:
        """Keep the runs where mask (R,) is true; the caller does the same to params."""
        mask = np.asarray(mask, bool)
        if self.shape is None or len(self.shape) != 2 or mask.shape != self.shape[:1]:
            raise InputError(f"mask has shape {mask.shape}, but the rule works on params of shape {self.shape}")
        self.buffer = {name: array[mask] for name, array in self.buffer.items()}
        self.numbers = {name: each[mask] if isinstance(each, Varied) else each for name, each in self.numbers.items()}
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


def average(m: Array, g: Array, beta: Number) -> None:
    """m <- β m + (1 - β) g."""
    m *= beta
    m += (1 - beta) * g


MAX_NORM = PerRun(low=0.0, open_low=True)


def clip_by_norm(grads: Array, max_norm: Any) -> Any:
    """g <- g min(1, max_norm / ‖g‖), in place and for each run; return the norms before, a float or (R,).

    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1. torch divides by ‖g‖ + 1e-6 and so clips to slightly less.
    """
    limit, unit = MAX_NORM.read("max_norm", max_norm), 1.0
    limit = np.asarray(limit) if isinstance(limit, Varied) else limit
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
