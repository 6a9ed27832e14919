"""What the searches show of gradient descent and of its rivals: claims 2, 4, 13 and 45."""

import numpy as np

from core.minimizers import MINIMIZERS
from core.statistics import interval, paired
from core.studies.algorithms.steepest import LENGTH, RANDOM
from core.studies.algorithms.study import FAMILY, Result
from core.studies.contract import (
    CAVEATS,
    FAILS,
    HOLDS,
    UNDECIDED,
    Evidence,
    Finding,
    Outcome,
    Quantity,
    Rule,
    all_met,
    some_met,
)
from core.studies.wording import listed

HALF = 0.5  # of what gradient descent takes away of the loss: who takes away so much trains the network
CLOSE = 1e-6  # a distance to the closed-form solution, relative to the first one, that counts as arrived
TOO_FEW = "It takes gradient descent and an algorithm outside its family to tell."
WORKS = Rule(
    2,
    "it lowers the network's loss, paired over seeds, and also brings a linear model to its closed-form solution "
    f"(within {CLOSE:g} of the first distance): holds with caveats, since it does not need a network; only the former: "
    "holds; not the former: does not hold",
    lambda evidence: (
        FAILS if not evidence["change of loss"].met else CAVEATS if evidence["distance left"].met else HOLDS
    ),
    {
        HOLDS: "Gradient descent lowered the network's loss ({change of loss:signed}), but did not solve a linear "
        "model: {distance left} of the first distance is left.",
        CAVEATS: "Gradient descent lowered the network's loss ({change of loss:signed}), and it solved a "
        "linear model as well, to {distance left} of the first distance: it does not need a network.",
        FAILS: "Gradient descent did not detectably lower the network's loss: {change of loss:signed}.",
    },
)


def _necessary(evidence: Evidence) -> Outcome:
    gradient_descent, *others = (each for each in evidence.values() if each.wanted)
    if not gradient_descent.met:
        return UNDECIDED
    if any(each.met for each in others):
        return FAILS
    return CAVEATS if any(each.value for each in others) else HOLDS


NECESSARY = Rule(
    4,
    "an algorithm outside gradient descent's family trains the network if it takes away at least half as much of the "
    "loss as gradient descent: one does on every seed: does not hold; only on some: holds with caveats; none: holds; "
    "not decided where gradient descent does not lower the loss on every seed",
    _necessary,
    {
        HOLDS: "No algorithm outside gradient descent's family took away half as much of the loss.",
        CAVEATS: "Outside gradient descent's family the network was trained on some seeds only, by {some}.",
        FAILS: "On every seed the network was also trained without gradient descent: by {all}.",
        UNDECIDED: "Gradient descent lowered the loss on {gradient descent} only, so there is nothing to compare with.",
    },
)
STEEPEST = Rule(
    13,
    f"the loss after a step of length {LENGTH:g}: one of {RANDOM:,} random directions falls further than −g of the "
    "same Euclidean length on any seed: does not hold; none does, but −sign(g) falls further than −g of the same "
    "largest component (95 % interval above 1): holds with caveats, in the Euclidean norm only; else holds",
    lambda evidence: FAILS if not evidence["random direction"].met else CAVEATS if evidence["sign of g"].met else HOLDS,
    {
        HOLDS: "−g was steepest: the best random direction fell {random direction} as far, and −sign(g) was not "
        "detectably steeper ({sign of g}).",
        CAVEATS: "At equal Euclidean length −g was steepest: the best random direction fell {random direction} as "
        "far. At equal largest component −sign(g) was steeper: it fell {sign of g} as far as −g.",
        FAILS: "A random direction fell {random direction} as far as −g of the same length.",
    },
    kind="identity",
)
AVOID_MINIMA = Rule(
    45,
    "share of starts that reach a lowest point, each algorithm outside gradient descent's family minus gradient "
    "descent, Newcombe's 95 % interval: above zero for all: holds; for some: holds with caveats; for none: does not "
    "hold; not decided where gradient descent succeeds from every start",
    lambda evidence: UNDECIDED if evidence["gradient descent"].value == 1 else some_met(evidence),
    {
        HOLDS: "On {surface} every other algorithm found a lowest point from more starts than gradient descent "
        "({gradient descent}).",
        CAVEATS: "On {surface} {ahead} found a lowest point from more starts than gradient descent "
        "({gradient descent}); the others did not detectably.",
        FAILS: "On {surface} no other algorithm found a lowest point from detectably more starts than gradient descent "
        "({gradient descent}).",
        UNDECIDED: "On {surface} gradient descent found a lowest point from every start, so no algorithm can be ahead "
        "of it.",
    },
)
MOST_STARTS = Rule(
    0,
    "share of starts that reach a lowest point, the best algorithm minus the best of each other kind (gradient "
    "descent's family; curvature or a simplex; random draws), Newcombe's 95 % interval: all above zero: holds; else "
    "not decided",
    lambda evidence: HOLDS if all_met(evidence) == HOLDS else UNDECIDED,
    {
        HOLDS: "On {surface} {best} found a lowest point from {best share} of the starts, ahead of every other kind of "
        "algorithm.",
        UNDECIDED: "On {surface} {best} came first, with {best share} of the starts, but not detectably ahead of every "
        "other kind of algorithm.",
    },
    question="on {surface} the algorithm that succeeds from the most starts is {kind}",
    source="Newcombe 1998, on intervals of differences of shares",
    answers={HOLDS: "{kind}"},
    key="most starts",
)
RULES = (AVOID_MINIMA, NECESSARY, STEEPEST, WORKS, MOST_STARTS)


