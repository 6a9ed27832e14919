"""Batch size: how many samples to use per update."""

from core.studies import batch_size
from pages.figures import batch_size as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="How many samples should each update use?",
    story=(
        "A gradient can be taken over one sample, over all of them, or over any number in between. A larger batch "
        "gives a less noisy direction but costs more work. Here the same network runs to the same target with batches "
        "of each size, each at its own tuned learning rate, and we count updates, passes over the data, and time."
    ),
    study=batch_size,
    first=("dataset",),
    prediction=Prediction(
        "which batch size gets to the target in the least computing time?",
        ["one sample", "2 to 16", "more than 16", "all samples"],
        "fastest",
    ),
    beside=figures.noise,
    panels=[
        Panel("How many updates to the target?", figures.updates),
        Panel("What does one update cost?", figures.cost),
        Panel("Which learning rate suits which batch?", figures.rates),
        Panel("How many passes, and how much time?", figures.price, tells=True),
    ],
).show()
