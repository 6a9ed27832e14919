"""The class of a visitor: the teacher's link with which a tab was opened, kept whatever becomes of its address."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from core.checks import InputError
from core.classroom import FREE, ClassLink, ClassPage
from core.settings import Settings

PARAMETER = "class"  # in the address
ARRIVED = "class link"  # in the session
OLD = {"hide", "lock"}  # what links of the playground said before there were class links


class Arrived(NamedTuple):
    """The text in the address, the link read from it, and why there is none."""

    text: str = ""
    link: ClassLink | None = None
    refused: str = ""


def arrived() -> Arrived:
    """With which link this tab was opened."""
    found: Arrived = st.session_state.get(ARRIVED, Arrived())
    return found


def arrive() -> None:
    """Read the class link of the address, if there is one that was not read yet."""
    text = st.query_params.get(PARAMETER, "")
    if text and text != arrived().text:
        try:
            st.session_state[ARRIVED] = Arrived(text, ClassLink.from_text(text))
        except InputError as error:
            _refuse(text, f"{error}. Nothing is set here by a teacher; ask for the link again.")
    elif OLD & set(st.query_params):
        _refuse("", "This link hides or locks settings in a way that is no longer supported; all are free here.")


def _refuse(text: str, sentence: str) -> None:
    st.session_state[ARRIVED] = Arrived(text, None, sentence[0].upper() + sentence[1:])


def given(page: str) -> ClassPage:
    """What the teacher's link says about a page; FREE without one."""
    link = arrived().link
    return link.on(page) if link else FREE


def checked(page: str, model: type[Settings], allowed: Callable[[Settings], Settings]) -> ClassPage:
    """The same, once it is known that the page can begin so; otherwise the tab is no class any more, and says why."""
    mine = given(page)
    try:
        if mine is not FREE:
            allowed(mine.begin(model))
    except InputError as error:
        reason = f"this class link does not fit this version: {error}. Nothing is set here by a teacher."
        _refuse(arrived().text, reason)
        return FREE
    return mine


def address(page: str, settings: Settings) -> dict[str, str]:
    """The query of a page: what differs from the defaults, or the class link with what it leaves free."""
    mine = given(page)
    if mine is FREE:
        return settings.to_text()
    free = {name: text for name, text in settings.to_text(mine.start).items() if name not in mine.fixed}
    return {PARAMETER: arrived().text} | free
