"""The playground's data: a table of one's own to train on, and from where to look at it."""

from functools import partial

import streamlit as st

from core.nn.layers import read_layer
from core.playground.playground import Playground
from core.studies.playground.study import Settings
from pages.ui.frame import own_data as shared
from pages.ui.live.session import Experiment
from pages.ui.playground.state import FILTERS, KEY, SAMPLE, VIEW, begin, look_from, pinned


def train_on(settings: Settings, table: str) -> None:
    """Begin a run on the visitor's own data, of which `table` tells a link."""
    st.session_state.pop(VIEW, None)
    begin(settings.replace(dataset="own", lesson="none", table=table))


def own_data(experiment: Experiment) -> None:
    """From a table to a run on it."""
    settings = experiment.settings
    shared.own_data(KEY, settings, settings.test_share, settings.data_seed, partial(train_on, settings))


def view(result: Playground) -> None:
    """Which picture is drawn, and for data of more than two features the plane of the maps."""
    if result.sees_pictures:
        _picture(result)
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
    for run in filter(None, (result, pinned())):
        look_from(run)


def _picture(result: Playground) -> None:
    """Which training picture goes through the network, and of which convolution the filters are drawn."""
    size = result.trainer.train.size
    number = st.number_input("Training picture", 1, size, key=f"{KEY} picture {size}", help=f"1 to {size}.")
    st.session_state[SAMPLE] = int(number) - 1
    if len(result.convolutions) > 1:
        weighted = [text for text in result.settings.layers if read_layer(text).weighted]
        st.selectbox("Filters of", result.convolutions, format_func=lambda place: weighted[place], key=FILTERS)
