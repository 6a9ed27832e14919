"""Optimizer variants: which way down is fastest?"""

from core.studies import optimizers
from pages.figures import optimizers as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Which way down is fastest?",
    story=(
        "Backpropagation hands over one thing: the gradient. What is done with it is the optimizer's choice. Here "
        "several ways of using it train the same network on the same data from the same first weights, each at its "
        "own tuned learning rate, all on the same budget, over five seeds. Who gets lowest, and is the lead real?"
    ),
    study=optimizers,
    first=("dataset", "budget"),
    prediction=Prediction(
        "who ends with the lowest training loss?",
        ["batch", "stochastic", "mini-batch", "one of the other rules"],
        "best kind",
    ),
    panels=[
        Panel("How fast does the training loss fall?", figures.loss, "Line: median over seeds. Band: all of them."),
        Panel("Does the test score follow?", figures.score, "On all held-out samples, at fixed weights."),
        Panel(
            "How was each learning rate chosen?",
            figures.tuning,
            "Large mark: the rate used in the race.",
            version=lambda result: len(result.tuning),
        ),
        Panel("How long to the target?", figures.time_to_target, "One mark for each seed that got there."),
        Panel(
            "What has each of them learnt?",
            figures.maps,
            "The first seed's network; dots are training samples.",
        ),
        Panel(
            "Which path does each rule take?",
            figures.surface,
            "Drag to turn. A surface has no samples, so small batches get noise of size 1/√B instead.",
            version=lambda result: len(result.paths),
        ),
    ],
).show()
