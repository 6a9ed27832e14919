"""Findings on activations: how well the error signal survives, what saturates, and which scores best."""

from typing import Any

import numpy as np

from core.nn import ACTIVATIONS
from core.nn.probes import largest_slope
from core.statistics import holm, paired_logs
from core.studies.activations import nondifferentiable
from core.studies.activations.study import Result, compared, orders, powers
from core.studies.contract import (
    AS_MANY,
    CAVEATS,
    FAILS,
    HOLDS,
    UNDECIDED,
    Evidence,
    Finding,
    Outcome,
    Quantity,
    Rule,
    graded,
)
from core.studies.tuning import unsettled
from core.studies.wording import listed

MANY = 0.05  # a larger share of saturated units needs a caveat
KEPT = (
    -2.0,
    2.0,
)  # limits, in powers of ten between the last and the first delta, within which the error signal is kept
OPTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}  # options of the prediction; all others are "another"


def _two(settings: Any) -> str:
    return "" if len(settings.activations) > 1 else "Choose at least two activations to compare."


VANISHING = Rule(
    47,
    "through at least 10 layers, under each initializer: the error signal is kept where the 95 % interval of its "
    "change lies between a factor of 0.01 and 100. Kept by both under all: holds; under some: holds with caveats; "
    "under none, all intervals outside: does not hold; else not decided",
    graded,
    {
        HOLDS: "Through {depth} layers the error signal was kept under every initializer; it changed most for {most}.",
        UNDECIDED: "It is too close to tell whether the error signal is kept through {depth} layers; it changed most "
        "for {most}.",
        CAVEATS: "Through {depth} layers the initial weights decide: the error signal changed least for {least}, and "
        "most for {most}.",
        FAILS: "Through {depth} layers the error signal was kept under no initializer; it changed least for {least}.",
    },
    needs=lambda s: (
        ""
        if {"relu", "tanh"} & {*s.activations} and s.depth >= 10
        else "Choose ReLU or tanh, and at least 10 layers, to decide this."
    ),
)


def _saturates(evidence: Evidence) -> Outcome:
    wanted = [each for each in evidence.values() if each.wanted]
    if all(each.met for each in wanted):
        return HOLDS
    return CAVEATS if any(each.missed for each in wanted) else UNDECIDED


SATURATION = Rule(
    40,
    "both have a derivative everywhere, so the claim holds in itself; with caveats if either loses its error signal "
    f"at the initial weights (rule of claim 47) or ends the race with over {MANY:.0%} of units saturated; if neither "
    "can be determined: not decided",
    _saturates,
    {
        UNDECIDED: "It is too close to tell whether they lose the error signal through {depth} layers: it changed "
        "{found}.",
        HOLDS: "Through {depth} layers the error signal was kept and few units saturated: it changed {found}.",
        CAVEATS: "They have no kink, but through {depth} layers the error signal was lost or units saturated: it "
        "changed {found}.",
    },
)
BEST = Rule(
    0,
    "test score, on the race's seeds, of the activation that was best on the tuning seeds, minus that of each other "
    "one: all intervals, with Holm's correction, above zero: holds; otherwise not decided",
    lambda evidence: HOLDS if all(each.met for each in evidence.values() if each.wanted) else UNDECIDED,
    {
        HOLDS: "{first} had the highest test score, {test score}: {closest} than {second}, the runner-up.",
        UNDECIDED: "{first}, the best in tuning, did not score detectably higher than all others: {closest} than "
        "{second}.",
    },
    question="{first} ends with a better test score than all others",
    source="measured here, each activation at its own tuned learning rate; Holm 1979",
    needs=_two,
)


def _preserved(evidence: Evidence) -> Outcome:
    change, *leads = evidence.values()
    if change.met:
        return HOLDS if all(each.met for each in leads) else CAVEATS
    return FAILS if change.missed else UNDECIDED


def _costs(evidence: Evidence) -> Outcome:
    one, update = evidence["one number"], evidence["an update"]
    if one.met:
        return FAILS
    if one.low <= 1 <= one.high:
        return UNDECIDED
    return CAVEATS if update.met or update.low <= 1 <= update.high else HOLDS


