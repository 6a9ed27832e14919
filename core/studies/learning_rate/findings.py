"""What the rates show: the edge of a bowl, equal and random first weights, schedules, and the width of what works."""

import numpy as np

from core.statistics import Difference, interval, paired, paired_logs
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, detected
from core.studies.learning_rate.quadratic import METHODS, optimum
from core.studies.learning_rate.study import METHOD_NAMES, PER_DECADE, Result, scheduled
from core.studies.race import Race
from core.studies.wording import number, percent

TOLERANCE = 0.05  # between a measured contraction and its theory, in digits gained per step
NARROW, WIDE = 1.0, 2.0  # powers of ten between the smallest and the largest rate that work


def _descends_below_the_edge(evidence: Evidence) -> Outcome:
    if not evidence["steps not down"].met:
        return FAILS
    return CAVEATS if evidence["steps not up"].met and evidence["lowest end"].met else HOLDS


DESCENDS = Rule(
    9,
    "a bowl of largest curvature L: at a rate just under 2/L every step goes down on every seed, and just over it "
    "every step of the second half goes up and ends above the start: holds with caveats; down under 2/L and not up "
    "over it: holds; not even down under 2/L: does not hold",
    _descends_below_the_edge,
    {
        HOLDS: "{margin} under 2/L every step went down, and {margin} over it the height did not keep growing on every "
        "seed: the lowest ended at {lowest end}.",
        CAVEATS: "Only with a small enough rate: {margin} under 2/L every step went down, {margin} over it the height "
        "grew on every seed, to at least {lowest end}.",
        FAILS: "Even {margin} under 2/L {steps not down} did not go down.",
    },
    kind="identity",
)
CONTRACTION = Rule(
    0,
    f"on every seed the logarithm of the measured factor is within {TOLERANCE:.0%} of that of the formula: holds; "
    "otherwise does not hold",
    lambda evidence: HOLDS if evidence["largest deviation"].met else FAILS,
    {
        HOLDS: "At condition number {condition} each step of {method} multiplied the distance to the minimum by "
        "{measured:value}, close to the formula's {theory}.",
        FAILS: "At condition number {condition} each step of {method} multiplied the distance to the minimum by "
        "{measured:value}, not by the formula's {theory}.",
    },
    question="at its best, {method} shrinks the distance to the minimum by {formula} a step",
    source="Polyak 1964; Goh 2017",
)


def _freed(evidence: Evidence) -> Outcome:
    equal = evidence["equal weights"]
    stuck = evidence["rank"].met and equal.met
    if stuck and evidence["gain in seeds"].met:
        return HOLDS
    if stuck or evidence["schedule"].met:
        return CAVEATS
    return FAILS if equal.missed else UNDECIDED


MITIGATES = Rule(
    35,
    "training losses over the last sixth of the way, as factors, paired: equal weights are stuck if the first layer "
    "keeps rank 1 and they end above random ones; a schedule frees if detectably more seeds reach the target than at a "
    "constant rate, each at its own tuned rate. Both: holds; equal weights stuck, or a schedule that only cuts noise "
    "(a smaller loss from the same large base rate): holds with caveats; neither, and random weights end higher: does "
    "not hold; otherwise not decided",
    _freed,
    {
        HOLDS: "Equal weights ended at {equal weights} the loss of random ones, and with {tuned schedule} {gain in "
        "seeds} more of the seeds reached the target than at a constant rate.",
        CAVEATS: "In part: equal weights ended at {equal weights} the loss of random ones. From the same large rate, "
        "{same schedule} ended at {schedule} the loss of a constant rate.",
        FAILS: "Random weights ended higher: equal ones had {equal weights} their loss, and {same schedule} {schedule} "
        "that of a constant rate.",
        UNDECIDED: "No effect was detected: equal weights ended at {equal weights} the loss of random ones, and from "
        "the same large rate {same schedule} ended at {schedule} that of a constant rate.",
    },
)
TOO_LARGE = Rule(
    0,
    "final training loss at ten times the best rate minus that at a tenth of it, paired; a run that diverged counts "
    "with ten times its starting loss: above zero: holds; below: does not hold; otherwise not decided",
    detected,
    {
        HOLDS: "Ten times the best rate ended {extra loss} higher in training loss than a tenth of it.",
        FAILS: "Ten times the best rate ended lower in training loss than a tenth of it: {extra loss:signed}.",
        UNDECIDED: "Ten times the best rate and a tenth of it cannot be told apart in training loss: "
        "{extra loss:signed}.",
    },
    question="ten times too large costs more than ten times too small",
    source="Goodfellow, Bengio & Courville 2016, section 11.4",
)
RISING = Rule(
    0,
    "a tenth of the rate of lowest loss on the way up; at the nearest rate of the sweep at least half the seeds reach "
    "the target: holds; fewer: does not hold; if no rate of the sweep gets there: not decided",
    lambda evidence: (
        HOLDS if evidence["near the suggestion"].met else FAILS if evidence["at any rate"].met else UNDECIDED
    ),
    {
        HOLDS: "One run with a rising rate suggested {suggested rate}; near it {near the suggestion} of the seeds "
        "reached the target.",
        FAILS: "One run with a rising rate suggested {suggested rate}, but near it only {near the suggestion} of the "
        "seeds reached the target; at another rate {at any rate} did.",
        UNDECIDED: "At no rate of the sweep did half the seeds reach the target: at most {at any rate}.",
    },
    question="one run with a rising rate finds a rate that works",
    source="Smith 2017",
)


