"""One style for every chart: colours that everyone can distinguish, and the same colour for the same thing on every
page."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from core.minimizers import MINIMIZERS
from core.nn import ACTIVATIONS, INITIALIZERS
from core.optimizers import OPTIMIZERS, SCHEDULES

# Reserved for backpropagation and for the optimizer.
BACKPROPAGATION = "#7b2bff"
OPTIMIZER = "#bd8701"
ACTORS = {"backpropagation": BACKPROPAGATION, "optimizer": OPTIMIZER}
# Ten hues that people with any of the three colour-vision deficiencies can distinguish from each other and from the two
# above, with a contrast of 3 to 1 on light and dark pages.
PALETTE = ["#3d92f0", "#c75744", "#2e9677", "#b43874", "#007174", "#0f6ac1", "#677607", "#9771c0", "#958da0", "#647699"]
MARKS = ["circle", "diamond", "square", "cross", "x", "triangle-up", "star", "hexagon", "bowtie", "pentagon"]
# From dark to light. Dark means better or more on every page: used directly for losses and costs, reversed (MORE) for
# shares, counts and scores.
SEQUENTIAL = "Cividis"
MORE = {"colorscale": SEQUENTIAL, "reversescale": True}
NEUTRAL = "#7f8a93"  # grid lines, on light and dark pages
POWERS = {"type": "log", "exponentformat": "power", "nticks": 3}  # with 4 Plotly labels all digits in between
PERCENT = {"range": [-3, 103]}
EQUAL = {"constrain": "domain"}, {"constrain": "domain", "scaleanchor": "x"}  # axes of a plane
DIVERGING = [[0.0, PALETTE[0]], [0.5, "#f2efe9"], [1.0, PALETTE[1]]]

FAMILIES = [  # names that appear in one chart, each with its own colour and mark
    "batch stochastic mini_batch",  # before the update rules
    "none l1 l2 elastic_net dropout early_stopping",
    "backpropagation forward_mode central_differences spsa",
    "forward_differences",  # beside central_differences only
    "neither bad good",
    "few few_noisy plenty_noisy plenty",
    "samples features width depth batch_size",
]
PLACES = {name: place for family in FAMILIES for place, name in enumerate(family.split())}
COLORED: list[Mapping[str, Any]] = [ACTIVATIONS, INITIALIZERS, OPTIMIZERS, SCHEDULES, MINIMIZERS]
for table in COLORED:
    declared = {name: each.color for name, each in table.items() if each.color is not None}
    free = (place for place in count(min(declared.values())) if place not in declared.values())
    PLACES |= {name: next(free) for name in table if name not in declared and name not in PLACES} | declared


def color(name: str) -> str:
    """The colour of a contestant, the same on every page."""
    return ACTORS.get(name) or PALETTE[_place(name) % len(PALETTE)]


def mark(name: str) -> str:
    """The marker of a contestant, which identifies it without colour."""
    turn, place = divmod(_place(name), len(MARKS))
    return MARKS[(place + turn) % len(MARKS)]


def _place(name: str) -> int:
    return PLACES.get(name, sum(map(ord, name)))


def faded(shade: str, alpha: float) -> str:
    """A colour "#rrggbb" made transparent."""
    red, green, blue = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
