"""Random restarts: many short trainings instead of one that is stuck."""

from core.studies.beyond import restarts
from pages.figures.beyond import restarts as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Do random restarts get training unstuck?",
    story=(
        "XOR can be solved with two hidden units, but most trainings with so few get stuck. The article's remedy is "
        "randomness in the initial weights. So train again from new ones, and keep the best: if restarts are "
        "independent draws, the chance that all of them fail shrinks with each."
    ),
    study=restarts,
    first=("activation",),
    prediction=Prediction(
        "where does the best of 8 restarts solve XOR?", [restarts.IN_MOST, restarts.IN_SOME, restarts.NO_MORE], "102"
    ),
    panels=[
        Panel("What happens to a single training?", figures.losses),
        Panel("How often does the best restart solve XOR?", figures.best, tells=True),
    ],
).show()
