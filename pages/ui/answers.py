"""Questions and answers: one to open at a time, each with a link to the page that shows it."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from pages.figures.words import words
from pages.ui.docket import page_link


class Answer(NamedTuple):
    """A question, a few sentences, and the pages (by their files' names) where it can be seen."""

    question: str
    answer: str
    pages: Sequence[str]


def answers(entries: Sequence[Answer]) -> None:
    """Draw those that contain what the visitor looks for, all at first."""
    wanted = st.text_input("Search", key="answers search", placeholder="a word, such as: batch", help="In all answers.")
    found = [each for each in entries if wanted.lower().strip() in f"{each.question} {each.answer}".lower()]
    st.caption(f"{len(found)} of {len(entries)} questions.")
    for each in found:
        with st.expander(each.question, expanded=each is entries[0] or len(found) < 3):
            st.markdown(each.answer)
            with st.container(horizontal=True):
                for page in each.pages:
                    page_link(page, f"Open the page: {words(page)} →")
