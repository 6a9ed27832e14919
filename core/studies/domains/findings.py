"""Findings on the three domains: claims 26, 44 and 54, accuracy with a rare class, digits as images."""

from itertools import combinations

import numpy as np

from core.statistics import holm, interval
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
    differs,
    graded,
)
from core.studies.domains import pictures
from core.studies.domains.study import LOGISTIC, MAJORITY, NEAR, Result, epochs_to_near
from core.studies.wording import listed, percent

LITTLE = 0.05  # difference of a score or skill that counts as small
REMARKED = 0.02  # lead of a score that counts as remarkable

SKILL = "skill (share of each class recognized, averaged; 0: guessing, 1: perfect)"
CONVERGED = f"epochs to {percent(NEAR)} of its own final skill"
ALIKE = f"within {AS_MANY[0]:.2g} and {AS_MANY[1]:g}"


def _performance(evidence: Evidence) -> Outcome:
    """Skills and epochs both differ: holds; one of them: holds with caveats; both lie close together: does not hold."""
    outcomes = [
        differs({name: each for name, each in evidence.items() if (each.unit == "times") == timed})
        for timed in (False, True)
    ]
    if HOLDS in outcomes:
        return HOLDS if outcomes == [HOLDS] * 2 else CAVEATS
    return FAILS if outcomes == [FAILS] * 2 else UNDECIDED


VARIES = Rule(
    44,
    f"the same measures in every domain, compared pairwise over splits, intervals by Holm. {SKILL}: an interval "
    f"excludes 0 and reaches beyond {LITTLE:g}. {CONVERGED}: an interval of a factor excludes 1 and reaches beyond "
    f"{AS_MANY[1]:g}. Both: holds; one of them: holds with caveats; all skills within {LITTLE:g} and all factors "
    f"{ALIKE}: does not hold; else not decided",
    _performance,
    {
        HOLDS: "By the same measures, both differ by domain: the skill ({skills}) and the epochs to "
        f"{percent(NEAR)} of it ({{epochs}}).",
        CAVEATS: "By the same measures, only one of two detectably differs by domain: the skill ({skills}) or the "
        f"epochs to {percent(NEAR)} of it ({{epochs}}).",
        FAILS: "By the same measures, neither differs by domain: neither the skill ({skills}) nor the epochs to "
        f"{percent(NEAR)} of it ({{epochs}}).",
        UNDECIDED: "It is too close to tell whether performance differs by domain: the skill ({skills}) and the "
        f"epochs to {percent(NEAR)} of it ({{epochs}}).",
    },
)
CONVERGENCE = Rule(
    54,
    f"{CONVERGED}, the same measure in every domain, with the same network, rule and rate; domains compared pairwise "
    f"over splits, intervals by Holm: one excludes 1 and reaches beyond {AS_MANY[1]:g}: holds; all lie {ALIKE}: does "
    "not hold; else not decided",
    differs,
    {
        HOLDS: f"The epochs to {percent(NEAR)} of the final skill differ by domain: {{epochs}}.",
        FAILS: f"The epochs to {percent(NEAR)} of the final skill are about the same in every domain: {{epochs}}.",
        UNDECIDED: f"It is too close to tell whether the epochs to {percent(NEAR)} of the final skill differ by "
        "domain: {epochs}.",
    },
)
REMARKABLE = Rule(
    26,
    "“remarkable” cannot be tested; a lead over logistic regression on the same splits can, by each domain's own "
    f"measure: the interval over splits lies above {REMARKED:g} in every domain: holds; in some: holds with caveats; "
    "below it in all: does not hold; else not decided",
    graded,
    {
        HOLDS: f"In every domain tested the network led logistic regression by more than {REMARKED:g}: {{leads}}.",
        CAVEATS: f"The network detectably led logistic regression by more than {REMARKED:g} in some domains but not "
        "in all: {leads}.",
        FAILS: f"In no domain did the network lead logistic regression by more than {REMARKED:g}: {{leads}}.",
        UNDECIDED: f"It is too close to tell whether the network leads logistic regression by more than {REMARKED:g}: "
        "{leads}.",
    },
)


def _accuracy(evidence: Evidence) -> Outcome:
    precision, accuracy = evidence["gain in average precision"], evidence["gain in accuracy"]
    if not precision.met:
        return UNDECIDED
    return HOLDS if accuracy.met else FAILS if accuracy.missed else UNDECIDED


ACCURACY = Rule(
    0,
    f"our network minus always predicting “no”, over splits: average precision gains more than {LITTLE:g}, and "
    "accuracy less: does not hold; both gain more: holds; else not decided",
    _accuracy,
    {
        HOLDS: "{data} payments: compared with always predicting “no”, the network gained {gain in average "
        "precision:signed} in average precision and {gain in accuracy:signed} in accuracy.",
        FAILS: "{data} payments: compared with always predicting “no”, the network gained {gain in average "
        "precision:signed} in average precision, but only {gain in accuracy:signed} in accuracy.",
        UNDECIDED: "{data} payments: it is too close to tell whether accuracy is informative: compared with always "
        "predicting “no”, the network changed average precision by {gain in average precision:signed} and "
        "accuracy by {gain in accuracy:signed}.",
    },
    question="accuracy shows how well fraud is detected",
    source="Saito & Rehmsmeier 2015, on precision and recall with rare classes",
)


