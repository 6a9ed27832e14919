"""The frame of every page: question, prediction, settings, run controls, live charts, findings, table and link."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.checks import InputError
from core.classroom import ClassPage
from core.settings import Settings
from core.studies import sure
from core.studies.contract import Study, undecided_by
from pages.figures.common.terms import first_terms
from pages.figures.common.words import plain, spoken
from pages.ui.frame import classroom, controls, ends
from pages.ui.frame.ends import VERSION, notices, numbers
from pages.ui.frame.notebook import keep
from pages.ui.frame.reveal import ASK, Prediction, Section, answer, cards, predict, revealed, show_sections
from pages.ui.live import board as live
from pages.ui.live.session import SHARE, WORKER, Experiment, Panel, Status

FIRST = 0.5  # seconds of work at most before the first picture of a visit
ARRIVED = "a page has arrived"  # in the session
WHERE = "the page whose settings the address has"  # in the session
LEAD = 0.1  # seconds that a step's first chart gets to reach the screen, before the page keeps server and browser busy
KNOWN = 0.02  # progress from which the time left can be estimated
REST = 1.0  # seconds between two looks of the charts below the stage
ASKED_FIRST = 10.0  # times the work of the defaults, above which the visitor has to press the button
MOST = float(os.environ.get("DESCENT_LAB_LIMIT", 1000))  # times the work of the defaults that this server takes on


@dataclass(frozen=True)
class Page:
    """What makes one page: its question, its story, its study, and its charts, of which the first has the stage."""

    question: str
    story: str
    study: Study
    prediction: Prediction | None = None
    first: Sequence[str] = ()  # settings that stand beside the run controls; all others are in the sidebar
    panels: Sequence[Panel] = ()
    sections: Sequence[Section] = ()  # a page that has them has all its charts in them
    run_label: str = "Run"  # of the button with which the visitor continues what waits
    waits: Callable[[Any], bool] = lambda result: False  # at which results it waits for the button
    asks: Callable[[Settings], bool] = lambda settings: settings.effort() > ASKED_FIRST  # with which settings it does
    milestone: Callable[[Any], object] = lambda result: None  # a change of it redraws the page
    docket: Callable[[Any], None] | None = None  # draws findings in the page's own way
    more: Callable[[Any], None] | None = None  # draws what else it has below its charts, at any time
    controls: Callable[[str, Any, Sequence[str]], dict[str, Any]] = controls.draw  # draws its settings
    change: Callable[[Any, Any], bool] = lambda result, settings: False  # whether a result goes on with other settings
    clicked: Callable[[Any, float, float], Settings] | None = None  # the settings for a point of the stage
    grains: Mapping[str, Callable[[Any], bool] | None] = field(default_factory=lambda: {"Step": None})  # its steps
    tools: Callable[[Experiment], None] | None = None  # draws what it offers below the stage
    actions: Callable[[Experiment], None] | None = None  # draws what it offers beside the run controls
    beside: Callable[[Any], str] = lambda result: ""  # what was measured besides, in a sentence above the answer
    standing: Callable[[Any], str] = lambda result: ""  # what the charts show right now
    run: Callable[[Any], Iterator[Any]] | None = None  # begins the experiment in place of the study's
    still: bool = False  # nothing to wait for, so there are no buttons
    machine: Callable[[Any], None] = lambda result: None  # draws on the stage, once

    @property
    def key(self) -> str:
        """The name of its study, with which the keys of its widgets begin."""
        return self.study.__name__.rpartition(".")[2]

    def asked(self, mine: ClassPage) -> list[str]:
        """The keys of its predictions, those of sections that a class does not see left out."""
        own = [self.key] if self.prediction else []
        return own + [f"{self.key} {section.key}" for section in self.sections if mine.shows(section.title)]

    @property
    def stage(self) -> Panel:
        """The first of its charts, or of those of its sections."""
        return [*self.panels, *(panel for section in self.sections for panel in section.panels)][0]

    def show(self) -> None:
        """Draw the page and keep its experiment going."""
        with st.container(key=f"page-{self.key}"):  # so that styles can tell pages apart
            _show(self)


def _show(page: Page) -> None:
    """One way through the page: question, settings, experiment, stage, answer, and the rest."""
    mine = classroom.checked(page.key, page.study.Settings, _within_limit)
    ends.head(page.key, page.question)
    next_to_title = page.prediction and not any(classroom.arrived()[1:])  # and no line of a class between
    ask = st.container(key="ask" if next_to_title else None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="run-bar"):
        buttons = st.container(horizontal=True, gap="xsmall", key="run-controls")
        first = st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="first-settings")
    settings = _settings(page, first)
    experiment = _experiment(page, settings)
    if page.still:
        experiment.finish()
    with experiment.lock:  # the worker must not end it meanwhile
        known = all(map(revealed, page.asked(mine)))
        with ask:
            if page.prediction:
                predict(page.prediction, page.key, mine.shows("solutions"))
        with buttons:
            _buttons(page, experiment)
        with first:
            if page.actions and mine.shows("tools"):
                page.actions(experiment)
        live.load_plotly()
        with (stage := st.container(key="stage")):
            page.machine(experiment.result)
        with st.container():  # there from the start: what comes after must keep its place, or it is mounted anew
            if experiment.status == "finished" and known and (said := page.beside(experiment.result)):
                st.markdown(said)
            if experiment.status == "finished" and known and mine.shows("findings"):
                _answer(page, experiment)
            elif needs := undecided_by(page.study, settings):  # the answer says it too
                st.caption(
                    f"These settings leave {'questions' if needs[1:] else 'one question'} open. {' '.join(needs)}"
                )
        if page.tools and mine.shows("tools"):
            page.tools(experiment)
        st.markdown(first_terms(page.story, set()))
        rest = st.container()
        _below(page, settings, experiment, known)
        with stage:
            _stage(page, experiment, known)
        with rest:
            _rest(page, experiment, known)


def _settings(page: Page, first: Any) -> Settings:
    """The settings in force: from the link on arrival, from the controls afterwards."""
    kept, link, mine = f"{page.key} settings", f"{page.key} link", classroom.given(page.key)
    if kept not in st.session_state:
        st.session_state[kept], _ = st.session_state[link] = _linked(page.study.Settings, mine)
    elif st.session_state.get(WHERE) != page.key and st.query_params.keys() & page.study.Settings.model_fields.keys():
        _follow(page, *_linked(page.study.Settings, mine))
    st.session_state[WHERE] = page.key
    start = st.session_state[kept]
    with first:
        chosen = {name: controls.field(page.key, start, name) for name in page.first}
    with st.sidebar:
        st.subheader("Settings")
        chosen = page.controls(page.key, start, page.first) | chosen
    with st.container():  # there from the start, as in `_show`
        try:
            st.session_state[kept] = _within_limit(mine.hold(page.study.Settings(**chosen)))
        except InputError as error:
            st.error(plain(f"{error}. Your previous settings are kept."))
        settings, (came, notices) = st.session_state[kept], st.session_state[link]
        for notice in notices if settings == came else ():  # until something is changed
            st.warning(plain(notice))
    st.query_params.from_dict(classroom.address(page.key, settings))
    return settings


def _follow(page: Page, settings: Settings, notices: list[str]) -> None:
    """Take the settings of a link from another page to this one, where the visitor has been before, and begin anew."""
    if settings != st.session_state[f"{page.key} settings"] and controls.take(page.key, settings):
        st.session_state[f"{page.key} link"] = settings, notices
        WORKER.drop(st.session_state.pop(page.key, None))


def _linked(model: type[Settings], mine: ClassPage) -> tuple[Settings, list[str]]:
    """The settings of the link, and what could not be taken from it."""
    asked = st.query_params.to_dict()
    untaken, named = [], asked.get("v", VERSION)
    if named != VERSION:
        untaken = [f"This link was made with version {named[:20]}, and this is {VERSION}: the numbers may differ."]
    untaken += [f"{name} is fixed for this class, whatever the address says." for name in asked if name in mine.fixed]
    settings, wrong = model.from_text(mine.start | asked | mine.fixed)
    try:
        return _within_limit(mine.hold(settings)), untaken + wrong
    except InputError as error:
        return mine.begin(model), [*untaken, *wrong, f"{error}; the defaults are used instead."]


def _within_limit(settings: Settings) -> Settings:
    """The settings, unless they ask for more than this server takes on."""
    if settings.effort() > MOST:
        raise InputError(
            f"these settings ask for about {settings.effort():,.0f} times the work of the defaults, and at most "
            f"{MOST:,.0f} times is allowed here: reduce the largest setting"
        )
    return settings


def _experiment(page: Page, settings: Settings) -> Experiment:
    """The visitor's experiment with these settings; heavy ones wait for the button."""
    experiment = st.session_state.get(page.key)
    if experiment and experiment.result is not None:
        with experiment.lock:  # the worker is in the middle of an update
            if page.change(experiment.result, settings):
                experiment.settings = settings
    if experiment is None or experiment.settings != settings:
        unasked = not page.still and (experiment is None or experiment.status == "paused")
        waits = page.asks(settings) or (classroom.given(page.key).paused and unasked)
        experiment = _begun(page, settings, "paused" if waits else "running")
    return experiment


