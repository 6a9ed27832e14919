"""Optimizer variants: which way down is fastest?"""

from core.studies import optimizers
from pages.figures import optimizers as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Which optimizer reduces the loss fastest?",
    story=(
        "Backpropagation provides the gradient; the optimizer decides how to use it. Here several optimizers train the "
        "same network from the same initial weights, each at a learning rate tuned for it or all at the same one, with "
        "the same budget, over several seeds. Which one reaches the lowest loss, and is its lead real?"
    ),
    study=optimizers,
    first=("dataset", "budget"),
    prediction=Prediction(
        "which one ends with the lowest training loss?",
        ["batch", "stochastic", "mini-batch", "one of the other rules"],
        "best kind",
    ),
    panels=[
        Panel("Which path does each rule take?", figures.surface),
        Panel("How fast does the training loss fall?", figures.loss),
        Panel("Does the test score improve too?", figures.score),
        Panel("What has each of them learned?", figures.maps),
    ],
).show()
