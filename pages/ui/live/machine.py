"""Drawings of our own in the browser, and the first of them: a network that forwards, goes back and updates."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.studies.motion import Motion
from pages.figures.common.style import ACTORS

COMPONENTS = Path(__file__).parent / "components"


def text(*names: str) -> str:
    """The contents of these files one after another, below the colours of the two actors if they are styles."""
    colors = f":root {{ {' '.join(f'--{name}: {color};' for name, color in ACTORS.items())} }}\n"
    return colors * names[0].endswith(".css") + "".join((COMPONENTS / name).read_text() for name in names)


@cache
def component(name: str, scripts: tuple[str, ...], styles: tuple[str, ...] = ()) -> Any:
    """A component made of these files; its styles are the page's, where plotly.js puts its own too."""
    css = text(*styles) if styles else None
    return st.components.v2.component(f"descent_lab_{name}", js=text(*scripts), css=css, isolate_styles=False)


def acting(draw: Any, key: str, data: dict[str, Any], do: Callable[[str, object], None], **more: Any) -> None:
    """Show the component; what the visitor does there reaches `do(kind, value)`, in order and each act once.

    An act comes until the browser knows that it was done (see `components/acts.js`). Streamlit may end this at each
    look into the session to begin anew, so nothing looks there between an act and the mark that it is done.
    """
    done = st.session_state.setdefault(f"{key} done", {"at": 0})  # when the last act that was done was asked for, in ms

    def acted() -> None:
        acts = st.session_state[key].get("acts")
        for asked in acts if isinstance(acts, list) else ():
            if isinstance(asked, dict) and isinstance(at := asked.get("at"), int | float) and at > done["at"]:
                do(str(asked.get("kind")), asked.get("value"))
                done["at"] = at

    draw(key=key, data=data | {"done": done["at"]}, on_acts_change=acted, **more)


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
    draw = component("machine", ("svg.js", "parts.js", "network.js", "machine.js"), ("actors.css", "machine.css"))
    draw(key=key, data=look | {"motion": motion.to_json()})
