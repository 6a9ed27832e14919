"""The heart of the matter: is gradient descent backpropagation?"""

from core.studies import question
from pages.figures import question as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.exhibits import pairs

Page(
    question="Is gradient descent backpropagation?",
    story=(
        "If the two were one thing, you could not change one without changing the other. So here training is taken "
        "apart into its two halves, **where the gradient comes from** and **what is done with it**, and every source "
        "is joined with every use: same network, same first weights, same data, over several seeds."
    ),
    study=question,
    first=("activation",),
    machine=pairs,
    change=lambda result, settings: settings.replace(pair=result.settings.pair) == result.settings,
    prediction=Prediction(
        "replace backpropagation by central differences and keep the rule. What changes?",
        ["the path", "the time", "both", "neither"],
        "replaced",
    ),
    panels=[
        Panel("Which pairs learn, and at what cost?", figures.pairs),
        Panel("Who fixes the curve, the source or the rule?", figures.curves),
        Panel("Do they walk the same path?", figures.paths),
        Panel("What do you get for the same price?", figures.price),
    ],
).show()
