"""What all optimizers share: checked hyper-parameters, state for one run or a stack of runs, and in-place arithmetic.

A rule's `update` reads as the paper's lines. Two habits keep it fast: nothing of the size of the parameters is
allocated after `init`, and scalars are folded first and handed to numpy as arrays of the parameters' own dtype.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np

from core.checks import InputError, check_number, check_whole, choose, suggestion

Array = np.ndarray
Number = Any  # a float, or an array (R, 1) with one value for each run
Shapes = Sequence[tuple[int, ...]]


class Range(NamedTuple):
    """The values a hyper-parameter may take; pages build their controls from it."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False
    whole: bool = False


SHARE = Range(0.0, 1.0, open_high=True)
POSITIVE = Range(0.0, math.inf, open_low=True)
NOT_NEGATIVE = Range(0.0, math.inf)

RANGES = {
    "lr": POSITIVE,
    "momentum": SHARE,
    "dampening": Range(0.0, 1.0),
    "weight_decay": NOT_NEGATIVE,
    "lr_decay": NOT_NEGATIVE,
    "initial_accumulator_value": NOT_NEGATIVE,
    "eps": NOT_NEGATIVE,
    "eps1": NOT_NEGATIVE,
    "eps2": NOT_NEGATIVE,
    "alpha": SHARE,
    "rho": SHARE,
    "beta1": SHARE,
    "beta2": SHARE,
    "momentum_decay": NOT_NEGATIVE,
    "etaminus": Range(0.0, 1.0, True, True),
    "etaplus": Range(1.0, math.inf, open_low=True),
    "step_min": POSITIVE,
    "step_max": POSITIVE,
    "lambd": NOT_NEGATIVE,
    "t0": NOT_NEGATIVE,
    "beta2_decay": Range(-math.inf, 0.0),
    "d": POSITIVE,
    "ns_steps": Range(1, 100, whole=True),
    "history_size": Range(1, 1000, whole=True),
    "tolerance_grad": NOT_NEGATIVE,
    "tolerance_change": NOT_NEGATIVE,
}

CHOICES: dict[str, tuple[Any, ...]] = {
    "centered": (False, True),
    "nesterov": (False, True),
    "decoupled_weight_decay": (False, True),
    "adjust_lr_fn": (None, "original", "match_rms_adamw"),
    "line_search_fn": (None, "strong_wolfe"),
}


def table(**entries: Any) -> Mapping[str, Any]:
    """Return a read-only dict, for a class to declare what all its instances share."""
    return MappingProxyType(entries)


def in_range(name: str, value: Any, limits: Range) -> Any:
    """Return the value if it is in its range, else raise InputError."""
    if limits.whole:
        return check_whole(name, value, int(limits.low), limits.high)
    return check_number(name, value, limits.low, limits.high, open_low=limits.open_low, open_high=limits.open_high)


def per_run(name: str, value: Any) -> Number:
    """Return a float, or an array (R, 1) that broadcasts over the parameters of each of R runs."""
    numbers = np.asarray(value, dtype=np.float64)
    if numbers.ndim == 0:
        return float(numbers)
    if numbers.ndim > 2 or numbers.size != len(numbers):
        raise InputError(
            f"{name} has shape {numbers.shape}, but must be one number or one for each run: (R,) or (R, 1)"
        )
    return numbers.reshape(-1, 1).copy()


