"""The chain rule with its numbers: what is in a gradient?"""

from core.studies import chain_rule
from pages.figures import chain_rule as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.live.board import machine

Page(
    question="What does backpropagation do, number by number?",
    story=(
        "One example goes through a small network: forward to a loss, backward to one derivative for every weight and "
        "bias, and only then, as a separate act, an update. **Step** takes you through it; before each operation you "
        "may say which number comes next. Meanwhile every derivative is checked against a difference of two losses, "
        "and the price of a gradient is timed."
    ),
    study=chain_rule,
    prediction=Prediction(
        "how many forward passes does backpropagation cost in a network of 17,025 parameters?",
        ["fewer than 5", "5 to 50", "more than 50"],
        "passes",
    ),
    standing=figures.standing,
    grains={},
    machine=lambda result: machine(result.walk.motion(), "chain_rule machine", 390, plays=False, beside=True),
    panels=[
        Panel("Is every derivative right?", figures.check),
        Panel("How small a step tells the truth?", figures.steps),
        Panel("Does it need a network?", figures.surface),
        Panel("What does a gradient cost?", figures.price, tells=True),
    ],
).show()
