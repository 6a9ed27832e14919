"""Findings on learning rates: the stability limit, equal and random initial weights, schedules, the working range."""

import numpy as np

from core.statistics import Share, holm, interval, paired_logs
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
    detected,
    graded,
)
from core.studies.learning_rate.quadratic import METHODS, optimum
from core.studies.learning_rate.stuck import EQUAL, FREE, TRIALS
from core.studies.learning_rate.study import METHOD_NAMES, PER_DECADE, Result
from core.studies.race import Race
from core.studies.tuning import unsettled
from core.studies.wording import listed, number, percent

TOLERANCE = 0.1  # tolerance between measured contraction and theory, in digits per step: a double root converges slowly
LITTLE = 0.02  # difference of a test score that counts as none
NARROW, WIDE = 0.5, 2.5  # powers of ten between the smallest and the largest working rate: factors of 3 and 300
FAR = 2  # powers of ten above and below the best rate that count as far off


def _descends_below_the_edge(evidence: Evidence) -> Outcome:
    if not evidence["steps not down"].met:
        return FAILS
    return CAVEATS if evidence["steps not up"].met and evidence["lowest end"].met else HOLDS


DESCENDS = Rule(
    9,
    "a quadratic bowl of largest curvature L: at a rate just under 2/L every step goes down on every seed, and just "
    "over it every step of the second half goes up and the end is above the start: holds with caveats; down under 2/L "
    "and not up over it: holds; not down under 2/L: does not hold",
    _descends_below_the_edge,
    {
        HOLDS: "{margin} under 2/L every step went down, and {margin} over it the height did not keep growing on "
        "every seed: the lowest end was {lowest end}.",
        CAVEATS: "Only with a small enough rate: {margin} under 2/L every step went down; {margin} over it the height "
        "grew on every seed, to at least {lowest end}.",
        FAILS: "Even {margin} under 2/L, {steps not down} did not go down.",
    },
    kind="identity",
)
CONTRACTION = Rule(
    0,
    f"on every seed the logarithm of the measured factor is within {TOLERANCE:.0%} of the formula's: holds; otherwise "
    "does not hold",
    lambda evidence: HOLDS if evidence["largest deviation"].met else FAILS,
    {
        HOLDS: "At condition number {condition} each step of {method} multiplied the distance to the minimum by "
        "{measured:value}, close to the formula's {theory}.",
        FAILS: "At condition number {condition} each step of {method} multiplied the distance to the minimum by "
        "{measured:value}, not by the formula's {theory}.",
    },
    kind="identity",
    question="at its best, {method} multiplies the distance to the minimum by {formula} per step",
    source="Polyak 1964; Goh 2017",
)


FREED = (
    "on XOR with 2 units, of {trials} runs each, {from equal weights} escaped from equal initial weights, {from "
    "random weights} from random ones ({gain by random weights} more), and {with a schedule} from random ones with "
    "{schedule} ({gain by a schedule} more)"
)
MITIGATES = Rule(
    35,
    f"XOR with 2 units, {TRIALS} runs each; a run escapes if it gets below a loss of {FREE:g}. Share of escapes from "
    "random initial weights minus that from equal ones at the same rate, and with the best schedule minus that at a "
    "constant rate, each at its own tuned rate (Newcombe's intervals): both above zero: holds; one: holds with "
    "caveats; both below: does not hold; otherwise not decided",
    graded,
    {
        HOLDS: f"Random weights and a schedule both helped: {FREED}.",
        CAVEATS: f"Only one of the two detectably helped: {FREED}.",
        FAILS: f"Neither helped: {FREED}.",
        UNDECIDED: f"It is too close to tell whether either helps: {FREED}.",
    },
)


def _one_met(evidence: Evidence) -> Outcome:
    if any(each.met for each in evidence.values()):
        return HOLDS
    return FAILS if all(each.missed for each in evidence.values()) else UNDECIDED


