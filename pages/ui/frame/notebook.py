"""The notebook of a visitor: what is kept of an experiment, and the page on which it is read, edited and handed in."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

import streamlit as st

from core.checks import InputError
from core.classroom import FREE, ClassPage
from core.data.kept import Wanted
from core.export import notebook
from core.export.handed_in import Pictures, jupyter, packed, picture_name
from core.export.notebook import LONGEST_NOTE, Chart, Entry, Foreseen, Found, Notebook, picture
from core.playground.playground import Playground
from core.settings import Settings
from core.studies.contract import Finding
from pages.figures.common.words import plain, spoken, told
from pages.figures.report import report, to_draw
from pages.ui.frame import classroom, ends
from pages.ui.frame.ends import VERSION, here, query, rows, spaced, texts_of_class, worded
from pages.ui.frame.navigation import page_link
from pages.ui.frame.reveal import BADGES, Prediction, revealed
from pages.ui.live import board as live
from pages.ui.live import store
from pages.ui.live.session import Experiment, Panel

NOTEBOOK = "notebook "  # with which the names of its entries begin, in the browser's store
CONTENTS = "notebook contents"  # of the entries that its page shows, in the session
WANTED, PICTURES, FILES = (f"notebook {what}" for what in ("wanted", "pictures", "files"))  # there too
MOST_ROWS = 200  # of a table
STORY = (
    "**Keep this in your notebook**, below every experiment, puts it here: the question, your prediction and the "
    "answer, what was found with its evidence, the numbers, the charts you choose, and a link that repeats it."
)


def entries() -> dict[str, store.Kept]:
    """What the notebook holds, in its order, as far as the server knows it."""
    known = store.kept(NOTEBOOK).items()
    return dict(sorted(known, key=lambda item: (float(item[1].about.get("order") or 0), item[0])))


def put(entry: Entry) -> None:
    """Put an entry at the end of the notebook. Raises InputError for one too large, and for one too many."""
    text, known = entry.to_text(), entries()
    if len(known) >= notebook.MOST:
        raise InputError(f"the notebook has {notebook.MOST} entries, and no more are allowed: delete one first")
    if sum(each.size for each in known.values()) + len(text) > notebook.LARGEST_KEPT:
        raise InputError(
            f"the notebook would have more than {notebook.LARGEST_KEPT / 1e6:.0f} MB: delete an entry first"
        )
    last = max((float(each.about.get("order") or 0) for each in known.values()), default=0.0)
    about = {"order": last + 1, "question": entry.question, "kept": entry.kept, "note": entry.note}
    store.put(f"{NOTEBOOK}{uuid4().hex}", text, about)


def keep(page: Any, experiment: Experiment, settings: Settings, known: bool) -> None:
    """Offer to keep the page as it stands; `known`: the visitor may read its answer."""
    st.session_state.pop(CONTENTS, None)  # of the notebook's own page
    if experiment.result is None:
        return
    key = f"{page.key} keeping"
    with st.expander("Keep this in your notebook", key=key, on_change="rerun") as fold:
        if not fold.open:
            return
        titles = [each.question for each in _offered(page, experiment, known)]
        charts, note = f"{key} {len(titles)} charts", f"{key} note"
        st.pills("Charts to keep with it", titles, default=titles[:1], selection_mode="multi", key=charts)
        st.text_area("Your note", key=note, max_chars=LONGEST_NOTE, height=80)
        with st.container(horizontal=True, vertical_alignment="center"):
            number = len(entries())
            given = page, settings, known, charts, note, number
            st.button("Keep", type="primary", on_click=_keep, args=given, key=f"{key} keep")
            if number:
                page_link("notebook", f"Your notebook: {number} {'entry' if number == 1 else 'entries'} →")
        st.caption(store.WHERE)


def _offered(page: Any, experiment: Experiment, known: bool) -> list[Panel]:
    """The charts that the visitor may see."""
    mine, first = classroom.given(page.key), page.panels[:1]
    panels = [each for each in page.panels if each in first or mine.shows("charts", each.question)]
    for section in page.sections:
        if mine.shows(section.title):
            panels += section.panels
    return [each for each in panels if (known or not each.tells) and each.applies(experiment.result)]


def _keep(page: Any, settings: Settings, known: bool, charts: str, note: str, number: int) -> None:
    """Keep the page with the charts and the note that are in the session at these places at the click.

    number: of entries before it, so that a click that Streamlit tells of twice keeps one.
    """
    if len(entries()) != number:
        return
    experiment: Experiment = st.session_state[page.key]
    titles = st.session_state.get(charts) or ()
    try:
        with experiment.lock:
            panels = [each for each in _offered(page, experiment, known) if each.question in titles]
            put(entry_of(page, experiment, settings, panels, st.session_state.get(note) or "", known))
        st.session_state[note] = ""
    except InputError as error:
        st.toast(plain(f"{error}."), duration="infinite")


def entry_of(
    page: Any, experiment: Experiment, settings: Settings, panels: Sequence[Panel], note: str, known: bool
) -> Entry:
    """What is kept of a page; without findings and numbers where the visitor may not read them yet."""
    mine, result = classroom.given(page.key), experiment.result
    over = experiment.status == "finished" and known
    findings = experiment.findings(page.study) if over and mine.shows("findings") else []
    drawn = [each for each in experiment.draw([each.to_keep for each in panels], everything=True) if each.figure]
    return Entry(
        page=page.key,
        question=page.question,
        query=query(page.key, settings),
        caution=_caution(settings, result, experiment.status == "finished"),
        task=_task(mine),
        settings={
            (field.title or name)[:300]: told(getattr(settings, name))[:2000]
            for name, field in type(settings).model_fields.items()
            if settings.matters(name) and name not in mine.hidden
        },
        kept=date.today().isoformat(),
        app=VERSION,
        note=note,
        foreseen=_foreseen(page, findings),
        findings=[
            Found(
                claim=spoken(each.claim),
                outcome=each.outcome,
                sentence=spoken(each.sentence),
                label=f"claim {each.number}" if each.number else "our own question",
                judged=f"Rule, fixed in advance: {spoken(each.rule.text).rstrip('.')}. Source: {each.source}."[:2000],
                evidence=[spoken(str(quantity)) for quantity in each.evidence.values()],
            )
            for each in findings
        ],
        table=rows(worded(page.study.table(result).head(MOST_ROWS))) if over and mine.shows("numbers") else [],
        drawing=notebook.PHOTO,
        charts=[Chart.of(each.title, each.caption, each.figure or "") for each in drawn],
        **_recorded(result, mine.shows("numbers")),
    )


def _foreseen(page: Any, findings: list[Finding]) -> list[Foreseen]:
    """Every prediction that the visitor has made, and what was measured where it is known."""
    asked: list[tuple[str, Prediction]] = [(page.key, page.prediction)] if page.prediction else []
    asked += [(f"{page.key} {section.key}", section.prediction) for section in page.sections]
    made = []
    for key, prediction in asked:
        finding = prediction.finding(findings) if revealed(key) else None
        measured = finding.answer if finding else ""
        expected = st.session_state.get(f"{key} choice") or ""
        if expected or measured:
            made.append(Foreseen(question=prediction.asks, expected=spoken(expected), measured=spoken(measured)))
    return made


def _task(mine: ClassPage) -> str:
    """What a teacher's link says, and its code."""
    if mine is FREE:
        return ""
    return "\n".join([f"Set by a teacher, code {spaced(classroom.arrived().text)}", *texts_of_class(mine)])


