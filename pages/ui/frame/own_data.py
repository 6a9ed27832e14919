"""One's own data, for a page that trains on it: a file, a pasted table or clicked points, and what to learn from it."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.data import OwnData, Table, read_table
from core.data.roles import LEARNT
from pages.figures.common.words import plain
from pages.figures.playground.charts import canvas

OWN = "own data"  # of the visitor, for all pages: an OwnData
MADE_HERE = PASTED, CLICKED = "pasted.csv", "points.csv"  # tables that are no files of the visitor's
TASKS = {"classes": "classes to tell apart", "numbers": "numbers to predict"}
LEAST, SHOWN = 8, 8  # points that make a task, rows of the preview


def own_data(key: str, test_share: float, seed: int, train: Callable[[], None]) -> None:
    """From a table to the visitor's own data, on which `train` begins a run; `key` is the page's."""
    way = st.segmented_control(
        "Where from", ["File", "Paste", "Click points"], default="File", required=True, key=f"{key} way"
    )
    try:
        table = {"File": _file, "Paste": _pasted, "Click points": _clicked}[way](key)
    except InputError as error:
        st.error(plain(f"{error}."))
        return
    if table is not None:
        own = _task(key, table)
        if _described(own, test_share, seed):
            st.button("Train on it", type="primary", on_click=_keep, args=(own, train), key=f"{key} train own")


def _keep(own: OwnData, train: Callable[[], None]) -> None:
    st.session_state[OWN] = own
    train()


def _file(key: str) -> Table | None:
    given = st.file_uploader("CSV, TSV or Parquet, up to 20 MB", key=f"{key} file")
    if given is None:
        return None
    known, table = st.session_state.get(f"{key} read", (None, None))
    if known != given.file_id:  # a large file takes a second or two to read, and the page runs at every click
        table = read_table(given.getvalue(), given.name)
        st.session_state[f"{key} read"] = given.file_id, table
    return table


def _pasted(key: str) -> Table | None:
    text = st.text_area("Cells copied from a spreadsheet, with a header", key=f"{key} pasted", height=160)
    return read_table(text, PASTED) if text.strip() else None


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


def _task(key: str, table: Table) -> OwnData:
    """What was found in the table, and what to learn from it: target, kind of task, features."""
    st.dataframe(table.frame.head(SHOWN), height=210)
    holes = int(table.frame.isna().sum().sum())
    st.caption(f"{table.rows:,} rows, {len(table.columns)} columns, {holes:,} missing cells. Shown: the first rows.")
    for notice in table.notices:
        st.info(plain(notice))
    name = f"{key} of {table.name}"
    target = st.selectbox("Target, the column to predict", table.columns[::-1], key=f"{name} target")
    recognized = table.recognized_task(target)
    task = st.segmented_control(
        "Task (recognized, change it if it is wrong)",
        list(TASKS),
        default=recognized,
        required=True,
        format_func=TASKS.__getitem__,
        key=f"{name} {target} task",
    )
    usable = [column for column in table.columns if column != target and column.role in LEARNT]
    features = st.multiselect("Features", usable, default=usable, key=f"{name} {target} features")
    return OwnData(table, target, task or recognized, tuple(features))


def _described(own: OwnData, test_share: float, seed: int) -> bool:
    """Say how the data is split; whether something can be learnt from it."""
    try:
        data = own.dataset(test_share, seed)
    except InputError as error:
        st.error(plain(f"{error}."))
        return False
    for notice in data.notices:
        st.info(plain(notice))
    split = "stratified by class" if data.task == "classes" else "at random"
    st.caption(
        f"{len(data.X_train):,} training and {len(data.X_test):,} test samples, split {split}; {data.features} "
        "features, each scaled to mean 0 and standard deviation 1 of the training part."
    )
    return True
