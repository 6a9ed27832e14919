"""Complexity: what a gradient costs in time and memory."""

from core.studies import complexity
from pages.figures import complexity as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Double it: what happens to the cost of a gradient?",
    story=(
        "One pass forward, one pass back: backpropagation promises a gradient for a few times the price of the "
        "function itself, and keeps every activation in memory until the way back needs it. Here the clock runs "
        "on this machine while one thing at a time is doubled and doubled again: samples, features, width, depth, "
        "batch. How fast time grows is fitted, and set beside what theory counts."
    ),
    study=complexity,
    prediction=Prediction(
        "what do twice as many layers do to the time of a gradient?",
        ["clearly less than double", "about double", "clearly more than double"],
        "doubled",
    ),
    panels=[
        Panel(
            "How does the time of a gradient grow?",
            figures.time,
            "One mark for each repetition, line: median. On these axes a straight line is a power law, and twice "
            "as steep is one power more.",
        ),
        Panel(
            "Which power of the size is it?",
            figures.exponents,
            "Full mark: fitted to the three largest sizes, with its 95 % interval over repetitions. Open: the "
            "multiplications counted at the same sizes. Cross: theory, in the limit.",
        ),
        Panel(
            "How does the memory grow?",
            figures.memory,
            "All numbers that forward and backward pass keep, counted array by array, the data set apart. More "
            "samples in batches of the same size need no more.",
        ),
        Panel(
            "How many times the function does its gradient cost?",
            figures.ratio,
            "Time of forward and backward pass over forward alone. Dotted: 5, a bound on operations, not on seconds.",
        ),
        Panel(
            "What does one step cost, method by method?",
            figures.methods,
            "A small network of growing width. Finite differences need two losses for each parameter, Newton a "
            "row of its Hessian for each, and the solution of as many equations.",
        ),
        Panel(
            "Is it the multiplications?",
            figures.multiplications,
            "Every gradient of the five sweeps. Where the marks lie on one line (dotted), time is nothing but "
            "multiplications; above it, the fixed price of each call shows, and the activation function.",
        ),
    ],
).show()
