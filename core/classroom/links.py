"""A teacher's link: for each page of a path the settings that it holds, what it leaves out, and the task, in one text.

The text is JSON, packed by zlib, in the letters of an address, followed by a code computed from these letters. A text
that was changed does not fit its code; a new one, made from changed contents, has another code. The page shows the
code, so that a class can compare it with the teacher's.
"""

import base64
import hashlib
import unicodedata
import zlib
from collections.abc import Collection
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, Field, FiniteFloat, ValidationError, model_validator
from pydantic.fields import FieldInfo

from core.checks import InputError, check_number, choose, texts_of
from core.settings import Settings, extra

LONGEST = 4000  # characters of a link's text
UNPACKED = 32_000  # bytes of its contents
MOST_PAGES = 12
PARTS: dict[str, str] = texts_of(__file__)  # of a page that a link may leave out, besides charts and sections
TURNS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # characters that reverse the text after them

S = TypeVar("S", bound=Settings)


def _clean(text: str) -> str:
    """The text, unless it holds characters that control a terminal or turn the writing direction."""
    if any(ord(sign) in TURNS or (unicodedata.category(sign) == "Cc" and sign != "\n") for sign in text):
        raise ValueError("control characters")
    return text


Clean = AfterValidator(_clean)
Name = Annotated[str, Field(min_length=1, max_length=40), Clean]
Value = Annotated[str, Field(min_length=1, max_length=500), Clean]
Title = Annotated[str, Field(max_length=120), Clean]
Task = Annotated[str, Field(max_length=1000), Clean]
Question = Annotated[str, Field(max_length=300), Clean]
Limits = tuple[FiniteFloat, FiniteFloat] | tuple[Value, ...]  # a low and a high number, or options


class ClassPage(BaseModel, frozen=True, extra="forbid", strict=True):
    """What a teacher's link says about one page; without contents it leaves the page free.

    `start` and `fixed`: texts by settings, what the free ones begin with and what the others stay at. `hidden`: those
    of the fixed that are not shown. `ranges` hold free ones between two numbers, or among options.
    """

    page: Name = ""
    start: dict[Name, Value] = {}
    fixed: dict[Name, Value] = {}
    hidden: tuple[Name, ...] = ()
    ranges: dict[Name, Limits] = {}
    left_out: tuple[Title, ...] = ()
    paused: bool = False
    title: Title = ""
    task: Task = ""
    question: Question = ""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if set(self.hidden) - self.fixed.keys() or self.fixed.keys() & self.ranges.keys():
            raise ValueError("what is hidden must be fixed, and what is fixed has no range")
        return self

    def shows(self, *parts: str) -> bool:
        """Whether none of these parts is left out."""
        return not set(parts) & set(self.left_out)

    def bounds(self, *names: str) -> bool:
        """Whether any of these settings is fixed, or free within limits only."""
        return bool((self.fixed.keys() | self.ranges.keys()) & set(names))

    def hold(self, settings: S) -> S:
        """The settings with what is fixed put back, the rest within the ranges. Raises InputError if they conflict."""
        if not self.fixed and not self.ranges:
            return settings
        values = {name: settings.read(name, text) for name, text in self.fixed.items()}
        fields = type(settings).model_fields
        values |= {name: _within(getattr(settings, name), each, fields[name]) for name, each in self.ranges.items()}
        return settings.replace(**values)

    def begin(self, model: type[S]) -> S:
        """The settings that the page begins with. Raises InputError for names and values that they do not take."""
        for name in (*self.start, *self.fixed, *self.ranges):
            if name not in model.model_fields:
                raise InputError(f"{name} is not a setting of this page")
        for name, limits in self.ranges.items():
            _check_limits(name, model.model_fields[name], limits)
        settings, notices = model.from_text(self.start | self.fixed)
        if notices:
            raise InputError(notices[0].partition(";")[0])
        return self.hold(settings)


FREE = ClassPage()


