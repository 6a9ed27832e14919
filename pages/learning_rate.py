"""Learning rate: how large a step."""

from core.studies import learning_rate
from pages.figures import learning_rate as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="How large should a step be?",
    story=(
        "The gradient says which way is down, and nothing about how far to go. That is the learning rate's part: "
        "too small and the network crawls, too large and every step overshoots. Here the same network trains at "
        "rates a million times apart, a bowl shows exactly where the edge lies, and schedules that lower the rate "
        "on the way are set against a rate that stays."
    ),
    study=learning_rate,
    first=("optimizer",),
    prediction=Prediction(
        "how far apart are the smallest and the largest rate that work?",
        ["a factor of 3 or less", "up to a factor of 300", "more than that"],
        "range",
    ),
    panels=[
        Panel(
            "Which rates work?",
            figures.sweep,
            "Each rate trains its own networks, for the same number of updates. Line: median over seeds. Band: all "
            "of them.",
        ),
        Panel(
            "How fast, and how often does it fail?",
            figures.speed,
            "Above: one mark for each seed that got to the target. Failed: the loss ended above where it began.",
        ),
        Panel(
            "Where is the edge?",
            figures.bowl,
            "A bowl with largest curvature L. Above: plain gradient descent just under and just over 2/L. Below: "
            "each method at its best; dotted: the slope that theory promises (Nesterov's is only a bound).",
        ),
        Panel(
            "Can one run find the rate?",
            figures.rising,
            "The range test (Smith 2017): the rate grows with every update of one run. The star is the rate of lowest "
            "loss; how far below it one should go is a rule of thumb, so several rates are marked. Compare with the "
            "sweep.",
        ),
        Panel(
            "What does lowering the rate on the way buy?",
            figures.schedules,
            "All from the same, large base rate. Below: what the schedule makes of it.",
        ),
        Panel(
            "What frees a network that is stuck?",
            figures.stuck,
            "Trainings of XOR with 2 hidden units from different first weights, each at its own tuned rate. Below the "
            "dotted line all four corners are learnt.",
        ),
        Panel(
            "Why must the first weights be random?",
            figures.symmetry,
            "From equal weights all hidden units stay copies of one: the rank of the first layer never leaves 1. "
            "Where a small nudge to every weight brings the loss down too, only the symmetry held it.",
        ),
    ],
).show()
