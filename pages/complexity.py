"""Complexity: the time and memory cost of a gradient."""

from core.studies import complexity
from pages.figures import complexity as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Double it: what happens to the cost of a gradient?",
    story=(
        "One pass forward, one pass back: backpropagation promises a gradient for a few times the cost of the function "
        "itself, and keeps every activation in memory until then. Here we measure time on this machine while we double "
        "the samples, features, width, depth or batch again and again, fit how fast it grows, and compare that with "
        "theory."
    ),
    study=complexity,
    prediction=Prediction(
        "how does doubling the number of layers change the time of a gradient?",
        ["clearly less than double", "about double", "clearly more than double"],
        "doubled",
    ),
    panels=[
        Panel("How does the time of a gradient grow?", figures.time),
        Panel("How does the memory grow?", figures.memory),
        Panel("What does one step of each method cost?", figures.methods),
        Panel("What is the exponent of growth?", figures.exponents, tells=True),
    ],
).show()
