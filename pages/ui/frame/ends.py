"""The head and the foot of every page: title and class; the numbers, files and scripts; link, citation, class link."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, get_args
from urllib.parse import urlencode

import pandas as pd
import segno
import streamlit as st
from pydantic import ValidationError
from segno.encoder import DataOverflowError

from core.checks import InputError
from core.classroom import FREE, PARTS, ClassLink, ClassPage, Limits, code, joined, takes_limits
from core.data import Dataset
from core.export.script import numpy_script, torch_script
from core.settings import Settings, extra
from core.studies.contract import Study
from core.studies.race import Race
from pages.figures.common.formulas import behind
from pages.figures.common.words import plain, spoken, told, words
from pages.ui.frame import classroom
from pages.ui.frame.navigation import TITLES, be_led, page_link
from pages.ui.live.session import Experiment

VERSION = version("descent-lab")
AUTHORS, YEAR = "The Descent Lab authors", 2026
SYMBOLS = (
    "x: the parameters, or what a unit is given. g: the gradient. lr or η: the learning rate. t: the updates so far. "
    "z: outputs, t: targets, in a loss. A hat: corrected for a start at zero. ←: becomes."
)
PATH = "pages of a path"  # in the session of who makes a link: by page, in their order
File = tuple[Callable[[Any], str | bytes], str, str]  # function that writes it, file name, MIME type


def head(page: str, question: str, story: str = "") -> None:
    """The title of a page, its story if it has no other place, and what its class sees first."""
    be_led()
    with st.container(key="head"):
        st.title(question)
    if story:
        st.markdown(story)
    _class_line(page)


def _class_line(page: str) -> None:
    """In one line who has set the page, with the free page beside it; then the teacher's own words, as typed."""
    text, link, refused = classroom.arrived()
    if refused:
        st.warning(plain(refused))
    if link is None:
        return
    mine = link.on(page)
    if mine is FREE:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("This page is free: your teacher's link is for another.")
            page_link(link.path[0], f"{TITLES.get(link.path[0], link.path[0])} →")
        return
    st.query_params[classroom.PARAMETER] = text
    place = f", page {link.path.index(page) + 1} of {len(link.path)}" if len(link.path) > 1 else ""
    with st.container(border=True, gap="xxsmall", key="class"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**Set by a teacher**{place}, code **{spaced(text)}**")
            st.link_button("Open the free page →", here() or page, type="tertiary", help="In a tab of its own.")
        for each in texts_of_class(mine):
            st.text(each)
        if link.version != VERSION:
            told = f"Made with version {link.version}, and this is {VERSION}: what is left out may have other names."
            st.caption(plain(told))


def texts_of_class(mine: ClassPage) -> list[str]:
    """Title, task and question of a teacher's link, those that are given."""
    texts = {"": mine.title, "Task: ": mine.task, "Question: ": mine.question}
    return [f"{label}{text}" for label, text in texts.items() if text]


def spaced(text: str) -> str:
    """The code of a link, as people read it to each other."""
    letters = code(text.partition(".")[0])
    return f"{letters[:4]} {letters[4:]}"


def here() -> str:
    """The address of this page, without what follows the question mark."""
    return (st.context.url or "").split("?")[0]


def query(page: str, settings: Settings) -> dict[str, str]:
    """The version and every setting, as a permanent link carries them; of a class what its link leaves free."""
    free = not classroom.given(page).page
    more = settings.to_text(type(settings).model_fields) if free else classroom.address(page, settings)
    return {"v": VERSION} | more


def numbers(key: str, study: Study, experiment: Experiment) -> None:
    """The study's table and downloads."""
    st.header("The numbers")
    table = worded(study.table(experiment.result))
    short = {name: st.column_config.NumberColumn(format="%.4g") for name in table.select_dtypes("float")}
    st.dataframe(table, hide_index=True, width="stretch", column_config=short)
    made: dict[str, File] = {
        "Table (CSV)": (lambda run: guarded_csv(study.table(run.result)), f"{key}-table.csv", "text/csv"),
        "Curves (CSV)": (lambda run: guarded_csv(study.curves(run.result)), f"{key}-curves.csv", "text/csv"),
        "Everything (JSON)": (partial(_json, key, study), f"{key}.json", "application/json"),
    }
    if not classroom.given(key).shows("findings"):
        del made["Everything (JSON)"]  # which holds them too
    _files(key, experiment, made)
    downloads(key, experiment.result)


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """A study's table with its keys as people write them."""
    return table.map(lambda cell: words(cell) if isinstance(cell, str) and cell.isidentifier() else cell)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain data with all their digits; None where a number is not finite."""
    known = table.notna() & ~table.isin([float("inf"), float("-inf")])
    found: list[dict[str, Any]] = (
        table.rename(columns=str).astype(object).where(known.to_numpy(), None).to_dict("records")
    )
    return found


def guarded_csv(table: pd.DataFrame) -> str:
    """The table as CSV, with an apostrophe before text that a spreadsheet would read as a formula."""

    def guarded(cell: Any) -> Any:
        return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell

    told = table.map(guarded).rename(columns=guarded)
    return told.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)  # all text, which may contain line breaks


def _json(key: str, study: Study, experiment: Experiment) -> str:
    parts = {
        "page": key,
        "settings": getattr(experiment.result, "settings", experiment.settings).model_dump(),
        "findings": [finding.row(key) for finding in experiment.findings(study)],
    }
    if isinstance(data := getattr(experiment.result, "source", None), Dataset) and data.encoder:
        sizes = {part: len(places) for part, places in data.rows.items()}
        parts["data"] = {"table": data.name, "rows": sizes, "split": data.split, "decided": list(data.notices)}
    parts |= {"table": rows(study.table(experiment.result)), "curves": rows(study.curves(experiment.result))}
    return json.dumps(parts, indent=1, allow_nan=False)


@st.fragment
def _files(key: str, experiment: Experiment, made: Mapping[str, File]) -> None:
    with st.expander("The numbers as files", key=f"{key} files", on_change="rerun") as box:
        if box.open:
            with st.container(horizontal=True):
                buttons(key, experiment, made)


def buttons(key: str, of: Any, made: Mapping[str, File], **look: Any) -> None:
    """Write the files and draw a button for each, by label; for one that cannot be written the reason."""
    for label, (make, name, mime) in made.items():
        try:
            st.download_button(label, make(of), name, mime, on_click="ignore", key=f"{key} {label}", **look)
        except InputError as error:
            st.caption(f"No {label}: {plain(str(error))}.")


def races(result: Any) -> list[Race]:
    """The races of a result, single or in lists, without tuning runs."""
    kept = vars(result) if hasattr(result, "__dict__") else {}
    values = [value for name, value in kept.items() if name not in ("trials", "next_trials", "tuning")]
    several = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [race for race in several if isinstance(race, Race)]


def notices(result: Any) -> dict[str, None]:
    """How training deviated from its settings, each sentence once."""
    return dict.fromkeys(each for trained in [result, *races(result)] for each in getattr(trained, "notices", ()))


@st.fragment
def downloads(key: str, result: Any) -> None:
    """A choice of runs of a finished study, and their scripts, written on request."""
    runs = {label: each for race in races(result) for label, each in race.runs.items()}
    if not runs:
        return
    with st.expander("Export a run as a script", key=f"{key} scripts", on_change="rerun") as box:
        if not box.open:
            return
        st.markdown(
            "The script contains the data and the initial weights, does not need this app, and prints the losses of "
            "the curves above."
        )
        told = {label: spoken(label).replace("_", " ") for label in runs}
        label = st.selectbox("Run", list(runs), key=f"{key} script of", format_func=told.__getitem__)
        seeds = Counter(run.seed for run in runs[label])
        rates = ["" if seeds[run.seed] == 1 else f", learning rate {run.lr:g}" for run in runs[label]]
        named = [f"seed {run.seed}{rate}" for run, rate in zip(runs[label], rates, strict=True)]
        places = range(len(named))
        place = st.selectbox("Repetition", places, format_func=named.__getitem__, key=f"{key} script seed")
        run = runs[label][place]
        if run.dtype == "float32":
            st.caption(
                "Trained here in float32. The script computes in float64: its curve is close, but its digits differ."
            )
        with st.container(horizontal=True):
            file = re.sub(r"\W+", "-", f"{key} {label} seed {run.seed}")
            made: dict[str, File] = {
                "numpy script": (numpy_script, f"{file}-numpy.py", "text/x-python"),
                "PyTorch script": (torch_script, f"{file}-pytorch.py", "text/x-python"),
            }
            buttons(key, run.replace(dtype="float64"), made)


def foot(
    page: str, question: str, settings: Settings | None = None, titles: Sequence[str] = (), by_hand: bool = False
) -> None:
    """The formulas behind the settings, a link with every setting and how to cite it, and what makes a class link."""
    if settings and (formulas := behind(settings)):
        with st.expander("The formulas behind these settings", on_change="rerun") as fold:
            if fold.open:  # a formula loads a typesetter, which nobody needs before
                st.markdown(formulas)
                st.caption(SYMBOLS)
    with st.expander("A link to this experiment, and how to cite it" if settings else "How to cite this page"):
        named = query(page, settings) if settings else {"v": VERSION}
        link = f"{here()}?{urlencode(named, safe=',')}"
        st.text_input("Copy this address", link)
        if by_hand:
            st.caption("This run was changed while it ran. The address restores the current settings, not this curve.")
        elif settings:
            st.caption("It restores every setting and every seed, and so the same curves to the last digit.")
        cited = f"{AUTHORS} ({YEAR}). {question} Descent Lab, version {VERSION}. {link}"
        st.text_input("How to cite it", cited, help="Its file CITATION.cff says the same to reference managers.")
    builder(page, settings, titles)


def builder(page: str, settings: Settings | None = None, titles: Sequence[str] = ()) -> None:
    """A fold that makes a link of this page as it stands; `titles` are its charts and sections that may be left out.

    A page of a class has none: it would name what is hidden there.
    """
    if classroom.given(page) is not FREE:
        return
    with st.expander("Make a link for a class", key=f"{page} class builder", on_change="rerun") as fold:
        if not fold.open:
            return
        kept: dict[str, ClassPage] = st.session_state.setdefault(PATH, {})
        try:
            mine = _asked(page, settings, kept.get(page, FREE), titles)
            path = kept | {page: mine}
            if len(path) > 1:
                st.markdown("The path: " + " → ".join(TITLES.get(each, each) for each in path))
            with st.container(horizontal=True):
                added = ({page: mine},)
                st.button("Add this page to the path", key=f"{page} class add", on_click=kept.update, args=added)
                st.button("Begin the path again", key=f"{page} class clear", on_click=kept.clear, disabled=not kept)
            st.caption("A path is several pages in a row: add this one, then go to the next and open this box there.")
            _result(page, joined(path.values(), VERSION))
        except InputError as error:
            st.error(plain(f"{error}."))


def _asked(page: str, settings: Settings | None, before: ClassPage, titles: Sequence[str]) -> ClassPage:
    """What the teacher chooses for this page; the choice begins with what is on the path already."""
    held = _held(page, settings, before, titles) if settings else {}
    title = st.text_input("Your title", before.title, 120, key=f"{page} class title")
    task = st.text_area("The task", before.task, max_chars=1000, key=f"{page} class task")
    question = st.text_input("Your question", before.question, 300, key=f"{page} class question")
    texts: dict[str, Any] = {"title": title, "task": task.replace("\r", "").replace("\t", " "), "question": question}
    try:
        mine = ClassPage(page=page, **held, **texts)
    except ValidationError:
        raise InputError("a text holds characters that cannot be shown: type it again without them") from None
    if settings:  # checked when all is drawn: a widget that is not drawn forgets what was chosen
        mine.begin(type(settings))
    return mine


def _held(page: str, settings: Settings, before: ClassPage, titles: Sequence[str]) -> dict[str, Any]:
    """Which settings are fixed, hidden or free within limits, chosen by their labels, and which parts are left out."""
    fields, texts = type(settings).model_fields, settings.to_text(type(settings).model_fields)
    labels = {name: f"{fields[name].title or name}: {told(getattr(settings, name))}" for name in texts if texts[name]}
    st.caption(
        "The link takes the settings as they are above. What you do not name here stays free. What is not shown is "
        "not secret: anyone who takes the link apart can read it."
    )

    def chosen(label: str, options: Mapping[str, str], known: Iterable[str], key: str) -> list[str]:
        known = [each for each in known if each in options]
        return st.multiselect(label, options, known, format_func=options.__getitem__, key=f"{page} class {key}")

    shown = chosen("Fixed", labels, [name for name in before.fixed if name not in before.hidden], "fixed")
    hidden = chosen("Fixed, and not shown", labels, before.hidden, "hidden")
    names = {*shown, *hidden}
    limited = {name: label for name, label in labels.items() if takes_limits(fields[name])}
    ranged = chosen("Free within a range, or among some options", limited, before.ranges, "ranges")
    ranges = {name: _limits(page, settings, name, before) for name in ranged if name not in names}
    parts = {**PARTS, **{title: title for title in titles}}
    return {
        "start": {name: text for name, text in settings.to_text().items() if name not in names},
        "fixed": {name: texts[name] for name in fields if name in names},
        "hidden": tuple(hidden),
        "ranges": ranges,
        "left_out": tuple(chosen("Not shown", parts, before.left_out, "left out")),
        "paused": st.toggle("Start paused, until the button is pressed", before.paused, key=f"{page} class paused"),
    }


def _limits(page: str, settings: Settings, name: str, before: ClassPage) -> Limits:
    """The two ends between which a setting is free, or the options among which it is."""
    field = type(settings).model_fields[name]
    declared, key = extra(field), f"{page} class {name}"
    if options := declared.get("options"):
        now = getattr(settings, name)
        known = [each for each in before.ranges.get(name, now if isinstance(now, tuple) else [now]) if each in options]
        label = f"{field.title}, to choose from"
        chosen: list[str] = st.multiselect(label, options, known, format_func=words, key=f"{key} options")
        return tuple(chosen)
    kind: Any = int if int in (field.annotation, *get_args(field.annotation)) else float
    bounds = [kind(declared[end]) for end in ("low", "high")]
    common: dict[str, Any] = {"min_value": bounds[0], "max_value": bounds[1], "format": None if kind is int else "%g"}
    first, last = before.ranges.get(name, bounds)
    with st.container(horizontal=True):
        low = st.number_input(f"{field.title}, from", value=kind(first), key=f"{key} from", **common)
        high = st.number_input(f"{field.title}, to", value=kind(last), key=f"{key} to", **common)
    return float(low), float(high)


def _result(page: str, link: ClassLink) -> None:
    """The link as text and as a QR code, with the code by which people tell it from others."""
    text = link.to_text()
    site = here().rstrip("/").removesuffix(f"/{page}")  # the trial stands at the root, under no name
    address = f"{site}/{link.path[0]}?{urlencode({classroom.PARAMETER: text})}"
    st.text_input("The link for your class", address)
    st.caption(
        f"Its code is **{spaced(text)}**. The pages show it as well: with another code, or "
        "with none, somebody has changed the link."
    )
    try:
        picture = io.BytesIO()
        segno.make(address, error="l", micro=False).save(picture, kind="png", scale=6)
        st.image(picture.getvalue(), "The same as a QR code", width=320, alt="QR code of the link for your class")
    except DataOverflowError:
        st.caption("The link is too long for a QR code: with shorter texts there is one.")