def _narrow(evidence: Evidence) -> Outcome:
    found = evidence["range"]
    if found.low > WIDE:
        return FAILS
    if not evidence["cut off"].met:
        return UNDECIDED
    return HOLDS if found.met else CAVEATS if found.low > NARROW and found.high <= WIDE else UNDECIDED


RANGE = Rule(
    0,
    "powers of ten between the smallest and the largest rate of the sweep at which a seed reaches the target, mean and "
    f"interval over seeds, 0 for a seed that never does: at most {NARROW:g}: holds; above it and at most {WIDE:g}: "
    f"holds with caveats; above {WIDE:g}: does not hold; otherwise, or if the range of a seed is cut off by an end of "
    f"the sweep and not above {WIDE:g}: not decided",
    _narrow,
    {
        HOLDS: "The rates that work lie within a factor of 10: {range} apart.",
        CAVEATS: "The rates that work span more than a factor of 10 and at most one of 100: {range}.",
        FAILS: "The rates that work span more than a factor of 100: {range}.",
        UNDECIDED: "The rates that work span {range}, which does not decide between a factor of 10, 100 or more; an "
        "end of the sweep cut the range off for {cut off}.",
    },
    question="only a narrow range of learning rates works",
    source="Goodfellow, Bengio & Courville 2016, section 11.4",
    answers={HOLDS: "a factor of 10 or less", CAVEATS: "up to a factor of 100", FAILS: "more than that"},
    key="range",
)
RULES = (DESCENDS, MITIGATES, CONTRACTION, TOO_LARGE, RISING, RANGE)


def findings(result: Result) -> list[Finding]:
    """Claims 9 and 35, the contraction of two methods on a bowl, and three questions about the sweep."""
    contraction = [_contraction(result, method) for method in METHODS[:2]]
    sweep = [_too_large(result), _found_by_rising(result), _range(result)]
    return [_descends(result), _mitigates(result), *contraction, *sweep]


