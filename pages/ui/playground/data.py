"""The playground's data: a table of one's own to train on, and from where to look at it."""

import streamlit as st

from core.playground.playground import Playground
from pages.ui.frame import own_data as shared
from pages.ui.live.session import Experiment
from pages.ui.playground.state import KEY, SHOW, VIEW, begin, look_from


def own_data(experiment: Experiment) -> None:
    """From a table to a run on it."""
    settings = experiment.settings

    def train() -> None:
        st.session_state.pop(VIEW, None)
        begin(settings.replace(dataset="own", lesson="none"))

    shared.own_data(KEY, settings.test_share, settings.data_seed, train)


def view(result: Playground) -> None:
    """What the links show, and for data of more than two features the plane of the maps."""
    st.segmented_control(
        "Links, and the marks of the biases, show",
        ["weights", "gradients"],
        default="weights",
        required=True,
        key=SHOW,
        help="Weights as they are, or the gradient dL/dw of the last batch.",
    )
    if result.source.features <= 2:
        return
    names = result.source.columns or tuple(f"feature {k + 1}" for k in range(result.source.features))
    axes = st.multiselect(
        "Maps are drawn over",
        range(len(names)),
        max_selections=2,
        format_func=lambda place: names[place],
        placeholder="the first two principal components",
        key=f"{KEY} axes",
        help="Two features, the others held at their mean; or nothing for the plane of the principal components.",
    )
    st.session_state[VIEW] = tuple(axes) if len(axes) == 2 else None
    look_from(result)
