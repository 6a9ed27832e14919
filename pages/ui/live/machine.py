"""The machine: a network that forwards, goes back and updates before the visitor's eyes, by a component of our own."""

from functools import cache
from pathlib import Path

import streamlit as st

from core.studies.motion import Motion
from pages.figures.common.style import ACTORS

COMPONENTS = Path(__file__).parent / "components"


@cache
def _component():
    return st.components.v2.component(
        "descent_lab_machine",
        js="".join((COMPONENTS / name).read_text() for name in ("svg.js", "network.js", "machine.js")),
        css=(COMPONENTS / "machine.css").read_text(),
        isolate_styles=False,  # as the board's: tests and other scripts of the page reach it
    )


def machine(
    motion: Motion,
    key: str,
    height: int = 320,
    *,
    plays: bool = True,
    simple: bool = False,
    beside: bool = False,
    changed: str = "",
) -> None:
    """Show the motion at this place of the page; with the same key another one takes its place.

    height: pixels of the drawing. plays: whether it starts by itself, which it never does for visitors who ask for less
    motion. simple: with one button only. beside: with the words beside the drawing, where the page is wide enough.
    changed: the half that the visitor has just exchanged, "source" or "use"; the motion goes on where it is at work.
    """
    look = {"height": height, "plays": plays, "simple": simple, "beside": beside, "changed": changed}
    _component()(key=key, data=look | {"motion": motion.to_json(), "colors": ACTORS})
