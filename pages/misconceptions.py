"""Five misconceptions about backpropagation, each with a prediction, an experiment and a verdict."""

from typing import Any

from core.studies import misconceptions
from core.studies.misconceptions import SECTIONS, at_work
from pages.figures import misconceptions as figures
from pages.ui.frame import Page, Panel, Prediction, Section
from pages.ui.live.board import machine


def _section(key: str, title: str, *panels: Panel, **more: Any) -> Section:
    """A section whose heading is the question it asks."""
    section = SECTIONS[key]
    prediction = Prediction(section.question, section.options, str(section.claim))
    return Section(key, title, prediction, panels, section.claims, **more)


Page(
    question="Which of these five beliefs are true?",
    story=(
        "The article lists five misconceptions about backpropagation and corrects them. Say what you expect of each, "
        "then see what a short experiment finds. Other pages have the full experiments."
    ),
    study=misconceptions,
    sections=[
        _section(
            "one_thing",
            "1. “It is the same thing as gradient descent”",
            Panel("What decides the path: the source of the gradient, or the rule that uses it?", figures.paths),
        ),
        _section(
            "shallow_only",
            "2. “It works in shallow networks only”",
            Panel("Does the deepest network still learn?", figures.deep),
            Panel("How much of the error signal reaches the first layer?", figures.deep_deltas),
        ),
        _section(
            "best_weights",
            "3. “It always reaches the global minimum”",
            Panel("Does every start reach the minimum?", figures.fates),
            Panel("Which networks get stuck?", figures.shares),
        ),
        _section(
            "smooth_only",
            "4. “It needs differentiable activations”",
            Panel("Which networks learn: with a kink, with a step?", figures.kinks),
            Panel("Are smooth activations free of problems?", figures.slopes),
        ),
        _section(
            "weights_only",
            "5. “It updates the weights only”",
            Panel("What moves the weights and the biases?", figures.movers),
            Panel("Can a network do without biases?", figures.without),
            machine=lambda: machine(at_work(), "misconceptions machine", 250, beside=True),
        ),
    ],
).show()
