"""Domains: the same network on images, language and fraud, beside simple rivals."""

from core.studies import domains
from pages.figures import domains as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does performance depend on the domain?",
    story=(
        "Image recognition, language, fraud detection: three fields in which networks trained by gradient descent "
        "are at work. Here the same small network learns all three, on a new split of the data for each seed, beside "
        "three rivals: always naming the commonest class, logistic regression, and scikit-learn's network of the same "
        "size. Then a small convolutional net, which sees digits as images, meets one hidden layer with about as many "
        "parameters. Digits and sentences are real; the payments are synthetic."
    ),
    study=domains,
    prediction=Prediction(
        "where does the network lead logistic regression most, by the share of each class it recognizes?",
        ["image", "language", "fraud", "in none"],
        "largest lead",
    ),
    panels=[
        Panel(
            "How fast does it learn to read digits?",
            figures.image,
            "Line: median over splits. Band: all of them. Dotted: what the simple rivals reach. Dashed: scikit-learn's "
            "network, on the first split.",
        ),
        Panel(
            "How fast does it learn whose words these are?",
            figures.language,
            "Sentences of NumPy's, SciPy's, scikit-learn's and pandas' documentation; those about one function "
            "never fall on both sides of the split. Macro F1: each of the four libraries counts equally.",
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
            "Skill, the same measure for all: the share of each class that is recognized, averaged, 0 for guessing and "
            "1 for all. Line: median over splits. Band: all of them.",
        ),
        Panel(
            "How large is the lead?",
            figures.leads,
            "At the end, each domain by its own measure. One mark for each split; scikit-learn's network learns the "
            "first one only. Measures differ, so leads in two rows cannot be compared; the verdict uses skill.",
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