def takes_limits(field: FieldInfo) -> bool:
    """Whether a setting can be free within limits: numbers between two, or options among some of them."""
    declared = extra(field)
    return "options" in declared or ("low" in declared and field.default is not None)


def _within(value: Any, limits: Any, field: FieldInfo) -> Any:
    """The value within its limits; of a selection the values outside go, of one value a layer all stay."""
    if isinstance(value, tuple):
        near = tuple(_within(each, limits, field) for each in value)
        if "repeats" in extra(field) or not extra(field).keys() & {"many", "options"}:
            return near
        return tuple(each for each, held in zip(value, near, strict=True) if each == held) or near[:1]
    if isinstance(value, str):
        return value if value in limits else limits[0]
    low, high = limits
    return type(value)(min(max(value, low), high))


def _check_limits(name: str, field: FieldInfo, limits: Limits) -> None:
    declared = extra(field)
    if not takes_limits(field):
        raise InputError(f"{name} takes neither a range nor some of its options")
    if not limits:
        raise InputError(f"no option of {name} is left, but one must be")
    if "options" in declared:
        for each in limits:
            choose(name, each, dict.fromkeys(declared["options"], True))
        return
    for end in limits:
        check_number(name, end, declared["low"], declared["high"])
    low, high = map(float, limits)
    if not low < high:
        raise InputError(f"the range of {name} is {low:g} to {high:g}, but must rise")
    if int in (field.annotation, *get_args(field.annotation)) and {low % 1, high % 1} != {0}:
        raise InputError(f"the range of {name} is {low:g} to {high:g}, but must end at whole numbers")


class ClassLink(BaseModel, frozen=True, extra="forbid", strict=True):
    """One page or several in a row, and the version of this app that the link was made with."""

    version: Name
    pages: Annotated[tuple[ClassPage, ...], Field(min_length=1, max_length=MOST_PAGES)]

    @model_validator(mode="after")
    def _each_page_once(self) -> Self:
        if not all(self.path) or len(set(self.path)) < len(self.path):
            raise ValueError("each page must have a name of its own")
        return self

    @property
    def path(self) -> list[str]:
        """The names of its pages in their order."""
        return [each.page for each in self.pages]

    def on(self, page: str) -> ClassPage:
        """What it says about this page; nothing about one that is not on its path."""
        return next((each for each in self.pages if each.page == page), FREE)

    def to_text(self) -> str:
        """The text for an address. Raises InputError if it would be too long."""
        contents = self.model_dump_json(exclude_defaults=True).encode()
        letters = base64.urlsafe_b64encode(zlib.compress(contents, 9)).decode().rstrip("=")
        text = f"{letters}.{code(letters)}"
        if len(text) > LONGEST or len(contents) > UNPACKED:
            raise InputError(f"this link has {len(text):,} characters, but at most {LONGEST:,} fit: shorten its texts")
        return text

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The link of a text of `to_text`, unpacked once length and code are checked. Raises InputError for others."""
        letters, _, given = text.partition(".")
        if len(text) > LONGEST or given != code(letters):
            raise InputError("this is not a complete class link: something in it is missing, added or changed")
        try:
            packed = base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True)
            unpacking = zlib.decompressobj()
            contents = unpacking.decompress(packed, UNPACKED)
            if not unpacking.eof or unpacking.unused_data:
                raise ValueError("too long")
            return cls.model_validate_json(contents)
        except (ValueError, zlib.error, ValidationError):
            raise InputError("this is not a class link that this version can read") from None


def code(letters: str) -> str:
    """Eight characters computed from the letters of a link, by which people tell links apart."""
    digest = hashlib.blake2b(letters.encode("utf-8", "replace"), digest_size=5).digest()
    return base64.b32encode(digest).decode()


def joined(path: Collection[ClassPage], version: str) -> ClassLink:
    """A link for these pages. Raises InputError if they are too many, or if their texts hold control characters."""
    try:
        return ClassLink(version=version, pages=tuple(path))
    except ValidationError:
        raise InputError(f"a path has {len(path)} pages, but must have 1 to {MOST_PAGES}, each once") from None
