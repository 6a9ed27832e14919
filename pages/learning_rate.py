"""Learning rate: how large a step."""

from core.studies import learning_rate
from pages.figures import learning_rate as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.exhibits import ball

Page(
    question="How large should a step be?",
    story=(
        "The gradient says which way is down, but not how far to go. The learning rate decides that: too small and the "
        "network barely moves, too large and every step overshoots. Here the same network trains at rates that lie "
        "powers of ten apart, a quadratic bowl shows where the limit lies, and schedules lower the rate on the way."
    ),
    study=learning_rate,
    first=("optimizer",),
    machine=ball,
    prediction=Prediction(
        "how far apart are the smallest and the largest working rate?",
        ["a factor of 3 or less", "up to a factor of 300", "more than that"],
        "range",
    ),
    panels=[
        Panel("Which rates work?", figures.sweep),
        Panel("How fast, and how often does it fail?", figures.speed),
        Panel("Where is the stability limit?", figures.bowl),
        Panel("Can one run find the rate?", figures.rising),
        Panel("Does it help to lower the rate during training?", figures.schedules),
    ],
).show()
