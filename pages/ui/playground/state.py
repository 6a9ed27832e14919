"""What the playground keeps for a visitor: the experiment, the run that is pinned, the data of one's own, the view."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import streamlit as st

from core.data import OwnData
from core.playground.doctor import Diagnosis, examine
from core.playground.playground import Playground
from core.studies.playground.study import BESIDE, Settings
from core.studies.race import SLICE
from pages.ui.frame import controls
from pages.ui.frame.own_data import OWN as OWN
from pages.ui.live.session import Experiment

KEY = "playground"  # of the experiment, as the frame of all pages keeps it
PINNED, SHOW, VIEW, SPEED, SAMPLE, FILTERS = (
    f"{KEY} {what}" for what in ("pinned", "show", "view", "speed", "sample", "filters")
)
SPEEDS = {"slow": 40.0, "watch": 1500.0, "fast": 1e6}  # updates a second, at most
WATCHED = 10.0  # seconds that a run takes, unless it is wanted slow or fast
CATCH_UP, REST = 0.3, 0.004  # seconds: of a run that fell behind; for the rest of the server between two slices
LOOKS = 16  # between two visits of the doctor


def run(settings: Settings) -> Iterator[Playground]:
    """A run on the visitor's own data where the settings ask for it, as fast as the visitor wants to watch it.

    The session is read at the start only: Streamlit may break off wherever it is read, which would end the run.
    """
    own: OwnData | None = st.session_state.get(OWN)
    wanted: dict[str, float] = st.session_state.setdefault(SPEED, {"speed": SPEEDS["watch"]})
    own = own if settings.dataset == "own" else None
    result = Playground(settings, own.dataset(settings.test_share, settings.data_seed) if own else None)
    look_from(result)
    yield result
    due, last = 0.0, time.perf_counter()
    while not result.ended:
        speed, now = _speed(wanted["speed"], result), time.perf_counter()
        due, last = due + speed * min(now - last, CATCH_UP), now
        while due >= 1 and not result.ended and time.perf_counter() < now + SLICE:
            result.update()
            due -= 1
        due = min(due, speed * CATCH_UP)  # what could not be done in time is given up
        time.sleep(REST)
        yield result


def _speed(wanted: float, result: Playground) -> float:
    """Updates a second: those wanted, but "watch" goes slower through a run that would be over in no time."""
    updates = result.settings.max_epochs * result.trainer.train.size / result.trainer.batches.size
    return wanted if wanted == SPEEDS["fast"] else min(wanted, max(SPEEDS["slow"], updates / WATCHED))


def look_from(result: Playground) -> None:
    """Turn the plane of the maps to the two features chosen, if the data has them, and look at the sample chosen."""
    view = st.session_state.get(VIEW)
    result.view = view if view and max(view) < result.source.features else None
    result.sample = min(st.session_state.get(SAMPLE, 0), result.trainer.train.size - 1)


def paused() -> bool:
    """Whether the visitor has stopped the run, so that another start waits as well."""
    experiment: Experiment | None = st.session_state.get(KEY)
    return experiment is not None and experiment.status == "paused"


def pinned() -> Playground | None:
    """The run to compare with."""
    return st.session_state.get(PINNED)


def shown() -> str:
    """What the links of the drawn network show: "weights" or "gradients"."""
    return st.session_state.get(SHOW) or "weights"


def filters_of() -> int | None:
    """Which convolution's filters are drawn: its place among the layers with weights; None: the first."""
    return st.session_state.get(FILTERS)


def state(beside: object, result: Playground) -> object:
    """What the charts depend on: the result, and what the page has chosen `beside` it."""
    own = (result.step, result.operation, result.params.tobytes(), result.frozen.tobytes(), result.view, result.sample)
    return own, beside


def diagnosis(result: Playground) -> Diagnosis:
    """What the doctor says, asked again every few looks and at the end."""
    key = (id(result), len(result.frames) // LOOKS, result.ended, result.settings)
    known = st.session_state.get(f"{KEY} diagnosis")
    if known is None or known[0] != key:
        said = examine(result.trainer, result.history, result.settings.model_dump(), result.baselines())
        st.session_state[f"{KEY} diagnosis"] = known = key, said
    return known[1]


def milestone(result: Playground | None) -> object:
    """What makes the page be drawn again: another diagnosis, or the end of the run."""
    return result and (diagnosis(result).name, result.ended)


def change(result: Playground, settings: Settings) -> bool:
    """Let settings act without a new start, where they can."""
    kept = {name: getattr(result.settings, name) for name in BESIDE}
    return result.change(settings.replace(**kept))


begin = partial(controls.begin, KEY, run)  # with these settings, in all controls too


def begin_beside(experiment: Experiment, **changes: Any) -> None:
    """Pin this run, and start another with some settings changed."""
    if experiment.result is not None:
        st.session_state[PINNED] = experiment.result
    begin(experiment.settings.replace(**changes))
