"""The playground's state for a visitor: the settings in the sidebar, the experiment, the pinned run, the view."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.data import DATASETS, OwnData
from core.nn import ACTIVATIONS, LAYERS
from core.playground.doctor import Diagnosis, examine
from core.playground.playground import Playground
from core.playground.settings import LIVE
from core.playground.symptoms import sharpness
from core.studies.playground import BESIDE, LESSONS, Settings
from core.studies.race import SLICE
from pages.figures.common.words import words
from pages.figures.playground.explained import sharpness_told
from pages.ui.frame import classroom, controls
from pages.ui.frame.controls import field, newest
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
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Data": ("noise", "samples", "test_share", "data_seed"),
    "Network": ("layers", "activations", "initializer", "seed"),
    "Training": ("lr", "optimizer", "momentum", "batch_size", "loss", "label_smoothing", "l1", "l2", "dropout"),
    "End of the run": ("max_epochs", "target_loss", "patience"),
    "For comparisons": ("seeds",),
}
OPEN = ("Data", "Network", "Training")  # at first
WEIGHTED = {name for name, kind in LAYERS.items() if kind.weighted}
EACH = "one for each layer"
STRENGTHS = {0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0}
READY = ("", "conv-8-3, max_pool-2, flatten", "conv-8-3, conv-16-3, max_pool-2, flatten")
FORM = (
    "Choose some, or type up to 12, separated by commas. conv-CHANNELS-KERNEL-STRIDE-PADDING, max_pool-SIZE-STRIDE and "
    "average_pool-SIZE-STRIDE take pictures, flatten turns them into a vector, dense-UNITS takes vectors. You may "
    "omit numbers at the end. The output layer is added after flatten or dense."
)


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
    result.view = view if view and result.source.features > max(2, *view) else None
    result.sample = min(st.session_state.get(SAMPLE, 0), result.trainer.train.size - 1)


def paused() -> bool:
    """Whether the visitor has paused the run, so that a restart waits too."""
    experiment: Experiment | None = st.session_state.get(KEY)
    return experiment is not None and experiment.status == "paused"


def _chosen(key: str) -> Any:
    return st.session_state.get(key)


pinned = partial(_chosen, PINNED)  # the run to compare with
held = partial(_chosen, HELD)  # the layer with weights and its unit that the visitor looks at
filters_of = partial(_chosen, FILTERS)  # the convolution that is drawn, counted with all weights; None: the first


def state(beside: object, result: Playground) -> object:
    """What the charts depend on: the result, and the page's choices in `beside`."""
    own = (result.step, result.operation, result.params.tobytes(), result.frozen.tobytes(), result.view, result.sample)
    return own, beside


def diagnosis(result: Playground) -> Diagnosis:
    """The doctor's diagnosis, renewed every few ticks and at the end."""
    key = (id(result), len(result.frames) // LOOKS, result.ended, result.settings)
    settings = result.settings
    said = partial(examine, result.trainer, result.history, labels=result.source.labels)
    return once(f"{KEY} diagnosis", key, lambda: said(settings.model_dump(), result.baselines()))


def stability(result: Playground) -> str:
    """How sharp the loss is where the run stands, and what that means for the rate, in a sentence; measured once."""
    key = id(result), result.step, result.params.tobytes(), result.settings
    given = result.network, result.params, result.data
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


def sidebar(key: str, start: Settings, elsewhere: Sequence[str] = ()) -> dict[str, Any]:
    """The controls of the settings, in groups; data set, units and inputs are changed on the drawing."""
    mine, chosen = classroom.given(key), start.model_dump()
    live = [Settings.model_fields[name].title or "" for name in GROUPS["Training"] if name in LIVE]
    st.caption(f"{', '.join(live)}: a change takes effect at the next step. All others restart the run.")
    own = {"layers": _architecture, "activations": _activations}
    for title, names in GROUPS.items():
        if not (seen := [name for name in names if name not in mine.hidden]):
            continue
        with st.expander(title, expanded=title in OPEN):
            for name in seen:
                if name in own:
                    chosen[name] = own[name](key, start, chosen["layers"])
                elif start.model_copy(update=chosen).matters(name):
                    chosen[name] = field(key, start, name, STRENGTHS if name in ("l1", "l2") else ())
    if chosen["dataset"] != "own":
        chosen["table"] = ""
    return chosen


def _look(key: str, name: str) -> dict[str, Any]:
    return {"key": f"{newest(key)}:{name}", "disabled": name in classroom.given(key).fixed}


def _architecture(key: str, start: Settings, before: tuple[str, ...]) -> tuple[str, ...]:
    """For pictures, layers instead of dense ones: some that are ready, or layers written by the visitor."""
    source, now = DATASETS.get(start.dataset), ", ".join(before)
    if not (source and source.picture) and not before:
        return ()
    look = _look(key, "layers") | {"help": FORM, "accept_new_options": True}
    options = [*dict.fromkeys((*READY, now, st.session_state.get(look["key"], now)))]
    told = {"": "dense layers, set below"}
    text = st.selectbox("Layers", options, options.index(now), format_func=lambda each: told.get(each, each), **look)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _activations(key: str, start: Settings, written: tuple[str, ...]) -> tuple[str, ...]:
    """One activation for all hidden layers, or one for each."""
    given, about = start.activations, Settings.model_fields["activations"].description
    look = _look(key, "activations") | {"help": about, "format_func": words}
    names = [str(name) for name in classroom.given(key).ranges.get("activations", ACTIVATIONS)]
    options, now = [*names, EACH], EACH if len(given) > 1 else given[0]
    chosen = st.selectbox("Activation", options, options.index(now), **look)
    if chosen != EACH:
        return (chosen,)
    weighted = [text for text in written if text.split("-")[0] in WEIGHTED]
    titles = weighted if written else [f"layer {layer + 1}" for layer in range(len(start.hidden))]
    each = enumerate(zip(titles, given + given[-1:] * len(titles), strict=False))
    asked = [(f"Activation of {title}", names.index(now), f"{look['key']}:{at}") for at, (title, now) in each]
    return tuple(st.selectbox(label, names, place, **look | {"key": at}) for label, place, at in asked) or given[:1]
