"""The notebook's own page: what was kept, in its order, to read, edit, save, load, hand in and forget."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.checks import InputError
from core.export.handed_in import Pictures, jupyter, packed, picture_name
from core.export.notebook import LONGEST_NOTE, Entry, Notebook, picture, read_entry, read_notebook
from pages.figures.common.words import plain
from pages.figures.report import report, to_draw
from pages.ui.frame import teacher
from pages.ui.frame.cards import BADGES
from pages.ui.frame.flow import head
from pages.ui.frame.keeping import CONTENTS, entries, put
from pages.ui.frame.share import here
from pages.ui.live import board as live
from pages.ui.live import store

WANTED, PICTURES, FILES = "notebook wanted", "notebook pictures", "notebook files"  # in the session
SAID = "notebook said"
STORY = (
    "**Keep this in your notebook**, below every experiment, puts it here: the question, your prediction and the "
    "answer, what was found with its evidence, the numbers, the charts you choose, and a link that repeats it."
)


def show() -> None:
    """Draw the page."""
    head("What did you keep?", STORY)
    teacher.class_line("notebook")
    for kind, sentence in st.session_state.pop(SAID, ()):
        (st.error if kind == "error" else st.info)(plain(sentence))
    known = entries()
    if not known:
        st.info("Nothing is kept in this browser yet.")
    for place, name in enumerate(known):
        _card(list(known), place, known[name])
    if known:
        _hand_in(known)
    _load(len(known))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(store.WHERE)
        st.button("Forget the whole notebook", on_click=store.forget, args=tuple(known), disabled=not known)
    live.load_plotly()
    teacher.builder("notebook")


def _card(names: list[str], place: int, kept: store.Kept) -> None:
    """One entry: its question and link, the note, its place, and on request what it holds."""
    name, about = names[place], kept.about
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            question, when = (plain(str(about.get(name))) for name in ("question", "kept"))
            st.markdown(f"**{place + 1}. {question}** :gray[kept on {when}]")
            with st.container(horizontal=True, width="content", gap="xsmall"):
                up, down = names[max(0, place - 1)], names[min(len(names) - 1, place + 1)]
                for arrow, way, other in (("↑", "up", up), ("↓", "down", down)):
                    given: dict[str, Any] = {"args": (name, other), "disabled": other == name}
                    st.button(arrow, on_click=_swap, key=f"{name} {way}", help=f"Move {way}", **given)
                st.button("Delete", on_click=store.forget, args=(name,), key=f"{name} delete")
        st.text_area(
            "Note",
            str(about.get("note") or ""),
            key=f"{name} note",
            max_chars=LONGEST_NOTE,
            height=80,
            on_change=lambda: store.tell(name, {**entries()[name].about, "note": st.session_state[f"{name} note"]}),
            label_visibility="collapsed",
            placeholder="Your note",
        )
        with st.expander(f"What it holds, {kept.size / 1000:,.0f} KB", key=f"{name} open", on_change="rerun") as fold:
            if not fold.open:
                st.session_state.get(CONTENTS, {}).pop(name, None)
            elif isinstance(entry := _content(name), Entry):
                _entry(name, entry)
            else:
                (st.error if entry else st.caption)(plain(entry or "On its way from your browser."))


def _swap(one: str, other: str) -> None:
    known = entries()
    first, second = known[one].about, known[other].about
    store.tell(one, {**first, "order": second.get("order")})
    store.tell(other, {**second, "order": first.get("order")})


def _content(name: str) -> Entry | str:
    """The entry of this name, or why it cannot be read; empty while it is on its way from the browser."""
    contents: dict[str, Entry | str] = st.session_state.setdefault(CONTENTS, {})
    if name not in contents and (text := store.fetch(name)) is not None:
        try:
            contents[name] = read_entry(text)
        except InputError as error:
            contents[name] = f"This entry cannot be read: {error}."
    found = contents.get(name, "")
    note = str(entries()[name].about.get("note") or "")[:LONGEST_NOTE]
    return found.model_copy(update={"note": note}) if isinstance(found, Entry) else found


def _entry(name: str, entry: Entry) -> None:
    """What an entry holds; all of it is shown as text."""
    st.link_button("Open this experiment", f"{here().rpartition('/')[0]}/{entry.link}", type="tertiary")
    for each in entry.said():
        color = BADGES.get(each.outcome, "gray")  # type: ignore[call-overload]
        badge = f":{color}-badge[{plain(each.outcome)}] " if each.outcome else ""
        st.markdown(f"{badge}**{plain(each.about)}** {plain(each.text)}")
        if each.evidence:
            st.caption("  \n".join(map(plain, each.evidence)))
    if entry.table:
        st.dataframe(entry.table, hide_index=True, height=min(300, 40 + 35 * len(entry.table)))
    if drawn := picture(entry.drawing):
        st.image(drawn, "The drawing on the page, as it was kept", alt="The drawing on the page")
    figures = [json.dumps({"data": chart.data, "layout": chart.layout}) for chart in entry.charts]
    charts = zip(entry.charts, figures, strict=True)
    if drawings := [live.Drawing(each.title, each.caption, int(each.height), figure) for each, figure in charts]:
        live.board(drawings, f"{name} charts")
    st.caption(plain(entry.told))


def _hand_in(known: dict[str, store.Kept]) -> None:
    """The whole notebook as files, which are made when all of it has come from the browser."""
    st.header("Save it, hand it in")
    state = [(name, each.about, each.size) for name, each in known.items()]
    if st.button("Make the files"):
        st.session_state[WANTED] = True
    if st.session_state.get(WANTED) and (whole := _whole(known)):
        st.session_state[FILES] = state, files(*whole)
        for key in (WANTED, CONTENTS, PICTURES):
            st.session_state.pop(key, None)
    made_of, made = st.session_state.get(FILES, (None, {}))
    if made_of == state:
        with st.container(horizontal=True):
            for label, (make, name, kind) in made.items():
                st.download_button(label, make, name, kind, on_click="ignore", key=f"notebook {name}")
        st.caption(
            "The report holds everything and prints well. The Jupyter notebook repeats runs of the playground with "
            "numpy alone. The notebook's own file can be loaded below, on another day or in another browser."
        )


def _whole(known: dict[str, store.Kept]) -> tuple[Notebook, Pictures] | None:
    """The notebook with its pictures once all of it is there; until then the browser is asked for what is missing."""
    found = {name: _content(name) for name in known}
    if missing := sum(not each for each in found.values()):
        st.caption(f"{missing} of {len(known)} entries are on their way from your browser.")
        return None
    for each in found.values():
        if isinstance(each, str):
            st.error(plain(each))
    whole = {name: each for name, each in found.items() if isinstance(each, Entry)}
    drawn: dict[str, bytes] = st.session_state.setdefault(PICTURES, {})
    pictures: dict[str, bytes | None] = {}
    for place, (name, entry) in enumerate(whole.items(), 1):
        pictures[picture_name(place, 0)] = picture(entry.drawing)
        for number, chart in enumerate(entry.charts, 1):
            key = f"{name} {number}"
            if key not in drawn and (answer := store.draw(key, to_draw(chart))) is not None:
                drawn[key] = picture(answer)
            pictures[picture_name(place, number)] = drawn.get(key)
    if missing := sum(each is None for each in pictures.values()):
        st.caption(f"Your browser is drawing the pictures: {missing} are left.")
        return None
    return Notebook(entries=list(whole.values())), {name: each for name, each in pictures.items() if each}


def files(whole: Notebook, pictures: Pictures) -> dict[str, tuple[Callable[[], str | bytes], str, str]]:
    """What writes each file when it is downloaded, its name and its kind, by its label."""
    base = here().rpartition("/")[0]
    return {
        "Report (HTML)": (partial(report, whole, base), "notebook.html", "text/html"),
        "Markdown with pictures (ZIP)": (partial(packed, whole, base, pictures), "notebook.zip", "application/zip"),
        "Jupyter notebook": (partial(jupyter, whole, base, pictures), "notebook.ipynb", "application/x-ipynb+json"),
        "Notebook file (JSON)": (whole.to_text, "notebook.json", "application/json"),
    }


def _load(number: int) -> None:
    """A notebook's file, whose entries are put behind those that are there."""
    key = f"notebook file {st.session_state.get('notebook loaded', 0)}"
    with st.expander("Load a notebook's file", expanded=not number):
        given = st.file_uploader("The file notebook.json, up to 20 MB", type="json", key=key)
        if given:
            data = given.getvalue()
            st.button("Put its entries into this notebook", on_click=_loaded, args=(data,), key=f"{key} take")


def _loaded(data: bytes) -> None:
    """Take the entries of a file, as many as fit."""
    said = st.session_state[SAID] = list[tuple[str, str]]()
    try:
        found, notices = read_notebook(data)
        st.session_state["notebook loaded"] = st.session_state.get("notebook loaded", 0) + 1
        said.extend(("notice", each) for each in notices)
        for left in range(len(found.entries), 0, -1):
            try:
                put(found.entries[-left])
            except InputError as error:
                raise InputError(f"{left} entries were not taken: {error}") from None
    except InputError as error:
        said.append(("error", f"{error}."))
