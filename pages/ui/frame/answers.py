"""Pages of text: questions and answers, and words with what they mean, each with a link to the page that shows it."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from pages.figures.common.words import words
from pages.ui.frame.docket import page_link
from pages.ui.frame.flow import head


class Entry(NamedTuple):
    """A question or a word, a few sentences on it, and the pages (by their files' names) where it can be seen."""

    title: str
    text: str
    pages: list[str]


def read(text: Path, draw: Callable[[Sequence[Entry]], None]) -> None:
    """Draw a page of text from its Markdown: title and story, then a section for each entry, which ends with links."""
    opening, *sections = (part.split("\n", 1) for part in text.read_text(encoding="utf-8").split("\n## "))
    head(opening[0].removeprefix("# "), opening[1].strip())
    entries = []
    for title, section in sections:
        body, links = section.strip().rsplit("\n\n", 1)
        entries.append(Entry(title, " ".join(body.split("\n")), re.findall(r"\((\w+)\.py\)", links)))
    draw(entries)


def answers(entries: Sequence[Entry]) -> None:
    """Draw those that contain what the visitor looks for, all at first."""
    found = _wanted(entries)
    st.caption(f"{len(found)} of {len(entries)} questions.")
    for each in found:
        with st.expander(each.title, expanded=each is entries[0] or len(found) < 3):
            st.markdown(each.text)
            with st.container(horizontal=True):
                for page in each.pages:
                    page_link(page, f"Open the page: {words(page)} →")


def glossary(entries: Sequence[Entry]) -> None:
    """Draw those that contain what the visitor looks for, all at first."""
    for each in _wanted(entries):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{each.title}.** {each.text}")
            page_link(each.pages[0], f"{words(each.pages[0])} →")


def _wanted(entries: Sequence[Entry]) -> list[Entry]:
    """The entries whose two texts contain what the visitor types."""
    wanted = st.text_input("Search", key="search", placeholder="a word, such as: batch", help="In all texts.")
    return [each for each in entries if wanted.lower().strip() in f"{each.title} {each.text}".lower()]
