"""Predict first, then read: a prediction hides the measurement until it is made; then cards tell what was found."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.studies.claims import CLAIMS, RESULTS
from core.studies.contract import CAVEATS, FAILS, TOO_CLOSE, UNDECIDED, Finding, Kind, Outcome
from core.studies.sure import asked
from pages.figures.common.intervals import bars
from pages.figures.common.words import plain, spoken
from pages.ui.frame import classroom
from pages.ui.live import board as live
from pages.ui.live.session import Experiment, Panel

SEEN = "correct predictions"  # session key: for each decided prediction, whether it was right
ASK = "Choose what you expect above to see the answer."
BADGES: dict[Outcome, str] = {
    "holds": "green",
    "holds with caveats": "blue",
    "does not hold": "red",
    "not decided by this run": "gray",
}
WHAT_IS_RIGHT = {CAVEATS: "The caveat.", FAILS: "What is true."}
KINDS: dict[Kind, str] = {"identity": "a checked identity", "measured": "measured by this run"}


@dataclass(frozen=True)
class Prediction:
    """A question to answer before the result is shown; the finding with this key decides which option is right."""

    question: str
    options: Sequence[str]
    key: str  # of the finding's rule, or the number of its claim
    close: bool = True  # whether TOO_CLOSE is an option as well

    @property
    def asks(self) -> str:
        """The question as a sentence."""
        return self.question[0].upper() + self.question[1:]

    @property
    def choices(self) -> list[str]:
        """The visitor's options."""
        return [*self.options, *[TOO_CLOSE] * self.close]

    def finding(self, findings: Sequence[Finding]) -> Finding | None:
        """The finding that answers it, or None if its experiment has not run."""
        return asked(list(findings), self.key)


@dataclass(frozen=True)
class Section:
    """A part of a page with its own claim, prediction, charts and findings."""

    key: str
    title: str
    prediction: Prediction
    panels: Sequence[Panel]
    claims: Sequence[int]  # of its findings
    machine: Callable[[], None] = lambda: None  # draws below the prediction


def revealed(key: str) -> bool:
    """Whether the visitor has made a prediction or asked to be shown, and so may read the answer."""
    return bool(st.session_state.get(f"{key} choice") or st.session_state.get(f"{key} shown"))


def predict(prediction: Prediction, key: str, solved: bool = True) -> None:
    """The question and its options; a choice is final, and nothing is asked once the answer is shown.

    `solved`: the answer can be shown without a choice.
    """
    known = revealed(key)

    def choose() -> None:
        if not revealed(key):
            st.session_state[f"{key} choice"] = st.session_state[f"{key} prediction"]

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key=f"{key} asked".replace(" ", "-")):
        st.pills(
            f"**What do you expect?** {prediction.asks}",
            prediction.choices,
            default=st.session_state.get(f"{key} choice"),
            format_func=spoken,
            key=f"{key} prediction",
            on_change=choose,
            disabled=known,
        )
        if solved:
            show = st.session_state.update
            st.button("Show me", key=f"{key} show", on_click=show, args=({f"{key} shown": True},), disabled=known)


def answer(prediction: Prediction, key: str, findings: Sequence[Finding]) -> None:
    """The measurement, whether the visitor predicted it, and how often so far; undecided ones do not count."""
    if (finding := prediction.finding(findings)) is None:
        return
    if told := foreseen(key, finding.answer, finding.outcome != UNDECIDED):
        seen = st.session_state.get(SEEN, {})
        so_far = f" So far you have predicted {sum(seen.values())} of {len(seen)}." if seen else ""
        st.info(f"{told}; we measured “{spoken(finding.answer)}”.{so_far}")
    st.markdown(f"**Takeaway:** {plain(spoken(finding.sentence))}")


def foreseen(key: str, measured: str, decided: bool = True) -> str:
    """What the visitor expected and whether it came so, which counts if it is decided; empty without a prediction."""
    if not (chosen := st.session_state.get(f"{key} choice")):
        return ""
    if decided:
        st.session_state.setdefault(SEEN, {}).setdefault(key, chosen == measured)
    other = "It turned out differently" if decided else "Not decided yet"
    return f"{'You saw it coming' if chosen == measured else other}: you expected “{spoken(chosen)}”"


def show_sections(page: Any, experiment: Experiment, everything: bool) -> None:
    """A fold for each section of a page, the first one open; the charts of a fold that is closed are not drawn."""
    mine = classroom.given(page.key)
    shown = [each for each in page.sections if mine.shows(each.title)]
    for section in shown:
        key = f"{page.key} {section.key}"
        with st.expander(f"**{section.title}**", expanded=section is shown[0]):
            predict(section.prediction, key, mine.shows("solutions"))
            section.machine()
            live.board(experiment.draw(section.panels, everything), f"{key} board", experiment.strip())
            with st.container():
                if experiment.status != "finished" or not mine.shows("findings"):
                    continue
                if not revealed(key):
                    st.caption(ASK)
                    continue
                findings = experiment.findings(page.study)
                answer(section.prediction, key, findings)
                cards([each for each in findings if each.number in section.claims])


def cards(findings: Sequence[Finding], tallied: bool = False) -> None:
    """A card for each finding, with its numbers and its rule on request; `tallied`: below a count of their outcomes."""
    if tallied:
        counts = Counter(finding.outcome for finding in findings)
        badges = [f":{color}-badge[{counts[each]} × {each}]" for each, color in BADGES.items() if counts[each]]
        st.markdown(f"**What this run says:** {' '.join(badges)}")
    for finding in findings:
        with st.container(border=True, gap="xsmall"):
            _card(finding)


def _card(finding: Finding) -> None:
    published, kind = RESULTS.get(finding.number), KINDS[finding.kind]
    label = f"claim {finding.number}" if finding.number else "our own question"
    label = f"result {finding.number}, beyond the article" if published else label
    badge = f":{BADGES[finding.outcome]}-badge[{finding.outcome.capitalize()}]"
    st.markdown(f"{badge} **“{spoken(finding.claim)}”** :gray[{label}, {kind}]")
    st.markdown(plain(spoken(finding.sentence)))
    if published:
        st.markdown(f"**As published.** {published.truth} **Not shown here.** {published.left_out}")
        if published.set_up:
            st.markdown(f"**How it was set up.** {published.set_up}")
    elif finding.number and finding.outcome in WHAT_IS_RIGHT:
        st.markdown(f"**{WHAT_IS_RIGHT[finding.outcome]}** {CLAIMS[finding.number].truth}")
    if drawn := bars(finding):
        st.html(drawn)
    with st.expander("How it was judged", type="compact"):
        rule = plain(spoken(finding.rule.text)).rstrip(".")
        st.caption(f"{kind.capitalize()}. Rule, fixed in advance: {rule}. Source: {finding.source}.")
        if finding.evidence:
            st.markdown("\n".join(f"- {plain(spoken(str(each)))}" for each in finding.evidence.values()))
