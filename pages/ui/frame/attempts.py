"""Try another start: one more training at each press, drawn as it runs, and what became of all of them."""

import streamlit as st

from core.checks import InputError
from core.studies.minima.study import Attempt, Result, attempt
from pages.figures.common.words import plain
from pages.figures.minima import attempts
from pages.ui.live import board as live
from pages.ui.live.board import Drawing
from pages.ui.live.session import Experiment

TRIED = "minima tried"  # in the session: by the number of the experiment
MOST, PICTURES = 50, 10  # starts, and pictures of a training on its way
TITLE, CAPTION = "Your own starts", "Blue: solved. Red: stuck, or not there yet. Bold: the newest."


def _tried() -> list[Attempt]:
    """The visitor's starts in the current experiment."""
    number = st.session_state["minima"].number
    found: list[Attempt] = st.session_state.setdefault(TRIED, {}).setdefault(number, [])
    return found


def another_start(experiment: Experiment) -> None:
    """The button, which works once the rate is tuned."""
    waits = experiment.result is None or not experiment.result.tuning or len(_tried()) >= MOST
    st.button("Try another start", on_click=_try, args=(_tried(),), disabled=waits, key="minima try")


def starts_so_far(result: Result) -> None:
    """What came of the starts so far and their losses, beside the stage."""
    if not (tried := _tried()):
        return
    solved = sum(each.solved for each in tried)
    ends = "solves XOR" if tried[-1].solved else f"ends at a loss of {tried[-1].losses[-1]:.3g}"
    shares = [(k + 1) / PICTURES for k in range(PICTURES - 1)]
    film = tuple((share, attempts(tried, share).to_json()) for share in shares)
    drawn = Drawing.of(attempts(tried), TITLE, CAPTION)._replace(film=film, wide=True)
    with st.container(key="tries"):
        st.markdown(f"Start {len(tried)} {ends}. So far {solved} of {len(tried)} solve it.")
        live.board([drawn], "minima tries", st.session_state["minima"].strip())


def _try(tried: list[Attempt]) -> None:
    experiment: Experiment = st.session_state["minima"]
    try:
        with experiment.lock:
            tried.append(attempt(experiment.result, len(tried)))
    except InputError as error:
        st.toast(plain(f"{error}."))
