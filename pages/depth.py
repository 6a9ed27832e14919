"""Depth against convergence: how deep can a network be and still learn?"""

from core.studies import depth
from pages.figures import depth as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="How deep can a network be and still learn?",
    story=(
        "Backpropagation reaches every layer of a network, however deep. Whether anything is left of the gradient when "
        "it gets there depends on how the first weights were drawn. Here the same networks of growing depth start from "
        "two recipes, each at its own tuned learning rate: Xavier's, made for tanh, and Kaiming's, made for ReLU."
    ),
    study=depth,
    first=("optimizer",),
    prediction=Prediction(
        "which recipe lets the deepest network learn?",
        ["kaiming", "xavier"],
        "initializer",
    ),
    panels=[
        Panel(
            "Does the deepest network still learn?",
            figures.loss,
            "Line: median over seeds. Band: all of them. The deeper the network, the more solid its line.",
        ),
        Panel(
            "How much of the signal comes through?",
            figures.deltas,
            "The deepest network before its first update: the error signal goes from right to left.",
        ),
        Panel("What does depth do to the test score?", figures.score, "One mark for each seed, line: median."),
        Panel("How many updates to the target?", figures.steps_to_target, "Only seeds that got there."),
        Panel(
            "And the gradients of the weights?",
            figures.weight_gradients,
            "They can stay level while δ vanishes: look at δ to see what depth does.",
        ),
        Panel(
            "How was each learning rate chosen?",
            figures.tuning,
            "Large mark: the rate used in the race.",
            version=lambda result: len(result.tuning),
        ),
    ],
).show()
