"""The tools of the playground: lessons, comparison and sweep, data, exports, and the doctor."""

from functools import partial
from typing import Any

import streamlit as st

from core.nn.layers import read_layer
from core.playground.doctor import HEALTHY
from core.playground.playground import Playground
from core.studies.playground import Settings, compare, compared, differing
from core.studies.sweeps.study import around
from pages.figures.common.words import plain, told, words
from pages.ui.frame import classroom
from pages.ui.frame.own_data import missing, own_data
from pages.ui.frame.reveal import cards
from pages.ui.live import board as live
from pages.ui.live.session import Experiment
from pages.ui.playground import state
from pages.ui.playground.inside import exports, own_source, predictions
from pages.ui.playground.lessons import lesson_list, take_up
from pages.ui.playground.state import KEY, OWN, PINNED, begin, beside, pinned

COMPARISON, SWEEPS = f"{KEY} comparison", "sweeps"
FAST = (
    "slow: 40 updates per second; watch: up to 1,500, fewer if the run would end too soon; fast: as many as this "
    "machine can do."
)
SWEEP = "Trains this network at learning rates from a tenth to ten times this one, over several seeds."


def actions(experiment: Experiment) -> None:
    """What stands beside the run controls: lessons, the comparison with a pinned run, and a sweep around this one."""
    settings = experiment.settings
    if not classroom.given(KEY).bounds("lesson"):
        with st.popover("Lessons"):
            lesson_list()
        take_up()
    if experiment.result is not None:
        with st.popover("Compare"):
            _compare(experiment)
        query = around(settings, settings.table).to_text()
        st.page_link(f"pages/{SWEEPS}.py", label="Sweep from here", query_params=query, help=SWEEP)


def tools(experiment: Experiment) -> None:
    """The row of tools, the doctor, and a running comparison."""
    settings, result, mine = experiment.settings, experiment.result, classroom.given(KEY)
    with st.container(horizontal=True, gap="xsmall"):  # two rows on a phone
        looks: dict[str, Any] = {"label_visibility": "collapsed", "help": FAST, "key": f"{KEY} pace"}
        speed = st.segmented_control("Speed", list(state.SPEEDS), default="watch", required=True, **looks)
        st.session_state[state.SPEED]["speed"] = state.SPEEDS[speed]
        with st.popover("Data", width="content"):
            again = {"data_seed": (settings.data_seed + 1) % 10_001}
            start = settings.replace(**again), "paused" if state.paused() else "running"
            never = result is None or mine.bounds("data_seed")
            st.button("Draw new data", on_click=begin, args=start, disabled=never, key=f"{KEY} new data")
            if mine.fixed.get("dataset", "own") == "own":
                st.markdown("**Or train on your own data**")
                brought = partial(_train_on, settings)
                own_data(KEY, settings, settings.test_share, settings.data_seed, brought)
        if result is not None:
            if result.sees_pictures or result.source.features > 2:
                with st.popover("View"):
                    _view(result)
            if result.source.encoder:
                with st.popover("Predict", key=f"{KEY} predict", on_change="rerun") as box:
                    if box.open:
                        predictions(result)
            with st.popover("Export", key=f"{KEY} exports", on_change="rerun") as box:
                if box.open:  # its files are written on opening
                    exports(experiment)
    with st.container():
        if settings.dataset == "own" and OWN not in st.session_state:
            missing(settings, "Data", partial(_train_on, settings))
            if not mine.bounds("dataset"):
                ready = settings.replace(dataset=Settings.model_fields["dataset"].default, table="")
                st.button("Use data that is ready", on_click=begin, args=(ready,), key=f"{KEY} ready data")
        elif settings.dataset == "own" and result is not None:
            st.caption(plain(f"Training on {result.source.name!r}."))
        if result is not None:
            _doctor(experiment)
        _comparison()


