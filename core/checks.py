"""Checks of inputs, and the core's one exception: a sentence with the name, the value and the range."""

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class InputError(ValueError):
    """A refused value: the message names the parameter, the value and what is allowed."""


def texts_of(module: str) -> dict[str, Any]:
    """What the TOML file beside a module, given by its `__file__`, says; lists as tuples."""
    return tuples(tomllib.loads(Path(module).with_suffix(".toml").read_text(encoding="utf-8")))


def tuples(value: Any) -> Any:
    """The value of a TOML file with all its lists as tuples, and None for the text "None": TOML has no word for it."""
    if value == "None":
        return None
    if isinstance(value, Mapping):
        return {name: tuples(each) for name, each in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def _interval(low: float, high: float, open_low: bool, open_high: bool) -> str:
    left, right = "(" if open_low or low == -math.inf else "[", ")" if open_high or high == math.inf else "]"
    return f"{left}{low:g}, {high:g}{right}"


def check_number(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> Any:
    """Return `value` if it is a finite number in the range, or an array of such numbers (one per run).

    Raises InputError for text, booleans, NaN, infinity and anything outside the range.
    """
    try:
        numbers = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise InputError(f"{name} is {value!r}, but must be a number") from None
    if isinstance(value, int) and numbers.dtype == object:  # a whole number with more digits than numpy supports
        numbers = np.asarray(float(value) if abs(value) < 1e308 else math.inf if value > 0 else -math.inf)
    if numbers.dtype.kind not in "iuf" or numbers.size == 0:
        raise InputError(f"{name} is {value!r}, but must be a number")
    below = numbers <= low if open_low else numbers < low
    above = numbers >= high if open_high else numbers > high
    wrong = ~np.isfinite(numbers) | below | above
    if wrong.any():
        first = numbers[wrong].flat[0]
        raise InputError(f"{name} is {first:g}, but must be in {_interval(low, high, open_low, open_high)}")
    return value


def check_whole(name: str, value: Any, low: int, high: float = math.inf) -> int:
    """Return `value` as an int when it is a whole number (not a boolean) from `low` to `high`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise InputError(f"{name} is {value!r}, but must be a whole number")
    if not low <= value <= high:
        raise InputError(f"{name} is {value}, but must be in {_interval(low, high, False, False)}")
    return int(value)


def suggestion(value: object, options: Iterable[str]) -> str:
    """Return " (did you mean 'adam'?)" for a near miss, otherwise an empty string."""
    known = {option.lower(): option for option in options}
    near = difflib.get_close_matches(str(value).lower(), known, n=1)
    return f" (did you mean {known[near[0]]!r}?)" if near else ""


def choose(name: str, value: object, options: Mapping[str, T]) -> T:
    """Return `options[value]`; an unknown name is refused with the valid names and the nearest one."""
    if isinstance(value, str) and value in options:
        return options[value]
    raise InputError(f"{name} is {value!r}, but must be one of {', '.join(options)}{suggestion(value, options)}")


def check_array(name: str, value: Any, ndim: int, dtype: Any = np.float64) -> np.ndarray:
    """Return `value` as a float array of `ndim` dimensions without NaN or infinity; the input is never changed."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"{name} has rows of different lengths, but must have {ndim} dimensions") from None
    if array.dtype.kind == "c":
        raise InputError(f"{name} holds complex numbers, but must hold real ones")
    if array.dtype.kind in "mM" or np.ma.is_masked(value):  # numpy would take both for numbers
        what = "masked" if np.ma.is_masked(value) else array.dtype
        raise InputError(f"{name} holds {what} values, but must hold numbers")
    try:
        array = np.asarray(array, dtype=dtype, order="C")
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} holds {array.dtype} values, but must hold numbers") from None
    if array.ndim != ndim:
        hint = "; reshape it with .reshape(-1, 1) for one feature" if (ndim, array.ndim) == (2, 1) else ""
        raise InputError(f"{name} has {array.ndim} dimensions, but must have {ndim}{hint}")
    if array.size == 0:
        raise InputError(f"{name} has shape {array.shape}, but must not be empty")
    if np.isnan(array).any():
        raise InputError(f"{name} contains NaN, but must be finite")
    if np.isinf(array).any():
        raise InputError(f"{name} contains infinity, but must be finite")
    return array
