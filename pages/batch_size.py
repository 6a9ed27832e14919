"""Batch size: how many samples to use per update."""

from core.studies import batch_size
from pages.figures import batch_size as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="How many samples should each update use?",
    story=(
        "A gradient can be taken over one sample, over all of them, or over any number in between. A larger batch "
        "gives a less noisy direction but costs more work. Here the same network runs to the same target with batches "
        "from 1 to the full set, each at its own tuned learning rate, and we count the cost: updates, passes over the "
        "data, and time."
    ),
    study=batch_size,
    first=("dataset",),
    moment=figures.noise,
    prediction=Prediction(
        "which batch size gets to the target in the least computing time?",
        ["one sample", "2 to 16", "more than 16", "all samples"],
        "fastest",
    ),
    panels=[
        Panel(
            "How many updates to the target?",
            figures.updates,
            "One mark per seed, line: median. Dotted: perfect scaling, half the updates for twice the batch. Before "
            "the race: the best of the rates tried.",
        ),
        Panel(
            "How does the loss fall, pass by pass?",
            figures.loss,
            "Median over seeds. The darker the line, the smaller the batch (yellow: the full set).",
        ),
        Panel(
            "How many passes, and how much time?",
            figures.price,
            "Passes over the data, and computing time of a single run on this machine.",
        ),
        Panel(
            "What does one update cost?",
            figures.cost,
            "Marks: ten measurements. Line: the fastest of the last five, used to test times. A large batch costs "
            "more per update and less per sample, because its samples are processed together.",
        ),
        Panel(
            "Which learning rate suits which batch?",
            figures.rates,
            "The rate with the fewest updates to the target, on seeds not used in the race. Dotted: proportional to "
            "the batch size, and to its square root. The grid of rates is coarse: each is twice the previous one. A "
            "square marks a rate at the edge of the grid.",
            version=lambda result: len(result.tuning),
        ),
        Panel(
            "Can workers share one gradient?",
            figures.shards,
            "The samples are divided among workers; we compare the mean of their gradients, weighted by their shares, "
            "with the gradient over all samples. Dotted: floating-point precision.",
        ),
    ],
).show()
