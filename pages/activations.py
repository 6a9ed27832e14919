"""Activation functions: what they cost, what they let through, what they end up as."""

from core.nn.probes import SATURATED_SAMPLES, SATURATED_SLOPE
from core.studies import activations
from pages.figures import activations as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does the activation keep the gradient alive?",
    story=(
        "On its way back through a network the error signal δ = dL/dz is multiplied at every layer by the weights "
        "and by the slope f′(z) of the activation. Thirty slopes of at most ¼ make it vanish; whether slopes of 1 "
        "save it depends on the weights. Here an error is sent back through deep untrained networks, and then "
        "smaller ones are trained, each activation at its own tuned learning rate, to see which units go idle and "
        "whether any of this shows in the score."
    ),
    study=activations,
    first=("initializer",),
    prediction=Prediction(
        "with the initializer of the sidebar, which activation best preserves the error signal?",
        ["sigmoid", "tanh", "ReLU", "another", "none"],
        "error signal",
    ),
    panels=[
        Panel(
            "How does the error shrink on its way to the input?",
            figures.deltas,
            "Untrained networks, read from right to left. Line: median over seeds. Band: all of them. "
            "Not dL/dW, which can stay level while δ vanishes.",
        ),
        Panel(
            "Does it show in the score?",
            figures.score,
            "On held-out samples. The rates are tuned for lowest training loss, on seeds of their own.",
        ),
        Panel(
            "What does each activation let through?",
            figures.shapes,
            "Above: what goes forward. Below: the factor by which it multiplies the error going back.",
        ),
        Panel(
            "Is it the activation, or the initializer?",
            figures.initializers,
            "First over last δ through the same depth: blue vanishes, orange explodes, pale is kept.",
        ),
        Panel(
            "Which units have gone idle?",
            figures.idle,
            f"Dead: f′ is 0 on every sample looked at. Saturated: |f′| at most {SATURATED_SLOPE:.0%} of its "
            f"maximum on at least {SATURATED_SAMPLES:.0%} of them; the dead are among these.",
        ),
        Panel(
            "What does it cost?",
            figures.cost,
            "Time for one number on this machine, f′ with f already known. Dotted: a plain copy of the number. "
            "Times vary from run to run; all else here repeats exactly.",
        ),
    ],
).show()
