"""Findings on gradient descent and its rivals: claims 2, 4, 13 and 45."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.minimizers import MINIMIZERS
from core.statistics import LEVEL, Difference, Share, confidence, interval, paired_logs
from core.studies.algorithms import steepest
from core.studies.algorithms.problems import FAMILY
from core.studies.algorithms.study import Result, successes
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed

HALF = 0.5  # share of gradient descent's decrease in loss that counts as training the network
ROUNDED = 1e-6  # relative excess of a distance over theory that is allowed
LENGTH, RANDOM = steepest.LENGTH, steepest.RANDOM
RULES = Rules(__name__)
findings = RULES.findings


def _plain(name: str) -> str:
    return name.replace("_", " ")


def kind(method: str) -> str:
    """An algorithm's kind, as named by the options of the prediction."""
    if method in FAMILY:
        return "gradient descent or momentum"
    return "one that draws at random" if "rng" in MINIMIZERS[method].needs else "one with curvature or a simplex"


def _outside(methods: Iterable[str]) -> list[str]:
    """The algorithms outside gradient descent's family."""
    return [method for method in methods if method not in FAMILY]


def _rivals(settings: Any) -> bool:
    return "gradient_descent" in settings.methods and bool(_outside(settings.methods))


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


def _unsettled(result: Result, methods: Iterable[str]) -> str:
    tuning = {each: result.surface_tuning[each] for each in methods if each in result.surface_tuning}
    return unsettled(tuning, "setting")


@RULES.rule("avoid_minima", _rivals)
def _avoid_minima(rule: Rule, result: Result) -> Finding:
    base, others = result.share("gradient_descent"), _outside(result.settings.methods)
    found = leads({each: result.share(each) for each in others}, dict.fromkeys(others, base))
    ahead = [Quantity.of(_plain(each), lead, "share", "above", 0) for each, lead in found.items()]
    surface = _plain(result.settings.landscape)
    everywhere = f"On {surface} gradient descent reached a lowest point from every start: no algorithm can do better."
    return rule.find(
        Quantity.of("gradient descent", base),
        *ahead,
        missing=everywhere if base.value == 1 else _unsettled(result, ["gradient_descent", *others]),
        surface=surface,
        ahead=listed([each.name for each in ahead if each.met]),
    )


def _replaced(evidence: Evidence) -> Outcome:
    gradient_descent, *others = (each for each in evidence.values() if each.wanted)
    if not gradient_descent.met:
        return UNDECIDED
    if any(each.met for each in others):
        return FAILS
    return CAVEATS if any(each.value for each in others) else HOLDS


@RULES.rule("necessary", _rivals, decide=_replaced)
def _necessary(rule: Rule, result: Result) -> Finding:
    base, first = result.final("gradient_descent"), result.first("gradient_descent")
    seeds, falls, others = len(base), base < first, _outside(result.settings.methods)
    trains = {each: first - result.final(each) >= HALF * (first - base) for each in others}
    return rule.find(
        Quantity.of("gradient descent", falls.sum(), "seeds", "at least", seeds),
        *(Quantity.of(_plain(each), trains[each].sum(), "seeds", "at least", seeds) for each in others),
        Quantity.of("loss at the start, median", np.median(first)),
        Quantity.of("loss after gradient descent, median", np.median(base)),
        missing=unsettled({"gradient descent": result.tuning["gradient_descent"]}),
        some=listed([_plain(each) for each in others if trains[each].any()]),
        all=listed([_plain(each) for each in others if trains[each].all()]),
    )


@RULES.rule("steepest")
def _steepest(rule: Rule, result: Result) -> Finding:
    best = max(float(each.random.max()) for each in result.directions)
    sign = interval(np.array([each.sign for each in result.directions]))
    return rule.find(
        Quantity.of("random direction", best, "times", "below", 1),
        Quantity.of("sign of g", sign, "times", "above", 1),
    )


@RULES.rule("works", lambda s: "gradient_descent" in s.methods)
def _works(rule: Rule, result: Result) -> Finding:
    found = result.least_squares
    assert found is not None
    over = found.distances["gradient_descent"][-1] / found.allowed
    falls = paired_logs(result.final("gradient_descent"), result.first("gradient_descent"))
    return rule.find(
        Quantity.factor("loss left", falls, "below", 1),
        Quantity.of("over theory", over.max(), "times", "at most", 1 + ROUNDED),
        *(Quantity.of(f"distance left by {_plain(name)}", each[-1].max()) for name, each in found.distances.items()),
        Quantity.of("condition number", np.median(found.conditions)),
    )


@RULES.rule("most_starts", lambda s: len({*map(kind, s.methods)}) > 1)
def _most_starts(rule: Rule, result: Result) -> Finding:
    """Favourites have the most successes on separate starts; ties go to the first in the settings."""
    ranked = sorted(result.heats, key=lambda method: -successes(result.heats[method]).successes)
    favourites: dict[str, str] = {}
    for method in ranked:
        favourites.setdefault(kind(method), method)
    (first, best), *others = favourites.items()
    share, rivals = result.share(best), {each: result.share(method) for each, method in others}
    found = leads(dict.fromkeys(rivals, share), rivals)
    ahead = {f"lead over {_plain(favourites[each])}": lead for each, lead in found.items()}
    return rule.find(
        *(Quantity.of(name, lead, "share", "above", 0) for name, lead in ahead.items()),
        Quantity.of("best share", share),
        missing=_unsettled(result, favourites.values()),
        surface=_plain(result.settings.landscape),
        best=_plain(best),
        others=listed([_plain(method) for _, method in others]),
        kind=first,
    )
