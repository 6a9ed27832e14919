"""Sweeps: which settings are best on this data, and how certain is that?"""

from functools import partial

from core.studies import sweeps
from pages.figures import sweeps as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.sweeps.tools import explorer, run, tools

panel = partial(Panel, version=lambda result: len(result.table))  # nothing changes until another run arrives

Page(
    question="Which settings are best, and how certain is that?",
    story=(
        "Which settings suit my data, and can I be sure? Here every combination of update rule, activation, depth and "
        "learning rate trains on the same data, **your own table** if you upload one, over several seeds. The best few "
        "then train again **on new seeds**, because the luckiest of a hundred always looks good on the seeds it was "
        "chosen by. If two settings cannot be distinguished, we say so."
    ),
    study=sweeps,
    run=run,
    prediction=Prediction(
        "which setting affects the result most?",
        ["learning rate", "optimizer", "activation", "hidden layers", "batch size", "l2"],
        "strongest",
    ),
    panels=[
        panel("What is the best result for each pair of settings?", figures.heatmap),
        panel("Which settings lead, and is the lead real?", figures.ladder),
        panel("Which combinations give good results?", figures.parallel),
        panel("Which reach the target quickly?", figures.profile),
        panel("What is the effect of each setting alone?", figures.effects, tells=True),
    ],
    tools=tools,
    more=explorer,
    milestone=lambda result: result.table.empty,
).show()