QUIETENS = Rule(
    0,
    "mean training loss over the last sixth of training, each schedule over the constant rate, all from the same "
    "large rate, paired, with Holm's correction over the schedules: one below 1: holds; all above: does not hold; "
    "otherwise not decided",
    _one_met,
    {
        HOLDS: "From the rate {rate} at least one schedule ended lower than a constant rate. Multiples of its "
        "training loss: {shares}.",
        FAILS: "From the rate {rate} every schedule ended higher than a constant rate. Multiples of its training "
        "loss: {shares}.",
        UNDECIDED: "From the rate {rate} schedules and a constant rate are too close to tell apart. Multiples of its "
        "training loss: {shares}.",
    },
    question="from a large rate, a schedule ends lower than a constant rate",
    source="Robbins & Monro 1951",
)
TOO_LARGE = Rule(
    0,
    "final training loss at a hundred times the best rate over that at a hundredth of it, paired, the best chosen on "
    "separate seeds; a run that diverged counts as the worst loss of the sweep: above 1: holds; below: does not hold; "
    "otherwise not decided",
    detected,
    {
        HOLDS: "Training at a hundred times the best rate ended at {extra loss} the training loss of a hundredth of "
        "it.",
        FAILS: "Training at a hundred times the best rate ended lower than at a hundredth of it: at {extra loss} its "
        "training loss.",
        UNDECIDED: "A hundred times the best rate and a hundredth of it are too close to tell apart: {extra loss} the "
        "training loss.",
    },
    question="a rate a hundred times too large costs more than one a hundred times too small",
    source="Goodfellow, Bengio & Courville 2016, section 11.4",
)


def _influences(evidence: Evidence) -> Outcome:
    if any(each.low > 0 or each.high < 0 for each in evidence.values() if each.wanted):
        return HOLDS
    return FAILS if all_met(evidence) == HOLDS else UNDECIDED


ACCURACY = Rule(
    53,
    "test score at the best rate minus that at a tenth of it, and minus that at ten times it, paired, the best chosen "
    "by training loss on separate seeds, with Holm's correction: one excludes zero: holds; both lie within "
    f"{LITTLE:g} of zero: does not hold; otherwise not decided",
    _influences,
    {
        HOLDS: "The rate changed the final test score: best rate, {best}, minus a tenth of it {over a tenth:signed}, "
        "minus ten times it {over ten times:signed}.",
        FAILS: "The rate hardly changed the final test score: best rate, {best}, minus a tenth of it {over a "
        "tenth:signed}, minus ten times it {over ten times:signed}.",
        UNDECIDED: "It is too close to tell whether the rate changes the final test score: best rate, {best}, minus a "
        "tenth of it {over a tenth:signed}, minus ten times it {over ten times:signed}.",
    },
)
RISING = Rule(
    0,
    "the share of seeds that reach the target (Wilson's interval) is at least half, at the rate of lowest loss in the "
    "range test and at every rate of the sweep from there down to a hundredth of it: at all of these: holds; at some: "
    "holds with caveats; less than half at all: does not hold; otherwise not decided",
    graded,
    {
        HOLDS: "One run with a growing rate had its lowest loss at {turning}; there, and at every rate tried down to "
        "a hundredth of it, most seeds reached the target: {shares}.",
        CAVEATS: "One run with a growing rate had its lowest loss at {turning}; from there down to a hundredth of it, "
        "most seeds detectably reached the target at some rates, not at all: {shares}.",
        FAILS: "One run with a growing rate had its lowest loss at {turning}; neither there nor at any rate tried "
        "down to a hundredth of it did most seeds reach the target: {shares}.",
        UNDECIDED: "One run with a growing rate had its lowest loss at {turning}; it is too close to tell whether "
        "most seeds reach the target there or below: {shares}.",
    },
    question="one run with a growing rate finds a working rate",
    source="Smith 2017, section 3.3, which reads a range off the curve; dividing it is a rule of thumb",
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
    f"interval over seeds, 0 for a seed that never does: at most {NARROW:g}, a factor of 3: holds; above it and at "
    f"most {WIDE:g}, a factor of 300: holds with caveats; above {WIDE:g}: does not hold; otherwise, or if the range of "
    f"a seed is cut off by an end of the sweep and not above {WIDE:g}: not decided",
    _narrow,
    {
        HOLDS: "The working rates lie within a factor of 3: {range}.",
        CAVEATS: "The working rates span more than a factor of 3 and at most 300: {range}.",
        FAILS: "The working rates span more than a factor of 300: {range}.",
        UNDECIDED: "The working rates span {range}, which does not decide between a factor of 3, 300 or more; an end "
        "of the sweep cut off the range for {cut off}.",
    },
    question="only a narrow range of learning rates works",
    source="Goodfellow, Bengio & Courville 2016, section 11.4",
    answers={HOLDS: "a factor of 3 or less", CAVEATS: "up to a factor of 300", FAILS: "more than that"},
    key="range",
)
RULES = (DESCENDS, MITIGATES, ACCURACY, CONTRACTION, QUIETENS, TOO_LARGE, RISING, RANGE)


