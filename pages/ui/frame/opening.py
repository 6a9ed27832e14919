"""The opening of the app: a network that learns before the visitor's eyes, one sentence, and three doors."""

from functools import cache

import streamlit as st

from core.data import load_dataset, stream
from core.nn import Network
from core.optimizers import OPTIMIZERS
from core.studies.motion import Motion, follow
from core.studies.playground.lessons import LESSONS, PATH
from core.studies.playground.study import Settings
from pages.ui.frame.navigation import be_led
from pages.ui.live.machine import machine

SIZES, UPDATES, RATE, SEED = (2, 4, 3, 1), 5, 0.1, 7
SENTENCE = (
    ":violet[**Backpropagation**] finds out how the loss depends on every weight. "
    ":orange[**The optimizer**] moves the weights."
)
Link = tuple[str, dict[str, str]]  # a page, and settings for it
DOORS: dict[str, tuple[str, dict[str, Link]]] = {  # title: a sentence, and links by what they say
    "I am learning": (
        f"{len(PATH)} short lessons: predict, try, and let the run check you.",
        {"Start with the first lesson": ("playground", Settings(**LESSONS[PATH[0]].start, lesson=PATH[0]).to_text())},
    ),
    "I teach": ("What students ask, with the page that shows it.", {"Questions and answers": ("answers", {})}),
    "I train networks": (
        "Your own data, and many runs side by side.",
        {"Train on your data": ("playground", {}), "Compare settings in sweeps": ("sweeps", {})},
    ),
}


@cache
def learning() -> Motion:
    """A small network that learns one sample of the moons by plain gradient descent."""
    data = load_dataset("moons", 40, 4, seed=SEED)
    sample = next(row for row, label in enumerate(data.y_train) if label == 1)
    network = Network(SIZES, "tanh", "mean_squared_error")
    X, y = data.X_train[sample, None], data.y_train[sample, None]
    return follow(network, X, y, network.initial(stream(SEED, "weights")), OPTIMIZERS["sgd"](lr=RATE), UPDATES)


def opening() -> None:
    """Draw the picture that plays by itself, and the doors below it."""
    be_led()
    with st.container(key="opening"):
        with st.container(key="opening-sentence"):
            st.markdown(SENTENCE)
        machine(learning(), "opening machine", 280, simple=True)
        for column, (title, (sentence, links)) in zip(st.columns(len(DOORS)), DOORS.items(), strict=True):
            with column, st.container(border=True):
                st.markdown(f"**{title}**  \n{sentence}")
                for label, (page, settings) in links.items():
                    st.page_link(f"pages/{page}.py", label=f"{label} →", query_params=settings)
