"""The frame of every page: question, prediction, settings, run controls, live charts, findings, table and link."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.checks import InputError
from core.settings import Settings
from core.studies import sure
from core.studies.contract import Finding, Study
from pages.figures.common.formulas import behind
from pages.figures.common.words import plain, spoken
from pages.ui.frame import controls, scripts
from pages.ui.frame.cards import cards, tally
from pages.ui.frame.navigation import be_led
from pages.ui.frame.numbers import numbers
from pages.ui.frame.page import Prediction, Section
from pages.ui.live import board as live
from pages.ui.live.session import SHARE, Experiment, Panel, Status
from pages.ui.live.worker import WORKER

LEAD = 0.1  # seconds that a step's first chart gets to reach the screen, before the page keeps server and browser busy
ASKED_FIRST = 10.0  # times the work of the defaults, above which the visitor has to press the button
MOST = float(os.environ.get("DESCENT_LAB_LIMIT", 1000))  # times the work of the defaults that this server takes on

SYMBOLS = (
    "x: the parameters, or what a unit is given. g: the gradient. lr or η: the learning rate. t: the updates so far. "
    "z: outputs, t: targets, in a loss. A hat: corrected for a start at zero. ←: becomes."
)


@dataclass(frozen=True)
class Page:
    """What makes one page: its story, its study, and its charts, the first of which moves most.

    `waits` says of a result that the experiment goes on only when the visitor presses the button, which is called
    `run_label`; `asks` says so of settings. `milestone` gives what makes the page be drawn anew when it changes.
    `docket` draws findings in the page's own way, and at any time. `more` draws what else a page has, below its
    findings, at any time. A page of `sections` has predictions, charts and findings in these alone.

    `controls` draws the settings in the page's own way. `change` gives a result other settings to go on with, and
    returns False where they need a new start. `grains` are steps of the page's own, in place of the button Step.
    `tools` draws what a page offers above its charts. `moment` says in words where a run that stands still is,
    `standing` what the charts show right now. `run` begins the experiment in the page's own way, in place of the
    study's.
    """

    question: str
    story: str
    study: Study
    prediction: Prediction | None = None
    panels: Sequence[Panel] = ()
    sections: Sequence[Section] = ()
    run_label: str = "Run"
    waits: Callable[[Any], bool] = lambda result: False
    milestone: Callable[[Any], object] = lambda result: None
    docket: Callable[[Any], None] | None = None
    more: Callable[[Any], None] | None = None
    asks: Callable[[Settings], bool] = lambda settings: settings.effort() > ASKED_FIRST
    controls: Callable[[str, Any], dict[str, Any]] = controls.sidebar
    change: Callable[[Any, Any], bool] = lambda result, settings: False
    grains: Mapping[str, Callable[[Any], bool] | None] = field(default_factory=lambda: {"Step": None})
    tools: Callable[[Experiment], None] | None = None
    moment: Callable[[Any], str] | None = None
    standing: Callable[[Any], str] = lambda result: ""
    run: Callable[[Any], Iterator[Any]] | None = None

    @property
    def key(self) -> str:
        """The name of its study, with which the keys of its widgets begin."""
        return self.study.__name__.rpartition(".")[2]

    @property
    def start(self) -> Callable[[Any], Iterator[Any]]:
        """What begins its experiment."""
        return self.run or self.study.run

    @property
    def charts(self) -> list[Panel]:
        """All its panels, those of the sections included."""
        return [*self.panels, *(panel for section in self.sections for panel in section.panels)]

    def show(self) -> None:
        """Draw the page and keep its experiment going."""
        settings, experiment = _begin(self)
        with experiment.lock:  # the worker must not end it meanwhile
            _draw(self, settings, experiment)

    def present(self) -> None:
        """Draw a page whose study has nothing to wait for: the same frame, without buttons and without motion."""
        settings, experiment = _begin(self)
        experiment.finish()
        findings = experiment.findings(self.study)
        if self.prediction:
            _predict(self.prediction, self.key)
            _compare(self.prediction, self.key, findings)
        live.load_plotly()
        live.board(experiment.draw(self.panels, everything=True), key=f"{self.key} board")
        st.header("The verdict")
        cards(findings)
        numbers(self.key, self.study, experiment)
        _explain(settings)
        _share(self, settings)


def _begin(page: Page) -> tuple[Settings, Experiment]:
    head(page.question, page.story)
    settings = _settings(page)
    return settings, _experiment(page, settings)


def _draw(page: Page, settings: Settings, experiment: Experiment) -> None:
    if page.prediction:
        _predict(page.prediction, page.key)
    _buttons(page, experiment)
    if page.tools:
        page.tools(experiment)
    with st.container():  # there from the start: what comes after must keep its place, or it is mounted anew
        if experiment.status == "finished":
            _learnt(page, experiment)
        elif experiment.status == "paused" and not experiment.asked and settings.effort() > ASKED_FIRST:
            times = f"{settings.effort():,.0f} times the work of the defaults"
            st.info(f"These settings ask for about {times}. It has not started: press {page.run_label} to begin.")
    live.load_plotly()
    stage = st.container(key="stage")
    if page.docket:
        page.docket(experiment.result)
    elif experiment.status == "finished" and not page.sections:
        st.header("The verdict of this run", anchor="verdict")
        cards(experiment.findings(page.study))
    if page.more:
        page.more(experiment.result)
    if experiment.status == "finished":
        numbers(page.key, page.study, experiment)
    _explain(settings)
    _share(page, settings)
    with stage:
        _charts(page, experiment)


def head(question: str, story: str) -> None:
    """The title of a page and its story."""
    be_led()
    st.title(question)
    st.markdown(story)


def _settings(page: Page) -> Settings:
    """The settings in force: from the link on arrival, from the sidebar afterwards."""
    kept, link = f"{page.key} settings", f"{page.key} link"
    if kept not in st.session_state:
        st.session_state[kept], _ = st.session_state[link] = _linked(page.study.Settings)
    with st.sidebar:
        st.subheader("Settings")
        chosen = page.controls(page.key, st.session_state[kept])
    with st.container():  # there from the start, as below
        try:
            st.session_state[kept] = _within_limit(page.study.Settings(**chosen))
        except InputError as error:
            st.error(plain(f"{error}. The experiment goes on with the settings before."))
        settings, (came, notices) = st.session_state[kept], st.session_state[link]
        for notice in notices if settings == came else ():  # until something is changed
            st.warning(plain(notice))
    st.query_params.from_dict(settings.to_text())
    return settings


def _linked(model: type[Settings]) -> tuple[Settings, list[str]]:
    """The settings of the link, and what could not be taken from it."""
    settings, notices = model.from_text(st.query_params.to_dict())
    try:
        return _within_limit(settings), notices
    except InputError as error:
        return model(), [*notices, f"{error}; the defaults are used instead."]


def _within_limit(settings: Settings) -> Settings:
    """The settings, unless they ask for more than this server takes on."""
    if settings.effort() > MOST:
        raise InputError(
            f"these settings ask for about {settings.effort():,.0f} times the work of the defaults, and at most "
            f"{MOST:,.0f} times is allowed here: lower what there is most of"
        )
    return settings


def _experiment(page: Page, settings: Settings) -> Experiment:
    """The visitor's experiment with these settings; heavy ones wait for the button."""
    experiment = st.session_state.get(page.key)
    if experiment and experiment.result is not None and page.change(experiment.result, settings):
        experiment.settings = settings
    if experiment is None or experiment.settings != settings:
        status: Status = "paused" if page.asks(settings) else "running"
        experiment = _begun(page, settings, status)
    return experiment


