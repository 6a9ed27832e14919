"""Widgets made from a study's settings: each field declares label, help and bounds."""

from collections.abc import Callable, Collection, Iterator, Sequence
from math import ceil, floor, log10
from typing import Any, get_args

import streamlit as st
from pydantic.fields import FieldInfo

from core.checks import InputError
from core.settings import Settings, extra
from pages.figures.common.words import plain, words
from pages.ui.frame import classroom
from pages.ui.live.session import WORKER, Experiment, Status

OPEN = 5  # of a study's own settings that are in view


def draw(page: str, start: Settings, elsewhere: Sequence[str] = ()) -> dict[str, Any]:
    """A widget for each field that has an effect; returns the chosen values, not yet validated together.

    The first few of a study's own settings are open; the others, and those shared by all studies, are folded.
    `elsewhere` are drawn already.
    """
    st.caption("A change restarts the experiment.")
    chosen, mine = start.model_dump(), classroom.given(page)
    shown = [name for name in type(start).model_fields if name not in {*elsewhere, *mine.hidden}]
    own = [name for name in shown if name in type(start).__annotations__]
    shared = [name for name in shown if name not in own]

    def ask(names: Sequence[str]) -> None:
        for name in names:
            if start.model_copy(update=chosen).matters(name):
                chosen[name] = field(page, start, name)

    cut = OPEN if len(own) > OPEN + 2 else len(own)
    ask(own[:cut])
    if own[cut:]:
        with st.expander("More settings"):
            ask(own[cut:])
    if shared:
        with st.expander("Seeds and learning rate" if "rate" in shared else "Seeds"):
            ask(shared)
    return chosen


def field(page: str, start: Settings, name: str, scale: Collection[float] = ()) -> Any:
    """The widget of one field, and the chosen value; a class link may hide the widget or fix the value.

    `scale`: the values of a slider, in place of what the field declares.
    """
    mine, now = classroom.given(page), getattr(start, name)
    if name in mine.hidden:
        return now
    fixed, declared = name in mine.fixed, type(start).model_fields[name]
    return widget(f"{newest(page)}:{name}", declared, now, fixed, mine.ranges.get(name), scale)


def newest(page: str) -> str:
    """The prefix of the keys of a page's newest controls."""
    return f"{page}{st.session_state.get(f'{page} generation', '')}"


Start = Callable[[Any], Iterator[Any]]


def begin(page: str, start: Start, settings: Settings, status: Status = "running", *waits: Any) -> Experiment:
    """Start an experiment in the place of the one before."""
    if before := st.session_state.get(page):
        WORKER.drop(before)
    st.session_state[page] = experiment = Experiment(start, settings, status, *waits)
    return experiment


def begin_with(page: str, start: Start, settings: Settings, status: Status = "running") -> None:
    """Start one with these settings, which become those of the page."""
    if taken := take(page, settings):
        begin(page, start, taken, status).asked = status == "running"


def take(page: str, settings: Settings) -> Settings | None:
    """Take these settings, with new controls: the old ones would keep their values.

    Values fixed by a class link stay; if they contradict the others nothing is taken, and the page says so.
    """
    try:
        settings = classroom.given(page).hold(settings)
    except InputError as error:
        st.toast(plain(f"{error}, and this class has fixed settings: nothing was started."), duration="infinite")
        return None
    st.session_state[f"{page} generation"] = st.session_state.get(f"{page} generation", 0) + 1
    st.session_state[f"{page} settings"] = settings
    return settings


def widget(
    key: str, field: FieldInfo, start: Any, disabled: bool = False, limits: Any = None, scale: Collection[float] = ()
) -> Any:
    """The control of one field, initially `start` and within `limits`; returns the visitor's choice.

    `start` is passed to the control itself: a value set in the session is sent once, and lost if the page reruns soon.
    """
    declared, label = extra(field), field.title or key
    common: dict[str, Any] = {"key": key, "help": field.description, "disabled": disabled}
    if "options" in declared:
        options = [each for each in declared["options"] if limits is None or each in limits]
        if isinstance(start, tuple):
            return tuple(st.multiselect(label, options, list(start), **common, format_func=words))
        return st.selectbox(label, options, options.index(start), **common, format_func=words)
    if "low" not in declared:
        return st.toggle(label, start, **common)
    low, high = limits or (declared["low"], declared["high"])
    if "many" in declared:
        offered = _offered(declared["low"], declared["high"], type(start[0]))
        values = sorted({*start, *(each for each in offered if low <= each <= high)})
        return tuple(sorted(st.multiselect(label, values, list(start), **common, format_func=_told)))
    if scale or declared["log"]:
        ends = limits or () if scale else (low, high)
        return _on_scale(label, {*scale} or _decades(low, high), start, common, ends)
    whole = int in (field.annotation, *get_args(field.annotation))
    if whole and high - low > 1000:
        return int(st.number_input(label, int(low), int(high), start, **common))
    kind, step = (int, int(declared["step"] or 1)) if whole else (float, float(declared["step"] or 0.01))
    form = None if whole else "%g"
    return st.slider(label, kind(low), kind(high), kind(start), step=step, format=form, **common)


def _offered(low: float, high: float, kind: type) -> set[float]:
    """The choices of a field of several numbers: whole ones, tenths from 0, or decades."""
    if kind is int:
        return set(range(int(low), int(high) + 1))
    return {each / 10 for each in range(round(10 * high) + 1)} if low == 0 else _decades(low, high)


def _decades(low: float, high: float) -> set[float]:
    """1, 2, 3 and 5 times each power of ten within the bounds."""
    exponents = range(floor(log10(low)), ceil(log10(high)) + 1)
    return {value for e in exponents for m in (1, 2, 3, 5) if low <= (value := round(m * 10.0**e, 12)) <= high}


def _on_scale(label: str, options: set[float], start: float, common: dict[str, Any], ends: Sequence[float]) -> float:
    """A slider over these numbers within and including the ends, starting exactly at the given one.

    It gets texts, because Streamlit treats nearly equal numbers as the same.
    """
    now = float(st.session_state.get(common["key"], start))
    if ends:
        options = {value for value in options if ends[0] <= value <= ends[1]} | set(ends)
    return float(st.select_slider(label, map(_told, sorted(options | {start, now})), _told(start), **common))


def _told(value: float) -> str:
    """The number in few digits, or in all if fewer would change it."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)