def _caution(settings: Settings, result: Any, finished: bool) -> str:
    """What the link of an entry does not restore, and whether its run was over."""
    said = [] if finished else ["The run was not finished when this was kept."]
    if getattr(settings, "dataset", "") == "own":
        asked = Wanted.read(getattr(settings, "table", ""))
        said.append(f"It learnt from a table that the link does not hold{f': {asked}' if asked else ''}.")
    if getattr(result, "by_hand", False):
        said.append("The run was changed while it ran: the link restores its last settings, not these numbers.")
    return " ".join(said)[:2000]


def _recorded(result: Any, scripts: bool) -> dict[str, Any]:
    """Of a run of the playground its last losses, and what a script repeats, unless it was changed on its way."""
    if not isinstance(result, Playground):
        return {}
    last = result.frames[-1] if result.frames[-1].step == result.step else result.present
    losses = {"training loss": float(last.train_loss[0]), "test loss": float(last.test_loss[0])}
    recorded = {"step": float(result.step)} | {name: loss for name, loss in losses.items() if abs(loss) < float("inf")}
    run = result.settings.run(max(1, result.step)).model_dump(mode="json")
    return {"recorded": recorded, "run": run if scripts and not result.by_hand else None}


def show() -> None:
    """Draw the page."""
    ends.head("notebook", "What did you keep?", STORY)
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
    ends.builder("notebook")


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
            contents[name] = notebook.read_entry(text)
        except InputError as error:
            contents[name] = f"This entry cannot be read: {error}."
    found = contents.get(name, "")
    note = str(entries()[name].about.get("note") or "")[:LONGEST_NOTE]
    return found.model_copy(update={"note": note}) if isinstance(found, Entry) else found


def _entry(name: str, entry: Entry) -> None:
    """What an entry holds; all of it is shown as text."""
    st.link_button("Open this experiment", f"{here().rpartition('/')[0]}/{entry.link}", type="tertiary")
    if entry.caution:
        st.caption(plain(entry.caution))
    if entry.task:
        st.text(entry.task)
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
            "The report holds everything and prints well. The Jupyter notebook repeats runs of the playground on "
            "built-in data with numpy alone. The notebook's own file can be loaded below, on another day or in "
            "another browser."
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
            if key not in drawn and (answer := store.fetch(key, "draw", text=to_draw(chart))) is not None:
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
    try:
        found, notices = notebook.read_notebook(data)
        st.session_state["notebook loaded"] = st.session_state.get("notebook loaded", 0) + 1
        for notice in notices:
            st.toast(plain(notice), duration="infinite")
        for left in range(len(found.entries), 0, -1):
            try:
                put(found.entries[-left])
            except InputError as error:
                raise InputError(f"{left} entries were not taken: {error}") from None
    except InputError as error:
        st.toast(plain(f"{error}."), duration="infinite")
