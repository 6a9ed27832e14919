"""Domains: the same network on images, language and fraud, compared with simple baselines."""

from core.studies import domains
from pages.figures import domains as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does performance depend on the domain?",
    story=(
        "Image recognition, language, fraud detection: here the same small network learns all three, with a new data "
        "split for each seed. Its rivals: always predicting the most frequent class, logistic regression, and "
        "scikit-learn's network of the same size. Then a small convolutional network, which sees digits as images, "
        "races one hidden layer. Digits and sentences are real; the payments are synthetic."
    ),
    study=domains,
    prediction=Prediction(
        "where does the network lead logistic regression most, by the share of each class recognized?",
        ["image", "language", "fraud", "in none"],
        "largest lead",
    ),
    panels=[
        Panel("Which domain does it learn fastest?", figures.speed),
        Panel(
            "What does accuracy tell us about fraud?",
            figures.accuracy,
            applies=lambda result: "fraud" in result.domains,
        ),
        Panel(
            "Does it help to see a digit as an image?",
            figures.pictures,
            applies=lambda result: "image" in result.domains,
        ),
        Panel("How large is the lead?", figures.leads, tells=True),
    ],
).show()
