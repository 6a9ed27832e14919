"""Depth against convergence: how deep can a network be and still learn?"""

from core.studies import depth
from pages.figures import depth as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="How deep can a network be and still learn?",
    story=(
        "Backpropagation reaches every layer of a network, however deep. How much of the gradient is left there "
        "depends on the initial weights. Here networks of several depths start from several initializers. Two are well "
        "known: Xavier's, made for tanh, and Kaiming's, made for ReLU."
    ),
    study=depth,
    first=("optimizer",),
    prediction=Prediction(
        "with which initializer does the deepest network learn?", ["kaiming", "xavier"], "initializer"
    ),
    panels=[
        Panel("Does the deepest network still learn?", figures.loss),
        Panel("How much of the error signal gets through?", figures.deltas),
        Panel("How does depth affect the test score?", figures.score),
        Panel("How many updates to the target?", figures.steps_to_target),
        Panel("What happens to the weight gradients?", figures.weight_gradients),
    ],
).show()
