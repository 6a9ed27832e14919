"""Local minima: does training find the best weights there are?"""

from core.studies import minima
from pages.figures import minima as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does training find the global minimum?",
    story=(
        "Two hidden ReLU units are enough to compute XOR without a fault, and such weights can be written down by "
        "hand. Does gradient descent find them? Here the same small networks are trained again and again on the "
        "four rows of XOR, from different first weights and for the same number of updates. What fails is looked "
        "at closely: is it at rest, and would a wider or a deeper network have fared better?"
    ),
    study=minima,
    first=("activation",),
    prediction=Prediction(
        "how many trainings with 2 units end with all four rows right?",
        ["under 10 %", "10 to 40 %", "40 to 70 %", "over 70 %"],
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
            "Share of the XOR trainings with all four rows right, with its 95 % interval (Wilson).",
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
            "succeeded and three that did not, where there are as many.",
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
