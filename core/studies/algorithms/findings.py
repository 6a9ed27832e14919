"""Findings on gradient descent and its rivals: claims 2, 4, 13 and 45."""

from collections.abc import Iterable, Mapping

import numpy as np

from core.minimizers import MINIMIZERS
from core.statistics import LEVEL, Difference, Share, confidence, interval, paired_logs
from core.studies.algorithms.knobs import FAMILY
from core.studies.algorithms.steepest import LENGTH, RANDOM
from core.studies.algorithms.study import Result, successes
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, graded
from core.studies.tuning import unsettled
from core.studies.wording import listed

HALF = 0.5  # share of gradient descent's decrease in loss that counts as training the network
ROUNDED = 1e-6  # relative excess of a distance over theory that is allowed
TOO_FEW = "Choose gradient descent and an algorithm outside its family to decide this."


def _works(evidence: Evidence) -> Outcome:
    loss = evidence["loss left"]
    if loss.met:
        return CAVEATS if evidence["over theory"].met else HOLDS
    return FAILS if loss.missed else UNDECIDED


WORKS = Rule(
    2,
    "it lowers the network's loss (factor below 1, paired over seeds), and also brings a linear model of condition "
    "number k to its closed-form solution as fast as theory predicts, with the distance multiplied by (k − 1) / (k + "
    "1) at every update: holds with caveats, since it does not need a network; only the former: holds; the loss "
    "rises: does not hold; else not decided",
    _works,
    {
        HOLDS: "Gradient descent lowered the network's loss to {loss left} its initial value, but left a linear model "
        "{over theory} as far from its solution as theory allows.",
        CAVEATS: "Gradient descent lowered the network's loss to {loss left} its initial value, and brought a linear "
        "model to its solution as fast as theory predicts for a condition number of {condition number}: it "
        "does not need a network.",
        FAILS: "Gradient descent raised the network's loss: it ended {loss left} as high as it began.",
        UNDECIDED: "It is too close to tell whether gradient descent lowered the network's loss: it ended {loss left} "
        "as high as it began.",
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
    "an algorithm outside gradient descent's family trains the network if it reduces the loss by at least half as "
    "much as gradient descent: one does on every seed: does not hold; only on some: holds with caveats; none: holds; "
    "not decided if gradient descent does not lower the loss on every seed",
    _necessary,
    {
        HOLDS: "No algorithm outside gradient descent's family reduced the loss by half as much.",
        CAVEATS: "Outside gradient descent's family the network was trained only on some seeds, by {some}.",
        FAILS: "The network was also trained without gradient descent on every seed, by {all}.",
        UNDECIDED: "Gradient descent lowered the loss only on {gradient descent}, so there is nothing to compare with.",
    },
)
STEEPEST = Rule(
    13,
    f"the loss after a step of length {LENGTH:g}: one of {RANDOM:,} random directions lowers it more than −g of the "
    "same Euclidean length on any seed: does not hold; none does, but −sign(g) lowers it more than −g of the same "
    "largest component (95 % interval above 1): holds with caveats, in the Euclidean norm only; else holds",
    lambda evidence: FAILS if not evidence["random direction"].met else CAVEATS if evidence["sign of g"].met else HOLDS,
    {
        HOLDS: "−g was steepest: along the best random direction the loss fell {random direction} as far, and "
        "−sign(g) was not detectably steeper ({sign of g}).",
        CAVEATS: "At equal Euclidean length −g was steepest: along the best random direction the loss fell {random "
        "direction} as far. At equal largest component −sign(g) was steeper: the loss fell {sign of g} as "
        "far as along −g.",
        FAILS: "Along a random direction the loss fell {random direction} as far as along −g of the same length.",
    },
    kind="identity",
)
AVOID_MINIMA = Rule(
    45,
    "share of starts whose search ends at a lowest point, each algorithm outside gradient descent's family minus "
    "gradient descent, all tuned on other surfaces: Newcombe's 95 % interval, with Holm's correction, above zero for "
    "all: holds; for some: holds with caveats; below for all: does not hold; else, and if gradient descent succeeds "
    "from every start: not decided",
    graded,
    {
        HOLDS: "On {surface} every other algorithm reached a lowest point from more starts than gradient descent "
        "({gradient descent}).",
        CAVEATS: "On {surface} {ahead} reached a lowest point from more starts than gradient descent ({gradient "
        "descent}); the others did not detectably.",
        FAILS: "On {surface} every other algorithm reached a lowest point from fewer starts than gradient descent "
        "({gradient descent}).",
        UNDECIDED: "On {surface} no other algorithm reached a lowest point from detectably more starts than gradient "
        "descent ({gradient descent}): too close to tell.",
    },
)
MOST_STARTS = Rule(
    0,
    "the representative of each kind (gradient descent's family; curvature or a simplex; random draws) and the kind "
    "to test are chosen on separate starts; its share of starts that end at a lowest point, minus that of each other "
    "kind: Newcombe's 95 % interval, with Holm's correction, above zero for all: holds; else not decided",
    lambda evidence: HOLDS if all(each.met for each in evidence.values() if each.wanted) else UNDECIDED,
    {
        HOLDS: "On {surface} {best} reached a lowest point from {best share} of the starts, ahead of {others}.",
        UNDECIDED: "On {surface} {best}, the best on separate starts, reached a lowest point from {best share} of the "
        "starts: not detectably ahead of every other kind ({others}).",
    },
    question="on {surface} the algorithm that succeeds from the most starts is {kind}",
    source="Newcombe 1998, on intervals of differences of shares; Holm 1979",
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


def leads(shares: Mapping[str, Share], over: Mapping[str, Share]) -> dict[str, Difference]:
    """Each share minus its rival's, with Holm's correction, largest differences first."""
    found: dict[str, Difference] = {}
    level, left, open_still = LEVEL.get(), len(shares), True
    for name in sorted(shares, key=lambda name: -abs(shares[name].value - over[name].value)):
        with confidence(1 - (1 - level) / left):
            found[name] = shares[name].minus(over[name])
        open_still = open_still and found[name].detected
        left -= open_still
    return {name: found[name] for name in shares}


def _others_avoid_minima(result: Result, others: list[str]) -> Finding:
    base = result.share("gradient_descent")
    found = leads({each: result.share(each) for each in others}, dict.fromkeys(others, base))
    ahead = [Quantity.of(_plain(each), lead, "share", "above", 0) for each, lead in found.items()]
    surface = _plain(result.settings.landscape)
    everywhere = f"On {surface} gradient descent reached a lowest point from every start: no algorithm can do better."
    return AVOID_MINIMA.find(
        Quantity.of("gradient descent", base),
        *ahead,
        missing=everywhere if base.value == 1 else _unsettled(result, ["gradient_descent", *others]),
        surface=surface,
        ahead=listed([each.name for each in ahead if each.met]),
    )


def _unsettled(result: Result, methods: Iterable[str]) -> str:
    tuning = {each: result.surface_tuning[each] for each in methods if each in result.surface_tuning}
    return unsettled(tuning, "setting")


def _descent_is_necessary(result: Result, others: list[str]) -> Finding:
    base, first = result.final("gradient_descent"), result.first("gradient_descent")
    seeds, falls = len(base), base < first
    trains = {each: first - result.final(each) >= HALF * (first - base) for each in others}
    return NECESSARY.find(
        Quantity.of("gradient descent", falls.sum(), "seeds", "at least", seeds),
        *(Quantity.of(_plain(each), trains[each].sum(), "seeds", "at least", seeds) for each in others),
        Quantity.of("loss at the start, median", np.median(first)),
        Quantity.of("loss after gradient descent, median", np.median(base)),
        missing=unsettled({"gradient descent": result.tuning["gradient_descent"]}),
        some=listed([_plain(each) for each in others if trains[each].any()]),
        all=listed([_plain(each) for each in others if trains[each].all()]),
    )


def _descent_works(result: Result) -> Finding:
    found = result.least_squares
    assert found is not None
    over = found.distances["gradient_descent"][-1] / found.allowed
    evidence = [
        Quantity.of("over theory", over.max(), "times", "at most", 1 + ROUNDED),
        *(Quantity.of(f"distance left by {_plain(name)}", each[-1].max()) for name, each in found.distances.items()),
        Quantity.of("condition number", np.median(found.conditions)),
    ]
    if "gradient_descent" not in result.network:
        return WORKS.find(*evidence, missing="Choose gradient descent among the algorithms to decide this.")
    falls = paired_logs(result.final("gradient_descent"), result.first("gradient_descent"))
    return WORKS.find(Quantity.factor("loss left", falls, "below", 1), *evidence)


def kind(method: str) -> str:
    """An algorithm's kind, as named by the options of the prediction."""
    if method in FAMILY:
        return "gradient descent or momentum"
    return "one that draws at random" if "rng" in MINIMIZERS[method].needs else "one with curvature or a simplex"


def _succeeds_most(result: Result) -> Finding:
    """Favourites have the most successes on separate starts; ties go to the first in the settings."""
    surface = _plain(result.settings.landscape)
    ranked = sorted(result.heats, key=lambda method: -successes(result.heats[method]).successes)
    favourites: dict[str, str] = {}
    for method in ranked:
        favourites.setdefault(kind(method), method)
    (first, best), *others = favourites.items()
    share, rivals = result.share(best), {each: result.share(method) for each, method in others}
    found = leads(dict.fromkeys(rivals, share), rivals)
    missing = (
        _unsettled(result, favourites.values()) if others else ("Choose at least two kinds of algorithms to compare.")
    )
    return MOST_STARTS.find(
        *(
            Quantity.of(f"lead over {_plain(favourites[each])}", lead, "share", "above", 0)
            for each, lead in found.items()
        ),
        Quantity.of("best share", share),
        missing=missing,
        surface=surface,
        best=_plain(best),
        others=listed([_plain(method) for _, method in others]),
        kind=first,
    )
