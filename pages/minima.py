"""Local minima: does training find the best possible weights?"""

from core.studies import minima
from pages.figures import minima as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.exhibits import another_start, starts_so_far

Page(
    question="Does training find the global minimum?",
    story=(
        "Two hidden ReLU units can compute XOR without error, and you can write such weights down by hand. Does "
        "gradient descent find them? Here small networks train again and again on the four rows of XOR, from different "
        "initial weights. Solved means a loss below 0.001. We examine each failure: is it at rest in a minimum, does a "
        "wider or deeper network do better, and does a restart help?"
    ),
    study=minima,
    first=("activation",),
    actions=another_start,
    machine=starts_so_far,
    milestone=lambda result: result and bool(result.tuning),
    prediction=Prediction(
        "how many runs with 2 units solve XOR?", ["under 10 %", "10 to 50 %", "50 to 90 %", "over 90 %"], "solved"
    ),
    panels=[
        Panel("Does every start reach the minimum?", figures.fates),
        Panel("Where do runs end, and are they at rest?", figures.rest),
        Panel("Is the first valley the deepest?", figures.wells),
        Panel("Which networks get stuck?", figures.shares, tells=True),
        Panel("Does it help to restart?", figures.restarts, tells=True),
    ],
).show()
