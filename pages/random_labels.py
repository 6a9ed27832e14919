"""Random labels: can a network learn what has no rule?"""

from core.studies.beyond import random_labels
from pages.figures.beyond import random_labels as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Can a network learn labels that mean nothing?",
    story=(
        "A network that classifies well might do so because it is too small to learn anything but the rule. In 2017 "
        "Zhang and others replaced the labels by random ones. Here the same network learns labels of which "
        "none, some or all are random."
    ),
    study=random_labels,
    first=("activation",),
    prediction=Prediction(
        "how many of the random labels does it learn?",
        [random_labels.ALL, random_labels.SOME, random_labels.NONE],
        "104",
    ),
    panels=[
        Panel("Are random labels learned?", figures.training),
        Panel("How well does it do on new samples?", figures.test),
        Panel("How much longer does it take?", figures.fitted),
    ],
).show()
