"""Below an experiment: what of it goes into the visitor's notebook, which the browser keeps."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import streamlit as st

from core.checks import InputError
from core.export.notebook import LARGEST_KEPT, LONGEST_NOTE, MOST, PHOTO, Chart, Entry, Foreseen, Found
from core.playground.playground import Playground
from core.settings import Settings
from core.studies.contract import Finding, Study
from pages.figures.common.words import plain, spoken, told
from pages.ui.frame import classroom
from pages.ui.frame.docket import page_link
from pages.ui.frame.numbers import worded
from pages.ui.frame.reveal import Prediction, revealed
from pages.ui.frame.share import VERSION, query
from pages.ui.live import store
from pages.ui.live.session import Experiment, Panel

NOTEBOOK = "notebook "  # with which the names of its entries begin, in the browser's store
CONTENTS = "notebook contents"  # of the entries that the notebook's page shows, in the session
MOST_ROWS = 200  # of a table


def entries() -> dict[str, store.Kept]:
    """What the notebook holds, in its order, as far as the server knows it."""
    known = store.kept(NOTEBOOK).items()
    return dict(sorted(known, key=lambda item: (float(item[1].about.get("order") or 0), item[0])))


def put(entry: Entry) -> None:
    """Put an entry at the end of the notebook. Raises InputError for one too large, and for one too many."""
    text, known = entry.to_text(), entries()
    if len(known) >= MOST:
        raise InputError(f"the notebook has {MOST} entries, and no more are allowed: delete one first")
    if sum(each.size for each in known.values()) + len(text) > LARGEST_KEPT:
        raise InputError(f"the notebook would have more than {LARGEST_KEPT / 1e6:.0f} MB: delete an entry first")
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
            given = page, settings, known, charts, note
            st.button("Keep", type="primary", on_click=_keep, args=given, key=f"{key} keep")
            if refused := st.session_state.pop(f"{key} refused", None):
                st.error(plain(refused))
            if number := len(entries()):
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


def _keep(page: Any, settings: Settings, known: bool, charts: str, note: str) -> None:
    """Keep the page with the charts and the note that are in the session at these places at the click."""
    experiment: Experiment = st.session_state[page.key]
    titles = st.session_state.get(charts) or ()
    try:
        with experiment.lock:
            panels = [each for each in _offered(page, experiment, known) if each.question in titles]
            put(entry_of(page, experiment, settings, panels, st.session_state.get(note) or "", known))
        st.session_state[note] = ""
    except InputError as error:
        st.session_state[f"{page.key} keeping refused"] = f"{error}."


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
        table=_table(page.study, result) if over and mine.shows("numbers") else [],
        drawing=PHOTO,
        charts=[Chart.of(each.title, each.caption, each.figure or "") for each in drawn],
        **_repeatable(result),
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


def _table(study: Study, result: Any) -> list[dict[str, Any]]:
    """The rows of a study's table, numbers that are not finite left blank."""
    table = worded(study.table(result).head(MOST_ROWS))
    cells = table.astype(object).where(table.notna(), None)
    rows: list[dict[str, Any]] = cells.to_dict("records")
    return [{str(name): getattr(cell, "item", lambda cell=cell: cell)() for name, cell in row.items()} for row in rows]


def _repeatable(result: Any) -> dict[str, Any]:
    """Of a run of the playground that was not changed on its way: the run, for a script, and its last losses."""
    if not isinstance(result, Playground) or result.by_hand:
        return {}
    last = result.frames[-1] if result.frames[-1].step == result.step else result.present
    losses = {"training loss": float(last.train_loss[0]), "test loss": float(last.test_loss[0])}
    recorded = {"step": float(result.step)} | {name: loss for name, loss in losses.items() if abs(loss) < float("inf")}
    return {"run": result.settings.run(max(1, result.step)).model_dump(mode="json"), "recorded": recorded}
