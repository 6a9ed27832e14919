"""One's own data: a file, a pasted table or clicked points; what to learn from it; and from where to look at it."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.playground import Playground
from core.tables import Table, read_table
from pages.figures.playground import canvas
from pages.figures.words import plain
from pages.ui.playground_state import KEY, OWN, SHOW, VIEW, OwnData, begin, look_from
from pages.ui.session import Experiment

POINTS, FILE = f"{KEY} points", f"{KEY} read"
TASKS = {"classes": "classes to tell apart", "numbers": "numbers to predict"}
LEAST, SHOWN = 8, 8  # points that make a task, rows of the preview


def own_data(experiment: Experiment) -> None:
    """From a table to a run on it."""
    way = st.segmented_control(
        "Where from", ["File", "Paste", "Click points"], default="File", required=True, key=f"{KEY} way"
    )
    try:
        table = {"File": _file, "Paste": _pasted, "Click points": _clicked}[way]()
    except InputError as error:
        st.error(plain(f"{error}."))
        return
    if table is not None:
        _task(table, experiment)


def _file() -> Table | None:
    given = st.file_uploader("CSV, TSV or Parquet, up to 20 MB", key=f"{KEY} file")
    if given is None:
        return None
    known, table = st.session_state.get(FILE, (None, None))
    if known != given.file_id:  # a large file takes a second or two to read, and the page runs at every click
        table = read_table(given.getvalue(), given.name)
        st.session_state[FILE] = given.file_id, table
    return table


def _pasted() -> Table | None:
    text = st.text_area("Cells copied from a spreadsheet, with a header", key=f"{KEY} pasted", height=160)
    return read_table(text, "pasted") if text.strip() else None


def _clicked() -> Table | None:
    points: list[tuple[float, float, str]] = st.session_state.setdefault(POINTS, [])
    label = st.segmented_control("Class of the next points", ["a", "b", "c"], default="a", key=f"{KEY} label")
    key = f"{KEY} canvas {len(points)}"  # a new chart after each point, on which nothing is selected
    st.plotly_chart(
        canvas(points),
        key=key,
        on_select=lambda: _add(key, label or "a"),
        selection_mode="points",
        config={"displayModeBar": False},
        alt="A plane to click points into",
    )
    with st.container(horizontal=True):
        st.button("Undo", on_click=_undo, disabled=not points, key=f"{KEY} undo")
        st.button("Clear", on_click=points.clear, disabled=not points, key=f"{KEY} clear")
        st.caption(f"{len(points)} points; {LEAST} of at least two classes make a task.")
    if len(points) < LEAST:
        return None
    return Table("points", pd.DataFrame(points, columns=["x1", "x2", "class"]), [])


def _undo() -> None:
    st.session_state[POINTS].pop()


def _add(key: str, label: str) -> None:
    for point in st.session_state[key].selection.points:
        st.session_state[POINTS].append((float(point["x"]), float(point["y"]), label))


def _task(table: Table, experiment: Experiment) -> None:
    """What to learn from the table: target, kind of task, features; what was found in it; and the start."""
    st.dataframe(table.frame.head(SHOWN), height=210)
    holes = int(table.frame.isna().sum().sum())
    st.caption(f"{table.rows:,} rows, {len(table.columns)} columns, {holes:,} missing cells. Shown: the first rows.")
    for notice in table.notices:
        st.info(plain(notice))
    name = f"{KEY} of {table.name}"
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
    usable = [column for column in table.numeric if column != target]
    features = st.multiselect("Features", usable, default=usable, key=f"{name} {target} features")
    own = OwnData(table, target, task or recognized, tuple(features))
    try:
        data = own.dataset(experiment.settings)
    except InputError as error:
        st.error(plain(f"{error}."))
        return
    for notice in data.notices:
        st.info(plain(notice))
    split = "stratified by class" if data.task == "classes" else "at random"
    st.caption(
        f"{len(data.X_train):,} training and {len(data.X_test):,} test samples, split {split}; {data.features} "
        "features, each scaled to mean 0 and standard deviation 1 of the training part."
    )
    st.button("Train on it", type="primary", on_click=_train, args=(own, experiment), key=f"{KEY} train own")


def _train(own: OwnData, experiment: Experiment) -> None:
    st.session_state[OWN] = own
    st.session_state.pop(VIEW, None)
    changes: dict[str, Any] = {"dataset": "own", "lesson": "none"}
    begin(experiment.settings.replace(**changes))


def view(result: Playground) -> None:
    """What the links show, and for data of more than two features the plane of the maps."""
    st.segmented_control(
        "Links, and the marks of the biases, show",
        ["weights", "gradients"],
        default="weights",
        required=True,
        key=SHOW,
        help="Weights as they are, or the gradient dL/dw of the last batch.",
    )
    if result.source.features <= 2:
        return
    names = result.source.columns or tuple(f"feature {k + 1}" for k in range(result.source.features))
    axes = st.multiselect(
        "Maps are drawn over",
        range(len(names)),
        max_selections=2,
        format_func=lambda place: names[place],
        placeholder="the first two principal components",
        key=f"{KEY} axes",
        help="Two features, the others held at their mean; or nothing for the plane of the principal components.",
    )
    st.session_state[VIEW] = tuple(axes) if len(axes) == 2 else None
    look_from(result)
