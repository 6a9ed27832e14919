"""Two blocks to exchange, the source of the gradient and what is done with it, above the network at work with both."""

import streamlit as st

from core.checks import InputError
from core.studies.motion import Half
from core.studies.question.halves import SOURCES, USES, at_work, exchanged
from core.studies.question.study import Result
from pages.figures.common.words import plain
from pages.ui.frame.reveal import ASK, revealed
from pages.ui.live.machine import machine

KEPT = "question halves"  # in the session: the pair that is drawn, and the one before
START = next(iter(SOURCES)), next(iter(USES))


@st.fragment
def halves(result: Result) -> None:
    """The blocks and the drawing; of a pair that does not go together the reason, and the drawing stays as it was."""
    with st.container(key="halves"):
        blocks = st.columns(2, gap="small")
        with blocks[0]:
            source = _block(":violet[**Where the gradient comes from**]", SOURCES, "question source")
        with blocks[1]:
            use = _block(":orange[**What is done with it**]", USES, "question use")
        now, before = st.session_state.get(KEPT, (START, START))
        try:
            shown = at_work(result.settings, (source, use))
            if (source, use) != now:
                now, before = (source, use), now
        except InputError as error:
            st.warning(f"{plain(str(error))}. Choose another; the drawing still shows the pair before.")
            shown = at_work(result.settings, now)
        st.session_state[KEPT] = now, before
        changed = "source" if now[0] != before[0] else "use" if now[1] != before[1] else ""
        if not changed:
            st.markdown("Exchange either half: the drawing shows which part of the motion changes, and which does not.")
        else:
            st.markdown(exchanged(at_work(result.settings, before), shown) if revealed("question") else ASK)
        machine(shown, "question machine", 270, beside=True, changed=changed)


def _block(label: str, options: dict[str, Half], key: str) -> str:
    names = {name: half.name for name, half in options.items()}
    chosen = st.segmented_control(
        label, names, default=next(iter(names)), required=True, format_func=names.__getitem__, key=key, wrap=True
    )
    return str(chosen)
