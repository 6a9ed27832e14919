"""Regularization: how much it helps with few or many samples, with and without irrelevant features."""

from core.studies import regularization
from core.studies.regularization import ZERO
from pages.figures import regularization as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does regularization help a network generalize?",
    story=(
        "A network with more weights than samples can fit the noise of its training set. Penalties on the weights (L1, "
        "L2, or both: the elastic net), silencing units at random (dropout) and stopping early are meant to prevent "
        "that. All train in four settings: few samples or many, with irrelevant features or without. Strengths are "
        "tuned separately for each setting, on other samples."
    ),
    study=regularization,
    first=("dataset",),
    prediction=Prediction(
        "where does L1 or L2 raise the test score?",
        [
            "everywhere",
            "only among irrelevant features",
            "only with few samples",
            "only where both meet",
            "only in some settings",
            "nowhere",
        ],
        "48",
    ),
    panels=[
        Panel("Few samples, many irrelevant features: which method generalizes?", figures.few),
        Panel("Many samples, no irrelevant features: which method generalizes?", figures.plenty),
        Panel("How many irrelevant features can it tolerate?", figures.sweep),
        Panel("What have they learned from few samples?", figures.maps),
        Panel(
            "How large are the weights?",
            figures.weights,
            f"Each row is a histogram of all weights of all seeds. Zero: at most {ZERO:g}, since finite steps leave "
            "L1 weights hovering around 0. Darker means more weights: yellow is under 0.1 % of them, dark blue is all.",
        ),
        Panel("Does it help?", figures.gains, tells=True),
    ],
).show()
