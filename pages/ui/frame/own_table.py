"""A visitor's table on the page: how it was read, the roles of its columns, the task, the split, and other models."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.data import Dataset, OwnData, Table
from core.data.baselines import BOOSTED_ROWS, REPEATS, baselines, boosted
from core.data.cells import MISSING
from core.data.encoding import DATES
from core.data.files import ENCODINGS
from core.data.reading import SEPARATORS, SIGNS
from core.data.roles import LEARNT, ROLES
from core.data.table import GAPS
from core.data.tasks import SPLITS
from pages.figures.common.words import plain
from pages.ui.live.session import once

TASKS = {"classes": "classes to tell apart", "numbers": "numbers to predict"}
TARGETS = {"target", "label", "class", "outcome", "response", "survived", "churn", "species", "diagnosis"}
SHOWN = 8  # rows of the preview
TESTED = 2_000_000  # numbers of the training part up to which a linear model is fitted without being asked
RECOGNIZED = "recognized"
OPTIONS: dict[str, tuple[str, dict[Any, str]]] = {  # choices of reading: their labels, and what there is to choose
    "encoding": ("Encoding", ENCODINGS),
    "separator": ("Separator", SEPARATORS),
    "header": ("First row", {True: "is a header", False: "holds data"}),
    "units": ("Second row", {True: "holds units", False: "holds data"}),
    "decimal": ("Decimal sign", SIGNS),
    "day_first": ("Dates like 3/4/2020", {True: "day first", False: "month first"}),
}


def choices(key: str) -> dict[str, Any]:
    """What the visitor has chosen for reading the table of this key."""
    chosen = {name: st.session_state.get(f"{key} {name}", RECOGNIZED) for name in OPTIONS}
    made = {name: value for name, value in chosen.items() if value != RECOGNIZED}
    if words := st.session_state.get(f"{key} missing"):
        made["missing"] = tuple(word.strip() for word in words.split(","))
    if skip := st.session_state.get(f"{key} skip"):
        made["skip"] = int(skip)
    return made


def reading(key: str, table: Table | None, encoded: bool) -> None:
    """How the table was read in one line, with a control for every decision."""
    decisions = table.reading if table else None
    if decisions is None and table is not None:
        return  # a Parquet file leaves nothing to decide
    line = f"Read as: {decisions.sentence()}" if decisions else "How it is read"
    with st.expander(plain(line), expanded=table is None):
        columns = st.columns(2)
        for place, (name, (label, options)) in enumerate(OPTIONS.items()):
            if name == "encoding" and not encoded:
                continue
            found = getattr(decisions, name) if decisions and table and name not in table.choices else None
            told = {RECOGNIZED: f"{RECOGNIZED}: {options[found]}" if found in options else RECOGNIZED, **options}
            columns[place % 2].selectbox(label, list(told), format_func=told.__getitem__, key=f"{key} {name}")
        columns[0].text_input(
            "Missing words",
            placeholder=", ".join(MISSING),
            help="They count as missing in columns that are otherwise numbers; in text they are values.",
            key=f"{key} missing",
        )
        columns[1].number_input("Lines to skip", 0, 1000, None, placeholder="recognized", key=f"{key} skip")


def task(key: str, table: Table, before: OwnData | None = None) -> OwnData | None:
    """The columns with their roles, and what to learn: target, kind of task, split; None where a role does not fit.

    `before` is what was chosen for this table when it was last used.
    """
    holes = int(table.frame.isna().sum().sum())
    st.caption(f"{table.rows:,} rows, {len(table.columns)} columns, {holes:,} missing cells.")
    changed = _roles(key, table)
    if changed is None:
        return None
    with st.expander("The first rows"):
        st.dataframe(changed.frame.head(SHOWN), height=210)
    for notice in changed.notices:
        st.info(plain(notice))
    names = list(map(str, changed.columns))
    learnt = [str(column) for column in changed.columns if column.role in LEARNT[:3]] or names
    usual = before.target if before else next((name for name in learnt if name.lower() in TARGETS), learnt[-1])
    target = st.selectbox("Target, the column to predict", names, index=names.index(usual), key=f"{key} target")
    recognized = changed.recognized_task(target)
    if before and before.target == target and before.task:
        recognized = before.task
    label = "Task (recognized, change it if it is wrong)"
    kind = _one_of(label, TASKS, recognized, f"{key} {target} {recognized} task")
    return OwnData(changed, target, kind, None, *_how(key, changed, target, before))


def _one_of(label: str, options: dict[str, str], usual: str, key: str) -> str:
    """A choice between options, each with its words."""
    told = options.__getitem__
    return st.segmented_control(label, list(options), default=usual, required=True, format_func=told, key=key) or usual


def _roles(key: str, table: Table) -> Table | None:
    """The table with the roles that the visitor has given its columns."""
    rows = pd.DataFrame(table.described())
    about = "; ".join(f"{role}: {what}" for role, what in ROLES.items())
    role = st.column_config.SelectboxColumn("role (change it here)", options=list(ROLES), required=True, help=about)
    edited = st.data_editor(
        rows,
        hide_index=True,
        height=min(300, 40 + 35 * len(rows)),
        disabled=[column for column in rows if column != "role"],
        column_config={"role": role},
        key=f"{key} columns",
    )
    different = edited["role"] != rows["role"]
    try:
        return table.with_roles(dict(zip(rows["name"][different], edited["role"][different], strict=True)))
    except InputError as error:
        st.error(plain(f"{error}."))
        return None


def _how(key: str, table: Table, target: str, before: OwnData | None) -> tuple[str, str, str, str]:
    """Missing cells, dates, and the split, each where there is something to choose."""
    usual = before or OwnData(table, target)
    gaps, dates, by = usual.gaps, usual.dates, ""
    with st.expander("Split, missing cells and dates"):
        split = _one_of("Test rows", SPLITS, usual.split_by, f"{key} split")
        if split != "random":
            others = [str(column) for column in table.columns if column != target]
            kinds = "fM" if split == "time" else "fMO"
            fitting = [name for name in others if table.frame[name].dtype.kind in kinds]
            place = fitting.index(usual.by) if usual.by in fitting else 0
            by = st.selectbox("By the column", fitting, place, key=f"{key} {split} by") if fitting else ""
        if table.frame.isna().any(axis=None):
            gaps = _one_of("Missing cells", GAPS, usual.gaps, f"{key} gaps")
        if any(column.role == "date" for column in table.columns):
            dates = _one_of("Dates become", DATES, usual.dates, f"{key} dates")
    return gaps, dates, split, by or ""


def described(key: str, own: OwnData, test_share: float, seed: int) -> bool:
    """Say what becomes of the table, and what models without a network reach; whether something can be learnt."""
    try:
        data = own.dataset(test_share, seed)
    except InputError as error:
        st.error(plain(f"{error}."))
        return False
    st.session_state[f"{key} data"] = data  # which nobody else may be using yet
    for notice in data.notices:
        if notice != data.split:
            st.info(plain(notice))
    inputs = f"{data.features} inputs from {len(data.encoding['features'])} columns"
    scaled = "each scaled to mean 0 and standard deviation 1 of the training part"
    st.caption(plain(f"{data.split} {inputs}, {scaled}."))
    _without_network(key, data)
    return True


def _without_network(key: str, data: Dataset) -> None:
    """What simpler models reach on the same split, and on request gradient boosting and what each column is worth."""
    measure = "accuracy" if data.task == "classes" else "R²"
    if data.X_train.size <= TESTED:
        reached = once(f"{key} baselines", data, lambda: baselines(data, ("majority", "linear")))
        always = "the mean" if data.task == "numbers" else "the most frequent class"
        st.caption(
            f"To beat, on the test rows: always {always} reaches {measure} {reached['majority']:.3f}, a linear model "
            f"{reached['linear']:.3f}."
        )
    if st.button("What you would get without a network", key=f"{key} boost"):
        with st.spinner("Gradient boosting learns the same rows."):
            st.session_state[f"{key} boosted"] = data, boosted(data)
    known, found = st.session_state.get(f"{key} boosted", (None, None))
    if known is not data or found is None:
        return
    st.markdown(
        f"Gradient boosting reaches {measure} **{found.score:.3f}** after {found.rows:,} training rows (at most "
        f"{BOOSTED_ROWS:,}). How far that falls when the cells of one column are shuffled, in {REPEATS} shuffles:"
    )
    st.dataframe(
        {
            "column": [each.column for each in found.importance],
            f"loss of {measure}": [each.mean for each in found.importance],
            "95 % interval": [f"{each.low:.3f} to {each.high:.3f}" for each in found.importance],
        },
        hide_index=True,
        height=min(300, 40 + 35 * len(found.importance)),
        column_config={f"loss of {measure}": st.column_config.NumberColumn(format="%.3f")},
    )
