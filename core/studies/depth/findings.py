"""Findings on depth: whether the gradient stays correct, depth helps, the signal survives, and learning slows down."""

import numpy as np

from core.statistics import interval, paired, paired_logs
from core.studies.contract import (
    AS_MANY,
    CAVEATS,
    FAILS,
    HOLDS,
    UNDECIDED,
    Finding,
    Quantity,
    Rule,
    all_met,
    differs,
    graded,
)
from core.studies.depth.matched import DEEP, SHALLOW
from core.studies.depth.study import Result, fall, name, ratio
from core.studies.tuning import unsettled
from core.studies.wording import listed

KEPT = (0.01, 100.0)  # limits of first over last delta within which the error signal counts as kept
LITTLE = 0.05  # share of the initial loss that counts as nothing
AGREES = 1e-9  # relative to the gradient's length: rounding error allowed between two ways to the same slope

ANY_DEPTH = Rule(
    29,
    f"the slope from backpropagation agrees with forward mode to {AGREES:g} of the gradient's length for every seed "
    "at every depth: holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "The gradient is correct at every depth: it differs from forward mode by at most {largest error}, even "
        "where a layer's gradient has shrunk to {faintest gradient}.",
        FAILS: "With {deepest} layers backpropagation differs from forward mode by {largest error}.",
    },
    kind="identity",
)
DEEPER = Rule(
    30,
    "test loss of two hidden layers over that of one, with about equally many parameters and each at its own tuned "
    "rate, on two spirals and on digits: both intervals below 1: holds; one: holds with caveats; both above 1: does "
    "not hold; else not decided",
    graded,
    {
        HOLDS: "At equal size two layers had a lower test loss than one on both tasks: on spirals {spirals} that of "
        "one layer, on digits {digits}.",
        CAVEATS: "At equal size two layers had a lower test loss than one on one task only: on spirals {spirals} that "
        "of one layer, on digits {digits}.",
        FAILS: "At equal size two layers had a higher test loss than one on both tasks: on spirals {spirals} that of "
        "one layer, on digits {digits}.",
        UNDECIDED: "It is too close to tell whether two layers do better than one of equal size: test loss on spirals "
        "{spirals} that of one layer, on digits {digits}.",
    },
)
VANISHING = Rule(
    47,
    "first over last delta at the greatest depth, the interval of its mean over seeds between 1/100 and 100: for every "
    "initializer holds, for some holds with caveats; for all outside: does not hold; else not decided",
    graded,
    {
        HOLDS: "Through {depth} layers of {activation} the error signal was kept under every initializer: {ratios}.",
        CAVEATS: "The initializer decides whether {activation} keeps the error signal through {depth} layers. First "
        "over last δ: {ratios}.",
        FAILS: "Through {depth} layers of {activation} the error signal was lost under every initializer: {ratios}.",
        UNDECIDED: "It is too close to tell whether {activation} keeps the error signal through {depth} layers: "
        "{ratios}.",
    },
    needs=lambda s: (
        ""
        if s.activation in ("relu", "tanh") and max(s.depths) >= 10
        else "The claim is about ReLU and tanh in networks of 10 layers or more."
    ),
)
RATE = Rule(
    57,
    "updates to the target loss, the deepest network over the shallowest, both with the first initializer and each at "
    "its own tuned rate, paired by seed, counting a run that never reaches it at its end: the interval of the factor "
    f"excludes 1: holds; it lies within {AS_MANY[0]:.2g} and {AS_MANY[1]:g}: does not hold; else not decided",
    differs,
    {
        HOLDS: "To reach the target, the network of {deep} layers took {updates} as many updates as that of {shallow}.",
        FAILS: "To reach the target, the network of {deep} layers took about as many updates as that of {shallow}: "
        "{updates}.",
        UNDECIDED: "It is too close to tell whether depth changes the number of updates to the target: {deep} layers "
        "took {updates} as many as {shallow}.",
    },
    needs=lambda s: "" if len(s.depths) > 1 else "Choose at least two depths to compare.",
)
INITIALIZER = Rule(
    0,
    "share of the initial loss removed, the initializer with the lowest loss in tuning minus that with the highest, "
    "on the race's seeds: above zero, and the worse removed less than 5 %: holds; above zero: holds with caveats; "
    "else not decided",
    lambda evidence: UNDECIDED if not evidence["lead"].met else HOLDS if evidence["worst"].met else CAVEATS,
    {
        HOLDS: "With {optimizer}, {depth} layers learn only from {best} weights: training removed {best share} of the "
        "initial loss, with {last} only {worst}.",
        CAVEATS: "With {optimizer}, {depth} layers removed more of the initial loss from {best} weights than from "
        "{last} ({lead:signed}), but {last} learns too: {worst}.",
        UNDECIDED: "With {optimizer} and {depth} layers the initializers are too close to tell apart: {best} minus "
        "{last} is {lead:signed} of the initial loss.",
    },
    question="at {depth} layers the initializer decides whether a {activation} network trains",
    source="He et al. 2015; Glorot & Bengio 2010",
    answers={HOLDS: "{best}", CAVEATS: "{best}"},
    key="initializer",
    needs=lambda s: "" if len(s.initializers) > 1 else "Choose two initializers to compare.",
)
RULES = (ANY_DEPTH, DEEPER, VANISHING, RATE, INITIALIZER)