def _begun(
    page: Page, settings: Settings, status: Status, start: Callable[[Any], Iterator[Any]] | None = None
) -> Experiment:
    """A new experiment in the place of the one before, begun by the page's own start or by another."""
    if before := st.session_state.get(page.key):
        WORKER.drop(before)
    st.session_state[page.key] = experiment = Experiment(start or page.start, settings, status, page.waits)
    return experiment


def _predict(prediction: Prediction, key: str) -> None:
    label = f"**Your prediction:** {prediction.question}"
    st.segmented_control(label, prediction.choices, format_func=spoken, key=f"{key} prediction")


def _compare(prediction: Prediction, key: str, findings: Sequence[Finding]) -> None:
    """Say whether the visitor saw it coming, and what the run has shown."""
    predicted, finding = st.session_state.get(f"{key} prediction"), prediction.finding(findings)
    if finding is None:
        return
    answer = finding.outcome if prediction.by_outcome else finding.answer
    if predicted:
        told = "You saw it coming" if predicted == answer else "Not this time"
        st.info(f"{told}: you predicted “{spoken(predicted)}”; measured was “{spoken(answer)}”.")
    st.markdown(f"**What was learnt:** {plain(spoken(finding.sentence))}")


def _pressed(page: Page, status: Status) -> None:
    experiment = st.session_state[page.key]
    with experiment.lock:
        if experiment.status in ("running", "paused"):
            experiment.status, experiment.grain, experiment.asked = status, None, status == "running"


def _step(page: Page, grain: Callable[[Any], bool] | None) -> None:
    _pressed(page, "paused")
    st.session_state[page.key].step(grain)
    st.rerun(f"{page.key} live")  # the charts alone, which then ask for the page


def _restart(page: Page, status: Status) -> None:
    again = _begun(page, st.session_state[page.key].settings, status)
    again.asked = status == "running"


def _buttons(page: Page, experiment: Experiment) -> None:
    """The run controls; the one that changes comes last, so that none moves away under the pointer.

    None is given the experiment: Streamlit keeps what a button was given, even of one that is long gone.
    """
    running, ended = experiment.status == "running", experiment.status in ("finished", "failed")
    with st.container(horizontal=True, gap="xsmall", key="run-controls"):
        for label, grain in page.grains.items():
            key = f"{page.key} {label.lower()}"
            st.button(label, key=key, on_click=_step, args=(page, grain), disabled=ended)
        st.button("Reset", key=f"{page.key} reset", on_click=_restart, args=(page, "paused"))
        if ended:
            st.button("Run again", key=f"{page.key} run", on_click=_restart, args=(page, "running"))
        else:
            label, status = ("Pause", "paused") if running else (page.run_label, "running")
            st.button(label, key=f"{page.key} {status}", on_click=_pressed, args=(page, status), type="primary")