def _begun(page: Page, settings: Settings, status: Status) -> Experiment:
    return controls.begin(page.key, page.run or page.study.run, settings, status, page.waits)


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
    _begun(page, st.session_state[page.key].settings, status).asked = status == "running"


def _buttons(page: Page, experiment: Experiment) -> None:
    """The run controls; the one that changes comes last, so that none moves away under the pointer.

    None is given the experiment: Streamlit keeps what a button was given, even of one that is long gone.
    """
    if page.still:
        return
    running, ended = experiment.status == "running", experiment.status in ("finished", "failed")
    for label, grain in page.grains.items():
        st.button(label, key=f"{page.key} {label.lower()}", on_click=_step, args=(page, grain), disabled=ended)
    st.button("Reset", key=f"{page.key} reset", on_click=_restart, args=(page, "paused"))
    if ended:
        st.button("Run again", key=f"{page.key} run", on_click=_restart, args=(page, "running"))
    else:
        label, status = ("Pause", "paused") if running else (page.run_label, "running")
        st.button(label, key=f"{page.key} {status}", on_click=_pressed, args=(page, status), type="primary")


def _stage(page: Page, experiment: Experiment, known: bool) -> None:
    """Where the run stands and the first chart, which tick while it runs; of a page with sections, all of them.

    A step shows the chart at once, and the page follows when that has had the time to be seen.
    """

    def state() -> tuple[object, ...]:
        still = experiment.status == "paused" and (experiment.progress, page.stage.version(experiment.result))
        told = map(revealed, page.asked(classroom.given(page.key)))
        wanted = st.session_state[f"{page.key} settings"]
        return experiment.status, still, wanted, page.milestone(experiment.result), *told

    def take(x: float, y: float) -> None:
        assert page.clicked
        controls.take(page.key, page.clicked(st.session_state[f"{page.key} settings"], x, y))

    def body(whole_page: bool) -> None:
        if not whole_page:
            st.session_state[ARRIVED] = True
        with experiment.lock:
            experiment.renew(page.stage)
            if experiment.status == "failed":
                st.error(plain(experiment.message))
            everything = whole_page or (experiment.status != "running" and state() == drawn)
            panels = [panel if known else panel.veiled for panel in page.panels[:1]]
            found = experiment.findings(page.study) if known and experiment.status == "finished" else []
            answered = page.prediction and page.prediction.finding(found)
            text = answered.sentence if answered else ""
            first = [each._replace(wide=True, text=text) for each in experiment.draw(panels, everything)]
            strip = experiment.strip(_told(page, experiment, known))
            live.board(first, f"{page.key} stage", strip, page.clicked and take)
            show_sections(page, experiment, everything)
            if experiment.status == "paused" and not whole_page:
                time.sleep(LEAD)

    with st.container(key="first-picture"):  # there from the start
        if ARRIVED not in st.session_state and page.panels and (known or not page.panels[0].tells):
            picture = experiment.first_picture(page.panels[0], FIRST)
            if picture and picture.height:  # drawn by plotly
                live.first_picture(picture)
    drawn = state()
    live.ticking(f"{page.key} live", experiment.status == "running", state, body)


