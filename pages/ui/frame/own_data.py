"""One's own data, for a page that trains on it: a file, a pasted table or clicked points, and what to learn from it."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.data import OwnData, Table, read_table
from core.data.kept import Wanted, kept_text, read_kept
from pages.figures.common.words import plain
from pages.figures.playground.charts import canvas
from pages.ui.frame import own_table
from pages.ui.live import store
from pages.ui.live.session import once

OWN = "own data"  # of the visitor, for all pages: an OwnData
MADE_HERE = PASTED, CLICKED = "pasted.csv", "points.csv"  # tables that are no files of the visitor's
LEAST = 8  # points that make a task
TABLE = "own table"  # in the visitor's browser
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
        ways["Kept"] = lambda key: (found := _from_browser()) and Brought(found[0].table, found[1], found[0])
    way = st.segmented_control("Where from", list(ways), default="File", required=True, key=f"{key} way")
    brought = ways.get(way, _file)(key)
    if brought is not None:
        _offer(key, brought, settings, test_share, seed, train)
    if refused := st.session_state.pop(f"{TABLE} refused", None):
        st.error(plain(refused))
    for each in store.kept(TABLE).values():
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = Wanted.read(str(each.about.get("asked")))
            st.markdown(f"Kept in this browser: {plain(str(asked or 'a table'))}, {each.size / 1024:,.0f} KB.")
            st.button("Forget", on_click=_forget, key=f"{TABLE} forget")
    st.caption(store.WHERE)


def _offer(key: str, brought: Brought, settings: Any, test_share: float, seed: int, train: Train) -> None:
    """What to learn from a table, and the buttons; a link that asks for this table takes it at once."""
    table, before = brought.table, brought.before
    asked = Wanted.read(settings.table) if settings.dataset == "own" and OWN not in st.session_state else None
    lacking = asked.lacking(table) if asked else ""
    if lacking:
        st.warning(plain(lacking))
    elif asked and before is None:
        before = OwnData(table, asked.target)
    own = own_table.task(f"{key} {table.digest[:12]}", table, before)
    if own is None or not own_table.described(key, own, test_share, seed):
        return
    if asked and not lacking:
        _use(own, train)
        st.rerun()
    with st.container(horizontal=True):
        used = own, train, brought.source
        st.button("Train on it", type="primary", on_click=_use, args=used, key=f"{key} train own")
        if not _is_kept(table):
            st.button("Keep in this browser", on_click=_keep, args=(own, brought.source), key=f"{key} keep own")


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
        st.session_state[f"{TABLE} here"] = own, source
    except InputError as error:
        st.session_state[f"{TABLE} refused"] = f"{error}."


def _is_kept(table: Table) -> bool:
    return any(each.about.get("digest") == table.digest for each in store.kept(TABLE).values())


def _forget() -> None:
    store.forget(TABLE)
    st.session_state.pop(f"{TABLE} here", None)


def _from_browser() -> tuple[OwnData, bytes | str] | None:
    """The kept table and its source; None while it is on its way, or if it cannot be read, which is said."""
    here = f"{TABLE} here"
    if here not in st.session_state and (text := store.fetch(TABLE)) is not None:
        try:
            st.session_state[here] = read_kept(text)
        except InputError as error:
            st.session_state[here] = f"{error}."
    found: tuple[OwnData, bytes | str] | str | None = st.session_state.get(here)
    if isinstance(found, str):
        st.error(plain(found))
        return None
    return found


def missing(settings: Any, tool: str, train: Train) -> None:
    """Where a link asks for a table: take the one kept in this browser if it is that, else say which one to bring."""
    asked = Wanted.read(settings.table)
    if store.kept(TABLE) and (found := _from_browser()) and not (asked and asked.lacking(found[0].table)):
        _use(found[0], train)
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


def _read(key: str, known: str, source: bytes | str, name: str) -> Brought | None:
    """The table, read again only for another source or other choices; the choices stay in reach if it is refused."""
    place = f"{key} {known[:12]}"
    choices = own_table.choices(place)

    def read() -> Table | str:
        try:
            return read_table(source, name, **choices)
        except InputError as error:
            return f"{error}."

    found = once(f"{key} read", (known, choices), read)  # a large file takes seconds, and the page runs at every click
    own_table.reading(place, found if isinstance(found, Table) else None, isinstance(source, bytes))
    if isinstance(found, Table):
        return Brought(found, source)
    st.error(plain(found))
    return None


def _clicked(key: str) -> Brought | None:
    points: list[tuple[float, float, str]] = st.session_state.setdefault(f"{key} points", [])
    label = st.segmented_control("Class of the next points", ["a", "b", "c"], default="a", key=f"{key} label")
    canvas_key = f"{key} canvas {len(points)}"  # a new chart after each point, on which nothing is selected

    def add() -> None:
        chosen = st.session_state[canvas_key].selection.points
        points.extend((float(point["x"]), float(point["y"]), label or "a") for point in chosen)

    st.plotly_chart(
        canvas(points).to_dict(),
        key=canvas_key,
        on_select=add,
        selection_mode="points",
        config={"displayModeBar": False},
        alt="A plane to click points into",
    )
    with st.container(horizontal=True):
        last = (slice(-1, None),)
        st.button("Undo", on_click=points.__delitem__, args=last, disabled=not points, key=f"{key} undo")
        st.button("Clear", on_click=points.clear, disabled=not points, key=f"{key} clear")
        st.caption(f"{len(points)} points; {LEAST} of at least two classes make a task.")
    if len(points) < LEAST:
        return None
    made = Table(CLICKED, pd.DataFrame(points, columns=["x1", "x2", "class"]), [])
    return Brought(made, made.frame.to_csv(index=False))
