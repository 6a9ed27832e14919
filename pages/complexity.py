"""Complexity: the time and memory cost of a gradient."""

from core.studies import complexity
from pages.figures import complexity as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Double it: what happens to the cost of a gradient?",
    story=(
        "One pass forward, one pass back: backpropagation promises a gradient for a few times the cost of the "
        "function itself, and keeps every activation in memory until the backward pass needs it. Here we measure time "
        "on this machine while we double one quantity again and again: samples, features, width, depth or batch. We "
        "fit how fast time grows and compare it with theory."
    ),
    study=complexity,
    prediction=Prediction(
        "how does doubling the number of layers change the time of a gradient?",
        ["clearly less than double", "about double", "clearly more than double"],
        "doubled",
    ),
    panels=[
        Panel(
            "How does the time of a gradient grow?",
            figures.time,
            "One mark per repetition, line: median. On these logarithmic axes a straight line is a power law, and its "
            "slope is the exponent.",
        ),
        Panel(
            "What is the exponent of growth?",
            figures.exponents,
            "Filled mark: fitted to the three largest sizes, with its 95 % interval over repetitions. Open: from "
            "counted multiplications at the same sizes. Cross: theory, in the limit.",
        ),
        Panel(
            "How does the memory grow?",
            figures.memory,
            "All numbers kept by the forward and backward pass, counted array by array, without the data set. More "
            "samples in batches of the same size need no extra memory.",
        ),
        Panel(
            "How many forward passes does a gradient cost?",
            figures.ratio,
            "Time of forward and backward pass divided by forward alone. Dotted: 5, a bound on operations, not on "
            "seconds.",
        ),
        Panel(
            "What does one step of each method cost?",
            figures.methods,
            "A small network of growing width. Finite differences need two losses per parameter; Newton needs one "
            "Hessian row per parameter and solves as many equations.",
        ),
        Panel(
            "Do multiplications explain the time?",
            figures.multiplications,
            "Every gradient of the five sweeps. Where marks lie on the dotted line, multiplications explain the time; "
            "above it, the fixed cost of each call and the activation function add to it.",
        ),
    ],
).show()
