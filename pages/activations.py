"""Activation functions: their cost, the gradients they pass on, and the units that stop learning."""

from core.nn.probes import SATURATED_SAMPLES, SATURATED_SLOPE
from core.studies import activations
from pages.figures import activations as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does the activation keep the gradient alive?",
    story=(
        "On its way back through a network the error signal δ = dL/dz is multiplied at every layer by the weights and "
        "by the slope f′(z) of the activation. Thirty slopes of at most ¼ make it vanish; whether slopes of 1 save it "
        "depends on the weights. Here an error goes back through deep untrained networks. Then smaller ones train, to "
        "see which units go idle and whether the score suffers."
    ),
    study=activations,
    first=("initializer",),
    prediction=Prediction(
        "with this initializer, which activation best preserves the error signal?",
        ["sigmoid", "tanh", "ReLU", "another", "none"],
        "error signal",
    ),
    panels=[
        Panel("How does the error shrink on its way to the input?", figures.deltas),
        Panel("Does this affect the score?", figures.score),
        Panel("What does each activation pass on?", figures.shapes),
        Panel("Is it the activation, or the initializer?", figures.initializers),
        Panel(
            "Which units have gone idle?",
            figures.idle,
            f"Dead: f′ is 0 on every sample tested. Saturated: |f′| at most {SATURATED_SLOPE:.0%} of its maximum on "
            f"at least {SATURATED_SAMPLES:.0%} of them; dead units are included.",
        ),
        Panel("What does it cost?", figures.cost),
    ],
).show()
