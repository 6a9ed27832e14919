"""Critical batch size: can the noise of the gradient tell it beforehand?"""

from core.studies.beyond import critical_batch
from pages.figures.beyond import critical_batch as figures
from pages.ui.frame import Page, Panel, Prediction

Page(
    question="When does a larger batch stop paying off?",
    story=(
        "A batch averages away the differences between its samples' gradients. Where these are large, twice the "
        "samples halve the updates; where they are small, more samples only add work. In 2018 McCandlish and others "
        "measured this noise and predicted the bend. Here it is tried on one small network, and so is an older rule: "
        "with a small batch, the learning rate may grow in proportion."
    ),
    study=critical_batch,
    first=("activation",),
    prediction=Prediction(
        "how large is the batch beyond which more samples save few updates?",
        [critical_batch.SAME, critical_batch.SMALLER, critical_batch.LARGER],
        "105",
    ),
    panels=[
        Panel("How many updates does each batch size take?", figures.updates),
        Panel("Can the rate grow with the batch?", figures.scaled),
        Panel("How noisy is the gradient?", figures.noise, tells=True),
    ],
).show()
