"""A ball on a bowl, whose first step is dragged to where the learning rate takes it."""

from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st

from core.studies.learning_rate.quadratic import parabola
from core.studies.learning_rate.study import Result
from pages.figures.common.style import ACTORS

COMPONENTS = Path(__file__).parent / "components"
SHARES = np.linspace(0.01, 1.2, 120)  # of the edge 2/L, which is one of them
STEPS, FIRST = 24, 29  # of the ball, and the place of the rate that it begins with


@cache
def _component():
    return st.components.v2.component(
        "descent_lab_ball",
        js="".join((COMPONENTS / name).read_text() for name in ("svg.js", "ball.js")),
        css=f":root {{ {' '.join(f'--{name}: {color};' for name, color in ACTORS.items())} }}"
        + (COMPONENTS / "ball.css").read_text(),
        isolate_styles=False,
    )


def ball(result: Result | None) -> None:
    """The bowl of the study's largest curvature, beside the stage."""
    if result is None:
        return
    k, shares = result.settings.condition, np.round(SHARES, 4)
    path = parabola(k, shares, STEPS)
    data = {"shares": shares.tolist(), "rates": (shares * 2 / k).tolist(), "path": path.tolist(), "first": FIRST}
    with st.container(key="ball"):
        st.markdown("**Drag the ball to where its first step lands.**")
        _component()(key="learning_rate ball", data=data)