def findings(result: Result) -> list[Finding]:
    """Claims 9, 35 and 53, the contraction of two methods on a quadratic bowl, schedules, and three questions on the
    sweep."""
    contraction = [_contraction(result, method) for method in METHODS[:2]]
    sweep = [_quietens(result), _too_large(result), _found_by_rising(result), _range(result)]
    return [_descends(result), _mitigates(result), _accuracy(result), *contraction, *sweep]


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
    """Mean training loss (seeds,) over the last sixth of training, where it no longer falls at a large constant rate.

    A run that diverged gets the worst loss of any run.
    """
    losses = race.values(label, "train_loss")
    return np.where(
        np.isfinite(losses[-1]), losses[-max(1, len(losses) // 6) :].mean(axis=0), race.judged(label, "train_loss")
    )


def _mitigates(result: Result) -> Finding:
    freed, symmetry = result.freed, result.symmetry
    names = {EQUAL: "from equal weights", "constant": "from random weights", freed.schedule: "with a schedule"}
    equal, random, scheduled = (freed.share(label) for label in names)
    nudged = paired_logs(floor(symmetry, "nudged"), floor(symmetry, "constant"))
    return MITIGATES.find(
        Quantity.of("gain by random weights", random.minus(equal), "share", "above", 0),
        Quantity.of("gain by a schedule", scheduled.minus(random), "share", "above", 0),
        *(Quantity.of(name, freed.share(label).successes) for label, name in names.items()),
        Quantity.factor("loss on the data, nudged over equal weights", nudged),
        Quantity.of("rank of the first layer from equal weights", symmetry.ranks("constant").max()),
        missing=unsettled({label: freed.tuning[label] for label in ("constant", freed.schedule)}),
        schedule=freed.schedule.replace("_", " "),
        trials=str(TRIALS),
    )


def _quietens(result: Result) -> Finding:
    logs = {name: np.log(floor(result.schedules, name)) for name in result.settings.compared}
    leads = holm({name: logs[name] - logs["constant"] for name in result.settings.schedules})
    factors = [Quantity.factor(name.replace("_", " "), lead, "below", 1) for name, lead in leads.items()]
    told = listed([f"{each.name} {each}".removesuffix(" times") for each in factors])
    return QUIETENS.find(*factors, rate=number(result.base_rate), shares=told)


def _around(result: Result, powers: int) -> tuple[dict[str, int], str]:
    """Indices in the sweep of the best rate and of rates `powers` decades below and above it; or why there are none."""
    best = result.best()
    places = {"best": best, "low": best - powers * PER_DECADE, "high": best + powers * PER_DECADE}
    if places["low"] < 0 or places["high"] >= len(result.rates):
        return {}, f"Choose a sweep that reaches {10**powers} times below and above its best rate."
    return places, unsettled({"random weights": result.tuning["random weights"]})


def _accuracy(result: Result) -> Finding:
    places, missing = _around(result, 1)
    scores = {name: result.final("test_score")[place] for name, place in places.items()}
    leads = {"over a tenth": "low", "over ten times": "high"} if places else {}
    found = holm({name: scores["best"] - scores[other] for name, other in leads.items()})
    return ACCURACY.find(
        *(Quantity.of(name, lead, "", "between", (-LITTLE, LITTLE)) for name, lead in found.items()),
        missing=missing,
        best=number(result.rates[result.best()]),
    )


def _too_large(result: Result) -> Finding:
    places, missing = _around(result, FAR)
    if missing:
        return TOO_LARGE.find(missing=missing)
    labels, failed = list(result.race.runs), result.worse()
    low, high = places["low"], places["high"]
    losses = [result.race.judged(labels[place], "train_loss") for place in (high, low)]
    return TOO_LARGE.find(
        Quantity.factor("extra loss", paired_logs(*losses), "above", 1),
        Quantity.of("best rate", result.rates[places["best"]]),
        Quantity.of("worse than at the start, too large", failed[high].sum(), "seeds"),
        Quantity.of("worse than at the start, too small", failed[low].sum(), "seeds"),
    )


def _found_by_rising(result: Result) -> Finding:
    assert result.rising is not None
    turning, reached = result.rising.turning(), np.isfinite(result.steps_to_target())
    turns = result.nearest(turning)
    shares = {
        f"at {number(result.rates[place])}": reached[place]
        for place in range(turns, max(-1, turns - 2 * PER_DECADE - 1), -1)
    }
    found = [Quantity.of(name, Share.of(each), "share", "at least", 0.5) for name, each in shares.items()]
    return RISING.find(
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


def _range(result: Result) -> Finding:
    reached = np.isfinite(result.steps_to_target())
    return RANGE.find(
        Quantity.of("range", interval(spans(result)), "powers of ten", "at most", NARROW),
        Quantity.of("cut off", (reached[0] | reached[-1]).sum(), "seeds", "at most", 0),
        missing="" if reached.any() else "Choose a target loss that some rate of the sweep reaches.",
    )
