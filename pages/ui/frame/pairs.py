"""Two blocks to exchange, the source of the gradient and what is done with it, above the network at work with both."""

import streamlit as st

from core.checks import InputError
from core.studies.question.exchange import SOURCES, USES, at_work, check_pair, exchanged
from core.studies.question.study import Result
from pages.figures.common.words import plain
from pages.ui.frame import classroom
from pages.ui.frame.reveal import ASK, revealed
from pages.ui.live.machine import machine

KEY = "question"
BLOCKS = {
    "source": (":violet[**Where the gradient comes from**]", SOURCES),
    "use": (":orange[**What is done with it**]", USES),
}
SETTINGS, BEFORE, REFUSED = f"{KEY} settings", f"{KEY} pair before", f"{KEY} pair refused"  # in the session


def pairs(result: Result) -> None:
    """The blocks and the drawing; for a pair that does not go together the reason, and the drawing stays as it was."""
    settings = st.session_state[SETTINGS]
    now = settings.cell
    before = st.session_state.get(BEFORE, now)
    with st.container(key="pairs"):
        for half, (name, (label, options)), column in zip(now, BLOCKS.items(), st.columns(2, gap="small"), strict=True):
            column.segmented_control(
                label,
                list(options),
                default=half,
                required=True,
                format_func={key: each.name for key, each in options.items()}.__getitem__,
                key=f"{KEY} {name}",
                wrap=True,
                on_change=_exchange,
                disabled=classroom.given(KEY).bounds("pair"),
            )
        if refused := st.session_state.get(REFUSED):
            st.warning(f"{plain(refused)}. Choose another; the drawing still shows the pair before.")
        shown = at_work(settings, now)
        changed = "source" if now[0] != before[0] else "use" if now[1] != before[1] else ""
        if not changed:
            st.markdown("Exchange either half: the drawing shows which part of the motion changes, and which does not.")
        else:
            st.markdown(exchanged(at_work(settings, before), shown) if revealed(KEY) else ASK)
        machine(shown, f"{KEY} machine", 270, beside=True, changed=changed)


def _exchange() -> None:
    """Put the pair of both blocks into the settings, and so into the page's link, while the experiment goes on."""
    settings, chosen = st.session_state[SETTINGS], tuple(st.session_state[f"{KEY} {name}"] for name in BLOCKS)
    try:
        check_pair(chosen)
    except InputError as error:
        st.session_state[REFUSED] = str(error)
        return
    st.session_state[REFUSED] = ""
    if chosen != settings.cell:
        st.session_state[BEFORE] = settings.cell
        st.session_state[SETTINGS] = settings.replace(pair="-".join(chosen))