def findings(result: Result) -> list[Finding]:
    """Claims 29, 30, 47 and 57, and the prediction of Glorot 2010 and He 2015."""
    return [
        _any_depth(result),
        _deeper_is_better(result),
        _prevents_vanishing(result),
        _rate(result),
        _initializer_decides(result),
    ]


def _any_depth(result: Result) -> Finding:
    errors = {label: float(each.max()) for label, each in result.errors.items()}
    smallest = min(float(layers.weight_gradients.min()) for layers in result.layers.values())
    worst = max(errors, key=lambda label: errors[label])
    return ANY_DEPTH.find(
        Quantity.of("largest error", errors[worst], "of the gradient's length", "at most", AGREES),
        Quantity.of("faintest gradient", smallest),
        deepest=worst,
    )


def _deeper_is_better(result: Result) -> Finding:
    factors, scores = [], []
    for task, pair in result.matched.items():
        loss = {label: pair.race.judged(label, "test_loss") for label in (DEEP, SHALLOW)}
        factors.append(Quantity.factor(task, paired_logs(loss[DEEP], loss[SHALLOW]), "below", 1))
        gain = paired(*(pair.race.final(label, "test_score") for label in (DEEP, SHALLOW)))
        scores.append(Quantity.of(f"gain in test score on {task}", gain))
    return DEEPER.find(
        *factors,
        *scores,
        missing=unsettled(
            {f"{label} on {task}": e for task, p in result.matched.items() for label, e in p.tuning.items()}
        ),
    )


def _prevents_vanishing(result: Result) -> Finding:
    activation, depth = result.settings.activation, max(result.settings.depths)
    evidence = [
        Quantity.factor(
            i, interval(np.log(np.maximum(ratio(result.layers[result.deepest(i)]), 1e-300))), "between", KEPT
        )
        for i in result.settings.initializers
    ]
    return VANISHING.find(
        *evidence,
        missing=VANISHING.needs(result.settings),
        activation=activation,
        depth=str(depth),
        ratios=listed([f"{each.name} {each}" for each in evidence]),
    )


def _rate(result: Result) -> Finding:
    depths, first = sorted(result.settings.depths), result.settings.initializers[0]
    words = {"deep": str(depths[-1]), "shallow": str(depths[0])}
    if len(depths) < 2:
        return RATE.find(missing=RATE.needs(result.settings), **words)
    labels = [name(depth, first) for depth in (depths[-1], depths[0])]
    reached = [result.race.first_below(label, result.settings.target) for label in labels]
    counted = [np.clip(each, 1, result.settings.steps) for each in reached]
    there = [int(np.isfinite(each).sum()) for each in reached]
    return RATE.find(
        Quantity.factor("updates", paired_logs(*counted), "between", AS_MANY),
        *(Quantity.of(f"{label} at the target", n, "seeds") for label, n in zip(labels, there, strict=True)),
        missing=""
        if any(there)
        else f"No network of either depth reached a training loss of {result.settings.target:g}: choose a higher "
        "target.",
        **words,
    )


def _initializer_decides(result: Result) -> Finding:
    depth, initializers = max(result.settings.depths), result.settings.initializers
    words = {"depth": str(depth), "activation": result.settings.activation, "optimizer": result.settings.optimizer}
    if len(initializers) < 2:
        return INITIALIZER.find(missing=INITIALIZER.needs(result.settings), **words)
    ranked = sorted(initializers, key=lambda initializer: result.tuning[name(depth, initializer)].loss)
    best, last = ranked[0], ranked[-1]
    falls = {initializer: fall(result, name(depth, initializer)) for initializer in (best, last)}
    return INITIALIZER.find(
        Quantity.of("lead", paired(falls[best], falls[last]), "", "above", 0),
        Quantity.of("best share", falls[best].mean(), "share"),
        Quantity.of("worst", falls[last].mean(), "share", "below", LITTLE),
        best=best,
        last=last,
        **words,
    )
