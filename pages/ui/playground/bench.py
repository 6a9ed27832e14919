"""The bench in the browser: what stands beside the network, and everything that a visitor does on the drawing."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.checks import InputError
from core.data.rows import INPUTS
from core.playground.playground import Playground
from pages.figures.common.plots import typed
from pages.figures.common.words import plain, told
from pages.figures.playground.network import inputs, sets
from pages.ui.frame import classroom
from pages.ui.live.board import acting, component, text
from pages.ui.live.session import WORKER, Experiment
from pages.ui.playground.state import HELD, KEY, begin, paused, training

NAME = f"{KEY} bench"
NEW_LAYER = 4  # units
LINK = ("layer", "unit", "source")
LAYERS = ("dataset", "hidden", "inputs")  # settings that are changed on the drawing
SCRIPTS = ("bench.html", "parts.js", "svg.js", "tiles.js", "bench_net.js", "bench_phases.js", "acts.js", "bench.js")
STYLES = ("actors.css", "bench.css")


def drawing_html(drawn: str) -> str:
    """A drawing, as JSON, in a page of its own."""
    safe = drawn.replace("<", "\\u003c")  # no text in it ends the script
    return (
        f"<style>:root {{ --st-border-color: #999 }} {text(*STYLES)}</style><div id='drawing'></div>"
        f"<script type='module'>{text(*SCRIPTS)}\n"
        f"window.descentLabDraw(document.getElementById('drawing'), {safe})</script>"
    )


def bench(result: Playground | None) -> None:
    """Hand the browser what stays as it is during a run, and listen to what the visitor does on the drawing."""
    if result is None:
        return
    fixed = [name for name in LAYERS if name in classroom.given(KEY).fixed]
    data = typed({"sets": sets(), "inputs": inputs(result), "fixed": fixed})
    acting(component("bench", SCRIPTS, STYLES), NAME, data, _do)


def _do(kind: str, value: object) -> None:
    """Do what the visitor asked for; what cannot be done is said in a sentence, and the run goes on."""
    experiment = st.session_state[KEY]
    if experiment.result is None:
        return
    try:
        with experiment.lock:
            if kind not in ACTS:
                does = f"the playground does not do; it does {', '.join(ACTS)}"
                raise InputError(f"the drawing asked for something that {does}")
            ACTS[kind](experiment, value)
    except InputError as error:
        st.toast(plain(f"{error}. Nothing was changed."))


def _again(experiment: Experiment, **changes: Any) -> None:
    """The run with other settings, which waits if this one waits.

    Raises InputError for what a class's limits exclude.
    """
    wanted, mine = experiment.settings.replace(**changes), classroom.given(KEY)
    held = mine.hold(wanted)
    for name, limits in mine.ranges.items():
        if getattr(held, name) != getattr(wanted, name):
            free = told(limits) if isinstance(limits[0], str) else " to ".join(map(told, limits))
            raise InputError(f"the teacher's link allows {free} for {wanted.__class__.model_fields[name].title}")
    begin(wanted, "paused" if paused() else "running")


def _units(experiment: Experiment, value: object) -> None:
    """More or fewer units in one hidden layer."""
    hidden = [*experiment.settings.hidden]
    layer, by = _parts(value, "layer", "by") if isinstance(value, dict) else (None, None)
    if not isinstance(layer, int) or not 0 < layer <= len(hidden) or not isinstance(by, int):
        raise InputError(f"{str(value)[:60]!r} changes the units of none of the {len(hidden)} hidden layers")
    hidden[layer - 1] += by
    _again(experiment, hidden=tuple(hidden))


def _depth(experiment: Experiment, value: object) -> None:
    """A hidden layer more or less at the end; each layer keeps its activation, and a new one takes that of the last."""
    hidden, names = experiment.settings.hidden, experiment.settings.activations
    if value not in (1, -1):
        raise InputError("a hidden layer is added or taken away, one at a time")
    hidden = (*hidden, NEW_LAYER) if value == 1 else hidden[:-1]
    if len(names) > 1:
        names = (names + names[-1:] * len(hidden))[: max(1, len(hidden))]
    _again(experiment, hidden=hidden, activations=names)


def _input(experiment: Experiment, value: object) -> None:
    """An input switched on or off."""
    now, switched = experiment.settings.inputs, str(value)
    if switched not in INPUTS:
        raise InputError(f"the input is {switched[:40]!r}, but must be one of {', '.join(INPUTS)}")
    names = tuple(name for name in INPUTS if (name in now) != (name == switched))
    if not names:
        raise InputError("a network needs at least one input")
    _again(experiment, inputs=names)


def _parts(value: object, *names: str) -> list[Any]:
    """What the drawing says by these names; a link is named by layer, unit and source, a bias without the source."""
    if not isinstance(value, dict):
        raise InputError("the drawing named no link")
    return [value.get(name) for name in names]


def _weight(experiment: Experiment, value: object) -> None:
    *place, text = _parts(value, *LINK, "value")
    try:
        number = float(text)
    except (TypeError, ValueError):
        raise InputError(f"the new value is {str(text)[:40]!r}, but must be a number") from None
    experiment.result.set_weight(*place, number)


def _freeze(experiment: Experiment, value: object) -> None:
    *place, on = _parts(value, *LINK, "on")
    experiment.result.freeze(*place, bool(on))


def _freeze_layer(experiment: Experiment, value: object) -> None:
    layer, on = _parts(value, "layer", "on")
    experiment.result.freeze_layer(layer, bool(on))


def _hold(experiment: Experiment, value: object) -> None:
    """Look at a unit, of which the drawing then gets all weights; at none without a value."""
    st.session_state[HELD] = None
    if value is not None:
        layer, unit = _parts(value, "layer", "unit")
        experiment.result.place(layer, unit, None)
        st.session_state[HELD] = layer, unit


def _go_on(experiment: Experiment, value: object) -> None:
    """Continue a run that has done its epochs, without an end."""
    experiment.result.go_on()
    WORKER.drop(experiment)
    st.session_state[KEY] = again = Experiment(lambda settings: training(experiment.result), experiment.settings)
    again.asked = True


ACTS: dict[str, Callable[[Experiment, object], None]] = {
    "dataset": lambda experiment, value: _again(experiment, dataset=value, layers=()),
    "units": _units,
    "depth": _depth,
    "input": _input,
    "weight": _weight,
    "freeze": _freeze,
    "freeze_layer": _freeze_layer,
    "hold": _hold,
    "go_on": _go_on,
}
