"""Batch size: how many samples should make a step."""

from core.studies import batch_size
from pages.figures import batch_size as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="How many samples should make a step?",
    story=(
        "A gradient can be taken over one sample, over all of them, or over anything in between. A larger batch "
        "gives a surer direction and costs more work. Here the same network runs to the same target with batches "
        "from 1 to the full set, each at a learning rate of its own, and we count what it took: updates, passes "
        "over the data, and time."
    ),
    study=batch_size,
    first=("dataset",),
    prediction=Prediction(
        "which batch size gets to the target in the least computing time?",
        ["one sample", "2 to 16", "more than 16", "all samples"],
        "fastest",
    ),
    panels=[
        Panel(
            "How many updates to the target?",
            figures.updates,
            "One mark for each seed, line: median. Dotted: what perfect scaling would give, half the updates for "
            "twice the batch. Before the race: the best of the rates tried.",
        ),
        Panel(
            "How does the loss fall, pass by pass?",
            figures.loss,
            "Median over seeds. The darker the line, the smaller the batch (yellow: the full set).",
        ),
        Panel(
            "And how many passes, how much time?",
            figures.price,
            "Passes over the data, and computing time of one run alone on this machine.",
        ),
        Panel(
            "What does one update cost?",
            figures.cost,
            "Marks: ten measurements. Line: the fastest of the last five, with which times are tested. A large batch "
            "costs more per update and less per sample, because its samples are worked on together.",
        ),
        Panel(
            "Which learning rate suits which batch?",
            figures.rates,
            "Fewest updates to the target on seeds that are not raced. Dotted: growing in proportion to the batch, "
            "and to its square root. The grid of rates is coarse: each is twice the one before. "
            "A square marks a rate at the edge of the grid.",
            version=lambda result: len(result.tuning),
        ),
        Panel(
            "Can workers share one gradient?",
            figures.shards,
            "The samples are divided among workers; the mean of their gradients, weighted by their shares, against "
            "the gradient of all samples. Dotted: the precision of the numbers themselves.",
        ),
    ],
).show()
