"""What walkthrough and checks show: is it the chain rule, is it right, is it cheap, does it need a network?"""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from core.studies.chain_rule.study import BACKPROP, STEPS, Result, off
from core.studies.chain_rule.walkthrough import Walkthrough
from core.studies.contract import (
    CAVEATS,
    FAILS,
    HOLDS,
    TOO_CLOSE,
    UNDECIDED,
    Evidence,
    Finding,
    Outcome,
    Quantity,
    Rule,
    all_met,
    some_met,
)
from core.studies.timing import BAUR_STRASSEN

RIGHT = 1e-6  # largest error against central differences, relative to the largest derivative
ROUNDING = 1e-12  # of sums taken in another order
MANY = 50.0  # forward passes for a gradient that are no longer few
ENTRY, DERIVATIVE = "of the largest entry", "of the largest derivative"


def _cheap_outcome(evidence: Evidence) -> Outcome:
    largest, central = evidence["largest network"], evidence["central differences"]
    if largest.missed or central.missed:
        return FAILS
    others = [each for each in evidence.values() if each.wanted]
    if all(each.met for each in others):
        return HOLDS
    return CAVEATS if largest.met and central.met and any(each.missed for each in others) else UNDECIDED


BACKWARDS = Rule(
    11,
    "δ of the output first, then layer by layer, each from the next layer's δ and nothing else: the gradient found "
    f"that way is that of the network's matrices (to {ROUNDING:g}): holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "Worked out by hand from the output back to the input, the gradient is that of the network's matrices "
        "to within {largest difference}.",
        FAILS: "Worked out by hand from the output back to the input, the gradient differs from that of the network's "
        "matrices by up to {largest difference}.",
    },
    kind="identity",
)
CHAIN_RULE = Rule(
    21,
    "the chain rule as it is written, a sum over every path from a weight to the loss of the products of the partial "
    f"derivatives along it, gives the same gradient (to {ROUNDING:g}): holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "The chain rule, multiplied out along each of {paths:value}, gives backpropagation's gradient to within "
        "{largest difference}.",
        FAILS: "The chain rule, multiplied out along each of {paths:value}, differs from backpropagation's gradient by "
        "up to {largest difference}.",
    },
    kind="identity",
)
TRAVERSES = Rule(
    14,
    "the visits of the way back, written down: every connection once, and never one nearer to the output after one "
    "farther from it: holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "On the way back each of the {connections:value} is visited once, and the layers in order from the "
        "output to the input.",
        FAILS: "The way back is not one sweep: connections not visited exactly once {connections not visited once}, "
        "steps towards the output {steps forward}.",
    },
    kind="identity",
)
WEIGHTS = Rule(
    3,
    f"each derivative against a central difference on every seed: all within {RIGHT:g} of the largest one: holds; "
    "some: holds with caveats (a kink lies close by, or the difference is too coarse); none: does not hold",
    some_met,
    {
        HOLDS: "Every derivative agrees with a central difference: the largest error is {largest error of a weight} "
        "for a weight and {largest error of a bias} for a bias, relative to the largest derivative.",
        CAVEATS: "{share within the limit} of the derivatives agree with a central difference; the others are off by "
        "up to {largest error of a weight} for a weight and {largest error of a bias} for a bias, because a kink lies "
        "close by or the difference is too coarse.",
        FAILS: "No derivative agrees with a central difference: the smallest error is {smallest error}, relative to "
        "the largest derivative.",
    },
    kind="identity",
)
CHEAP = Rule(
    5,
    "time of a gradient over that of a forward pass, medians with their intervals over timings: at most "
    f"{BAUR_STRASSEN:g} for every network, the largest so large that the operations decide, and above it for central "
    "differences: holds; only on the largest network: holds with caveats; not on the largest, or not above it for "
    "central differences: does not hold; else not decided",
    _cheap_outcome,
    {
        HOLDS: "By backpropagation the gradient of {parameters} parameters costs {largest network} the time of a "
        "forward pass, and that of no smaller network more than five times; by central differences that of {fewer} "
        "parameters costs {central differences}.",
        CAVEATS: "By backpropagation the gradient of {parameters} parameters costs {largest network} the time of a "
        "forward pass, but that of a smaller network more than five times; by central differences that of {fewer} "
        "parameters costs {central differences}.",
        FAILS: "The gradient of {parameters} parameters costs {largest network} the time of a forward pass by "
        "backpropagation and that of {fewer} parameters {central differences} by central differences, which does not "
        "show it to be efficient.",
        UNDECIDED: "Whether a gradient by backpropagation costs at most five forward passes could not be told: that of "
        "{parameters} parameters costs {largest network} the time of one.",
    },
    answers=dict.fromkeys((HOLDS, CAVEATS, FAILS), "{band}"),
    key="passes",
)
NETWORKS = Rule(
    10,
    "the same sweep back over Rosenbrock's formula, which is no network, agrees with central differences at every "
    f"random point (to {RIGHT:g}): does not hold; at none: holds; at some: holds with caveats",
    lambda evidence: FAILS if evidence["largest error"].met else CAVEATS if evidence["smallest error"].met else HOLDS,
    {
        HOLDS: "Over Rosenbrock's formula, which is no network, the sweep back is right at none of {points:value}.",
        CAVEATS: "Over Rosenbrock's formula, which is no network, the sweep back is right at some of {points:value}, "
        "and off by up to {largest error} at others.",
        FAILS: "The same sweep back differentiates Rosenbrock's formula, which is no network: at {points:value} the "
        "largest error is {largest error}.",
    },
    kind="identity",
)
REPEATS = Rule(
    32,
    "the same gradient computed twice: other bits: does not hold; the same bits, and also with the samples in reverse "
    "order: holds; in reverse order only up to rounding: holds with caveats. Converging is not its part: it returns "
    "one gradient and stays where it is",
    lambda evidence: FAILS if not evidence["twice"].met else HOLDS if evidence["in reverse order"].met else CAVEATS,
    {
        HOLDS: "The same gradient computed twice has the same bits, even with the samples in reverse order.",
        CAVEATS: "The same gradient computed twice has the same bits. With the samples in reverse order it differs by "
        "up to {in reverse order}, because sums are rounded in another order.",
        FAILS: "The same gradient computed twice differs by up to {twice}.",
    },
    kind="identity",
)
RULES = (BACKWARDS, CHAIN_RULE, TRAVERSES, WEIGHTS, CHEAP, NETWORKS, REPEATS)


