"""The heart of the matter: is gradient descent backpropagation?"""

from core.studies import question
from pages.figures import question as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.exhibits import pairs

Page(
    question="Is gradient descent backpropagation?",
    story=(
        "If the two were one thing, you could not change one without changing the other. So here training is taken "
        "apart into its two halves, **where the gradient comes from** and **what is done with it**, and every "
        "source is joined with every use: the same small network, the same first weights, the same data, over five "
        "seeds. Backpropagation is one source among several. Gradient descent is one use among several."
    ),
    study=question,
    first=("activation",),
    machine=pairs,
    change=lambda result, settings: settings.replace(pair=result.settings.pair) == result.settings,
    prediction=Prediction(
        "replace backpropagation by central differences and keep the rule. What changes?",
        ["the path", "the time", "both", "neither"],
        "replaced",
    ),
    panels=[
        Panel(
            "Which pairs learn?",
            figures.losses,
            "Rows: where the gradient comes from. Training loss so far: median over seeds, and their range. Read "
            "down a column: the three exact sources give the same number. A dash: the two do not go together.",
        ),
        Panel(
            "Who fixes the curve, the source or the rule?",
            figures.curves,
            "Median over seeds. Wide: backpropagation. Dashes and rings lie on it: three exact sources, one curve. "
            "SPSA guesses the gradient from two passes, so its curve is another.",
        ),
        Panel(
            "Do they walk the same path?",
            figures.paths,
            "The first seed, in the two parameters that the first gradient pushes hardest. Wide: backpropagation.",
        ),
        Panel(
            "What does each pair cost?",
            figures.costs,
            "Rows: where the gradient comes from. Forward passes of one training, a sweep back counted as two, and "
            "its time on this machine. The column “nothing” is the price of a single gradient.",
        ),
        Panel(
            "What do you get for the same price?",
            figures.price,
            "Line: median over seeds. Band: all of them. The same curve, moved to the right by its price.",
        ),
        Panel(
            "Does each rule go straight down?",
            figures.angles,
            "1: exactly opposite the gradient. 0: across it. Below 0: uphill for the moment.",
        ),
    ],
).show()
