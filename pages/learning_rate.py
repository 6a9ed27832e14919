"""Learning rate: how large a step."""

from core.studies import learning_rate
from pages.figures import learning_rate as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.exhibits import ball

Page(
    question="How large should a step be?",
    story=(
        "The gradient says which way is down, but not how far to go. The learning rate decides that: too small and "
        "the network barely moves, too large and every step overshoots. Here the same network trains at rates up to a "
        "million times apart, a quadratic bowl shows exactly where the limit lies, and schedules that lower the rate "
        "during training are compared with a constant rate."
    ),
    study=learning_rate,
    first=("optimizer",),
    machine=ball,
    prediction=Prediction(
        "how far apart are the smallest and the largest working rate?",
        ["a factor of 3 or less", "up to a factor of 300", "more than that"],
        "range",
    ),
    panels=[
        Panel(
            "Which rates work?",
            figures.sweep,
            "Each rate trains its own networks for the same number of updates. Line: median over seeds. Band: all "
            "seeds. Dashed, for gradient descent: twice the reciprocal of the loss's largest curvature at the first "
            "weights, the edge of stability on a bowl.",
        ),
        Panel(
            "How fast, and how often does it fail?",
            figures.speed,
            "Above: one mark per seed that reached the target. Failed: the final loss is above the initial loss.",
        ),
        Panel(
            "Where is the stability limit?",
            figures.bowl,
            "A quadratic bowl with largest curvature L. Above: plain gradient descent just under and just over 2/L. "
            "Below: each method at its best settings; dotted: the rate that theory predicts (for Nesterov only a "
            "bound).",
        ),
        Panel(
            "Can one run find the rate?",
            figures.rising,
            "The range test (Smith 2017): the rate grows with every update of one run. The star marks the rate of "
            "lowest loss. How far below it to go is a rule of thumb, so several rates are marked. Compare with the "
            "sweep.",
        ),
        Panel(
            "Does it help to lower the rate during training?",
            figures.schedules,
            "All start from the same large base rate. Below: the rate under each schedule.",
        ),
        Panel(
            "What frees a network that is stuck?",
            figures.stuck,
            "Runs on XOR with 2 hidden units from different initial weights, each method at its own tuned rate. Below "
            "the dotted line all four corners are learned.",
        ),
        Panel(
            "Why must the initial weights be random?",
            figures.symmetry,
            "From equal weights all hidden units stay identical: the rank of the first layer stays 1. If a small "
            "random change to every weight also brings the loss down, only the symmetry was in the way.",
        ),
    ],
).show()
