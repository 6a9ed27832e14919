"""Local minima: does training find the best weights there are?"""

from core.studies import minima
from pages.figures import minima as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does training find the global minimum?",
    story=(
        "Two hidden ReLU units are enough to compute XOR without a fault, and such weights can be written down by "
        "hand. Does gradient descent find them? Here the same small networks are trained again and again on the "
        "four rows of XOR, from different first weights, for the same number of updates and at a learning rate tuned "
        "for each network. Solved means a loss below 0.001. What fails is looked at closely: is it at rest in a "
        "minimum, would a wider or a deeper network have fared better, and does it help to start again?"
    ),
    study=minima,
    first=("activation",),
    prediction=Prediction(
        "how many trainings with 2 units solve XOR?",
        ["under 10 %", "10 to 50 %", "50 to 90 %", "over 90 %"],
        "solved",
    ),
    panels=[
        Panel(
            "Does every start lead to the bottom?",
            figures.fates,
            "XOR with 2 hidden units: one line for each training, all on the same four rows.",
        ),
        Panel(
            "Which networks get stuck?",
            figures.shares,
            "Shares of the XOR trainings, with 95 % intervals (Wilson). Stuck: at rest above the lowest loss, with no "
            "direction that curves down.",
        ),
        Panel(
            "Does it help to start again?",
            figures.restarts,
            "XOR with 2 units. Line: trainings that go on. Marks: the best of one, two and more trainings from new "
            "first weights, with 95 % intervals (Wilson).",
        ),
        Panel(
            "Where do they end, and are they at rest?",
            figures.rest,
            "XOR with 2 units. Above: how many trainings have which loss. Below: the size of the gradient there; "
            "where it is tiny, gradient descent has nowhere to go, at a good loss or at a bad one.",
        ),
        Panel(
            "What have they learnt?",
            figures.maps,
            "XOR with 2 units, some trainings: corners of the same colour belong together. In the end, three that "
            "solve it and three that do not, where there are as many.",
        ),
        Panel(
            "Is the first valley the deepest?",
            figures.wells,
            "Each dot is a start of gradient descent. In a bowl all lead to the lowest point; with two wells, the "
            "side on which one starts decides.",
            version=lambda result: len(result.wells),
        ),
        Panel(
            "Do first weights matter on other data?",
            figures.data,
            "One line for each seed; the samples are the same for all, only the first weights differ.",
        ),
    ],
).show()
