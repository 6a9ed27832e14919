"""Settings declared once: a field's bounds, label and help define its check, its widget and its link."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import NoneType, UnionType
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from core.checks import InputError, check_number, choose, texts_of

LONGEST = 2000  # maximum characters of one setting in a link
KINDS = texts_of(__file__)  # pydantic's errors in our words: a value must be ...


When = Callable[[Any], bool] | None


def _field(default: Any, label: str, help: str, when: When = None, strict: bool | None = None, **extra: Any) -> Any:
    declared = extra | ({"when": when} if when else {})
    return Field(default, title=label, description=help, json_schema_extra=declared, strict=strict)


def choice(default: str, options: Iterable[str], label: str, help: str, *, when: When = None) -> Any:
    """A field that takes one of `options`; `when` says whether it has an effect under the other settings."""
    return _field(default, label, help, when, options=list(options))


def choices(default: tuple[str, ...], options: Iterable[str], label: str, help: str, **extra: Any) -> Any:
    """A field that takes some of `options`, at least one, each once."""
    return _field(default, label, help, strict=False, options=list(options), **extra)


per_layer: Any = partial(choices, repeats=True)  # any number of `options`, in order, with repetitions


def number(
    default: float | tuple[float, ...] | None,
    low: float,
    high: float,
    label: str,
    help: str,
    *,
    log: bool = False,
    step: float = 0,
    work: float = 0,
    when: When = None,
) -> Any:
    """A field that takes a number from `low` to `high`; `log` asks for a logarithmic control, `step` for its grid.

    An experiment's time grows roughly with its power `work`. `when` as in `choice`.
    """
    return _field(default, label, help, when, low=low, high=high, log=log, step=step, work=work)


def numbers(default: tuple[float, ...], low: float, high: float, label: str, help: str) -> Any:
    """A field that takes several numbers from `low` to `high`, at least one and at most 12, each once."""
    return _field(default, label, help, strict=False, low=low, high=high, many=True)


def texts(default: tuple[str, ...], label: str, help: str) -> Any:
    """A field that takes any number of short texts, which the settings validate."""
    return _field(default, label, help, strict=False, repeats=True)


def told(label: str, help: str) -> Any:
    """A text that a page writes and a link contains, without a control."""
    return _field("", label, help, lambda settings: False)


switch = _field  # on or off


def extra(field: FieldInfo) -> dict[str, Any]:
    """What a field declares beyond its type: options, repeats, low, high, log, step, work, many, when."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


