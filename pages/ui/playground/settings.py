"""The settings of the playground in the sidebar, in groups; data set, units and inputs are changed on the drawing."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import streamlit as st

from core.classroom import ClassPage
from core.data import DATASETS
from core.nn import ACTIVATIONS, LAYERS
from core.playground.settings import LIVE
from core.studies.playground import Settings
from pages.figures.common.words import words
from pages.ui.frame import classroom
from pages.ui.frame.controls import field, newest, scale

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Data": ("noise", "samples", "test_share", "data_seed"),
    "Network": ("layers", "activations", "initializer", "seed"),
    "Training": ("lr", "optimizer", "momentum", "batch_size", "loss", "label_smoothing", "l1", "l2", "dropout"),
    "End of the run": ("max_epochs", "target_loss", "patience"),
}
WEIGHTED = {name for name, kind in LAYERS.items() if kind.weighted}
EACH = "one for each layer"
STRENGTHS = {0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0}
READY: Mapping[str, tuple[str, ...]] = {
    "dense layers, set below": (),
    "one convolution": ("conv-8-3", "max_pool-2", "flatten"),
    "two convolutions": ("conv-8-3", "conv-16-3", "max_pool-2", "flatten"),
}
WRITTEN = "custom, written as text"
FORM = (
    "Up to 12, separated by commas. conv-CHANNELS-KERNEL-STRIDE-PADDING, max_pool-SIZE-STRIDE and "
    "average_pool-SIZE-STRIDE take pictures, flatten turns them into a vector, dense-UNITS takes vectors. You may "
    "omit numbers at the end. The output layer is added after flatten or dense."
)


def sidebar(key: str, start: Settings, elsewhere: Sequence[str] = ()) -> dict[str, Any]:
    """Draw the controls; return the visitor's choices."""
    mine, chosen = classroom.given(key), start.model_dump()
    live = [Settings.model_fields[name].title or "" for name in GROUPS["Training"] if name in LIVE]
    st.caption(f"{', '.join(live)}: a change takes effect at the next step. All others restart the run.")
    for title, names in GROUPS.items():
        seen = [name for name in names if name not in mine.hidden]
        if not seen:
            continue
        with st.expander(title, expanded=title != "End of the run"):
            for name in seen:
                if name == "layers":
                    chosen[name] = _architecture(key, start, mine)
                elif name == "activations":
                    chosen[name] = _activations(key, start, chosen["layers"], mine)
                elif name in ("l1", "l2"):
                    chosen[name] = _strength(key, name, start, mine)
                elif start.model_copy(update=chosen).matters(name):
                    chosen[name] = field(key, start, name)
    with st.expander("For comparisons", expanded=False):
        chosen["seeds"] = field(key, start, "seeds")
    if chosen["dataset"] != "own":
        chosen["table"] = ""
    return chosen


def _strength(key: str, name: str, start: Settings, mine: ClassPage) -> float:
    declared = Settings.model_fields[name]
    common = {"key": f"{newest(key)}:{name}", "help": declared.description, "disabled": name in mine.fixed}
    return scale(declared.title or name, STRENGTHS, getattr(start, name), common, cast(Any, mine.ranges.get(name)))


def _architecture(key: str, start: Settings, mine: ClassPage) -> tuple[str, ...]:
    """For pictures, layers instead of dense ones: a preset, or layers written by the visitor."""
    source = DATASETS.get(start.dataset)
    if not (source and source.picture) and not start.layers:
        return ()
    key = newest(key)
    common: dict[str, Any] = {"disabled": "layers" in mine.fixed}
    now = next((name for name, layers in READY.items() if layers == start.layers), WRITTEN)
    about = "A convolution slides small windows of weights over the picture; pooling makes the result smaller."
    kind = st.selectbox(
        "Layers", options := [*READY, WRITTEN], options.index(now), key=f"{key}:layers", help=about, **common
    )
    if kind != WRITTEN:
        st.caption(", ".join(READY[kind]))
        return READY[kind]
    text = ", ".join(start.layers or READY["one convolution"])
    text = st.text_input("Layers, as text", text, key=f"{key}:layers:text", help=FORM, **common)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _activations(key: str, start: Settings, written: tuple[str, ...], mine: ClassPage) -> tuple[str, ...]:
    """One activation for all hidden layers, or one for each."""
    key, given = f"{newest(key)}:activations", start.activations
    about = Settings.model_fields["activations"].description
    common: dict[str, Any] = {"help": about, "disabled": "activations" in mine.fixed, "format_func": words}
    names = [str(name) for name in mine.ranges.get("activations", ACTIVATIONS)]
    now = EACH if len(given) > 1 else given[0]
    chosen = st.selectbox("Activation", options := [*names, EACH], options.index(now), key=key, **common)
    if chosen != EACH:
        return (chosen,)
    weighted = [text for text in written if text.split("-")[0] in WEIGHTED]
    titles = weighted if written else [f"layer {layer + 1}" for layer in range(len(start.hidden))]
    each = [
        st.selectbox(f"Activation of {title}", names, names.index(now), key=f"{key}:{layer}", **common)
        for layer, (title, now) in enumerate(zip(titles, given + given[-1:] * len(titles), strict=False))
    ]
    return tuple(each) or given[:1]
