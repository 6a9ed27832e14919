"""Findings on learning rates: the stability limit, equal and random initial weights, schedules, the working range."""

import numpy as np

from core.statistics import Share, holm, interval, paired_logs
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule
from core.studies.learning_rate import study
from core.studies.learning_rate.quadratic import METHODS, optimum
from core.studies.learning_rate.study import EQUAL, METHOD_NAMES, PER_DECADE, TRIALS, Result
from core.studies.race import Race
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed, number, percent

TOLERANCE = 0.1  # tolerance between measured contraction and theory, in digits per step: a double root converges slowly
LITTLE = 0.02  # difference of a test score that counts as none
NARROW, WIDE = 0.5, 2.5  # powers of ten between the smallest and the largest working rate: factors of 3 and 300
FAR = 2  # powers of ten above and below the best rate that count as far off
FREE = study.FREE
RULES = Rules(__name__)
findings = RULES.findings


@RULES.rule("descends")
def _descends(rule: Rule, result: Result) -> Finding:
    under, over = (result.bowl.edge[side].heights for side in ("under", "over"))
    not_down = ~(np.diff(under, axis=0) < 0)
    not_up = ~(np.diff(over[len(over) // 2 :], axis=0) > 0)
    return rule.find(
        Quantity.of("steps not down", not_down.sum(), "steps", "at most", 0),
        Quantity.of("steps not up", not_up.sum(), "steps", "at most", 0),
        Quantity.of("lowest end", over[-1].min(), "times the start", "above", 1),
        Quantity.of("highest end", over[-1].max(), "times the start"),
        Quantity.of("median end under the edge", np.median(under[-1]), "times the start"),
        margin=percent(result.bowl.margin),
    )


def floor(race: Race, label: str) -> np.ndarray:
    """Mean training loss (seeds,) over the last sixth of training, where it no longer falls at a large constant rate.

    A run that diverged gets the worst loss of any run.
    """
    losses = race.values(label, "train_loss")
    return np.where(
        np.isfinite(losses[-1]), losses[-max(1, len(losses) // 6) :].mean(axis=0), race.judged(label, "train_loss")
    )


@RULES.rule("mitigates")
def _mitigates(rule: Rule, result: Result) -> Finding:
    freed, symmetry = result.freed, result.symmetry
    names = {EQUAL: "from equal weights", "constant": "from random weights", freed.schedule: "with a schedule"}
    equal, random, scheduled = (freed.share(label) for label in names)
    nudged = paired_logs(floor(symmetry, "nudged"), floor(symmetry, "constant"))
    return rule.find(
        Quantity.of("gain by random weights", random.minus(equal), "share", "above", 0),
        Quantity.of("gain by a schedule", scheduled.minus(random), "share", "above", 0),
        *(Quantity.of(name, freed.share(label).successes) for label, name in names.items()),
        Quantity.factor("loss on the data, nudged over equal weights", nudged),
        Quantity.of("rank of the first layer from equal weights", symmetry.values("constant", "rank").max()),
        missing=unsettled({label: freed.tuning[label] for label in ("constant", freed.schedule)}),
        schedule=freed.schedule.replace("_", " "),
        trials=str(TRIALS),
    )


def _around(result: Result, powers: int) -> tuple[dict[str, int], str]:
    """Indices in the sweep of the best rate and of rates `powers` decades below and above it; or why there are none."""
    best = result.best()
    places = {"best": best, "low": best - powers * PER_DECADE, "high": best + powers * PER_DECADE}
    if places["low"] < 0 or places["high"] >= len(result.rates):
        return {}, f"Choose a sweep that reaches {10**powers} times below and above its best rate."
    return places, unsettled({"random weights": result.tuning["random weights"]})


@RULES.rule("accuracy")
def _accuracy(rule: Rule, result: Result) -> Finding:
    places, missing = _around(result, 1)
    scores = {name: result.final("test_score")[place] for name, place in places.items()}
    leads = {"over a tenth": "low", "over ten times": "high"} if places else {}
    found = holm({name: scores["best"] - scores[other] for name, other in leads.items()})
    return rule.find(
        *(Quantity.of(name, lead, "", "between", (-LITTLE, LITTLE)) for name, lead in found.items()),
        missing=missing,
        best=number(result.rates[result.best()]),
    )


@RULES.rule("contraction")
def _contraction(rule: Rule, result: Result) -> list[Finding]:
    found = []
    for method in METHODS[:2]:
        theory, rates = optimum(method, result.bowl.k)[1], result.bowl.best[method].rates()
        off = np.abs(np.log(rates) / np.log(theory) - 1)
        found.append(
            rule.find(
                Quantity.of("largest deviation", off.max(), "share", "below", TOLERANCE),
                Quantity.of("measured", interval(rates)),
                Quantity.of("theory", theory),
                Quantity.of("one more digit", -np.log(10) / np.log(rates.mean()), "steps"),
                condition=number(result.bowl.k),
                method=METHOD_NAMES[method],
                formula="(k - 1)/(k + 1)" if method == "batch" else "(√k - 1)/(√k + 1)",
            )
        )
    return found


@RULES.rule("quietens")
def _quietens(rule: Rule, result: Result) -> Finding:
    logs = {name: np.log(floor(result.schedules, name)) for name in result.settings.compared}
    leads = holm({name: logs[name] - logs["constant"] for name in result.settings.schedules})
    factors = [Quantity.factor(name.replace("_", " "), lead, "below", 1) for name, lead in leads.items()]
    told = listed([f"{each.name} {each}".removesuffix(" times") for each in factors])
    return rule.find(*factors, rate=number(result.base_rate), shares=told)


@RULES.rule("too_large")
def _too_large(rule: Rule, result: Result) -> Finding:
    places, missing = _around(result, FAR)
    if missing:
        return rule.find(missing=missing)
    labels, failed = list(result.race.runs), result.worse()
    low, high = places["low"], places["high"]
    losses = [result.race.judged(labels[place], "train_loss") for place in (high, low)]
    return rule.find(
        Quantity.factor("extra loss", paired_logs(*losses), "above", 1),
        Quantity.of("best rate", result.rates[places["best"]]),
        Quantity.of("worse than at the start, too large", failed[high].sum(), "seeds"),
        Quantity.of("worse than at the start, too small", failed[low].sum(), "seeds"),
    )


@RULES.rule("rising")
def _rising(rule: Rule, result: Result) -> Finding:
    assert result.rising is not None
    turning, reached = result.rising.turning(), np.isfinite(result.steps_to_target())
    turns = result.nearest(turning)
    shares = {
        f"at {number(result.rates[place])}": reached[place]
        for place in range(turns, max(-1, turns - 2 * PER_DECADE - 1), -1)
    }
    found = [Quantity.of(name, Share.of(each), "share", "at least", 0.5) for name, each in shares.items()]
    return rule.find(
        *found,
        Quantity.of("rate chosen by the tuning", result.rates[result.best()]),
        missing="" if reached.any() else "Choose a target loss that some rate of the sweep reaches.",
        turning=number(turning),
        shares=listed([f"{each:value} {each.name}" for each in found]),
    )


def spans(result: Result) -> np.ndarray:
    """Powers of ten between the smallest and the largest working rate of each seed (seeds,)."""
    reached = np.isfinite(result.steps_to_target())
    first, last = reached.argmax(axis=0), len(reached) - 1 - reached[::-1].argmax(axis=0)
    return np.where(reached.any(axis=0), (last - first) / PER_DECADE, 0.0)


def _narrow(evidence: Evidence) -> Outcome:
    found = evidence["range"]
    if found.low > WIDE:
        return FAILS
    if not evidence["cut off"].met:
        return UNDECIDED
    return HOLDS if found.met else CAVEATS if found.low > NARROW and found.high <= WIDE else UNDECIDED


@RULES.rule("range", decide=_narrow)
def _range(rule: Rule, result: Result) -> Finding:
    reached = np.isfinite(result.steps_to_target())
    return rule.find(
        Quantity.of("range", interval(spans(result)), "powers of ten", "at most", NARROW),
        Quantity.of("cut off", (reached[0] | reached[-1]).sum(), "seeds", "at most", 0),
        missing="" if reached.any() else "Choose a target loss that some rate of the sweep reaches.",
    )
