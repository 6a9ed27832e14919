"""Double descent: models with more features than samples."""

from core.studies.beyond import double_descent
from pages.figures.beyond import double_descent as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="Is a larger model always worse once it fits everything?",
    story=(
        "The textbook curve of the test error is a U: too few features cannot describe the data, too many describe its "
        "noise. In 2019 Belkin and others looked beyond the point where a model fits its training data exactly. Here "
        "is their simplest model: least squares on random features, with the shortest of all solutions that fit "
        "equally well."
    ),
    study=double_descent,
    first=("most",),
    prediction=Prediction(
        "what does the test error do where features outnumber the samples?",
        [double_descent.LOWER, double_descent.AS_LOW, double_descent.NO_PEAK],
        "103",
    ),
    panels=[
        Panel("What does the test error do as models grow?", figures.errors),
        Panel("How large do the coefficients get?", figures.norms),
    ],
).show()
