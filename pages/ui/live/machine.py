"""Drawings of our own in the browser: a network that forwards, goes back and updates, and a ball on its bowl."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.studies.learning_rate.quadratic import parabola
from core.studies.learning_rate.study import Result
from core.studies.motion import Motion
from pages.figures.common.style import ACTORS

COMPONENTS = Path(__file__).parent / "components"
SHARES = np.linspace(0.01, 1.2, 120)  # of the ball's edge 2/L, which is one of them
STEPS, FIRST = 24, 29  # of the ball, and the place of the rate that it begins with


def text(*names: str) -> str:
    """The contents of these files one after another, below the colours of the two actors if they are styles."""
    colors = f":root {{ {' '.join(f'--{name}: {color};' for name, color in ACTORS.items())} }}\n"
    return colors * names[0].endswith(".css") + "".join((COMPONENTS / name).read_text() for name in names)


@cache
def component(name: str, scripts: tuple[str, ...], styles: tuple[str, ...]) -> Any:
    """A component made of these files; its styles are the page's, as the board's: tests and other scripts reach it."""
    return st.components.v2.component(f"descent_lab_{name}", js=text(*scripts), css=text(*styles), isolate_styles=False)


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
    draw = component("machine", ("svg.js", "network.js", "machine.js"), ("actors.css", "machine.css"))
    draw(key=key, data=look | {"motion": motion.to_json()})


def ball(result: Result | None) -> None:
    """A ball on the bowl of the study's largest curvature, whose first step is dragged to where the rate takes it."""
    if result is None:
        return
    k, shares = result.settings.condition, np.round(SHARES, 4)
    path = parabola(k, shares, STEPS)
    data = {"shares": shares.tolist(), "rates": (shares * 2 / k).tolist(), "path": path.tolist(), "first": FIRST}
    with st.container(key="ball"):
        st.markdown("**Drag the ball to where its first step lands.**")
        component("ball", ("svg.js", "ball.js"), ("ball.css",))(key="learning_rate ball", data=data)
