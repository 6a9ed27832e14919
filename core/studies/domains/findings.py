"""Findings on the three domains: claims 26, 44 and 54, accuracy with a rare class, digits as images."""

from itertools import combinations
from typing import Any

import numpy as np

from core.statistics import holm, interval, paired
from core.studies.contract import AS_MANY, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Quantity, Told
from core.studies.domains.study import CONVOLUTION, DENSE, LOGISTIC, MAJORITY, NEAR, Result, epochs_to_near
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed, percent

LITTLE = 0.05  # difference of a score or skill that counts as small
REMARKED = 0.02  # lead of a score that counts as remarkable
NEARLY = percent(NEAR)
RULES = Rules(__name__)
findings = RULES.findings


def _all(settings: Any) -> bool:
    return bool(settings.dataset == "all")


def _pairs(values: dict[str, np.ndarray], word: str) -> dict[str, np.ndarray]:
    """First minus second (seeds,) for every pair of domains, named 'first over second'."""
    return {f"{a} {word} {b}": values[a] - values[b] for a, b in combinations(values, 2)}


def _epochs(result: Result) -> tuple[list[Quantity], list[Quantity], dict[str, str]]:
    """Factors between the domains' epochs, the epochs themselves, and words on the former and on what is missing."""
    epochs = {name: epochs_to_near(result, name) for name in result.domains}
    nothing = [name for name, each in epochs.items() if np.isnan(each).any()]
    logs = holm(_pairs({name: np.log(each) for name, each in epochs.items()}, "over"))
    factors = [Quantity.factor(name, each, "between", AS_MANY) for name, each in logs.items()]
    times = [Quantity.of(f"epochs on {name}", float(np.exp(np.log(each).mean()))) for name, each in epochs.items()]
    missing = f"On {listed(nothing)} a network ended no better than guessing, or hardly better than it started."
    words = {"epochs": listed([f"{each.name} {each}" for each in factors]), "missing": missing if nothing else ""}
    return factors, times, words


@RULES.rule("varies", _all)
def _varies(result: Result) -> Told:
    factors, times, words = _epochs(result)
    skills = {name: result.final(name, "skill") for name in result.domains}
    leads = holm(_pairs(skills, "minus"))
    apart = [Quantity.of(name, each, "", "between", (-LITTLE, LITTLE)) for name, each in leads.items()]
    yield from [*apart, *factors]
    yield {f"skill on {name}": each.mean() for name, each in skills.items()}
    yield from times
    yield words | {"skills": listed([f"{each.name} {each:signed}" for each in apart])}


@RULES.rule("convergence", _all)
def _convergence(result: Result) -> Told:
    factors, times, words = _epochs(result)
    yield from [*factors, *times]
    yield words


@RULES.rule("remarkable")
def _remarkable(result: Result) -> Told:
    leads = [Quantity.of(name, interval(result.lead(name)), "", "above", REMARKED) for name in result.domains]
    yield from leads
    yield {f"score on {name}": result.final(name).mean() for name in result.domains}
    yield {"leads": listed([f"{each.name} {each:signed}" for each in leads])}


@RULES.rule("accuracy")
def _accuracy(result: Result) -> Told:
    if "fraud" not in result.domains:
        return
    always_no, test = result.rivals["fraud"][MAJORITY], result.race.data("fraud").y_test
    frauds = int(test.sum())  # every split has the same class proportions
    found, right = result.final("fraud"), result.race.final("fraud", "test_score")
    yield Quantity.of("gain in average precision", interval(found - always_no.score), "", "above", LITTLE)
    yield Quantity.of("gain in accuracy", interval(right - always_no.accuracy), "", "above", LITTLE)
    yield {"average precision": found.mean(), "accuracy": right.mean()}
    yield {"accuracy of always no": always_no.accuracy.mean(), "frauds": frauds, "other payments": len(test) - frauds}
    yield {"data": "Real" if "fraud" in result.real else "Synthetic"}


def _leads_most(evidence: Evidence) -> Outcome:
    leads, ahead = ([each for name, each in evidence.items() if name.startswith(kind)] for kind in ("lead", "ahead"))
    if all(each.missed for each in leads):
        return FAILS
    return HOLDS if leads[0].met and all(each.met for each in ahead) else UNDECIDED


@RULES.rule("largest", _all, decide=_leads_most)
def _largest(result: Result) -> Told:
    leads = {name: result.lead(name, "skill") for name in result.domains}
    ranked = sorted(leads, key=lambda name: -leads[name].mean())
    own, apart = holm(leads), holm(_pairs({name: leads[name] for name in ranked}, "over"))
    told = [Quantity.of(f"lead on {name}", own[name], "", "above", 0) for name in ranked]
    yield from told
    for name in ranked[1:]:
        yield Quantity.of(f"ahead of {name}", apart[f"{ranked[0]} over {name}"], "", "above", 0)
    rivals = {name: result.rivals[name][LOGISTIC].skill.mean() for name in ranked}
    yield {f"skill of logistic regression on {name}": each for name, each in rivals.items()}
    listing = listed([f"{name} {each:signed}" for name, each in zip(ranked, told, strict=True)])
    yield {"best": ranked[0], "leads": listing}


@RULES.rule("better")
def _pictures(result: Result) -> Told:
    """Which of two networks recognizes digits more accurately."""
    if "image" not in result.domains:
        return
    pair = result.pictures
    scores = {label: pair.race.final(label, "test_score") for label in pair.race.runs}
    sizes = {label: pair.race.network(label).parameters for label in pair.race.runs}
    yield Quantity.of("lead in accuracy", paired(scores[CONVOLUTION], scores[DENSE]), "", "above", 0)
    yield {f"accuracy, {label}": each.mean() for label, each in scores.items()}
    yield {f"parameters, {label}": each for label, each in sizes.items()}
    yield {f"learning rate, {label}": each.best for label, each in pair.tuning.items()}
    yield {"missing": unsettled(pair.tuning)}