def _largest(evidence: Evidence) -> Outcome:
    leads, ahead = ([each for name, each in evidence.items() if name.startswith(kind)] for kind in ("lead", "ahead"))
    if all(each.missed for each in leads):
        return FAILS
    return HOLDS if leads[0].met and all(each.met for each in ahead) else UNDECIDED


LARGEST = Rule(
    0,
    f"lead of the network over logistic regression by the same measure in every domain, {SKILL}, over splits. The "
    "largest lead lies above zero and above that of every other domain, intervals by Holm over all domains and all "
    "pairs of domains: holds; all leads lie below zero: does not hold; else not decided",
    _largest,
    {
        HOLDS: "The network's lead over logistic regression was largest on {best}, by the share of each class that is "
        "recognized: {leads}.",
        FAILS: "In every domain the network scored below logistic regression in the share of each class that is "
        "recognized: {leads}.",
        UNDECIDED: "It is too close to tell where the network has its largest lead over logistic regression, by the "
        "share of each class that is recognized: {leads}.",
    },
    question="the network leads logistic regression most on {best}",
    source="measured here, with scikit-learn's logistic regression; Brodersen et al. 2010, on balanced accuracy",
    answers={HOLDS: "{best}", FAILS: "in none"},
    key="largest lead",
)
RULES = (VARIES, CONVERGENCE, REMARKABLE, ACCURACY, LARGEST, pictures.BETTER)
ALONE = "Choose “all” domains to compare them."


def findings(result: Result) -> list[Finding]:
    """Claims 44, 54 and 26, accuracy with a rare class, the largest lead, and digits as images."""
    found = [*_varies(result), _remarkable(result)]
    if "fraud" in result.domains:
        found.append(_accuracy_tells(result))
    found.append(_lead_is_largest(result))
    if "image" in result.domains:
        found.append(pictures.finding(result.pictures))
    return found


def _pairs(values: dict[str, np.ndarray], word: str) -> dict[str, np.ndarray]:
    """First minus second (seeds,) for every pair of domains, named 'first over second'."""
    return {f"{a} {word} {b}": values[a] - values[b] for a, b in combinations(values, 2)}


def _varies(result: Result) -> list[Finding]:
    skills = {name: result.skill(name) for name in result.domains}
    epochs = {name: epochs_to_near(result, name) for name in result.domains}
    nothing = [name for name, each in epochs.items() if np.isnan(each).any()]
    alone = "" if len(skills) > 1 else ALONE
    missing = alone or (f"On {listed(nothing)} a network ended no better than it started." if nothing else "")
    apart = [
        Quantity.of(name, each, "", "between", (-LITTLE, LITTLE))
        for name, each in holm(_pairs(skills, "minus")).items()
    ]
    factors = [
        Quantity.factor(name, each, "between", AS_MANY)
        for name, each in holm(_pairs({name: np.log(each) for name, each in epochs.items()}, "over")).items()
    ]
    told = {"epochs": listed([f"{each.name} {each}" for each in factors])}
    levels = [Quantity.of(f"skill on {name}", each.mean()) for name, each in skills.items()]
    times = [Quantity.of(f"epochs on {name}", float(np.exp(np.log(each).mean()))) for name, each in epochs.items()]
    both = listed([f"{each.name} {each:signed}" for each in apart])
    return [
        VARIES.find(*apart, *factors, *levels, *times, missing=missing, skills=both, **told),
        CONVERGENCE.find(*factors, *times, missing=missing, **told),
    ]


def _remarkable(result: Result) -> Finding:
    leads = [Quantity.of(name, interval(result.lead(name)), "", "above", REMARKED) for name in result.domains]
    scores = [Quantity.of(f"score on {name}", result.final(name).mean()) for name in result.domains]
    return REMARKABLE.find(*leads, *scores, leads=listed([f"{each.name} {each:signed}" for each in leads]))


def _accuracy_tells(result: Result) -> Finding:
    always_no = result.rivals["fraud"][MAJORITY]
    found, right = result.final("fraud"), result.race.final("fraud", "test_score")
    return ACCURACY.find(
        Quantity.of("gain in average precision", interval(found - always_no.score), "", "above", LITTLE),
        Quantity.of("gain in accuracy", interval(right - always_no.accuracy), "", "above", LITTLE),
        Quantity.of("average precision", found.mean()),
        Quantity.of("accuracy", right.mean()),
        Quantity.of("accuracy of always no", always_no.accuracy.mean()),
        Quantity.of("frauds", result.frauds),
        Quantity.of("other payments", result.others),
        data="Real" if "fraud" in result.real else "Synthetic",
    )


def _lead_is_largest(result: Result) -> Finding:
    leads = {name: result.lead_in_skill(name) for name in result.domains}
    ranked = sorted(leads, key=lambda name: -leads[name].mean())
    own, apart = holm(leads), holm(_pairs({name: leads[name] for name in ranked}, "over"))
    told = [Quantity.of(f"lead on {name}", own[name], "", "above", 0) for name in ranked]
    ahead = [Quantity.of(f"ahead of {name}", apart[f"{ranked[0]} over {name}"], "", "above", 0) for name in ranked[1:]]
    beside = [
        Quantity.of(f"skill of logistic regression on {name}", result.rivals[name][LOGISTIC].skill.mean())
        for name in ranked
    ]
    listing = listed([f"{name} {each:signed}" for name, each in zip(ranked, told, strict=True)])
    return LARGEST.find(*told, *ahead, *beside, missing="" if len(ranked) > 1 else ALONE, best=ranked[0], leads=listing)