class Settings(BaseModel):
    """Frozen, validated settings; a value out of bounds raises InputError, one sentence with name, value and range."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __init__(self, **values: Any):
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError(_sentence(type(self), error)) from None

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        for name, field in type(self).model_fields.items():
            value, declared = getattr(self, name), extra(field)
            several = isinstance(value, tuple) and declared.keys() & {"many", "options"} and "repeats" not in declared
            if several and not (1 <= len(value) <= 32 and len(set(value)) == len(value)):
                raise InputError(f"{name} is {value!r}, but must hold 1 to 32 different values")
            for item in value if isinstance(value, tuple) else (value,):
                if "options" in declared:
                    choose(name, item, dict.fromkeys(declared["options"], True))
                elif "low" in declared and item is not None:
                    check_number(name, item, declared["low"], declared["high"])
        return self

    def matters(self, name: str) -> bool:
        """Whether this field has an effect under the others, as it declares."""
        when = extra(type(self).model_fields[name]).get("when")
        return bool(when is None or when(self))

    def replace(self, **changes: Any) -> Self:
        """The same settings with some fields changed, checked again."""
        return type(self)(**(self.model_dump() | changes))

    def effort(self) -> float:
        """Rough work relative to the defaults: (value / default)^work of numbers, the ratio of lengths of choices."""
        times = 1.0
        for name, field in type(self).model_fields.items():
            value, default, declared = getattr(self, name), field.default, extra(field)
            if isinstance(value, tuple) and default:
                size = sum if "many" in declared else len
                times *= size(value) / size(default)
            elif declared.get("work") and value and default:
                times *= (value / default) ** declared["work"]
        return times

    def to_text(self, also: Collection[str] = ()) -> dict[str, str]:
        """The fields that differ from their defaults, and those named in `also`, as text for a link."""
        changed = self.model_dump(exclude_defaults=True).keys() | set(also)
        return {name: _as_text(value) for name, value in self.model_dump().items() if name in changed}

    @classmethod
    def read(cls, name: str, text: str) -> Any:
        """The value of one field from a link's text, not yet checked. Raises ValueError if it cannot be read."""
        return _from_text(cls.model_fields[name].annotation, text)

    @classmethod
    def from_text(cls, given: Mapping[str, str]) -> tuple[Self, list[str]]:
        """Settings from a link's text; what is invalid or contradicts keeps its default, with a sentence of notice."""
        values: dict[str, Any] = {}
        notices = []
        for name, text in given.items():
            if name not in cls.model_fields or not text:
                continue
            try:
                value = cls.read(name, text)
                cls(**{name: value})
                values[name] = value
            except (InputError, ValueError) as error:
                reason = str(error) if isinstance(error, InputError) else f"{name} cannot be read from {text[:40]!r}"
                notices.append(f"{reason}; the default is used instead.")
        try:
            return cls(**values), notices
        except InputError as error:
            sentence = str(error)
        for left in sorted(values, key=lambda name: not sentence.startswith(f"{name} is")):
            with suppress(InputError):
                kept = cls(**{name: value for name, value in values.items() if name != left})
                return kept, [*notices, f"{sentence}; {left} keeps its default instead."]
        return cls(), [*notices, f"{sentence}; the defaults are used instead."]


def _sentence(model: type[Settings], error: ValidationError) -> str:
    first = error.errors()[0]
    original = first.get("ctx", {}).get("error")
    if isinstance(original, InputError):
        return str(original)
    name = str(first["loc"][0]) if first["loc"] else "settings"
    if first["type"] == "missing":
        return f"{name} is missing, but must be given"
    if first["type"] == "extra_forbidden":
        return f"{name} is not a setting; the settings are {', '.join(model.model_fields)}"
    declared = extra(model.model_fields[name]) if name in model.model_fields else {}
    allowed = f" in [{declared['low']:g}, {declared['high']:g}]" if "low" in declared else ""
    kind, given = KINDS.get(first["type"]), first["input"]
    if first["type"] == "tuple_type":
        kind = f"a tuple such as {tuple(given) if isinstance(given, list) else (given,)}{', each' if allowed else ''}"
    return f"{name} is {given!r}, but must be {kind or first['msg'].lower()}{allowed}"


def _as_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(_as_text(item) for item in value) or "None"
    if isinstance(value, dict):
        return ",".join(f"{name}:{_as_text(item)}" for name, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _from_text(annotation: Any, text: str) -> Any:
    """Read a link's text strictly: ASCII digits only, no underscores, nothing infinite."""
    kind = get_origin(annotation) or annotation
    if len(text) > LONGEST:
        raise ValueError(text)
    if kind is tuple:
        items = [] if text == "None" else text.split(",")
        return tuple(_from_text(get_args(annotation)[0], item) for item in items)
    if kind is dict:
        pairs = (item.partition(":") for item in text.split(","))
        return {name: _from_text(get_args(annotation)[1], item) for name, _, item in pairs}
    if kind is UnionType:
        for each in sorted(get_args(annotation), key=lambda each: each is str):  # any text is a string
            with suppress(ValueError):
                return _from_text(each, text)
    if kind is NoneType and text == "None":
        return None
    if kind is bool and text in {"true", "false"}:
        return text == "true"
    if kind is int and re.fullmatch(r"-?[0-9]{1,12}", text):
        return int(text)
    if kind is float and re.fullmatch(r"-?[0-9]*\.?[0-9]+([eE][-+]?[0-9]{1,3})?", text):
        value = float(text)
        if math.isfinite(value):
            return value
    if kind is str:
        return text
    raise ValueError(text)
