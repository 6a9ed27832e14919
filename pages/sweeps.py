"""Sweeps: which of these settings, on these data, and how sure is it?"""

from functools import partial

from core.studies import sweeps
from pages.figures import sweeps as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.sweeps.tools import explorer, run, tools

panel = partial(Panel, version=lambda result: len(result.table))  # nothing changes before another run has arrived

Page(
    question="Which settings are best, and how sure is that?",
    story=(
        "Whoever trains a network asks it: which of these, on my data, and am I sure? Here every combination of "
        "update rule, activation, depth and learning rate trains on the same data, **your own table** if you give "
        "one, from the same first weights, over several seeds. The best few are then trained again **on seeds that "
        "did not choose them**, because the luckiest of a hundred always looks good on the seeds it was lucky "
        "with. If two settings cannot be distinguished, we say so."
    ),
    study=sweeps,
    run=run,
    prediction=Prediction(
        "which setting moves the result most?",
        ["learning rate", "optimizer", "activation", "hidden layers", "batch size", "l2"],
        "strongest",
    ),
    panels=[
        panel(
            "What is the best that each pair of settings reaches?",
            figures.heatmap,
            "The mean over seeds of the best network in each cell, whatever the rest; the darker the better. "
            "Click a cell to open its network in the playground.",
        ),
        panel(
            "Who leads, and is the lead real?",
            figures.ladder,
            "The best ten with 95 % intervals over seeds. Filled: cannot be told from the best, seed by seed.",
        ),
        panel(
            "What does each setting do by itself?",
            figures.effects,
            "Mean place of all runs with that value, whatever the rest. Dots: seeds.",
        ),
        panel(
            "Which combinations end well?",
            figures.parallel,
            "Every line is a combination, from its settings on the left to its place on the right.",
        ),
        panel(
            "How did the best get there?",
            figures.curves,
            "Line: median over seeds. Band: all of them.",
        ),
        panel(
            "Who is fast to the target?",
            figures.profile,
            "Performance profile: the share of seeds on which each is at most so many times slower than the "
            "fastest, every one at its own best choice of the rest. Higher and further left is better.",
        ),
    ],
    tools=tools,
    more=explorer,
    milestone=lambda result: result.table.empty,
).show()
