"""The trial: every experiment of the app, and what they say together about the article's claims."""

from core.studies import trial
from core.studies.claims import CLAIMS
from pages.figures import trial as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.docket import docket

Page(
    question="Is gradient descent backpropagation?",
    story=(
        f"A web article of that name makes {len(CLAIMS)} claims about how neural networks learn. Descent Lab puts each "
        "of them on trial: it trains real networks, here and now, and computes each verdict from what it has just "
        "measured, by a rule that was fixed beforehand. **In one sentence: backpropagation finds out in which "
        "direction the loss falls, and gradient descent takes the step.** The first experiment starts by itself. "
        "Press the button to hear all of them, or open one in the menu and change its settings."
    ),
    study=trial,
    prediction=Prediction(
        f"how many of the {len(CLAIMS)} claims hold without caveats?",
        trial.ANSWERS,
        "count",
    ),
    panels=[
        Panel(
            "What is being measured right now?",
            figures.now,
            "The first chart of the experiment that runs; its page has more.",
            version=lambda result: (result.current, result.progress),
        ),
        Panel(
            f"How do the {len(CLAIMS)} claims stand?",
            figures.tiles,
            "One tile a claim; point at it to read it. Round: an identity, checked. Square: measured.",
            version=lambda result: result.heard,
            tells=True,
        ),
        Panel(
            "How many hold?",
            figures.tally,
            "Counted from the experiments that have run so far.",
            version=lambda result: result.heard,
            tells=True,
        ),
        Panel("How long does each experiment take?", figures.cost, "At its own defaults, on this machine."),
    ],
    run_label="Run every experiment",
    waits=lambda result: result.heard > 0,
    milestone=lambda result: result.heard,
    docket=docket,
).show()
