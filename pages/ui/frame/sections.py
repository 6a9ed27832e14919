"""The parts of a page that have their own question: each in a fold, with its prediction, charts and findings."""

from collections.abc import Sequence

import streamlit as st

from core.studies.contract import Study
from pages.ui.frame import classroom
from pages.ui.frame.cards import cards
from pages.ui.frame.page import Section
from pages.ui.frame.reveal import ASK, answer, predict, revealed
from pages.ui.live import board as live
from pages.ui.live.session import Experiment


def show_sections(
    page: str, study: Study, sections: Sequence[Section], experiment: Experiment, everything: bool
) -> None:
    """A fold for each, the first one open; the charts of a fold that is closed are not drawn."""
    shown = [each for each in sections if classroom.given(page).shows(each.title)]
    for section in shown:
        with st.expander(f"**{section.title}**", expanded=section is shown[0]):
            _section(page, study, section, experiment, everything)


def _section(page: str, study: Study, section: Section, experiment: Experiment, everything: bool) -> None:
    key, mine = f"{page} {section.key}", classroom.given(page)
    predict(section.prediction, key, mine.shows("solutions"))
    if section.machine:
        section.machine()
    live.board(experiment.draw(section.panels, everything), f"{key} board", experiment.strip())
    with st.container():
        if experiment.status != "finished" or not mine.shows("findings"):
            return
        if not revealed(key):
            st.caption(ASK)
            return
        findings = experiment.findings(study)
        answer(section.prediction, key, findings)
        cards([each for each in findings if each.number in section.claims])
