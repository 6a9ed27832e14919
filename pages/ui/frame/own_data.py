"""One's own data, for a page that trains on it: a file, a pasted table or clicked points, and what to learn from it."""

from collections.abc import Callable
from hashlib import sha256

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.data import OwnData, Table, read_table
from pages.figures.common.words import plain
from pages.figures.playground.charts import canvas
from pages.ui.frame import own_table

OWN = "own data"  # of the visitor, for all pages: an OwnData
MADE_HERE = PASTED, CLICKED = "pasted.csv", "points.csv"  # tables that are no files of the visitor's
LEAST = 8  # points that make a task


def own_data(key: str, test_share: float, seed: int, train: Callable[[], None]) -> None:
    """From a table to the visitor's own data, on which `train` begins a run; `key` is the page's."""
    way = st.segmented_control(
        "Where from", ["File", "Paste", "Click points"], default="File", required=True, key=f"{key} way"
    )
    table = {"File": _file, "Paste": _pasted, "Click points": _clicked}[way](key)
    if table is None:
        return
    own = own_table.task(f"{key} {table.digest[:12]}", table)
    if own is not None and own_table.described(key, own, test_share, seed):
        st.button("Train on it", type="primary", on_click=_keep, args=(own, train), key=f"{key} train own")


def _keep(own: OwnData, train: Callable[[], None]) -> None:
    st.session_state[OWN] = own
    train()


def _file(key: str) -> Table | None:
    given = st.file_uploader("CSV, TSV, other text tables or Parquet, up to 20 MB", key=f"{key} file")
    return _read(key, given.file_id, given.getvalue(), given.name) if given else None


def _pasted(key: str) -> Table | None:
    text = st.text_area("Cells copied from a spreadsheet, or the text of a file", key=f"{key} pasted", height=160)
    return _read(key, sha256(text.encode("utf-8", "replace")).hexdigest(), text, PASTED) if text.strip() else None


def _read(key: str, known: str, source: bytes | str, name: str) -> Table | None:
    """The table, read again only for another source or other choices; the choices stay in reach if it is refused."""
    choices = own_table.choices(f"{key} {known[:12]}")
    kept = st.session_state.get(f"{key} read")
    if kept is None or kept[0] != (known, choices):  # a large file takes seconds, and the page runs at every click
        try:
            result: Table | str = read_table(source, name, **choices)
        except InputError as error:
            result = f"{error}."
        st.session_state[f"{key} read"] = kept = (known, choices), result
    found = kept[1]
    own_table.reading(f"{key} {known[:12]}", found if isinstance(found, Table) else None, isinstance(source, bytes))
    if isinstance(found, Table):
        return found
    st.error(plain(found))
    return None


def _clicked(key: str) -> Table | None:
    points: list[tuple[float, float, str]] = st.session_state.setdefault(f"{key} points", [])
    label = st.segmented_control("Class of the next points", ["a", "b", "c"], default="a", key=f"{key} label")
    canvas_key = f"{key} canvas {len(points)}"  # a new chart after each point, on which nothing is selected
    st.plotly_chart(
        canvas(points).to_dict(),
        key=canvas_key,
        on_select=lambda: _add(points, canvas_key, label or "a"),
        selection_mode="points",
        config={"displayModeBar": False},
        alt="A plane to click points into",
    )
    with st.container(horizontal=True):
        st.button("Undo", on_click=_undo, args=(points,), disabled=not points, key=f"{key} undo")
        st.button("Clear", on_click=points.clear, disabled=not points, key=f"{key} clear")
        st.caption(f"{len(points)} points; {LEAST} of at least two classes make a task.")
    if len(points) < LEAST:
        return None
    return Table(CLICKED, pd.DataFrame(points, columns=["x1", "x2", "class"]), [])


def _undo(points: list[tuple[float, float, str]]) -> None:
    del points[-1:]


def _add(points: list[tuple[float, float, str]], canvas_key: str, label: str) -> None:
    for point in st.session_state[canvas_key].selection.points:
        points.append((float(point["x"]), float(point["y"]), label))
