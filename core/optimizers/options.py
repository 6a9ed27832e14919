"""Options: the numbers, switches and words that configure a rule, each declared once as a field of its class.

`beta1: Number = share(0.9)` in a class declares the default and the allowed range; an instance holds the checked value
under the same name. Update rules, schedules and minimizers use this.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from core.checks import InputError, check_number, check_whole, choose, suggestion

Array = np.ndarray
Number = Any  # a float, or Varied: one value per run
REQUIRED = ...  # the default of a required option
LARGEST_WHOLE = 1e15


@dataclass(frozen=True)
class Option:
    """A class's declaration of one option: its default and its check; fit: a suitable value for a number of updates."""

    default: Any = REQUIRED
    fit: Callable[[int], Any] | None = field(default=None, kw_only=True)

    def read(self, name: str, value: Any) -> Any:
        """Return the value in the form stored by an instance. Raises InputError if it is not allowed."""
        raise NotImplementedError

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Check the value and store it; None is allowed if it is the default."""
        setattr(owner, name, None if value is None and self.default is None else self.read(name, value))


class HasOptions:
    """Base of classes with options, which are fields: `Adam(lr=0.1)`; what a class is stands in its first line."""

    def __init_subclass__(cls, **shown: Any) -> None:
        for name, value in shown.items():
            setattr(cls, name, value)

    def __init__(self, /, **given: Any) -> None:
        declared, kind = self.declared(), type(self).__name__
        for name in given:
            if name not in declared:
                known = self.options()
                allowed = f"only {', '.join(known)}" if known else "and no other option"
                raise InputError(f"{kind} has no {name!r}, {allowed}{suggestion(name, known)}")
        for name, option in declared.items():
            if (value := given.get(name, option.default)) is REQUIRED:
                raise InputError(f"{name} is missing, but {kind} needs it")
            option.put(self, name, value)
        self._ready()

    def _ready(self) -> None:
        """Check the options against each other, and derive values from them."""

    @classmethod
    @cache
    def declared(cls) -> dict[str, Option]:
        """Return all options by name, in the order of the class and its bases, with those that are fixed."""
        found: dict[str, Option] = {}
        for name, each in (each for kind in reversed(cls.__mro__) for each in vars(kind).items()):
            if isinstance(each, Option):
                found[name] = each
            else:
                found.pop(name, None)  # a class may have replaced it with another field
        return found

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the options that may be chosen, by name, in the order of the class."""
        return {name: option for name, option in cls.declared().items() if not isinstance(option, Fixed)}


class Varied(np.ndarray):
    """Numbers (R, 1), one for each run, that compute like a Python float: beside an array they take its dtype."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **kwargs: Any) -> Any:
        arrays = [each for each in (*kwargs.get("out", ()), *inputs) if type(each) is Array and each.dtype.kind == "f"]
        dtype = arrays[0].dtype if arrays else np.float64
        plain = [np.asarray(each, dtype) if isinstance(each, Varied) else each for each in inputs]
        if ufunc is np.power and not arrays:  # numpy's vector loop may differ from the scalar in the last digit
            return np.asarray(np.frompyfunc(power, 2, 1)(*plain), np.float64).view(Varied)
        found = getattr(ufunc, method)(*plain, **kwargs)
        return found if arrays or found.dtype.kind != "f" else found.view(Varied)


def power(base: Number, exponent: Number) -> Number:
    """Power without overflow."""
    try:
        return base**exponent
    except OverflowError:
        return math.inf


def root(value: Number) -> Number:
    """Square root."""
    return math.sqrt(value) if isinstance(value, float) else np.sqrt(value)


def at_least(value: Number, low: float) -> Number:
    """The value, or `low` where it is larger."""
    return max(value, low) if isinstance(value, float) else np.maximum(value, low)


def of_run(value: Number, run: int) -> float:
    """The value of one run."""
    return value if isinstance(value, float) else value[run % len(value), 0].item()


@dataclass(frozen=True)
class OneNumber(Option):
    """A float from low to high."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def floats(self, name: str, value: Any) -> Array:
        """Return a number, or several, as an array of floats in the range."""
        check_number(name, value, self.low, self.high, open_low=self.open_low, open_high=self.open_high)
        return np.asarray(value, dtype=np.float64)

    def read(self, name: str, value: Any) -> Any:
        if np.ndim(numbers := self.floats(name, value)):
            raise InputError(f"{name} is {value!r}, but must be one number")
        return float(numbers)