def findings(result: Result) -> list[Finding]:
    """Claims 45, 4, 13 and 2, and which kind of algorithm succeeds most often."""
    methods = result.settings.methods
    others = [method for method in methods if method not in FAMILY and "gradient_descent" in methods]
    best = max(float(each.random.max()) for each in result.directions)
    sign = interval(np.array([each.sign for each in result.directions]))
    return [
        _others_avoid_minima(result, others) if others else AVOID_MINIMA.find(missing=TOO_FEW),
        _descent_is_necessary(result, others) if others else NECESSARY.find(missing=TOO_FEW),
        STEEPEST.find(
            Quantity.of("random direction", best, "times", "below", 1),
            Quantity.of("sign of g", sign, "times", "above", 1),
        ),
        _descent_works(result),
        _succeeds_most(result),
    ]


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _others_avoid_minima(result: Result, others: list[str]) -> Finding:
    base = result.share("gradient_descent")
    leads = [Quantity.of(_plain(each), result.share(each).minus(base), "", "above", 0) for each in others]
    return AVOID_MINIMA.find(
        Quantity.of("gradient descent", base),
        *leads,
        surface=_plain(result.settings.landscape),
        ahead=listed([each.name for each in leads if each.met]),
    )


def _descent_is_necessary(result: Result, others: list[str]) -> Finding:
    base, first = result.final("gradient_descent"), result.first("gradient_descent")
    seeds, falls = len(base), base < first
    trains = {each: first - result.final(each) >= HALF * (first - base) for each in others}
    return NECESSARY.find(
        Quantity.of("gradient descent", falls.sum(), "seeds", "at least", seeds),
        *(Quantity.of(_plain(each), trains[each].sum(), "seeds", "at least", seeds) for each in others),
        Quantity.of("loss at the start", first.mean()),
        Quantity.of("loss after gradient descent", base.mean()),
        some=listed([_plain(each) for each in others if trains[each].any()]),
        all=listed([_plain(each) for each in others if trains[each].all()]),
    )


def _descent_works(result: Result) -> Finding:
    found = result.least_squares
    assert found is not None
    left = {name: float(each[-1].max()) for name, each in found.distances.items()}
    evidence = [
        Quantity.of("distance left", left.pop("gradient_descent"), "", "at most", CLOSE),
        *(Quantity.of(f"distance left by {_plain(name)}", end) for name, end in left.items()),
        Quantity.of("condition number", found.condition),
    ]
    if "gradient_descent" not in result.network:
        return WORKS.find(*evidence, missing="It takes gradient descent among the algorithms to tell.")
    falls = paired(result.final("gradient_descent"), result.first("gradient_descent"))
    return WORKS.find(Quantity.of("change of loss", falls, "", "below", 0), *evidence)


def kind(method: str) -> str:
    """What leads an algorithm, as the options of the prediction name it."""
    if method in FAMILY:
        return "gradient descent or momentum"
    return "one that draws at random" if "rng" in MINIMIZERS[method].needs else "one with curvature or a simplex"


def _succeeds_most(result: Result) -> Finding:
    surface = _plain(result.settings.landscape)
    bests: dict[str, str] = {}
    for method in sorted(result.surface, key=lambda method: -result.share(method).value):
        bests.setdefault(kind(method), method)
    (first, best), *others = bests.items()
    share, words = result.share(best), {"surface": surface, "best": _plain(best), "kind": first}
    leads = (
        Quantity.of(f"lead over {each}", share.minus(result.share(method)), "", "above", 0) for each, method in others
    )
    missing = "" if others else "It takes two kinds of algorithms to compare them."
    return MOST_STARTS.find(*leads, Quantity.of("best share", share), missing=missing, **words)
