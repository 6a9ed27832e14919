"""What the race of the optimizers shows: batches small and large, who ends lowest, and what the loss does to it."""

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

EITHER = "It takes batch and mini-batch to compare them."


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
    """Says what it takes where not all of these contestants take part."""
    return lambda settings: "" if {*names} <= {*settings.contestants} else told


def _kinds(settings: Any) -> str:
    several = len({kind(label) for label in settings.contestants}) > 1
    return "" if several else "It takes contestants of two kinds to compare them."


VARIANTS_WORK = Rule(
    18,
    "each of the three brings the training loss down, the interval of the factor from start to end below 1: holds; one "
    "brings it up, the interval above 1: does not hold; else not decided",
    detected,
    {
        HOLDS: "All three brought the training loss down: it ended {batch} as high as it began with batch, "
        "{stochastic} with stochastic, {mini-batch} with mini-batch.",
        FAILS: "Not all three brought the training loss down: it ended {batch} as high as it began with batch, "
        "{stochastic} with stochastic, {mini-batch} with mini-batch.",
        UNDECIDED: "Whether all three bring the training loss down cannot be told: it ended {batch} as high as it "
        "began with batch, {stochastic} with stochastic, {mini-batch} with mini-batch.",
    },
    needs=_take(*VARIANTS, told="It takes batch, stochastic and mini-batch to compare all three."),
)
SMALLER_IS_FASTER = Rule(
    19,
    "mini-batch over batch to the target, both with as many updates, seed by seed, a run that never reaches the target "
    "counted at its end: fewer passes over the data and fewer updates: holds; fewer passes only: holds with caveats; "
    "more passes: does not hold; otherwise, or if no mini-batch run reaches the target: not decided",
    _faster,
    {
        HOLDS: "To the target mini-batch took {epochs} as many passes over the data as batch, and {updates} as many "
        "updates.",
        CAVEATS: "To the target mini-batch took {epochs} as many passes over the data as batch, but {updates} as many "
        "updates.",
        FAILS: "To the target mini-batch took {epochs} as many passes over the data as batch.",
        UNDECIDED: "Which of mini-batch and batch takes fewer passes over the data to the target is too close to tell: "
        "{epochs} as many.",
    },
    needs=_take("batch", "mini_batch", told=EITHER),
)
SMALLER_COSTS_MORE = Rule(
    20,
    "time on single samples over time on all of them, repeated timings: a pass over the data and an update both take "
    "longer: holds; a pass longer, an update not: holds with caveats; a pass not longer: does not hold; else not "
    "decided",
    _costs,
    {
        HOLDS: "On single samples a pass over the data took {pass} as long as on all {samples} at once, and an update "
        "{update} as long.",
        CAVEATS: "On single samples a pass over the data took {pass} as long as on all {samples} at once, although one "
        "update took only {update} as long.",
        FAILS: "On single samples a pass over the data took no longer than on all {samples} at once: {pass} as long.",
        UNDECIDED: "Whether a pass over the data takes longer on single samples than on all {samples} at once is too "
        "close to tell: {pass} as long.",
    },
    needs=_take("batch", "stochastic", told="It takes batch and stochastic to compare them."),
)
CONVERGES_BETTER = Rule(
    50,
    "final training loss, mini-batch over batch, each at its own tuned rate, seed by seed: lower after as many passes "
    "and after as many updates: holds; after as many passes only: holds with caveats; higher after as many passes: "
    "does not hold; else not decided",
    _helps,
    {
        HOLDS: "Mini-batch ended at {at equal passes} the training loss of batch after as many passes over the data, "
        "and at {at equal updates} after as many updates.",
        CAVEATS: "After as many passes over the data mini-batch ended at {at equal passes} the training loss of batch; "
        "after as many updates, at {at equal updates} of it, so not detectably lower.",
        FAILS: "After as many passes over the data mini-batch ended higher than batch: at {at equal passes} its "
        "training loss.",
        UNDECIDED: "After as many passes over the data mini-batch and batch were too close to tell: {at equal passes} "
        "the training loss.",
    },
    needs=_take("batch", "mini_batch", told=EITHER),
)
LOSS_SHAPES = Rule(
    49,
    f"updates until {GOAL:.0%} of the training samples are right, cross-entropy over squared error, each at its own "
    f"tuned rate, seed by seed: the interval of the factor leaves out 1: holds; it lies within {AS_MANY[0]:.2g} and "
    f"{AS_MANY[1]:g}: does not hold; else not decided",
    differs,
    {
        HOLDS: f"With cross-entropy it took {{updates}} as many updates as with squared error until {GOAL:.0%} of the "
        "training samples were right.",
        FAILS: f"With both losses it took about as many updates until {GOAL:.0%} of the training samples were right: "
        "{updates} as many with cross-entropy.",
        UNDECIDED: "Whether the loss changes the number of updates is too close to tell: with cross-entropy it took "
        "{updates} as many as with squared error.",
    },
    needs=lambda s: (
        "" if DATASETS[s.dataset].task == "classes" else "It takes data with classes to compare two losses."
    ),
)
BEST = Rule(
    0,
    "the contestant of lowest loss on the seeds of the tuning, against each other one on the seeds of the race: all "
    "intervals of the factor of training loss, with Holm's correction, below 1: holds; otherwise not decided",
    lambda evidence: HOLDS if all_met(evidence) == HOLDS else UNDECIDED,
    {
        HOLDS: "{first} ended with a lower training loss than every other: {closest} that of {second}, the nearest.",
        UNDECIDED: "{first}, the lowest in the tuning, did not end detectably lower than every other: {closest} the "
        "training loss of {second}.",
    },
    question="{first} ends lower than all others",
    source="Choi et al. 2019, on comparing optimizers only when each is tuned; Holm 1979",
    needs=lambda s: "" if len(s.contestants) > 1 else "It takes two contestants to compare them.",
)
BEST_KIND = Rule(
    0,
    "batch, stochastic, mini-batch and all other rules are four kinds; of each the contestant of lowest loss on the "
    "seeds of the tuning; the lowest of them against the other kinds on the seeds of the race: all intervals of the "
    "factor of training loss, with Holm's correction, below 1: holds; otherwise not decided",
    BEST.decide,
    {
        HOLDS: "{first} ended with a lower training loss than every other kind: {closest} that of {second}, the "
        "nearest.",
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
    """Claims 18, 19, 20, 49 and 50, who ends lowest, and which kind of descent does."""
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
    """Which of the four kinds a contestant is: a way to batch plain descent, or one of the other rules."""
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
        missing="" if reached["mini_batch"] else "It takes a target that mini-batch reaches to compare it with batch.",
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
        missing = f"On no seed {GOAL:.0%} of the training samples were right, with either loss."
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
    """The favourite of the tuning against these others, on the seeds of the race."""
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
