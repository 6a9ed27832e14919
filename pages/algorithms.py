"""Other optimization algorithms: gradient descent against methods that use curvature, populations or chance."""

from core.studies import algorithms
from pages.figures import algorithms as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Is gradient descent the only way down?",
    story=(
        "Backpropagation makes gradients; gradient descent is one way to use them, and some methods need none at all. "
        "Here all get the same budget. First they search for the lowest point of a surface with several valleys, from "
        "many random starts; then they train a small network. Whatever number a method has to choose (a rate, a "
        "temperature, a swarm size) is tuned on other surfaces, or on other data of the same kind."
    ),
    study=algorithms,
    first=("landscape",),
    prediction=Prediction(
        "which method finds the lowest point from the most starts?",
        ["gradient descent or momentum", "one with curvature or a simplex", "one that draws at random"],
        "most starts",
    ),
    change=algorithms.change,
    clicked=algorithms.clicked,
    panels=[
        Panel(
            "Which paths do they take?",
            figures.paths,
            version=lambda result: (result.progress, result.start.tolist(), len(result.watched)),
        ),
        Panel("How well do they train a network?", figures.training),
        Panel("Which method finds the lowest point, and at what cost?", figures.success, tells=True),
    ],
).show()
