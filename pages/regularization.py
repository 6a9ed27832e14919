"""Regularization: what it is worth where samples are few or plenty, with irrelevant features and without."""

from core.studies import regularization
from core.studies.regularization.study import ZERO
from pages.figures import regularization as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Does regularization help a network generalize?",
    story=(
        "A network with more weights than samples can fit the noise of its training set. Penalties on the weights "
        "(L1, L2, or both: the elastic net), silencing units at random (dropout) and stopping early are meant to "
        "prevent that. Is it few samples that they help against, or features that have nothing to do with the answer? "
        "All of them train in four settings: few samples and plenty, each with irrelevant features and without. Their "
        "strengths are tuned for each setting, on other samples."
    ),
    study=regularization,
    first=("dataset",),
    prediction=Prediction(
        "where does L1 or L2 raise the test score?",
        [
            "everywhere",
            "only among irrelevant features",
            "only with few samples",
            "only where both meet",
            "only in some settings",
            "nowhere",
        ],
        "48",
    ),
    panels=[
        Panel(
            "Few samples: who generalizes?",
            figures.few,
            "Among irrelevant features. Below: the gap, test minus training loss, both without the penalty. "
            "Line: median over seeds. Band: all of them.",
        ),
        Panel(
            "Plenty of samples: who generalizes?",
            figures.plenty,
            "No irrelevant features, the same scales. Where the gap is near zero, there is little for a penalty to do.",
        ),
        Panel(
            "Does it help?",
            figures.gains,
            "With minus without, paired by seed. The intervals are widened for as many comparisons (Holm), so that at "
            "most one page in twenty shows help or harm by chance. No mark: the best strength was 0. Early stopping "
            "gives up 20 % of its training samples to validation, and is judged at the weights it restores.",
        ),
        Panel(
            "How many useless features can it bear?",
            figures.sweep,
            "Linear models on few samples, three features that matter, the rest noise (Ng 2004). "
            "Strengths tuned at each number.",
        ),
        Panel(
            "What have they learnt from few samples?",
            figures.maps,
            "Among irrelevant features, first seed, on the plane of the first two features with all others at their "
            "mean (a bundled table: of two principal components). With “three of many” the truth is a straight line.",
        ),
        Panel(
            "How large are the weights?",
            figures.weights,
            f"Each row is a histogram of all weights of all seeds. Zero: at most {ZERO:g}, "
            "since steps of finite size leave L1 hovering around 0. The darker, the more: yellow is under 0.1 % of "
            "them, dark blue is all.",
        ),
    ],
).show()
