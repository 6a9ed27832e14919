"""Downloads, written when their box is opened."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

File = tuple[Callable[[Any], str | bytes], str, str]  # function that writes it, file name, MIME type


@st.fragment
def box(title: str, key: str, of: Any, made: Mapping[str, File]) -> None:
    """A box with a button for each file of `made`, by label."""
    with st.expander(title, key=f"{key} files", on_change="rerun") as place:
        if place.open:
            with st.container(horizontal=True):
                buttons(key, of, made)


def buttons(key: str, of: Any, made: Mapping[str, File], **look: Any) -> None:
    """Write the files and draw a button for each."""
    for label, (make, name, mime) in made.items():
        st.download_button(label, make(of), name, mime, on_click="ignore", key=f"{key} {label}", **look)
