"""The playground: build a network, train it on any data, and see everything inside it."""

from functools import partial
from typing import Any

from core.playground.playground import Playground
from core.studies import playground
from pages.figures.playground import charts as figures
from pages.ui.frame import Page, Panel
from pages.ui.frame.flow import ASKED_FIRST
from pages.ui.playground.bench import bench
from pages.ui.playground.lessons import lesson, milestone, standing
from pages.ui.playground.state import change, filters_of, held, paused, pinned, run, sidebar, state
from pages.ui.playground.tools import actions, explanation, tools

other = pinned()
against = partial(Panel, version=partial(state, (id(other), filters_of(), held())))


def waits(settings: Any) -> bool:
    """A lesson begins with a prediction, so it waits for the visitor; a paused run also restarts paused."""
    return settings.effort() > ASKED_FIRST or settings.lesson != "none" or paused()


def beside(result: Playground | None) -> None:
    """The lesson under way beside the drawing, and what the drawing is made with."""
    lesson(result)
    bench(result)


def pinned_panels(other: Playground) -> list[Panel]:
    """Charts of the pinned run that cannot be combined with those of the current run."""
    of_pinned = partial(against, caption="Snapshot of the pinned run.")
    network, kept = lambda now: figures.network(other), lambda now: figures.output(other)
    filters, applies = lambda now: figures.filters(other, filters_of()), lambda now: other.convolutions
    return [
        of_pinned("Pinned: the network and its predictions", network, kept=kept, wide=True),
        of_pinned("Pinned: which predictions were right?", lambda now: figures.answers(other)),
        of_pinned("Pinned: what did a convolution detect?", filters, applies=applies),
    ]


Page(
    question="What happens inside a network while it learns?",
    story=(
        "Build a network, train it on any data, and see everything inside it. Change the learning rate, the penalty "
        "or the batch size while it runs, or pause it and continue one operation at a time."
    ),
    study=playground,
    run=run,
    controls=sidebar,
    change=change,
    asks=waits,
    grains={
        "Step": lambda result: result.update() or True,
        "Operation": lambda result: result.advance_operation() or True,
        "Epoch": lambda result: result.epoch_(0.1),
    },
    tools=tools,
    actions=actions,
    milestone=milestone,
    standing=standing,
    machine=beside,
    docket=explanation,
    panels=[
        against(
            "What does each unit compute, and what does the network predict?",
            partial(figures.network, acts=True, held=held()),
            kept=figures.output,
            wide=True,
        ),
        against(
            "What does a convolution detect?",
            partial(figures.filters, layer=filters_of()),
            applies=lambda result: result.convolutions,
        ),
        against("Is it learning?", partial(figures.losses, pinned=other)),
        against("Does it beat simple baselines?", partial(figures.scores, pinned=other)),
        against("Does the gradient reach every layer?", partial(figures.norms, pinned=other)),
        against("Which units have stopped learning?", partial(figures.idle_units, pinned=other)),
        against("Which predictions are right?", figures.answers),
        *(pinned_panels(other) if other else []),
    ],
).show()