def findings(result: Result) -> list[Finding]:
    """Claims 11, 21, 14, 3, 5, 10 and 32."""
    by_hand = _worst([walk.gradient() for walk in result.walks], result.walks)
    along_paths, counts = zip(*(walk.along_paths() for walk in result.walks), strict=True)
    errors = np.concatenate(list(result.surface.values()))
    again, reverse = np.array(list(result.repeated.values())).T
    return [
        BACKWARDS.find(Quantity.of("largest difference", by_hand, ENTRY, "at most", ROUNDING)),
        CHAIN_RULE.find(
            Quantity.of("largest difference", _worst(along_paths, result.walks), ENTRY, "at most", ROUNDING),
            Quantity.of("paths", counts[0], "paths"),
            Quantity.of("visits by backpropagation", len(result.walk.visits), "connections"),
        ),
        _traverses(result.walk),
        _weights(result),
        _cheap(result),
        NETWORKS.find(
            Quantity.of("largest error", errors.max(), "", "at most", RIGHT),
            Quantity.of("smallest error", errors.min(), "", "at most", RIGHT),
            Quantity.of("points", len(errors), "random points"),
            Quantity.of("distance of momentum from the minimum", float(np.linalg.norm(result.descent[-1] - 1))),
        ),
        REPEATS.find(
            Quantity.of("twice", again.max(), DERIVATIVE, "at most", 0),
            Quantity.of("in reverse order", reverse.max(), DERIVATIVE, "at most", 0),
        ),
    ]


def _worst(grads: Iterable[np.ndarray], walks: list[Walkthrough]) -> float:
    """How far gradients (P,) are at most from those that the network computes with its matrices."""
    right = (walk.network.loss_and_gradient(walk.params, walk.x, walk.y)[1] for walk in walks)
    return max(float(off(*pair).max()) for pair in zip(grads, right, strict=True))


def _traverses(walk: Walkthrough) -> Finding:
    visits = Counter(walk.visits)
    layer = {unit: place for place, units in enumerate(walk.units) for unit in units}
    order = [layer[unit] for _, unit in walk.visits]
    not_once, forward = sum(visits[edge] != 1 for edge in walk.w), sum(b > a for a, b in pairwise(order))
    return TRAVERSES.find(
        Quantity.of("connections", len(walk.w), "connections"),
        Quantity.of("connections not visited once", not_once, "", "at most", 0),
        Quantity.of("steps forward", forward, "", "at most", 0),
    )


def _weights(result: Result) -> Finding:
    errors, bias = np.array(list(result.errors.values())), result.walk.is_bias
    best = STEPS[np.median(result.by_step["central"], axis=1).argmin()]
    return WEIGHTS.find(
        Quantity.of("largest error of a weight", errors[:, ~bias].max(), "", "at most", RIGHT),
        Quantity.of("largest error of a bias", errors[:, bias].max(), "", "at most", RIGHT),
        Quantity.of("smallest error", errors.min(), "", "at most", RIGHT),
        Quantity.of("share within the limit", (errors <= RIGHT).mean(), "share"),
        Quantity.of("best step of a difference", best),
    )


def _cheap(result: Result) -> Finding:
    *smaller, largest = (result.prices[width] for width in sorted(result.prices))
    tried = [each for each in smaller if each.knows("central_differences")][-1]
    ratios = [
        Quantity.of(f"{each.parameters} parameters", each.ratio(BACKPROP), "times", "at most", BAUR_STRASSEN)
        for each in smaller
    ]
    cost = Quantity.of("largest network", largest.ratio(BACKPROP), "times", "at most", BAUR_STRASSEN)
    return CHEAP.find(
        cost,
        Quantity.of("central differences", tried.ratio("central_differences"), "times", "above", BAUR_STRASSEN),
        Quantity.of("passes of central differences counted", tried.counted["central_differences"], "passes"),
        *ratios,
        parameters=f"{largest.parameters:,}",
        fewer=str(tried.parameters),
        band=_band(cost),
    )


def _band(passes: Quantity) -> str:
    """The prediction's option to which the whole interval of the cost belongs."""
    if passes.met:
        return "fewer than 5"
    if passes.missed and passes.high < MANY:
        return "5 to 50"
    return "more than 50" if passes.low > MANY else TOO_CLOSE