@dataclass(frozen=True)
class PerRun(OneNumber):
    """A number, or one per run as (R,) or (R, 1), kept as Varied; floor: never 0 in a rule, so that 0/0 is 0."""

    floor: bool = False

    def read(self, name: str, value: Any) -> Number:
        numbers = self.floats(name, value)
        if numbers.size == 1:
            return float(numbers.item())
        if numbers.ndim > 2 or numbers.size != len(numbers):
            raise InputError(f"{name} has shape {numbers.shape}, but must be one number or one per run: (R,) or (R, 1)")
        return numbers.reshape(-1, 1).copy().view(Varied)


NEXT_RATE = PerRun(low=0.0)


@dataclass(frozen=True)
class LearningRate(PerRun):
    """A number above 0 that may change between updates, then also to 0, where many schedules end."""

    def put(self, owner: Any, name: str, value: Any) -> None:
        vars(owner)[name] = self.read(name, value)

    def __get__(self, rule: Any, kind: type) -> Any:
        return self if rule is None else vars(rule)["lr"]

    def __set__(self, rule: Any, value: Any) -> None:
        if not (type(value) is float and 0.0 <= value < math.inf):  # the usual case needs no array
            value = NEXT_RATE.read("lr", value)
            rule.check_runs("lr", value)
        vars(rule)["lr"] = rule.numbers["lr"] = value


@dataclass(frozen=True)
class Whole(Option):
    """A whole number from low to high."""

    low: int = 1
    high: float = LARGEST_WHOLE

    def read(self, name: str, value: Any) -> Any:
        return check_whole(name, value, self.low, self.high)


@dataclass(frozen=True)
class Choice(Option):
    """One of a few words or switches."""

    allowed: tuple[Any, ...] = (False, True)

    def read(self, name: str, value: Any) -> Any:
        return choose(name, str(value), {str(each): each for each in self.allowed})


@dataclass(frozen=True)
class Several(Option):
    """A sequence whose members are checked by another option; `count` of them, or any number for 0."""

    each: Option = OneNumber()
    count: int = 0

    def read(self, name: str, value: Any) -> Any:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise InputError(f"{name} is {value!r}, but must be a list of numbers")
        members = tuple(self.each.read(name, member) for member in value)
        if self.count and len(members) != self.count:
            raise InputError(f"{name} is {value!r}, but must be {self.count} numbers")
        return members


@dataclass(frozen=True)
class Fixed(Option):
    """A keyword of torch with a fixed value in this rule; any other value would be a different rule."""

    def put(self, owner: Any, name: str, value: Any) -> None:
        if value is not self.default and np.any(value != self.default):
            raise InputError(f"{name} is {value!r}, but {type(owner).__name__} is that with {name} = {self.default!r}")
        setattr(owner, name, self.default)


# The functions used in classes. They return Any, because the field's annotation gives the type in instances.
learning_rate: Any = partial(LearningRate, low=0.0, open_low=True)
scalar: Any = PerRun
share: Any = partial(PerRun, low=0.0, high=1.0, open_high=True)  # for example the weight of the past in an average
positive: Any = partial(PerRun, low=0.0, open_low=True)
not_negative: Any = partial(PerRun, low=0.0)
epsilon: Any = partial(PerRun, low=0.0, floor=True)  # keeps a denominator from 0
number: Any = OneNumber
whole: Any = Whole
switch: Any = Choice
choice: Any = Choice
several: Any = Several
fixed: Any = Fixed
