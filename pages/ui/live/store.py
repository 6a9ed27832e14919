"""Texts that a visitor keeps in the browser: put there on request, fetched when needed, forgotten at a click.

They lie in the browser's IndexedDB, and outlast a reload and a restart of the server. The server knows what there is:
names, a few words on each, sizes. What it asks of the browser waits in the session until the browser has done it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

import streamlit as st

from core.checks import InputError
from pages.ui.live.board import component

LONGEST = 7_000_000  # characters of a text: 5 MB, written as base64
MOST = 500  # texts
KEY = "descent-lab-store"
SCRIPTS = ("address.js", "plotly.js", "photo.js", "store.js")
FAULTS = {"": "", "full": "there is no room left.", "closed": "it does not allow pages to keep data."}
WHERE = (
    "What you keep stays in this browser and not on the server, until you press Forget. Do that before you leave a "
    "computer that others use."
)


class Kept(NamedTuple):
    """What the server knows of a text in the browser."""

    about: Mapping[str, Any]
    size: int  # characters


@dataclass
class Store:
    """What a session knows of its browser's texts, what it waits for, and what has come."""

    session: str = field(default_factory=lambda: uuid4().hex)
    index: dict[str, Kept] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    arrived: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    fault: str = ""

    def ask(self, what: str, name: str, **more: Any) -> None:
        self.asked += 1
        self.waiting.append({"number": self.asked, "what": what, "name": name, **more})


def _store() -> Store:
    store: Store = st.session_state.setdefault(f"{KEY} known", Store())
    return store


def kept(start: str = "") -> dict[str, Kept]:
    """What the browser keeps, by name, of names that begin so."""
    return {name: each for name, each in _store().index.items() if name.startswith(start)}


def put(name: str, text: str, about: Mapping[str, Any]) -> None:
    """Keep a text, in place of one of the same name. Raises InputError if it is too long, or one too many."""
    store = _store()
    if len(text) > LONGEST:
        raise InputError(f"{name} has {len(text):,} characters, but at most {LONGEST:,} are kept")
    if name not in store.index and len(store.index) >= MOST:
        raise InputError(f"this browser keeps {MOST} texts already, and no more are allowed: forget one first")
    store.ask("put", name, text=text, about=dict(about))
    store.index[name] = Kept(about, len(text))


def tell(name: str, about: Mapping[str, Any]) -> None:
    """Keep other words on a text, which stays as it is."""
    store = _store()
    store.ask("tell", name, about=dict(about))
    store.index[name] = Kept(about, store.index[name].size)


def forget(*names: str) -> None:
    """Have the browser forget these texts."""
    store = _store()
    for name in names:
        store.ask("forget", name)
        store.index.pop(name, None)
        store.arrived.pop(name, None)


def fetch(name: str, what: str = "fetch", **more: str) -> str | None:
    """The text of this name, once; None while it is on its way, which this starts: the page is drawn when it comes.

    what: "draw", for the picture of a chart, whose plotly's JSON is `text`: a data URI, empty if it cannot be drawn.
    """
    store = _store()
    if name in store.arrived:
        return store.arrived.pop(name)
    if not any(each["what"] == what and each["name"] == name for each in store.waiting):
        store.ask(what, name, **more)
    return None


def attend() -> None:
    """Send the browser what is asked of it, at the end of every page; say what it could not do."""
    store = _store()
    if store.fault:
        st.warning(f"This browser could not keep or read it: {store.fault}")
        store.fault = ""
    sizes = itertools.accumulate(len(each.get("text", "")) for each in store.waiting)
    short = sum(size <= LONGEST for size in sizes)
    asked = store.waiting[: max(1, short)]  # one long text, or more that are short: a message stays within bounds
    with st.container(key=KEY):
        data = {"session": store.session, "asked": asked}
        component("store", SCRIPTS)(key=f"{KEY} component", data=data, on_answer_change=_answered)


def _answered() -> None:
    """Take what the browser answers: how far it is, what it keeps, and the texts asked for."""
    answer, store = st.session_state[f"{KEY} component"]["answer"], _store()
    if not isinstance(answer, dict) or answer.get("session") != store.session:
        return
    done, texts = answer.get("done", 0), answer.get("texts", {})
    wanted = {each["name"] for each in store.waiting if each["what"] in ("fetch", "draw") and each["number"] <= done}
    store.waiting = [each for each in store.waiting if each["number"] > done]
    store.arrived |= {name: texts[name] for name in wanted if isinstance(texts.get(name), str)}
    if isinstance(found := answer.get("index"), list) and not store.waiting:
        known = (each for each in found[:MOST] if isinstance(each, dict) and isinstance(each.get("about"), dict))
        store.index = {str(each.get("name")): Kept(each["about"], int(each.get("size") or 0)) for each in known}
    store.fault = FAULTS.get(answer.get("fault", ""), "it did not say why.")