PRESERVES = Rule(
    0,
    "powers of ten between the last and the first δ of the untrained deep network: the activation whose mean is "
    "nearest to zero on separate seeds keeps the error signal (its interval lies between −2 and 2), and all others "
    "are farther from zero, paired, with Holm's correction: holds; kept, but not detectably better than by every "
    "other: holds with caveats; the interval lies outside: does not hold; otherwise not decided",
    _preserved,
    {
        HOLDS: "With {initializer} weights {first} best preserves the error signal through {depth} layers: it changed "
        "by {change:signed}, and for {second} by {closest} more.",
        CAVEATS: "With {initializer} weights {first} preserves the error signal through {depth} layers "
        "({change:signed}), but not detectably better than {second}.",
        FAILS: "With {initializer} weights no activation preserves the error signal through {depth} layers: even for "
        "{first} it changed by {change:signed}.",
        UNDECIDED: "It could not be decided whether {first} preserves the error signal through {depth} layers with "
        "{initializer} weights: it changed by {change:signed}.",
    },
    question="with {initializer} weights one activation best preserves the error signal",
    source="Glorot & Bengio 2010; He et al. 2015",
    answers={HOLDS: "{option}", FAILS: "none"},
    key="error signal",
    needs=_two,
)
COST = Rule(
    56,
    "time of tanh over ReLU, timed alternately, for the value and derivative of one number and for a whole update of "
    "the network: both intervals of the factor exclude 1: holds; only the first: holds with caveats; the first lies "
    f"within {AS_MANY[0]:.2g} and {AS_MANY[1]:g}: does not hold; else not decided",
    _costs,
    {
        HOLDS: "For one number tanh took {one number} as long as ReLU, and a whole update {an update} as long.",
        CAVEATS: "For one number tanh took {one number} as long as ReLU, but a whole update about as long: "
        "{an update}.",
        FAILS: "For one number tanh took about as long as ReLU: {one number}.",
        UNDECIDED: "It is too close to tell whether tanh takes longer than ReLU: {one number} as long.",
    },
    needs=lambda s: "" if {"relu", "tanh"} <= {*s.activations} else "Choose tanh and ReLU to compare their cost.",
)
RULES = (VANISHING, SATURATION, COST, *nondifferentiable.RULES, BEST, PRESERVES)


def findings(result: Result) -> list[Finding]:
    """Claims 47, 40, 56, 37 to 39, whether one scores best, and which best keeps the error signal."""
    own = [_best(result), _preserves(result)]
    return [
        _prevents_vanishing(result),
        _saturate(result),
        _cost(result),
        *nondifferentiable.findings(result.kinks),
        *own,
    ]


def _change(result: Result, name: str, activation: str, initializer: str) -> Quantity:
    return Quantity.of(name, orders(result, activation, initializer), "powers of ten", "between", KEPT)


def _prevents_vanishing(result: Result) -> Finding:
    names = [name for name in ("relu", "tanh") if name in result.settings.activations]
    if missing := VANISHING.needs(result.settings):
        return VANISHING.find(missing=missing)
    changes = [_change(result, f"{n} from {i} weights", n, i) for n in names for i in compared(result.settings)]
    least, most = (pick(changes, key=lambda each: abs(each.value)) for pick in (min, max))
    words = {"least": f"{least.name} ({least:signed})", "most": f"{most.name} ({most:signed})"}
    return VANISHING.find(*changes, depth=str(result.settings.depth), **words)


def _saturate(result: Result) -> Finding:
    evidence, found = [], []
    for name in (name for name in ("sigmoid", "tanh") if name in result.settings.activations):
        change = _change(result, f"{name} error signal", name, result.settings.initializer)
        saturated = float(np.nanmean(result.race.final(name, "saturated")))
        share = Quantity.of(f"{name} saturated units", saturated, "share", "at most", MANY)
        evidence += [change, share, Quantity.of(f"{name} steepest slope", largest_slope(ACTIVATIONS[name]()))]
        found.append(f"for {name} by {change:signed} ({share} of its units saturated)")
    missing = "" if evidence else "Choose sigmoid or tanh to decide this."
    return SATURATION.find(*evidence, missing=missing, depth=str(result.settings.depth), found=listed(found))


def _cost(result: Result) -> Finding:
    if not {"tanh", "relu"} <= result.costs.keys():
        return COST.find(missing=COST.needs(result.settings))
    tanh, relu = result.costs["tanh"], result.costs["relu"]
    number = paired_logs(tanh.values + tanh.derivatives, relu.values + relu.derivatives)
    return COST.find(
        Quantity.factor("one number", number, "between", AS_MANY),
        Quantity.factor("an update", paired_logs(tanh.updates, relu.updates), "between", AS_MANY),
    )


def _best(result: Result) -> Finding:
    first, *others = result.favourites()
    words = {"first": first, "second": "another", "closest": ""}
    if not others:
        return BEST.find(missing=BEST.needs(result.settings), **words)
    scores = {name: result.race.final(name, "test_score") for name in result.race.runs}
    leads = holm({name: scores[first] - scores[name] for name in others})
    told = {name: Quantity.of(f"lead over {name}", lead, "", "above", 0) for name, lead in leads.items()}
    nearest = min(told, key=lambda name: told[name].low)
    words |= {"second": nearest, "closest": f"{told[nearest]:signed}"}
    score = Quantity.of("test score", np.mean(scores[first]))
    return BEST.find(*told.values(), score, missing=unsettled(result.tuning), **words)


def _preserves(result: Result) -> Finding:
    initializer, (first, *others) = result.settings.initializer, result.ranked
    words = {"first": first, "initializer": initializer, "depth": str(result.settings.depth)}
    words["option"] = OPTIONS.get(first, "another")
    change = _change(result, "change", first, initializer)
    if not others:
        return PRESERVES.find(change, missing=PRESERVES.needs(result.settings), **words)
    far = {name: np.abs(powers(result, name, initializer)) for name in result.ranked}
    leads = holm({name: far[name] - far[first] for name in others})
    told = {name: Quantity.of(f"lead over {name}", lead, "powers of ten", "above", 0) for name, lead in leads.items()}
    nearest = min(told, key=lambda name: told[name].low)
    return PRESERVES.find(change, *told.values(), second=nearest, closest=f"{told[nearest]}", **words)
