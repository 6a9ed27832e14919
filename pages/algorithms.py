"""Other optimization algorithms: gradient descent against methods that use curvature, populations or chance."""

from core.studies import algorithms
from pages.figures import algorithms as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Is gradient descent the only way down?",
    story=(
        "Backpropagation makes gradients; gradient descent is one way to use them, and some methods need none at all. "
        "Here they all get the same budget of evaluations. First they search for the lowest point of a surface with "
        "several valleys, from many random starts; what counts is where a search ends. Then they train a small "
        "network. Each algorithm with a number to choose (a learning rate, a temperature, a step size, a swarm size) "
        "has it tuned on surfaces other than the one shown; learning rates for the network are tuned on other data of "
        "the same kind."
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
            "Click the map to start from there: the paths change at once, and the count below stays as it is. White "
            "cross: start. Stars: lowest points. Marks: where the counted searches ended. Dark is low (logarithm of "
            "the height). A population is shown by its best member.",
            version=lambda result: (result.progress, result.start.tolist(), len(result.watched)),
        ),
        Panel(
            "Which method finds the lowest point, and at what cost?",
            figures.success,
            "Left: share of starts whose search ends there, with its 95 % interval (Wilson). Right: one mark per "
            "success, at the evaluation from which the search stayed there. A value or a gradient costs 1, a Hessian "
            "2.",
        ),
        Panel(
            "How fast does the value fall?",
            figures.height,
            "Best so far. Line: median over starts. Band: the middle half.",
        ),
        Panel(
            "How well do they train a network?",
            figures.training,
            "Best so far, drawn down to 10⁻⁴. Line: median over seeds. Band: all seeds. A gradient costs as much as 3 "
            "forward passes, a Hessian 3 per weight.",
        ),
        Panel(
            "Is the gradient the steepest way down?",
            figures.directions,
            "Loss of the network after one tiny step, all seeds. No random direction of the same length beats −g; "
            "if length means the largest component, the sign of g does.",
            version=lambda result: len(result.directions),
        ),
        Panel(
            "Does gradient descent need a network?",
            figures.least_squares,
            "A linear model of the diabetes data, whose best weights are known exactly. Distance relative to the "
            "start; line: median over seeds, band: all seeds.",
        ),
    ],
).show()
