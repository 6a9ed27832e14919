"""Pages of text: questions with answers and terms with definitions, each with links to pages that show it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from core.classroom import FREE
from core.studies.contract import STUDIES
from core.studies.trial import HEARD
from pages.figures.common.terms import Entry, first_terms, parsed
from pages.figures.common.words import words
from pages.figures.trial import charts
from pages.ui.frame import classroom, controls, ends
from pages.ui.frame.navigation import page_link
from pages.ui.live import board as live
from pages.ui.live.session import Panel


def read(text: Path, draw: Callable[[Sequence[Entry]], None]) -> None:
    """Draw a page of text: title, story and entries."""
    title, story, entries = parsed(text)
    ends.head(text.stem, title, first_terms(story, set()))
    draw(entries)
    ends.foot(text.stem, title)


def answers(entries: Sequence[Entry]) -> None:
    """Draw the entries that match the visitor's search, initially all."""
    found = _wanted(entries)
    st.caption(f"{len(found)} of {len(entries)} questions.")
    live.load_plotly()
    for each in found:
        with st.expander(each.title, expanded=each is entries[0] or len(found) < 3):
            st.markdown(each.text)
            if each.pages[0] in HEARD and classroom.given(each.pages[0]) is FREE:  # its start is the teacher's
                _chart(each.pages[0], f"answers {entries.index(each)}")
            with st.container(horizontal=True):
                for page in each.pages:
                    page_link(page, f"Open the page: {words(page)} →")


def _chart(page: str, key: str) -> None:
    """A chart of the experiment behind an answer, as on its own page, or a button that runs it."""
    experiment = st.session_state.get(page)
    if experiment is None:
        st.button("Run the experiment and show its chart", key=key, on_click=_run, args=(page,))
        return
    panel = Panel(f"Measured now: {words(page)}", charts(page)[0])

    def body(whole_page: bool) -> None:
        with experiment.lock:
            experiment.renew(panel)
            drawings = experiment.draw([panel], whole_page or experiment.status != "running")
            live.board(drawings, f"{key} board", experiment.strip(experiment.status))

    live.ticking(f"{key} live", experiment.status == "running", lambda: experiment.status, body)


def _run(page: str) -> None:
    controls.begin(page, STUDIES[page].run, STUDIES[page].Settings())


def glossary(entries: Sequence[Entry]) -> None:
    """Draw the entries that match the visitor's search, initially all."""
    for each in _wanted(entries):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{each.title}.** {each.text}")
            page_link(each.pages[0], f"{words(each.pages[0])} →")


def _wanted(entries: Sequence[Entry]) -> list[Entry]:
    """The entries whose two texts contain the search text, typed or from a link; matching titles first."""
    asked, example = st.query_params.get("word", ""), "a word, such as: batch"
    wanted = st.text_input("Search", asked, key="search", placeholder=example, help="In all texts.").lower().strip()
    found = [each for each in entries if wanted in f"{each.title} {each.text}".lower()]
    return sorted(found, key=lambda each: wanted not in each.title.lower())
