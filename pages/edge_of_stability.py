"""Edge of stability: what gradient descent does to the curvature of the loss."""

from core.studies.beyond import edge_of_stability
from pages.figures.beyond import edge_of_stability as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does gradient descent stay where its steps are safe?",
    story=(
        "On a parabola of curvature L steps grow once the learning rate is above 2/L, so a textbook asks for a rate "
        "below that. In 2021 Cohen and others looked at networks in full-batch training. Here small ones train at "
        "rates of your choice, while the largest curvature of the loss, its sharpness, is measured."
    ),
    study=edge_of_stability,
    first=("activation",),
    prediction=Prediction(
        "where does the sharpness settle?",
        [edge_of_stability.AT, edge_of_stability.BELOW, edge_of_stability.ABOVE],
        "101",
    ),
    panels=[
        Panel("Where does the sharpness go?", figures.sharpness),
        Panel("Does the loss fall at every step?", figures.loss),
        Panel("How many steps raise the loss?", figures.uphill),
    ],
).show()
