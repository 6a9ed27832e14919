"""The bench in the browser: what stands beside the network, and everything that a visitor does on the drawing."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.checks import InputError
from core.playground.playground import Playground
from pages.figures.common.plots import typed
from pages.figures.common.words import plain
from pages.figures.playground.network import inputs, sets
from pages.ui.frame import classroom
from pages.ui.live.machine import component, text
from pages.ui.live.session import Experiment
from pages.ui.live.worker import WORKER
from pages.ui.playground.state import HELD, KEY, begin, paused, training

NAME = f"{KEY} bench"
LAYERS = ("dataset", "hidden", "inputs")  # settings that are changed on the drawing
SCRIPTS = ("svg.js", "tiles.js", "bench_net.js", "bench_phases.js", "bench.js")
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
    fixed = [name for name in LAYERS if classroom.given(KEY).bounds(name)]
    data = typed({"sets": sets(), "inputs": inputs(result), "fixed": fixed})
    component("bench", SCRIPTS, STYLES)(key=NAME, data=data, on_act_change=_acted)


def _acted() -> None:
    """Do what the visitor asked for on the drawing; what cannot be done is said in a sentence, and the run goes on."""
    asked = st.session_state[NAME].get("act")
    experiment: Experiment = st.session_state[KEY]
    if not isinstance(asked, dict) or experiment.result is None:
        return
    try:
        with experiment.lock:
            ACTS.get(str(asked.get("kind")), _unknown)(experiment, asked.get("value"))
    except InputError as error:
        st.toast(plain(f"{error}. Nothing was changed."))


def _unknown(experiment: Experiment, value: object) -> None:
    raise InputError(f"the drawing asked for something that the playground does not do; it does {', '.join(ACTS)}")


def _again(experiment: Experiment, **changes: Any) -> None:
    """The run with other settings, which waits if this one waits."""
    begin(experiment.settings.replace(**changes), "paused" if paused() else "running")


def _dataset(experiment: Experiment, value: object) -> None:
    _again(experiment, dataset=value, layers=())


def _hidden(experiment: Experiment, value: object) -> None:
    """Other units in the hidden layers; each layer keeps its activation, and a new one takes that of the last."""
    units, names = tuple(value) if isinstance(value, list) else (), experiment.settings.activations
    if len(names) > 1:
        names = (names + names[-1:] * len(units))[: max(1, len(units))]
    _again(experiment, hidden=units, activations=names)


def _inputs(experiment: Experiment, value: object) -> None:
    if not value or not isinstance(value, list):
        raise InputError("a network needs at least one input")
    _again(experiment, inputs=tuple(value))


def _place(value: object) -> tuple[int, int, int | None]:
    """Layer, unit and source of a link; of a bias the source is None."""
    if not isinstance(value, dict):
        raise InputError("the drawing named no link")
    return value.get("layer"), value.get("unit"), value.get("source")  # type: ignore[return-value]  # checked by `place`


def _weight(experiment: Experiment, value: object) -> None:
    place, text = _place(value), str(value.get("value"))[:40] if isinstance(value, dict) else ""
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"the new value is {text!r}, but must be a number") from None
    experiment.result.set_weight(*place, number)


def _freeze(experiment: Experiment, value: object) -> None:
    experiment.result.freeze(*_place(value), isinstance(value, dict) and bool(value.get("on")))


def _freeze_layer(experiment: Experiment, value: object) -> None:
    layer, *_ = _place(value)
    experiment.result.freeze_layer(layer, isinstance(value, dict) and bool(value.get("on")))


def _hold(experiment: Experiment, value: object) -> None:
    """Look at a unit, of which the drawing then gets all weights; at none without a value."""
    st.session_state[HELD] = None
    if value is not None:
        layer, unit, _ = _place(value)
        experiment.result.place(layer, unit, None)
        st.session_state[HELD] = layer, unit


def _go_on(experiment: Experiment, value: object) -> None:
    """Continue a run that has done its epochs, without an end."""
    experiment.result.go_on()
    WORKER.drop(experiment)
    st.session_state[KEY] = again = Experiment(lambda settings: training(experiment.result), experiment.settings)
    again.asked = True


ACTS: dict[str, Callable[[Experiment, object], None]] = {
    "dataset": _dataset,
    "hidden": _hidden,
    "inputs": _inputs,
    "weight": _weight,
    "freeze": _freeze,
    "freeze_layer": _freeze_layer,
    "hold": _hold,
    "go_on": _go_on,
}
