"""The playground's state for a visitor: the experiment, the pinned run, own data, the view."""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.data import OwnData
from core.playground.doctor import Diagnosis, examine
from core.playground.playground import Playground
from core.playground.symptoms import sharpness
from core.studies.playground import BESIDE, LESSONS, Settings
from core.studies.race import SLICE
from pages.figures.playground.explained import sharpness_told
from pages.ui.frame import controls
from pages.ui.frame.own_data import OWN as OWN
from pages.ui.live.session import Experiment, once

KEY = "playground"  # session key of the experiment, shared with the frame of all pages
PINNED, VIEW, SPEED, SAMPLE, FILTERS, HELD = (
    f"{KEY} {what}" for what in ("pinned", "view", "speed", "sample", "filters", "held")
)
SPEEDS = {"slow": 40.0, "watch": 1500.0, "fast": 1e6}  # maximum updates per second
WATCHED = 10.0  # seconds a run takes at the speed "watch"
CATCH_UP, REST = 0.3, 0.004  # seconds: that a run which fell behind may catch up; left to the server between two slices
LOOKS = 16  # between two checks by the doctor


def run(settings: Settings) -> Iterator[Playground]:
    """A run at the visitor's chosen speed, on the visitor's own data if the settings ask for it.

    The session is read only at the start: Streamlit may interrupt wherever it is read, which would end the run.
    """
    own: OwnData | None = st.session_state.get(OWN)
    st.session_state.setdefault(SPEED, {"speed": SPEEDS["watch"]})
    own = own if settings.dataset == "own" else None
    result = Playground(settings, own.dataset(settings.test_share, settings.data_seed) if own else None)
    look_from(result)
    if settings.lesson in LESSONS:
        LESSONS[settings.lesson].prepare(result)
    yield from training(result)


def training(result: Playground) -> Iterator[Playground]:
    """A run that goes on from where it is."""
    wanted: dict[str, float] = st.session_state[SPEED]
    yield result
    due, last = 0.0, time.perf_counter()
    while not result.ended:
        speed, now = _speed(wanted["speed"], result), time.perf_counter()
        due, last = due + speed * min(now - last, CATCH_UP), now
        while due >= 1 and not result.ended and time.perf_counter() < now + SLICE:
            result.update()
            due -= 1
        due = min(due, speed * CATCH_UP)  # work not done in time is dropped
        time.sleep(REST)
        yield result


def _speed(wanted: float, result: Playground) -> float:
    """Updates per second: the chosen speed, but "watch" slows down a run that would end too soon."""
    updates = result.settings.max_epochs * result.trainer.train.size / result.trainer.batches.size
    return wanted if wanted == SPEEDS["fast"] else min(wanted, max(SPEEDS["slow"], updates / WATCHED))


def look_from(result: Playground) -> None:
    """Use the two chosen features for the maps' plane, if the data has them, and select the chosen sample."""
    view = st.session_state.get(VIEW)
    result.view = view if view and max(view) < result.source.features else None
    result.sample = min(st.session_state.get(SAMPLE, 0), result.trainer.train.size - 1)


def paused() -> bool:
    """Whether the visitor has paused the run, so that a restart waits too."""
    experiment: Experiment | None = st.session_state.get(KEY)
    return experiment is not None and experiment.status == "paused"


def pinned() -> Playground | None:
    """The run to compare with."""
    return st.session_state.get(PINNED)


def held() -> tuple[int, int] | None:
    """The layer with weights and its unit that the visitor looks at."""
    return st.session_state.get(HELD)


def filters_of() -> int | None:
    """The convolution whose filters are drawn, as an index among the layers with weights; None: the first."""
    return st.session_state.get(FILTERS)


def state(beside: object, result: Playground) -> object:
    """What the charts depend on: the result, and the page's choices in `beside`."""
    own = (result.step, result.operation, result.params.tobytes(), result.frozen.tobytes(), result.view, result.sample)
    return own, beside


def diagnosis(result: Playground) -> Diagnosis:
    """The doctor's diagnosis, renewed every few ticks and at the end."""
    key = (id(result), len(result.frames) // LOOKS, result.ended, result.settings)
    settings = result.settings
    said = partial(examine, result.trainer, result.history)
    return once(f"{KEY} diagnosis", key, lambda: said(settings.model_dump(), result.baselines()))


def stability(result: Playground) -> str:
    """How sharp the loss is where the run stands, and what that means for the rate, in a sentence; measured once."""
    key = id(result), result.step, result.params.tobytes(), result.settings
    given = result.network, result.params, result.data.X_train, result.data.y_train
    return once(f"{KEY} stability", key, lambda: sharpness_told(*sharpness(*given), result.trainer.train.size))


def milestone(result: Playground | None) -> object:
    """A change of this value redraws the page: another diagnosis, or the end of the run."""
    return result and (diagnosis(result).name, result.ended)


def change(result: Playground, settings: Settings) -> bool:
    """Apply settings without a restart where possible."""
    kept = {name: getattr(result.settings, name) for name in BESIDE}
    return result.change(settings.replace(**kept))


begin = partial(controls.begin_with, KEY, run)  # in all controls too


def beside(label: str, experiment: Experiment, name: str, changes: Mapping[str, Any]) -> None:
    """A button that pins this run and starts another with some settings changed."""

    def start() -> None:
        if experiment.result is not None:
            st.session_state[PINNED] = experiment.result
        begin(experiment.settings.replace(**changes))

    st.button(label, on_click=start, key=f"{KEY} beside {name}")
