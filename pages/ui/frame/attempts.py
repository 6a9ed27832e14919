"""Try another start: one more training at each press, drawn as it runs, and what became of all of them."""

import streamlit as st

from core.checks import InputError
from core.studies.minima.study import Attempt, attempt
from pages.figures.common.words import plain
from pages.figures.minima import attempts
from pages.ui.live import board as live
from pages.ui.live.board import Drawing
from pages.ui.live.session import Experiment

TRIED = "minima tried"  # in the session: by the number of the experiment
MOST, PICTURES = 50, 10  # starts, and pictures of a training on its way
TITLE, CAPTION = "Your own starts", "Blue: solved. Red: stuck, or not there yet. Bold: the newest."


def another_start(experiment: Experiment) -> None:
    """The button, what came of the starts so far, and their losses."""
    tried: list[Attempt] = st.session_state.setdefault(TRIED, {}).setdefault(experiment.number, [])
    waits = experiment.result is None or not experiment.result.tuning or len(tried) >= MOST
    st.button("Try another start", on_click=_try, args=(tried,), disabled=waits, key="minima try")
    if not tried:
        return
    solved = sum(each.solved for each in tried)
    ends = "solves XOR" if tried[-1].solved else f"ends at a loss of {tried[-1].losses[-1]:.3g}"
    st.markdown(f"Start {len(tried)} {ends}. So far {solved} of {len(tried)} solve it.")
    shares = [(k + 1) / PICTURES for k in range(PICTURES - 1)]
    film = tuple((share, attempts(tried, share).to_json()) for share in shares)
    drawn = Drawing.of(attempts(tried), TITLE, CAPTION)._replace(film=film, wide=True)
    live.board([drawn], "minima tries", experiment.strip())


def _try(tried: list[Attempt]) -> None:
    experiment: Experiment = st.session_state["minima"]
    try:
        with experiment.lock:
            tried.append(attempt(experiment.result, len(tried)))
    except InputError as error:
        st.toast(plain(f"{error}."))
