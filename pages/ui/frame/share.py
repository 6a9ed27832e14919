"""Below every page: the formulas behind its settings, a permanent link to it, and how to cite it."""

from importlib.metadata import version
from urllib.parse import urlencode

import streamlit as st

from core.settings import Settings
from pages.figures.common.formulas import behind
from pages.ui.frame import classroom

VERSION = version("descent-lab")
AUTHORS, YEAR = "The Descent Lab authors", 2026
SYMBOLS = (
    "x: the parameters, or what a unit is given. g: the gradient. lr or η: the learning rate. t: the updates so far. "
    "z: outputs, t: targets, in a loss. A hat: corrected for a start at zero. ←: becomes."
)


def explain(settings: Settings) -> None:
    """The formulas of what these settings name, in a fold."""
    if formulas := behind(settings):
        with st.expander("The formulas behind these settings", on_change="rerun") as fold:
            if fold.open:  # a formula loads a typesetter, which nobody needs before
                st.markdown(formulas)
                st.caption(SYMBOLS)


def of_another_version(asked: dict[str, str]) -> list[str]:
    """A sentence where a link names another version than this one."""
    named = asked.get("v", VERSION)
    if named == VERSION:
        return []
    return [f"This link was made with version {named[:20]}, and this is {VERSION}: the numbers may differ."]


def here() -> str:
    """The address of this page, without what follows the question mark."""
    return (st.context.url or "").split("?")[0]


def query(page: str, settings: Settings) -> dict[str, str]:
    """The version and every setting, as a permanent link carries them; of a class what its link leaves free."""
    free = not classroom.given(page).page
    more = settings.to_text(type(settings).model_fields) if free else classroom.address(page, settings)
    return {"v": VERSION} | more


def share(page: str, question: str, settings: Settings | None = None, by_hand: bool = False) -> None:
    """A link with the version and every setting, seeds included, and the line that cites it."""
    with st.expander("A link to this experiment, and how to cite it" if settings else "How to cite this page"):
        named = query(page, settings) if settings else {"v": VERSION}
        link = f"{here()}?{urlencode(named, safe=',')}"
        st.text_input("Copy this address", link)
        if by_hand:
            st.caption("This run was changed while it ran. The address restores the current settings, not this curve.")
        elif settings:
            st.caption("It restores every setting and every seed, and so the same curves to the last digit.")
        cited = f"{AUTHORS} ({YEAR}). {question} Descent Lab, version {VERSION}. {link}"
        st.text_input("How to cite it", cited, help="Its file CITATION.cff says the same to reference managers.")
