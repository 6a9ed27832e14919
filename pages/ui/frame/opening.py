"""The opening of the app: a network that learns before the visitor's eyes, one sentence, and three doors."""

from functools import cache

import streamlit as st

from core.data import load_dataset, stream
from core.nn import Network
from core.optimizers import OPTIMIZERS
from core.studies.motion import Motion, follow
from pages.ui.frame.docket import page_link
from pages.ui.frame.navigation import be_led
from pages.ui.live.machine import machine

SIZES, UPDATES, RATE, SEED = (2, 4, 3, 1), 5, 0.1, 7
SENTENCE = (
    ":violet[**Backpropagation**] finds out how the loss depends on every weight. "
    ":orange[**The optimizer**] moves the weights."
)
DOORS = {  # title: a sentence, and links by page
    "I am learning": ("Short lessons, each with a prediction to make.", {"playground": "Start with the playground"}),
    "I teach": ("What students ask, with the page that shows it.", {"answers": "Questions and answers"}),
    "I train networks": (
        "Your own data, and many runs side by side.",
        {"playground": "Train on your data", "sweeps": "Compare settings in sweeps"},
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
        machine(learning(), "opening machine", 300, simple=True)
        for column, (title, (sentence, links)) in zip(st.columns(len(DOORS)), DOORS.items(), strict=True):
            with column, st.container(border=True):
                st.markdown(f"**{title}**  \n{sentence}")
                for page, label in links.items():
                    page_link(page, f"{label} →")
