"""Questions and answers, and words with what they mean, each with a link to the page that shows it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from pages.figures.common.words import words
from pages.ui.frame.docket import page_link


class Answer(NamedTuple):
    """A question, a few sentences, and the pages (by their files' names) where it can be seen."""

    question: str
    answer: str
    pages: Sequence[str]


def answers(entries: Sequence[Answer]) -> None:
    """Draw those that contain what the visitor looks for, all at first."""
    found = _wanted(entries)
    st.caption(f"{len(found)} of {len(entries)} questions.")
    for each in found:
        with st.expander(each.question, expanded=each is entries[0] or len(found) < 3):
            st.markdown(each.answer)
            with st.container(horizontal=True):
                for page in each.pages:
                    page_link(page, f"Open the page: {words(page)} →")


class Term(NamedTuple):
    """A word, what it means, and the page (by its file's name) where it can be seen."""

    word: str
    meaning: str
    page: str


def glossary(terms: Sequence[Term]) -> None:
    """Draw those that contain what the visitor looks for, all at first."""
    for each in _wanted(terms):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{each.word}.** {each.meaning}")
            page_link(each.page, f"{words(each.page)} →")


def _wanted(entries: Sequence[Any]) -> list[Any]:
    """The entries whose two texts contain what the visitor types."""
    wanted = st.text_input("Search", key="search", placeholder="a word, such as: batch", help="In all texts.")
    return [each for each in entries if wanted.lower().strip() in f"{each[0]} {each[1]}".lower()]