class Optimizer:
    """Base of all rules: `rule.init(params)`, then `rule.step(params, grads)` as often as you like.

    params, grads: (P,) or (R, P), float64 or float32; `step` changes params in place and leaves grads as they are.
    Every number may be given per run as (R,) or (R, 1); words and switches hold for the whole stack.
    `lr` may be changed between steps. t counts updates from 1. Raises InputError for a hyper-parameter that the rule
    has not or that is out of range, and for params of another shape than those of `init`.

    A rule declares its `defaults` (the only list of its hyper-parameters), the names of its `buffers` (arrays like
    params, zero at the start), torch's keywords that are `fixed` in it, and its `update(x, g, *buffers)`.
    """

    defaults: Mapping[str, Any] = table()
    fixed: Mapping[str, Any] = table()
    ranges: Mapping[str, Range] = table()
    buffers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()  # running products, one number for each run in float64, 1 at the start
    scratches = 1
    update: Callable[..., None]

    def __init__(self, lr: Any = None, **hyper: Any) -> None:
        self.shape: tuple[int, ...] | None = None
        self.dtype = np.dtype(np.float64)
        self.t = 0
        given = {**self.defaults, **hyper, **({} if lr is None else {"lr": lr})}
        self.hyper = {name: self._checked(name, value) for name, value in given.items() if name not in self.fixed}
        for name in self.fixed.keys() & given.keys():
            if np.any(given[name] != self.fixed[name]):
                rule = type(self).__name__
                raise InputError(
                    f"{name} is {given[name]!r}, but {rule} is the rule with {name} = {self.fixed[name]!r}"
                )

    def _checked(self, name: str, value: Any) -> Any:
        if name not in self.defaults:
            known = ", ".join(self.defaults)
            raise InputError(f"{type(self).__name__} has no {name!r}, only {known}{suggestion(name, self.defaults)}")
        if name in CHOICES:
            return choose(name, str(value), {str(choice): choice for choice in CHOICES[name]})
        limits = self.range_of(name)
        value = in_range(name, value, limits)
        return value if limits.whole else per_run(name, value)

    @classmethod
    def range_of(cls, name: str) -> Range:
        """Return the range of one of this rule's numbers."""
        return cls.ranges.get(name, RANGES[name])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={np.squeeze(v).tolist()!r}' for k, v in self.hyper.items())})"

    @property
    def lr(self) -> Number:
        """The learning rate of the next update, finite and >= 0: a schedule may end at 0, a run may not begin there."""
        return self.hyper["lr"]

    @lr.setter
    def lr(self, value: Any) -> None:
        if not (type(value) is float and 0.0 <= value < math.inf):  # the usual case needs no array
            check_number("lr", value, 0.0)
            value = per_run("lr", value)
            self._check_runs("lr", value)
        self.hyper["lr"] = value
        self.const["lr"] = self.cast(value)

    def init(self, params: Array, shapes: Shapes | None = None) -> Self:
        """Forget everything and allocate state and scratch for params; `shapes` matter to rules for matrices only."""
        if not isinstance(params, np.ndarray) or params.ndim not in (1, 2) or params.dtype.kind != "f":
            raise InputError("params must be a float array of shape (P,) or (R, P)")
        self.shape, self.dtype, self.t = params.shape, params.dtype, 0
        self.buffer = {name: np.zeros_like(params, order="C") for name in self.buffers}
        self.buffer |= {name: np.ones((*params.shape[:-1], 1)) for name in self.products}
        self._prepare()
        return self

    def _prepare(self) -> None:
        """Make scratch and constants: what follows from shape, dtype and hyper-parameters, and is never saved."""
        assert self.shape is not None
        numbers = {name: value for name, value in self.hyper.items() if isinstance(value, float | Array)}
        for name, value in numbers.items():
            self._check_runs(name, value)
        self.const = {name: self.cast(value) for name, value in numbers.items()}
        # The shares of the old and the new in an average, 1 - β taken before rounding to float32.
        self.shares = {name: (self.cast(value), self.cast(1.0 - value)) for name, value in numbers.items()}
        if "eps" in self.const:  # 0/0 becomes 0 where eps = 0 meets a coordinate that never had a gradient
            self.const["eps"] = np.maximum(self.const["eps"], np.finfo(self.dtype).tiny)
        self.uses = {name: bool(np.any(value)) for name, value in numbers.items()}  # a term with factor 0 is left out
        self.scratch = np.empty(self.shape, self.dtype)
        self.scratch2 = np.empty(self.shape if self.scratches > 1 else 0, self.dtype)
        self.decayed = np.empty(self.shape if self.uses.get("weight_decay") else 0, self.dtype)

    def _check_runs(self, name: str, value: Number) -> None:
        runs = self.shape[0] if self.shape is not None and len(self.shape) == 2 else 1
        if self.shape is not None and isinstance(value, Array) and len(value) not in (1, runs):
            raise InputError(f"{name} has {len(value)} values, but params holds {runs} runs")

    def cast(self, value: Number) -> Array:
        """Return a scalar or one value for each run in the dtype of the parameters."""
        return np.asarray(value, self.dtype)

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")  # `finite` reports it, once, for each run
    def step(self, params: Array, grads: Array) -> None:
        """Update params in place: one step of the rule."""
        self._check_shape(params)
        self.t += 1
        self.update(params, grads, *self.buffer.values())

    def _check_shape(self, params: Array) -> None:
        if params.shape != self.shape:
            raise InputError(f"params has shape {params.shape}, but {type(self).__name__}.init saw {self.shape}")

    def coupled_decay(self, x: Array, g: Array) -> Array:
        """Return g + weight_decay x, the gradient of the loss with an L2 penalty; g itself where there is none."""
        if not self.uses["weight_decay"]:
            return g
        np.multiply(x, self.const["weight_decay"], self.decayed)
        return np.add(self.decayed, g, self.decayed)

    def decoupled_decay(self, x: Array) -> None:
        """x <- x (1 - lr weight_decay), Loshchilov & Hutter 2019: the decay never enters the averages."""
        if self.uses["weight_decay"]:
            np.multiply(x, self.cast(1.0 - self.hyper["lr"] * self.hyper["weight_decay"]), x)

    def decay(self, x: Array, g: Array) -> Array:
        """Decay as `decoupled_weight_decay` says, and return the gradient to go on with."""
        if self.hyper["decoupled_weight_decay"]:
            self.decoupled_decay(x)
            return g
        return self.coupled_decay(x, g)

    def finite(self) -> Array:
        """Return for each run, shape (R,) or (), whether its state is finite; a gradient of 1e200 squared is not."""
        lead = (self.shape or ())[:-1]
        checks = [np.isfinite(array).all(axis=-1) for array in self.buffer.values()]
        return np.logical_and.reduce(checks) if checks else np.ones(lead, bool)

    def keep(self, mask: Any) -> None:
        """Go on with the runs where mask (R,) is true; the caller does the same to params."""
        mask = np.asarray(mask, bool)
        if self.shape is None or len(self.shape) != 2 or mask.shape != self.shape[:1]:
            raise InputError(f"mask has shape {mask.shape}, but the rule works on params of shape {self.shape}")
        self.buffer = {name: array[mask] for name, array in self.buffer.items()}
        for name, value in self.hyper.items():
            if isinstance(value, Array) and len(value) == len(mask):
                self.hyper[name] = value[mask]
        self.shape = (int(mask.sum()), self.shape[1])
        self._prepare()

    def state(self) -> dict[str, Any]:
        """Return copies of all that the next steps depend on besides params: t, lr and the buffers."""
        lr = self.hyper["lr"]
        return {"t": self.t, "lr": lr if isinstance(lr, float) else lr.copy()} | {
            name: array.copy() for name, array in self.buffer.items()
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a saved state; call init first, with params of the same shape."""
        if self.shape is None:
            raise InputError("state cannot be loaded before init(params)")
        if state.keys() != {"t", "lr", *self.buffer}:
            raise InputError(f"state holds {', '.join(state)}, but must hold {', '.join(['t', 'lr', *self.buffer])}")
        for name, array in self.buffer.items():
            if np.shape(state[name]) != array.shape:
                raise InputError(f"state's {name} has shape {np.shape(state[name])}, but must have {array.shape}")
            array[...] = state[name]
        self.t, self.lr = check_whole("t", state["t"], 0), state["lr"]


def average(m: Array, g: Array, shares: tuple[Array, Array], scratch: Array) -> None:
    """m <- β m + (1 - β) g, with shares = (β, 1 - β)."""
    np.multiply(g, shares[1], scratch)
    np.multiply(m, shares[0], m)
    np.add(m, scratch, m)


def average_square(v: Array, g: Array, shares: tuple[Array, Array], scratch: Array) -> None:
    """v <- β v + (1 - β) g²."""
    np.multiply(g, g, scratch)
    average(v, scratch, shares, scratch)


def descend(x: Array, rate: Array, direction: Array) -> None:
    """x <- x - rate direction; overwrites direction, which must be scratch."""
    np.multiply(direction, rate, direction)
    np.subtract(x, direction, x)


def _power(base: float, exponent: float) -> float:
    try:
        return base**exponent
    except OverflowError:
        return math.inf


def power(base: Number, exponent: Number) -> Number:
    """Base to an exponent, run by run: numpy's vector loop may differ from the scalar result in the last digit."""
    if isinstance(base, float) and isinstance(exponent, float | int):
        return _power(base, exponent)
    return np.asarray(np.frompyfunc(_power, 2, 1)(base, exponent), dtype=np.float64)


def root(value: Number) -> Number:
    """Square root of a float or of one value for each run."""
    return math.sqrt(value) if isinstance(value, float) else np.sqrt(value)
