"""The trial: the article's outline, each claim with the verdict of an experiment run here."""

from core.studies import trial
from core.studies.claims import CLAIMS
from pages.figures import trial as figures
from pages.ui.frame import Page, Panel, Prediction
from pages.ui.frame.exhibits import answer_line, halves, opening, outline

opening()

Page(
    question="Is gradient descent backpropagation?",
    story=(
        f"A web article of that name makes {len(CLAIMS)} claims about how neural networks learn. Descent Lab tests "
        "each of them: it trains real networks here and computes every verdict from the measurements, by a rule fixed "
        "in advance. **In one sentence: backpropagation finds the direction in which the loss falls, and gradient "
        "descent takes the step.** The first experiment starts automatically. Press the button to run them all, or "
        "follow a link below to one of them and change its settings."
    ),
    study=trial,
    machine=lambda result: halves(),
    prediction=Prediction(f"how many of the {len(CLAIMS)} claims hold without caveats?", trial.ANSWERS, "count"),
    panels=[
        Panel(
            "What is being measured right now?", figures.now, version=lambda result: (result.current, result.progress)
        )
    ],
    run_label="Run every experiment",
    waits=lambda result: result.heard > 0,
    milestone=lambda result: result.heard,
    standing=lambda result: f"this is the chart of {result.current.replace('_', ' ')}" if result.progress == 1 else "",
    docket=answer_line,
    more=outline,
).show()
