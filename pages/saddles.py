"""Saddle plateaus: where a network waits before it learns."""

from core.studies.beyond import saddles
from pages.figures.beyond import saddles as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Is training stuck in a minimum, or waiting on a saddle?",
    story=(
        "A loss that no longer falls looks like a minimum. In 2014 Saxe and others solved the training of deep linear "
        "networks by hand: from small initial weights it waits, then falls at once. Dauphin and others argued that "
        "such places are saddles, with ways down that are hard to see. Here linear networks train from initial weights "
        "of several scales, and the Hessian is computed on the way."
    ),
    study=saddles,
    first=("initializer",),
    prediction=Prediction(
        "with initial weights ten times smaller, how long does a network with three layers of weights wait?",
        list(saddles.WAITS.values()),
        "106",
    ),
    panels=[
        Panel("How long does nothing seem to happen?", figures.loss),
        Panel("Is there a way down where training waits?", figures.lowest),
        Panel("Has a higher loss more ways down?", figures.index),
        Panel("How does the wait grow?", figures.wait, tells=True),
    ],
).show()
