"""Findings of the optimizer race: batch sizes, the lowest final loss, and the effect of the loss function."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.data import DATASETS
from core.statistics import holm, paired_logs
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
    all_met,
    detected,
    differs,
)
from core.studies.optimizers.sides import EQUAL, GOAL, LOSSES
from core.studies.optimizers.study import VARIANTS, Result
from core.studies.tuning import unsettled

EITHER = "Choose batch and mini-batch to compare them."


def _faster(evidence: Evidence) -> Outcome:
    if evidence["epochs"].met:
        return HOLDS if evidence["updates"].met else CAVEATS
    return FAILS if evidence["epochs"].missed else UNDECIDED


def _costs(evidence: Evidence) -> Outcome:
    if not evidence["pass"].met:
        return FAILS if evidence["pass"].missed else UNDECIDED
    return HOLDS if evidence["update"].met else CAVEATS


def _helps(evidence: Evidence) -> Outcome:
    if evidence["at equal passes"].met:
        return HOLDS if evidence["at equal updates"].met else CAVEATS
    return FAILS if evidence["at equal passes"].missed else UNDECIDED


def _take(*names: str, told: str) -> Callable[[Any], str]:
    """Says what is missing if not all of these contestants take part."""
    return lambda settings: "" if {*names} <= {*settings.contestants} else told


def _kinds(settings: Any) -> str:
    several = len({kind(label) for label in settings.contestants}) > 1
    return "" if several else "Choose contestants of at least two kinds to compare."


VARIANTS_WORK = Rule(
    18,
    "each of the three lowers the training loss, the interval of final over initial loss below 1: holds; one raises "
    "it, the interval above 1: does not hold; else not decided",
    detected,
    {
        HOLDS: "All three lowered the training loss: it ended {batch} as high as it began with batch, {stochastic} "
        "with stochastic, {mini-batch} with mini-batch.",
        FAILS: "Not all three lowered the training loss: it ended {batch} as high as it began with batch, "
        "{stochastic} with stochastic, {mini-batch} with mini-batch.",
        UNDECIDED: "It could not be decided whether all three lower the training loss: it ended {batch} as high as it "
        "began with batch, {stochastic} with stochastic, {mini-batch} with mini-batch.",
    },
    needs=_take(*VARIANTS, told="Choose batch, stochastic and mini-batch to compare all three."),
)
SMALLER_IS_FASTER = Rule(
    19,
    "mini-batch over batch to the target, both with equally many updates, paired by seed, counting a run that never "
    "reaches the target at its end: fewer passes over the data and fewer updates: holds; only fewer passes: holds "
    "with caveats; more passes: does not hold; otherwise, or if no mini-batch run reaches the target: not decided",
    _faster,
    {
        HOLDS: "To reach the target, mini-batch took {epochs} as many passes over the data as batch, and {updates} as "
        "many updates.",
        CAVEATS: "To reach the target, mini-batch took {epochs} as many passes over the data as batch, but {updates} "
        "as many updates.",
        FAILS: "To reach the target, mini-batch took {epochs} as many passes over the data as batch.",
        UNDECIDED: "It is too close to tell whether mini-batch or batch takes fewer passes over the data to the "
        "target: {epochs} as many.",
    },
    needs=_take("batch", "mini_batch", told=EITHER),
)
SMALLER_COSTS_MORE = Rule(
    20,
    "time with single samples over time with all samples at once, repeated timings: a pass over the data and an "
    "update both take longer: holds; only a pass takes longer: holds with caveats; a pass does not take longer: does "
    "not hold; else not decided",
    _costs,
    {
        HOLDS: "With single samples a pass over the data took {pass} as long as with all {samples} at once, and an "
        "update {update} as long.",
        CAVEATS: "With single samples a pass over the data took {pass} as long as with all {samples} at once, "
        "although one update took only {update} as long.",
        FAILS: "With single samples a pass over the data took no longer than with all {samples} at once: {pass} as "
        "long.",
        UNDECIDED: "It is too close to tell whether a pass over the data takes longer with single samples than with "
        "all {samples} at once: {pass} as long.",
    },
    needs=_take("batch", "stochastic", told="Choose batch and stochastic to compare them."),
)
CONVERGES_BETTER = Rule(
    50,
    "final training loss, mini-batch over batch, each at its own tuned rate, paired by seed: lower after equally many "
    "passes and after equally many updates: holds; only after equally many passes: holds with caveats; higher after "
    "equally many passes: does not hold; else not decided",
    _helps,
    {
        HOLDS: "After equally many passes over the data mini-batch ended at {at equal passes} the training loss of "
        "batch, and after equally many updates at {at equal updates}.",
        CAVEATS: "After equally many passes over the data mini-batch ended at {at equal passes} the training loss of "
        "batch; after equally many updates, at {at equal updates}, so not detectably lower.",
        FAILS: "After equally many passes over the data mini-batch ended higher than batch: at {at equal passes} its "
        "training loss.",
        UNDECIDED: "After equally many passes over the data mini-batch and batch were too close to tell apart: {at "
        "equal passes} the training loss.",
    },
    needs=_take("batch", "mini_batch", told=EITHER),
)
LOSS_SHAPES = Rule(
    49,
    f"updates until {GOAL:.0%} of the training samples are right, cross-entropy over squared error, each at its own "
    f"tuned rate, paired by seed: the interval of the factor excludes 1: holds; it lies within {AS_MANY[0]:.2g} and "
    f"{AS_MANY[1]:g}: does not hold; else not decided",
    differs,
    {
        HOLDS: f"With cross-entropy it took {{updates}} as many updates as with squared error until {GOAL:.0%} of the "
        "training samples were right.",
        FAILS: f"With both losses it took about as many updates until {GOAL:.0%} of the training samples were right: "
        "{updates} as many with cross-entropy.",
        UNDECIDED: "It is too close to tell whether the loss changes the number of updates: with cross-entropy it "
        "took {updates} as many as with squared error.",
    },
    needs=lambda s: (
        "" if DATASETS[s.dataset].task == "classes" else "Choose data with classes to compare the two losses."
    ),
)
BEST = Rule(
    0,
    "training loss, on the race's seeds, of the contestant with the lowest loss on the tuning seeds over that of each "
    "other one: all intervals of the factor, with Holm's correction, below 1: holds; otherwise not decided",
    lambda evidence: HOLDS if all_met(evidence) == HOLDS else UNDECIDED,
    {
        HOLDS: "{first} ended with the lowest training loss: {closest} that of {second}, the runner-up.",
        UNDECIDED: "{first}, the lowest in tuning, did not end detectably lower than all others: {closest} the "
        "training loss of {second}.",
    },
    question="{first} ends lower than all others",
    source="Choi et al. 2019, on tuning each optimizer before comparing them; Holm 1979",
    needs=lambda s: "" if len(s.contestants) > 1 else "Choose at least two contestants to compare.",
)
BEST_KIND = Rule(
    0,
    "batch, stochastic, mini-batch and all other rules are four kinds, each represented by its contestant with the "
    "lowest loss on the tuning seeds; the lowest of these is compared with the other kinds on the race's seeds: all "
    "intervals of the factor of training loss, with Holm's correction, below 1: holds; otherwise not decided",
    BEST.decide,
    {
        HOLDS: "{first} ended with a lower training loss than every other kind: {closest} that of {second}, the "
        "runner-up.",
        UNDECIDED: "{first} did not end detectably lower than every other kind: {closest} the training loss of "
        "{second}.",
    },
    question="{kind} ends with the lowest training loss",
    source=BEST.source,
    answers={HOLDS: "{kind}"},
    key="best kind",
    needs=_kinds,
)
RULES = (VARIANTS_WORK, SMALLER_IS_FASTER, SMALLER_COSTS_MORE, LOSS_SHAPES, CONVERGES_BETTER, BEST, BEST_KIND)


def findings(result: Result) -> list[Finding]:
    """Claims 18, 19, 20, 49 and 50, and which contestant and which kind of descent end lowest."""
    first, *others = result.favourites()
    kinds: dict[str, str] = {}
    for label in others:
        if kind(label) != kind(first):
            kinds.setdefault(kind(label), label)
    return [
        _variants(result),
        _smaller_is_faster(result),
        _costs_more(result),
        _loss_shapes(result),
        _converges_better(result),
        _leads(BEST, result, others),
        _leads(BEST_KIND, result, [*kinds.values()]),
    ]


def kind(label: str) -> str:
    """The kind of a contestant: one of three batch sizes of plain descent, or one of the other rules."""
    return label.replace("_", "-") if label in VARIANTS else "one of the other rules"


def _variants(result: Result) -> Finding:
    if not VARIANTS.keys() <= result.contestants.keys():
        return VARIANTS_WORK.find(missing=VARIANTS_WORK.needs(result.settings))
    falls = {v: (result.race.judged(v, "train_loss"), result.race.values(v, "train_loss")[0]) for v in VARIANTS}
    return VARIANTS_WORK.find(*(Quantity.factor(kind(v), paired_logs(*ends), "below", 1) for v, ends in falls.items()))


def _smaller_is_faster(result: Result) -> Finding:
    if not result.equal.started:
        return SMALLER_IS_FASTER.find(missing=EITHER)
    steps, epochs, reached = {}, {}, {}
    for label, race, named in (("batch", result.equal, EQUAL), ("mini_batch", result.race, "mini_batch")):
        each, first = result.contestants[label], race.first_below(named, result.settings.target)
        steps[label] = np.clip(first, 1, race.steps(named)[-1])
        epochs[label] = steps[label] * each.samples / each.rows
        reached[label] = int(np.isfinite(first).sum())
    return SMALLER_IS_FASTER.find(
        Quantity.factor("epochs", paired_logs(epochs["mini_batch"], epochs["batch"]), "below", 1),
        Quantity.factor("updates", paired_logs(steps["mini_batch"], steps["batch"]), "below", 1),
        Quantity.of("mini-batch at the target", reached["mini_batch"], "seeds"),
        Quantity.of("batch at the target", reached["batch"], "seeds"),
        missing="" if reached["mini_batch"] else "Choose a target that mini-batch reaches to compare it with batch.",
    )


def _costs_more(result: Result) -> Finding:
    if not {"batch", "stochastic"} <= result.contestants.keys():
        return SMALLER_COSTS_MORE.find(missing=SMALLER_COSTS_MORE.needs(result.settings))
    one, whole = result.contestants["stochastic"], result.contestants["batch"]
    return SMALLER_COSTS_MORE.find(
        Quantity.factor("pass", paired_logs(one.times * whole.samples, whole.times), "above", 1),
        Quantity.factor("update", paired_logs(one.times, whole.times), "above", 1),
        Quantity.of("update on one sample", one.microseconds, "µs"),
        Quantity.of("update on all samples", whole.microseconds, "µs"),
        samples=f"{whole.samples:,}",
    )


def _loss_shapes(result: Result) -> Finding:
    sides = result.losses
    if not sides.race.started:
        return LOSS_SHAPES.find(missing=LOSS_SHAPES.needs(result.settings))
    reached = {loss: sides.reached(loss) for loss in LOSSES}
    missing = unsettled(sides.tuning)
    if not any(reached.values()):
        missing = f"With neither loss did any seed get {GOAL:.0%} of the training samples right."
    return LOSS_SHAPES.find(
        Quantity.factor("updates", paired_logs(*map(sides.updates, LOSSES)), "between", AS_MANY),
        *(Quantity.of(f"{loss.replace('_', ' ')}, reached", count, "seeds") for loss, count in reached.items()),
        missing=missing,
    )


def _converges_better(result: Result) -> Finding:
    if not result.equal.started:
        return CONVERGES_BETTER.find(missing=EITHER)
    mini = result.race.judged("mini_batch", "train_loss")
    rivals = {
        "passes": result.race.judged("batch", "train_loss"),
        "updates": result.equal.judged(EQUAL, "train_loss"),
    }
    return CONVERGES_BETTER.find(
        *(
            Quantity.factor(f"at equal {name}", paired_logs(mini, losses), "below", 1)
            for name, losses in rivals.items()
        ),
        missing=unsettled({label: result.tuning[label] for label in ("batch", "mini_batch")}),
    )


def _leads(rule: Rule, result: Result, others: list[str]) -> Finding:
    """The favourite from tuning compared with the others, on the race's seeds."""
    first = result.favourites()[0]
    words = {"first": first.replace("_", "-"), "kind": kind(first), "second": "another", "closest": ""}
    if not others:
        return rule.find(missing=rule.needs(result.settings), **words)
    logs = {label: np.log(result.race.judged(label, "train_loss")) for label in (first, *others)}
    leads = holm({label: logs[first] - logs[label] for label in others})
    told = {label: Quantity.factor(f"over {label}", lead, "below", 1) for label, lead in leads.items()}
    nearest = max(told, key=lambda label: told[label].high)
    words |= {"second": nearest.replace("_", "-"), "closest": f"{told[nearest]}"}
    return rule.find(*told.values(), missing=unsettled({label: result.tuning[label] for label in logs}), **words)
