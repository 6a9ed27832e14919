"""Predict first, then read: locks the visitor's prediction and hides the measurement until it is made."""

from collections.abc import Sequence

import streamlit as st

from core.studies.contract import UNDECIDED, Finding
from pages.figures.common.words import plain, spoken
from pages.ui.frame.page import Prediction

SEEN = "correct predictions"  # session key: for each decided prediction, whether it was right
ASK = "Choose what you expect above to see the answer."


def revealed(key: str) -> bool:
    """Whether the visitor has made a prediction or asked to be shown, and so may read the answer."""
    return bool(st.session_state.get(f"{key} choice") or st.session_state.get(f"{key} shown"))


def predict(prediction: Prediction, key: str, solved: bool = True) -> None:
    """The question and its options; a choice is final, and nothing is asked once the answer is shown.

    `solved`: the answer can be shown without a choice.
    """
    chosen, known = st.session_state.get(f"{key} choice"), revealed(key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key=f"{key} asked".replace(" ", "-")):
        st.pills(
            f"**What do you expect?** {prediction.question[0].upper()}{prediction.question[1:]}",
            prediction.choices,
            default=chosen,
            format_func=spoken,
            key=f"{key} prediction",
            on_change=_choose,
            args=(key,),
            disabled=known,
        )
        if solved:
            st.button("Show me", key=f"{key} show", on_click=_show, args=(key,), disabled=known)


def _choose(key: str) -> None:
    if not revealed(key):
        st.session_state[f"{key} choice"] = st.session_state[f"{key} prediction"]


def _show(key: str) -> None:
    st.session_state[f"{key} shown"] = True


def answer(prediction: Prediction, key: str, findings: Sequence[Finding]) -> None:
    """The measurement, whether the visitor predicted it, and how often so far; undecided ones do not count."""
    finding = prediction.finding(findings)
    if finding is None:
        return
    measured = finding.outcome if prediction.by_outcome else finding.answer
    if chosen := st.session_state.get(f"{key} choice"):
        seen: dict[str, bool] = st.session_state.setdefault(SEEN, {})
        if finding.outcome != UNDECIDED:
            seen.setdefault(key, chosen == measured)
        told = "You saw it coming" if chosen == measured else "It turned out differently"
        if finding.outcome == UNDECIDED and chosen != measured:
            told = "Not decided yet"
        so_far = f" So far you have predicted {sum(seen.values())} of {len(seen)}." if seen else ""
        st.info(f"{told}: you expected “{spoken(chosen)}”; we measured “{spoken(measured)}”.{so_far}")
    st.markdown(f"**Takeaway:** {plain(spoken(finding.sentence))}")