def _rest(page: Page, experiment: Experiment, known: bool) -> None:
    """The charts below, which are brought up to date now and then."""
    mine = classroom.given(page.key)
    panels = [each for each in page.panels[1:] if (known or not each.tells) and mine.shows("charts", each.question)]
    if not panels:
        return

    def body(whole_page: bool) -> None:
        everything = whole_page or experiment.status != "running"
        live.board(experiment.draw(panels, everything), f"{page.key} board", experiment.strip())

    live.ticking(f"{page.key} rest", experiment.status == "running", lambda: None, body, REST)


def _told(page: Page, experiment: Experiment, known: bool) -> str:
    """What the experiment is at, what is left to do, and what it did otherwise than asked."""
    if experiment.status == "failed" or page.still:
        return ASK if page.still and not known else ""
    done = experiment.progress
    seconds = (1 - done) * max(experiment.seconds / max(done, KNOWN), live.TICK / SHARE)  # at the speed so far
    left = f"about {seconds:.0f} s left" if done >= KNOWN else "started"
    if getattr(experiment.result, "resumed", None) is not None:
        left = "press Pause to stop"
    if experiment.place:
        left = f"this server is full, and your run is number {experiment.place} in the queue"
    took = f"{experiment.seconds:.{0 if experiment.seconds >= 10 else 1}f} s"  # no longer than its line on the stage
    says = {"running": left, "paused": "paused", "finished": f"finished, {took} of computing"}
    phase = f"{experiment.result.phase}: " if experiment.status != "finished" else ""
    lines = [f"{phase}{says[experiment.status]}", *notices(experiment.result)]
    if experiment.status == "finished" and not known:
        lines.append(ASK.rstrip("."))
    effort = experiment.settings.effort()
    if experiment.status == "paused" and not experiment.asked and effort > ASKED_FIRST:
        lines.append(f"these settings ask for {effort:,.0f} times the work of the defaults: press {page.run_label}")
    return ". ".join([*lines, *([spoken(told)] if (told := page.standing(experiment.result)) else [])])