def _descends(result: Result) -> Finding:
    under, over = (result.bowl.edge[side].heights for side in ("under", "over"))
    not_down = ~(np.diff(under, axis=0) < 0)
    not_up = ~(np.diff(over[len(over) // 2 :], axis=0) > 0)
    return DESCENDS.find(
        Quantity.of("steps not down", not_down.sum(), "steps", "at most", 0),
        Quantity.of("steps not up", not_up.sum(), "steps", "at most", 0),
        Quantity.of("lowest end", over[-1].min(), "times the start", "above", 1),
        Quantity.of("highest end", over[-1].max(), "times the start"),
        Quantity.of("median end under the edge", np.median(under[-1]), "times the start"),
        margin=percent(result.bowl.margin),
    )


def _contraction(result: Result, method: str) -> Finding:
    theory, rates = optimum(method, result.bowl.k)[1], result.bowl.best[method].rates()
    off = np.abs(np.log(rates) / np.log(theory) - 1)
    return CONTRACTION.find(
        Quantity.of("largest deviation", off.max(), "share", "below", TOLERANCE),
        Quantity.of("measured", interval(rates)),
        Quantity.of("theory", theory),
        Quantity.of("one more digit", -np.log(10) / np.log(rates.mean()), "steps"),
        condition=number(result.bowl.k),
        method=METHOD_NAMES[method],
        formula="(k - 1)/(k + 1)" if method == "batch" else "(√k - 1)/(√k + 1)",
    )


def floor(race: Race, label: str) -> np.ndarray:
    """Mean training loss (seeds,) over the last sixth of the way: at a rate that stays large it no longer falls."""
    losses = race.values(label, "train_loss")
    return np.nan_to_num(losses[-max(1, len(losses) // 6) :], nan=np.inf, posinf=np.inf).mean(axis=0)


def best_schedule(result: Result, base: str) -> tuple[str, Difference]:
    """The schedule of lowest mean floor, and the logarithm of its floor minus that of the constant rate."""
    race = result.schedules
    ends = {name: floor(race, scheduled(name, base)) for name in result.settings.schedules}
    best = min(ends, key=lambda name: ends[name].mean())
    return best, paired_logs(ends[best], floor(race, scheduled("constant", base)))


def _mitigates(result: Result) -> Finding:
    race, schedules = result.symmetry, result.schedules
    random, equal, nudged = (floor(race, label) for label in ("xavier", "constant", "nudged"))
    (same, same_lead), (own, own_lead) = (best_schedule(result, base) for base in ("same", "tuned"))
    labels = scheduled(own, "tuned"), scheduled("constant", "tuned")
    reached = [np.isfinite(schedules.first_below(label, result.settings.target)).astype(float) for label in labels]
    return MITIGATES.find(
        Quantity.of("rank", race.ranks("constant").max(), "", "at most", 1),
        Quantity.factor("equal weights", paired_logs(equal, random), "above", 1),
        Quantity.factor("nudged over equal weights", paired_logs(nudged, equal)),
        Quantity.factor("schedule", same_lead, "below", 1),
        Quantity.of("large base rate", result.base_rate),
        Quantity.factor("tuned schedule over tuned constant rate", own_lead),
        Quantity.of("gain in seeds", paired(*reached), "share", "above", 0),
        Quantity.of("seeds at the target", reached[0].sum(), "seeds"),
        Quantity.of("seeds at the target at a constant rate", reached[1].sum(), "seeds"),
        **{"same schedule": same.replace("_", " "), "tuned schedule": own.replace("_", " ")},
    )


def _too_large(result: Result) -> Finding:
    best, losses, failed = result.best(), result.final("train_loss"), result.worse()
    low, high = best - PER_DECADE, best + PER_DECADE
    rate = Quantity.of("best rate", result.rates[best])
    if low < 0 or high >= len(losses):
        return TOO_LARGE.find(rate, missing="It takes a sweep that reaches ten times below and above its best rate.")
    start = result.sweep.values(list(result.sweep.runs)[high], "train_loss")[0]
    return TOO_LARGE.find(
        Quantity.of("extra loss", paired(np.minimum(losses[high], 10 * start), losses[low]), "", "above", 0),
        rate,
        Quantity.of("worse than at the start, too large", failed[high].sum(), "seeds"),
        Quantity.of("worse than at the start, too small", failed[low].sum(), "seeds"),
    )


def _found_by_rising(result: Result) -> Finding:
    assert result.rising is not None
    suggestion = result.rising.suggestion()
    nearest = int(np.abs(np.log(result.rates / suggestion)).argmin())
    reached = np.isfinite(result.steps_to_target()).mean(axis=1)
    return RISING.find(
        Quantity.of("near the suggestion", reached[nearest], "share", "at least", 0.5),
        Quantity.of("at any rate", reached.max(), "share", "at least", 0.5),
        Quantity.of("suggested rate", suggestion),
        Quantity.of("nearest rate of the sweep", result.rates[nearest]),
        Quantity.of("rate of lowest final loss", result.rates[result.best()]),
    )


def spans(result: Result) -> np.ndarray:
    """Powers of ten between the smallest and the largest rate at which each seed reaches the target (seeds,)."""
    reached = np.isfinite(result.steps_to_target())
    first, last = reached.argmax(axis=0), len(reached) - 1 - reached[::-1].argmax(axis=0)
    return np.where(reached.any(axis=0), (last - first) / PER_DECADE, 0.0)


def _range(result: Result) -> Finding:
    reached = np.isfinite(result.steps_to_target())
    return RANGE.find(
        Quantity.of("range", interval(spans(result)), "powers of ten", "at most", NARROW),
        Quantity.of("cut off", (reached[0] | reached[-1]).sum(), "seeds", "at most", 0),
        missing="" if reached.any() else "It takes a target loss that some rate of the sweep reaches.",
    )