def _doctor(experiment: Experiment) -> None:
    """The doctor's diagnosis and remedies."""
    said = state.diagnosis(experiment.result)
    color = "red" if said.ill else "green" if said.name == HEALTHY else "gray"
    with st.container(border=said.ill):
        st.markdown(f":{color}-badge[Doctor: {words(said.name)}] {said.sentence}")
        if experiment.status != "running":
            st.caption(state.stability(experiment.result))
        mine = classroom.given(KEY)
        if said.cure and mine.shows("solutions") and not mine.bounds(*said.cure):
            cure = ", ".join(f"{_titled(name)} {told(value)}" for name, value in said.cure.items())
            beside(f"Try {cure}, beside this run", experiment, said.name, said.cure)


def _titled(name: str) -> str:
    """The label of a setting's control."""
    return Settings.model_fields[name].title or name


def _compare(experiment: Experiment) -> None:
    """Pin a run, list the differences, and compare over seeds."""
    other, settings = pinned(), experiment.settings
    beside("Pin this run and restart", experiment, "pinned", {})
    if other is None:
        st.markdown(
            "Pin a run, change one thing and run again: every chart shows both, with the same initial weights if the "
            "layers are the same. Then test whether the difference is real."
        )
        return
    st.button("Unpin", on_click=lambda: st.session_state.pop(PINNED, None), key=f"{KEY} unpin")
    found = differing(other.settings, settings)
    rows = [f"- {_titled(name)}: {told(before)} → {told(now)}" for name, (before, now) in found.items()]
    st.markdown("**Pinned → now**\n\n" + ("\n".join(rows) or "No setting differs: change one."))
    if len(found) > 1:
        st.caption("Several settings differ, so you cannot tell which one caused a difference.")
    same = other.initial_params.tobytes() == experiment.result.initial_params.tobytes()
    st.caption(f"Initial weights {'are the same' if same else 'differ (other layers, seed or initializer)'}.")
    if not classroom.given(KEY).shows("findings"):
        return

    def ask() -> None:
        now, own = experiment.settings, own_source(experiment.result)
        job = Experiment(lambda _: compare(other.settings, now, now.seeds, other.epoch, own), now)
        st.session_state[COMPARISON] = job

    label = f"Is the difference real? Test {settings.seeds} paired seeds"
    st.button(label, on_click=ask, disabled=not found or not other.epoch, key=f"{KEY} ask")


def _comparison() -> None:
    """The running comparison, or its finding."""
    job: Experiment | None = st.session_state.get(COMPARISON)
    if job is None:
        return

    def body(_: bool) -> None:
        job.renew()
        if job.status == "failed":
            st.error(job.message)
        elif job.status == "finished":
            cards([compared(job.result)])
        else:
            st.progress(job.progress, text=f"{job.result.seeds} pairs of runs, {job.result.epochs:.3g} epochs each")

    live.ticking(COMPARISON, job.status == "running", lambda: job.status, body)
    st.button("Close the comparison", on_click=lambda: st.session_state.pop(COMPARISON, None), key=f"{KEY} close")


def _train_on(settings: Settings, table: str) -> None:
    """Begin a run on the visitor's own data, of which `table` tells a link."""
    st.session_state.pop(state.VIEW, None)
    begin(settings.replace(dataset="own", lesson="none", table=table))


def _view(result: Playground) -> None:
    """Which picture is drawn, and for data of more than two features the plane of the maps."""
    if result.sees_pictures:
        size = result.trainer.train.size
        number = st.number_input("Training picture", 1, size, key=f"{KEY} picture {size}", help=f"1 to {size}.")
        st.session_state[state.SAMPLE] = int(number) - 1
        if len(result.convolutions) > 1:
            weighted = [text for text in result.settings.layers if read_layer(text).weighted]
            st.selectbox("Filters of", result.convolutions, format_func=weighted.__getitem__, key=state.FILTERS)
    if result.source.features <= 2:
        return
    names = result.source.columns or tuple(f"feature {k + 1}" for k in range(result.source.features))
    axes = st.multiselect(
        "Maps are drawn over",
        range(len(names)),
        max_selections=2,
        format_func=names.__getitem__,
        placeholder="the first two principal components",
        key=f"{KEY} axes",
        help="Two features, the others held at their mean; or nothing for the plane of the principal components.",
    )
    st.session_state[state.VIEW] = tuple(axes) if len(axes) == 2 else None
    for run in filter(None, (result, pinned())):
        state.look_from(run)
