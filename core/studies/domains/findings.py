"""What the three domains show: claims 26 and 44, what accuracy is worth with a rare class, digits as images."""

import numpy as np

from core.statistics import interval, paired
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, some_met
from core.studies.domains import pictures
from core.studies.domains.study import MAJORITY, NEAR, Result, epochs_to_near
from core.studies.wording import listed, percent

LITTLE = 0.05  # gain of a score that is hardly seen

VARIES = Rule(
    44,
    "skill: the share of the way from the majority class to a perfect score, by the domain's own measure. Best domain "
    "minus worst, paired by seed, above zero: holds; else not decided",
    lambda evidence: HOLDS if evidence["gap in skill"].met else UNDECIDED,
    {
        HOLDS: "Of the way from the majority class (0) to a perfect score (1), the network came {gap in skill} further "
        "on {best} than on {worst}.",
        UNDECIDED: "The best domain, {best}, was not detectably ahead of the worst, {worst}: {gap in skill:signed} of "
        "the way from the majority class to a perfect score.",
    },
)
REMARKABLE = Rule(
    26,
    "“remarkable” cannot be tested; a lead over logistic regression on the same split can: the interval over seeds "
    "lies above zero in every domain: holds; in some: holds with caveats; in none: does not hold. The seeds vary first "
    "weights and batches, not the split",
    some_met,
    {
        HOLDS: "In every domain tested the network scored higher than logistic regression: {leads}.",
        CAVEATS: "Not in every domain did the network score detectably higher than logistic regression: {leads}.",
        FAILS: "In no domain did the network score detectably higher than logistic regression: {leads}.",
    },
)


def _accuracy(evidence: Evidence) -> Outcome:
    precision, accuracy = evidence["gain in average precision"], evidence["gain in accuracy"]
    if not precision.met:
        return UNDECIDED
    return FAILS if precision.value > LITTLE and not accuracy.met else HOLDS


ACCURACY = Rule(
    0,
    "our network minus always saying no: average precision clearly higher (interval above zero, mean above "
    f"{LITTLE:g}), yet accuracy by less than {LITTLE:g}: does not hold; otherwise average precision clearly higher: "
    "holds; else not decided",
    _accuracy,
    {
        HOLDS: "{data} payments: compared with always saying no, the network changed average precision by "
        "{gain in average precision:signed} and accuracy by {gain in accuracy:signed}.",
        FAILS: "{data} payments: compared with always saying no, the network gained {gain in average precision:signed} "
        "in average precision, but only {gain in accuracy:signed} in accuracy.",
        UNDECIDED: "{data} payments: in average precision the network was not detectably ahead of always saying no "
        "({gain in average precision:signed}).",
    },
    question="accuracy tells how well fraud is found",
    source="Saito & Rehmsmeier 2015, on precision and recall with rare classes",
)


def _largest(evidence: Evidence) -> Outcome:
    lead = evidence["best lead"]
    if lead.missed:
        return FAILS
    return HOLDS if lead.met and evidence["best minus next"].met else UNDECIDED


LARGEST = Rule(
    0,
    "lead of the network over logistic regression by each domain's own measure, over seeds: that of the best domain "
    "above zero, and above that of the next: holds; even the best below zero: does not hold; else not decided",
    _largest,
    {
        HOLDS: "The network's lead over logistic regression was largest on {best}: {best lead:signed}.",
        FAILS: "Even on {best}, its best domain, the network stayed behind logistic regression: {best lead:signed}.",
        UNDECIDED: "The lead over logistic regression was highest on {best} ({best lead:signed}), but not detectably "
        "above both zero and the lead on {next}: it was larger by {best minus next:signed}.",
    },
    question="the network leads logistic regression most on {best}",
    source="our own comparison; logistic regression is scikit-learn's",
    answers={HOLDS: "{best}", FAILS: "in none"},
    key="largest lead",
)
RULES = (VARIES, REMARKABLE, ACCURACY, LARGEST, pictures.BETTER)


def findings(result: Result) -> list[Finding]:
    """Claims 44 and 26, accuracy where one class is rare, the largest lead, and digits as images."""
    found = [_varies(result), _remarkable(result)]
    if "fraud" in result.domains:
        found.append(_accuracy_tells(result))
    found.append(_lead_is_largest(result))
    if "image" in result.domains:
        found.append(pictures.finding(result.pictures))
    return found


def _varies(result: Result) -> Finding:
    skills, near = {name: result.skill(name) for name in result.domains}, percent(NEAR)
    best, worst = (pick(skills, key=lambda name: skills[name].mean()) for pick in (max, min))
    return VARIES.find(
        Quantity.of("gap in skill", paired(skills[best], skills[worst]), "", "above", 0),
        *(Quantity.of(f"skill on {name}", each.mean()) for name, each in skills.items()),
        *(Quantity.of(f"time to {near} on {name}", _mean(epochs_to_near(result, name)), "epochs") for name in skills),
        missing="" if len(skills) > 1 else "It takes two domains to compare them.",
        best=best,
        worst=worst,
    )


def _mean(values: np.ndarray) -> float:
    """Mean of the known values; NaN where there is none."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _remarkable(result: Result) -> Finding:
    leads = [Quantity.of(name, interval(result.lead(name)), "", "above", 0) for name in result.domains]
    scores = [Quantity.of(f"score on {name}", result.final(name).mean()) for name in result.domains]
    return REMARKABLE.find(*leads, *scores, leads=listed([f"{each.name} {each:signed}" for each in leads]))


def _accuracy_tells(result: Result) -> Finding:
    always_no = result.rivals["fraud"][MAJORITY]
    found, right = result.final("fraud"), result.race.final("fraud", "test_score")
    return ACCURACY.find(
        Quantity.of("gain in average precision", interval(found - always_no.score), "", "above", 0),
        Quantity.of("gain in accuracy", interval(right - always_no.accuracy).mean, "", "at least", LITTLE),
        Quantity.of("average precision", found.mean()),
        Quantity.of("accuracy", right.mean()),
        Quantity.of("accuracy of always no", always_no.accuracy),
        Quantity.of("frauds", result.frauds),
        Quantity.of("other payments", result.others),
        data="Real" if "fraud" in result.real else "Synthetic",
    )


def _lead_is_largest(result: Result) -> Finding:
    best, *others = sorted(result.domains, key=lambda name: -result.lead(name).mean())
    lead = Quantity.of("best lead", interval(result.lead(best)), "", "above", 0)
    if not others:
        return LARGEST.find(lead, missing="It takes two domains to compare them.", best=best)
    gap = paired(result.lead(best), result.lead(others[0]))
    return LARGEST.find(lead, Quantity.of("best minus next", gap, "", "above", 0), best=best, next=others[0])