def _charts(page: Page, experiment: Experiment) -> None:
    """Progress and charts, which tick while the experiment runs.

    A step shows the first chart at once, and the page follows when that has had the time to be seen.
    """

    def state() -> tuple[object, ...]:
        still = experiment.status == "paused" and (experiment.progress, page.charts[0].version(experiment.result))
        return experiment.status, still, page.milestone(experiment.result)

    def body(whole_page: bool) -> None:
        with experiment.lock:
            experiment.renew(page.charts[0])
            if experiment.status == "failed":
                st.error(plain(experiment.message))
            still = experiment.status != "running"
            _boards(page, experiment, everything=whole_page or (still and state() == drawn))
            if experiment.status == "paused" and not whole_page:
                time.sleep(LEAD)
            elif still:
                experiment.draw(page.charts, everything=True)  # so that the page that follows comes in one go

    drawn = state()
    live.ticking(f"{page.key} live", experiment.status == "running", state, body)


def _boards(page: Page, experiment: Experiment, everything: bool) -> None:
    """The charts on one board, or on one for each section."""
    drawings = experiment.draw(page.charts, everything)
    live.board(drawings[: len(page.panels)], f"{page.key} board", experiment.strip(_told(page, experiment)))
    if page.moment and experiment.status in ("paused", "finished"):
        st.markdown(page.moment(experiment.result))
    place = len(page.panels)
    for section in page.sections:
        st.header(section.title)
        st.markdown(section.story)
        _predict(section.prediction, f"{page.key} {section.key}")
        own = drawings[place : place + len(section.panels)]
        live.board(own, f"{page.key} {section.key} board", experiment.strip())
        place += len(section.panels)
        if experiment.status == "finished":
            findings = experiment.findings(page.study)
            _compare(section.prediction, f"{page.key} {section.key}", findings)
            cards([each for each in findings if each.number in section.claims])


def _told(page: Page, experiment: Experiment) -> str:
    """What the experiment is at, what is left to do, and what it did otherwise than asked."""
    if experiment.status == "failed":
        return ""
    seconds = max(experiment.seconds_left, live.TICK * (1 - experiment.progress) / SHARE)
    left = f"about {seconds:.0f} s left"
    if experiment.place:
        left = f"this server is full, and your run is number {experiment.place} in the queue"
    says = {"running": left, "paused": "paused", "finished": f"finished, {experiment.seconds:.1f} s of computing"}
    phase = f"{experiment.result.phase}: " if experiment.status != "finished" else ""
    lines = [f"{phase}{says[experiment.status]}", *scripts.notices(experiment.result)]
    return ". ".join([*lines, *([spoken(told)] if (told := page.standing(experiment.result)) else [])])


def _learnt(page: Page, experiment: Experiment) -> None:
    """What the run has shown, in one line, and whether the visitor saw it coming."""
    findings = experiment.findings(page.study)
    if page.prediction:
        _compare(page.prediction, page.key, findings)
        _offer_to_make_sure(page, experiment, page.prediction.key)
    if page.docket:
        return
    place = "" if page.sections else " [Read the verdicts](#verdict)"
    st.markdown(f"**What this run says of {len(findings)} claims:** {tally(findings)}{place}")


def _offer_to_make_sure(page: Page, experiment: Experiment, key: str) -> None:
    """Where the question is open, a button that goes on with more pairs; afterwards, at which look it was decided."""
    if experiment.level == sure.LEVEL:
        st.caption(sure.told(page.study, experiment.result, key))
    elif hasattr(experiment.settings, "seeds") and sure.open_still(page.study, experiment.result, key):
        st.button(
            "Make sure",
            help=f"Goes on with more pairs, up to {sure.LOOKS[-1]}, until the question is decided.",
            key=f"{page.key} make sure",
            on_click=_make_sure,
            args=(page, key),
        )


def _make_sure(page: Page, key: str) -> None:
    settings = st.session_state[page.key].settings
    again = _begun(page, settings, "running", lambda settings: sure.make_sure(page.study, settings, key))
    again.asked, again.level = True, sure.LEVEL


def _explain(settings: Settings) -> None:
    formulas = behind(settings)
    if formulas:
        with st.expander("The formulas behind these settings"):
            st.markdown(formulas)
            st.caption(SYMBOLS)


def _share(page: Page, settings: Settings) -> None:
    with st.expander("A link to this experiment"):
        query = urlencode(settings.to_text(), safe=",")
        address = (st.context.url or "").split("?")[0]
        st.code(f"{address}?{query}" if query else address, language=None, wrap_lines=True)
        st.caption("It restores every setting and every seed, and so, number for number, the same curves.")