def _answer(page: Page, experiment: Experiment) -> None:
    """What the run has shown: the answer, more pairs if the question is open, and the findings."""
    findings = experiment.findings(page.study)
    if page.prediction:
        key, seeds = page.prediction.key, getattr(experiment.settings, "seeds", 0)
        answer(page.prediction, page.key, findings)
        free = 0 < seeds < sure.LOOKS[-1] and not classroom.given(page.key).bounds("seeds")
        if experiment.level == sure.LEVEL:  # the look that decided it
            st.caption(sure.told(page.study, experiment.result, key))
        elif free and sure.open_still(page.study, experiment.result, key):
            about = f"Continues with more pairs, up to {sure.LOOKS[-1]}, until the question is decided."
            button = f"{page.key} make sure"
            st.button("Make sure", help=about, key=button, on_click=_make_sure, args=(page, key))
    if not page.docket and not page.sections:
        cards(findings, tallied=True)


def _make_sure(page: Page, key: str) -> None:
    settings = st.session_state[page.key].settings
    again = controls.begin(page.key, lambda settings: sure.make_sure(page.study, settings, key), settings)
    again.asked, again.level = True, sure.LEVEL


def _below(page: Page, settings: Settings, experiment: Experiment, known: bool) -> None:
    """What a page has below its charts."""
    mine = classroom.given(page.key)
    if page.docket and known and mine.shows("findings"):
        page.docket(experiment.result)
    if page.more and mine.shows("findings", "tools"):
        page.more(experiment.result)
    if experiment.status == "finished" and known and mine.shows("numbers"):
        numbers(page.key, page.study, experiment)
    keep(page, experiment, settings, known)
    titles = [each.question for each in page.panels[1:]] + [each.title for each in page.sections]
    ends.foot(page.key, page.question, settings, titles, getattr(experiment.result, "by_hand", False))
