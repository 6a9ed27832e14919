"""A source of gradients and a use of them, applied to the study's network update by update for display."""

import numpy as np

from core.checks import InputError
from core.data import stream
from core.optimizers import OPTIMIZERS
from core.statistics import relative
from core.studies.claims import declared
from core.studies.motion import BACKPROPAGATION, Half, Motion, motion
from core.studies.question.matrix import CELLS, UPDATE_RULES, Array, Cell, begin, refusal, train
from core.studies.question.study import Settings
from core.studies.wording import number, percent

UPDATES = 4  # shown
GRADIENTS = 4 * UPDATES  # gradients a rule may use: L-BFGS tries several points before it moves
RATE = 0.3  # of the rules that have a learning rate, so that their steps can be seen
SAME = 1e-6  # relative: what differs by less is the same but for rounding

SOURCES = {"backpropagation": BACKPROPAGATION} | declared(dict[str, Half], __file__, "sources")
USES = {name: Half(OPTIMIZERS[name].label, "makes a step of the gradient") for name in UPDATE_RULES} | {
    "lbfgs": Half(OPTIMIZERS["lbfgs"].label, "makes a step of the last gradients and a search along a line"),
    "annealing": Half("annealing", "tries random weights"),
    "nothing": Half("nothing", "is done with the gradient"),
}


def check_pair(cell: Cell) -> None:
    """Raise InputError for a source and a use that do not go together."""
    source, use = cell
    if why := refusal(source, use):
        raise InputError(f"{USES[use].name} {why}, so it does not go together with {SOURCES[source].name}")


def at_work(settings: Settings, cell: Cell) -> Motion:
    """The first updates by a source and a use, on all samples of the first seed.

    Raises InputError for a pair that does not go together.
    """
    source, use = cell
    check_pair(cell)
    data, walk = begin(settings, settings.seed)
    for _ in train(walk, cell, RATE, GRADIENTS, stream(settings.seed, CELLS.index(cell))):
        if len(walk.params) > UPDATES:
            break
    points, gradients = walk.params[: UPDATES + 1], walk.gradients[:UPDATES]
    if len(points) == 1:  # neither a gradient nor a step
        points, gradients = points * 2, [None]
    network = walk.problem.network
    return motion(network, data.X_train, data.y_train, points, gradients, SOURCES[source], USES[use])


def exchanged(before: Motion, after: Motion) -> str:
    """What the exchange of a half changed in the first update, in a sentence or two."""
    firsts = [each.updates[0] for each in (before, after)]
    gradients, steps = [each.gradients for each in firsts], [np.subtract(each.after, each.before) for each in firsts]
    differs = {"the source": before.source != after.source, "the use": before.use != after.use}
    which = " and ".join(name for name, other in differs.items() if other)
    if all(gradients):
        found = f"The first gradient is {_compared(*map(np.array, gradients))}"
    else:
        found = "Only one of the two has a gradient" if any(gradients) else "Neither of the two has a gradient"
    return f"You exchanged {which}. {found}; the first step is {_compared(*steps)}."


def _compared(one: Array, other: Array) -> str:
    if np.array_equal(one, other):
        return "the same to the last bit"
    if not np.any(one):
        return "different"
    apart = relative(other, one)
    if apart < SAME:
        return "the same but for rounding"
    return f"different, by {f'{percent(apart)} of' if apart < 1 else f'{number(apart, 2)} times'} its length"
