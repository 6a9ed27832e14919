"""Regularization: what it is worth where samples are few, and where they are plenty."""

from core.studies import regularization
from core.studies.regularization.study import ZERO
from pages.figures import regularization as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does regularization help a network generalize?",
    story=(
        "A network with more weights than samples can learn its training set by heart, noise and all. Penalties on "
        "the weights (L1, L2, or both: the elastic net), silencing units at random (dropout) and stopping early "
        "are meant to prevent that. All of them train twice here: on few samples among irrelevant features, and "
        "on plenty of samples without any. Their strengths are tuned on data of their own, for each of the two."
    ),
    study=regularization,
    first=("dataset",),
    prediction=Prediction(
        "where does L1 or L2 raise the test score?",
        ["in both", "only with few samples", "only with plenty", "in neither"],
        "48",
    ),
    panels=[
        Panel(
            "Few samples: who generalizes?",
            figures.few,
            "Many irrelevant features. Below: the gap, test minus training loss, both without the penalty. "
            "Line: median over seeds. Band: all of them.",
        ),
        Panel(
            "Plenty of samples: who generalizes?",
            figures.plenty,
            "No irrelevant features, the same scales. Where the gap is near zero, nothing needs holding back.",
        ),
        Panel(
            "Does it help?",
            figures.gains,
            "With minus without, paired by seed, 95 % interval. Where it touches the dotted line, no "
            "difference was detected. Early stopping gives up 20 % of its training samples to validation, "
            "and is judged at the weights it restores.",
        ),
        Panel(
            "How many useless features can it bear?",
            figures.sweep,
            "Linear models on few samples, three features that matter, the rest noise (Ng 2004). "
            "Strengths tuned at each number.",
        ),
        Panel(
            "Few: what have they learnt?",
            figures.few_maps,
            "First seed, on the plane of the first two features with all others at their mean (a bundled "
            "table: of two principal components). With data “three that matter” the truth is a straight line.",
        ),
        Panel(
            "Plenty: what have they learnt?",
            figures.plenty_maps,
            "The same plane. Dots are training samples, seen from the front: what divides them may lie in "
            "another direction.",
        ),
        Panel(
            "How large are the weights?",
            figures.weights,
            f"Each row is a histogram of all weights of all seeds. Zero: at most {ZERO:g}, "
            "since steps of finite size leave L1 hovering around 0. Dark: under 0.1 % of them; yellow: all.",
        ),
        Panel(
            "How far apart are training and test?",
            figures.gap,
            "At the end, mean over seeds. Open mark: training loss. Full mark: test loss. The line is the gap.",
        ),
    ],
).show()
