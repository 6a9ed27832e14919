"""Domains: the same network on images, language and fraud, beside simple rivals."""

from core.studies import domains
from pages.figures import domains as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does performance depend on the domain?",
    story=(
        "Image recognition, language, fraud detection: three fields in which networks trained by gradient descent "
        "are at work. Here the same small network learns all three, on one split each, beside three rivals: always "
        "naming the commonest class, logistic regression, and scikit-learn's network of the same size. Then a small "
        "convolutional net, which sees digits as images, meets one hidden layer with about as many parameters. Digits "
        "and sentences are real; the payments are synthetic."
    ),
    study=domains,
    prediction=Prediction(
        "where does the network lead logistic regression most?",
        ["image", "language", "fraud", "in none"],
        "largest lead",
    ),
    panels=[
        Panel(
            "How fast does it learn to read digits?",
            figures.image,
            "Line: median over seeds. Band: all of them. Dotted: what the simple rivals reach.",
        ),
        Panel(
            "How fast does it learn whose words these are?",
            figures.language,
            "Sentences of NumPy's, SciPy's, scikit-learn's and pandas' documentation; those about one function "
            "never fall on both sides of the split. Macro F1: the four libraries count alike.",
        ),
        Panel(
            "How fast does it learn to find fraud?",
            figures.fraud,
            "Synthetic payments. Average precision: how pure the list of suspects is, from the top down.",
        ),
        Panel(
            "What does accuracy say about fraud?",
            figures.accuracy,
            "One payment in a hundred is fraud: who always says “no” is right 99 times in 100 and finds none.",
        ),
        Panel(
            "Which domain is learnt fastest?",
            figures.speed,
            "Skill: the share of the way from the commonest class, 0, to a perfect score, 1, by each domain's own "
            "measure.",
        ),
        Panel(
            "How large is the lead?",
            figures.leads,
            "At the end, each domain by its own measure. One round mark for each seed.",
        ),
        Panel(
            "Does it help to see a digit as an image?",
            figures.pictures,
            "A convolutional net slides 6 windows of 3 x 3 pixels over the digit and keeps the largest number of every "
            "2 x 2 places. One hidden layer has about as many parameters. Each at its own tuned rate. Line: median "
            "over seeds. Band: all of them, each with its own split.",
        ),
    ],
).show()
