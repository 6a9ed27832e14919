"""One's own data, for a page that trains on it: a file, a pasted table or clicked points, and what to learn from it."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.data import Dataset, OwnData, Table, read_table
from core.data.baselines import BOOSTED_ROWS, REPEATS, baselines, boosted
from core.data.cells import MISSING
from core.data.encoding import DATES
from core.data.files import ENCODINGS
from core.data.kept import Wanted, kept_text, read_kept
from core.data.reading import SEPARATORS, SIGNS
from core.data.roles import LEARNT, ROLES
from core.data.table import GAPS
from core.data.tasks import SPLITS
from pages.figures.common.words import plain
from pages.figures.playground.charts import canvas
from pages.ui.live import store
from pages.ui.live.session import once

OWN = "own data"  # of the visitor, for all pages: an OwnData
MADE_HERE = PASTED, CLICKED = "pasted.csv", "points.csv"  # tables that are no files of the visitor's
LEAST = 8  # points that make a task
TABLE, HERE = "own table", "own table here"  # in the browser, and in the session
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
Train = Callable[[str], None]  # begins a run; it is given what a link says of the table


class Brought(NamedTuple):
    """A table, what it was read from, and what was chosen when it was last used."""

    table: Table
    source: bytes | str
    before: OwnData | None = None


def own_data(key: str, settings: Any, test_share: float, seed: int, train: Train) -> None:
    """From a table to the visitor's own data, on which `train` begins a run; `key` and `settings` are the page's."""
    ways: dict[str, Callable[[str], Brought | None]] = {"File": _file, "Paste": _pasted, "Click points": _clicked}
    if store.kept(TABLE):
        ways["Kept"] = lambda key: _from_browser()
    way = st.segmented_control("Where from", list(ways), default="File", required=True, key=f"{key} way")
    if brought := ways.get(way, _file)(key):
        _offer(key, brought, settings, test_share, seed, train)
    for each in store.kept(TABLE).values():
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = Wanted.read(str(each.about.get("asked")))
            st.markdown(f"Kept in this browser: {plain(str(asked or 'a table'))}, {each.size / 1024:,.0f} KB.")
            st.button("Forget", on_click=_forget, key=f"{TABLE} forget")
    st.caption(store.WHERE)


def _offer(key: str, brought: Brought, settings: Any, test_share: float, seed: int, train: Train) -> None:
    """What to learn from a table, and the buttons; a link that asks for this table takes it at once."""
    table, source, before = brought
    asked = Wanted.read(settings.table) if settings.dataset == "own" and OWN not in st.session_state else None
    lacking = asked.lacking(table) if asked else ""
    if lacking:
        st.warning(plain(lacking))
    elif asked and before is None:
        before = OwnData(table, asked.target)
    own = _task(f"{key} {table.digest[:12]}", table, before)
    if own is None or not _described(key, own, test_share, seed):
        return
    if asked and not lacking:
        _use(own, train)
        st.rerun()
    with st.container(horizontal=True):
        st.button("Train on it", type="primary", on_click=_use, args=(own, train, source), key=f"{key} train own")
        if not _is_kept(table):
            st.button("Keep in this browser", on_click=_keep, args=(own, source), key=f"{key} keep own")


def _use(own: OwnData, train: Train, source: bytes | str = "") -> None:
    """Train on this table; where it is kept, keep what was chosen for it as well."""
    st.session_state[OWN] = own
    if source and _is_kept(own.table):
        _keep(own, source)
    train(Wanted.of(own).to_text())


def _keep(own: OwnData, source: bytes | str) -> None:
    try:
        about = {"asked": Wanted.of(own).to_text(), "digest": own.table.digest}
        store.put(TABLE, kept_text(own, source), about)
        st.session_state[HERE] = own, source
    except InputError as error:
        st.toast(plain(f"{error}."), duration="infinite")


def _is_kept(table: Table) -> bool:
    return any(each.about.get("digest") == table.digest for each in store.kept(TABLE).values())


def _forget() -> None:
    store.forget(TABLE)
    st.session_state.pop(HERE, None)


def _from_browser() -> Brought | None:
    """The kept table; None while it is on its way, or if it cannot be read, which is said."""
    if HERE not in st.session_state and (text := store.fetch(TABLE)) is not None:
        try:
            st.session_state[HERE] = read_kept(text)
        except InputError as error:
            st.session_state[HERE] = f"{error}."
    found: tuple[OwnData, bytes | str] | str | None = st.session_state.get(HERE)
    if isinstance(found, str):
        st.error(plain(found))
        return None
    return found and Brought(found[0].table, found[1], found[0])


def missing(settings: Any, tool: str, train: Train) -> None:
    """Where a link asks for a table: take the one kept in this browser if it is that, else say which one to bring."""
    asked = Wanted.read(settings.table)
    found = _from_browser() if store.kept(TABLE) else None
    if found and found.before and not (asked and asked.lacking(found.table)):
        _use(found.before, train)
        st.rerun()
    which = f": {asked}" if asked else ""
    asks = f"These settings ask for data of your own, which a link does not carry{which}."
    st.info(plain(f"{asks} To bring it, open {tool}, above."))


def _file(key: str) -> Brought | None:
    given = st.file_uploader("CSV, TSV, other text tables or Parquet, up to 20 MB", key=f"{key} file")
    return _read(key, given.file_id, given.getvalue(), given.name) if given else None


def _pasted(key: str) -> Brought | None:
    text = st.text_area("Cells copied from a spreadsheet, or the text of a file", key=f"{key} pasted", height=160)
    return _read(key, sha256(text.encode("utf-8", "replace")).hexdigest(), text, PASTED) if text.strip() else None


def _clicked(key: str) -> Brought | None:
    points: list[tuple[float, float, str]] = st.session_state.setdefault(f"{key} points", [])
    count = len(points)  # by which a click that Streamlit tells of twice counts once
    label = st.segmented_control("Class of the next points", ["a", "b", "c"], default="a", key=f"{key} label")
    canvas_key = f"{key} canvas {count}"  # a new chart after each point, on which nothing is selected

    def add() -> None:
        chosen = st.session_state[canvas_key].selection.points
        points[count:] = [(float(point["x"]), float(point["y"]), label or "a") for point in chosen]

    looks: dict[str, Any] = {"config": {"displayModeBar": False}, "alt": "A plane to click points into"}
    st.plotly_chart(canvas(points).to_dict(), key=canvas_key, on_select=add, selection_mode="points", **looks)
    with st.container(horizontal=True):
        last = slice(count - 1, None)
        st.button("Undo", on_click=points.__delitem__, args=(last,), disabled=not points, key=f"{key} undo")
        st.button("Clear", on_click=points.clear, disabled=not points, key=f"{key} clear")
        st.caption(f"{len(points)} points; {LEAST} of at least two classes make a task.")
    if len(points) < LEAST:
        return None
    made = Table(CLICKED, pd.DataFrame(points, columns=["x1", "x2", "class"]), [])
    return Brought(made, made.frame.to_csv(index=False))


def _read(key: str, known: str, source: bytes | str, name: str) -> Brought | None:
    """The table, read again only for another source or other choices; the choices stay in reach if it is refused."""
    place = f"{key} {known[:12]}"
    chosen = {option: st.session_state.get(f"{place} {option}", RECOGNIZED) for option in OPTIONS}
    choices = {option: value for option, value in chosen.items() if value != RECOGNIZED}
    if words := st.session_state.get(f"{place} missing"):
        choices["missing"] = tuple(word.strip() for word in words.split(","))
    if skip := st.session_state.get(f"{place} skip"):
        choices["skip"] = int(skip)

    def read() -> Table | str:
        try:
            return read_table(source, name, **choices)
        except InputError as error:
            return f"{error}."

    found = once(f"{key} read", (known, choices), read)  # a large file takes seconds, and the page runs at every click
    table = found if isinstance(found, Table) else None
    if table is None or table.reading is not None:  # a Parquet file leaves nothing to decide
        _reading(place, table, isinstance(source, bytes))
    if isinstance(found, str):
        st.error(plain(found))
    return None if table is None else Brought(table, source)


def _reading(key: str, table: Table | None, encoded: bool) -> None:
    """How the table was read in one line, with a control for every decision."""
    decisions = table.reading if table else None
    line = f"Read as: {decisions.sentence()}" if decisions else "How it is read"
    with st.expander(plain(line), expanded=table is None):
        columns = st.columns(2)
        for place, (name, (label, options)) in enumerate(OPTIONS.items()):
            if name == "encoding" and not encoded:
                continue
            found = getattr(decisions, name) if decisions and table and name not in table.choices else None
            told = {RECOGNIZED: f"{RECOGNIZED}: {options[found]}" if found in options else RECOGNIZED, **options}
            columns[place % 2].selectbox(label, list(told), format_func=told.__getitem__, key=f"{key} {name}")
        about = "They count as missing in columns that are otherwise numbers; in text they are values."
        usual = ", ".join(MISSING)
        columns[0].text_input("Missing words", placeholder=usual, help=about, key=f"{key} missing")
        columns[1].number_input("Lines to skip", 0, 1000, None, placeholder=RECOGNIZED, key=f"{key} skip")


def _task(key: str, table: Table, before: OwnData | None = None) -> OwnData | None:
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
        height=_height(rows),
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


def _height(rows: pd.DataFrame) -> int:
    return min(300, 40 + 35 * len(rows))


def _how(key: str, table: Table, target: str, before: OwnData | None) -> tuple[str, str, str, str]:
    """Missing cells, dates, and the split, each where there is something to choose."""
    usual = before or OwnData(table, target)
    gaps, dates, by = usual.gaps, usual.dates, ""
    with st.expander("Split, missing cells and dates"):
        split = _one_of("Test rows", SPLITS, usual.split_by, f"{key} split")
        if split != "random":
            kinds = "fM" if split == "time" else "fMO"
            others = [str(column) for column in table.columns if column != target]
            fitting = [name for name in others if table.frame[name].dtype.kind in kinds]
            place = fitting.index(usual.by) if usual.by in fitting else 0
            by = st.selectbox("By the column", fitting, place, key=f"{key} {split} by") if fitting else ""
        if table.frame.isna().any(axis=None):
            gaps = _one_of("Missing cells", GAPS, usual.gaps, f"{key} gaps")
        if any(column.role == "date" for column in table.columns):
            dates = _one_of("Dates become", DATES, usual.dates, f"{key} dates")
    return gaps, dates, split, by or ""


def _described(key: str, own: OwnData, test_share: float, seed: int) -> bool:
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
    if data.task == "numbers" and data.y_test.min() == data.y_test.max():
        st.caption("The test targets are all the same, so R² is undefined.")
        return
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
    worth = f"loss of {measure}"
    rows = [(each.column, each.mean, f"{each.low:.3f} to {each.high:.3f}") for each in found.importance]
    table = pd.DataFrame(rows, columns=["column", worth, "95 % interval"])
    number = {worth: st.column_config.NumberColumn(format="%.3f")}
    st.dataframe(table, hide_index=True, height=_height(table), column_config=number)
