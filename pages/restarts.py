"""Random restarts: many short trainings instead of one that is stuck."""

from core.studies.beyond import restarts
from pages.figures import restarts as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Do random restarts get training unstuck?",
    story=(
        "XOR can be solved with two hidden units, but most trainings with so few get stuck. The article's remedy is "
        "randomness in the initial weights. So train again from new initial weights, and keep the best: if restarts "
        "are independent draws, the chance that all of them fail shrinks with each."
    ),
    study=restarts,
    first=("activation",),
    prediction=Prediction(
        "where does the best of 8 restarts solve XOR?", [restarts.IN_MOST, restarts.IN_SOME, restarts.NO_MORE], "102"
    ),
    panels=[
        Panel(
            "How often does the best restart solve XOR?",
            figures.best,
            "Bars: 95 % intervals. Dotted: 1 - (1 - p)^k, for the share p of single trainings that solve it.",
        ),
        Panel("What happens to a single training?", figures.losses, "One line for each of the single trainings."),
        Panel("At which losses do trainings end?", figures.ends, "All trainings; solved ones are at 0."),
        Panel("What do restarts cost?", figures.price, "Each restart costs as many updates as the one before."),
    ],
).show()
