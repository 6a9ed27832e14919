"""Findings on the two halves: which one sets the path, which the cost, and whether either learns alone."""

from itertools import combinations, product

import numpy as np

from core.statistics import interval, paired, paired_logs
from core.studies.contract import Finding, Quantity
from core.studies.question import rules
from core.studies.question.matrix import EXACT, GRADIENT_USES, UPDATE_RULES, Cell
from core.studies.question.rules import AS_LONG, PARTED, ROUNDING, SAME, STRAIGHT, TURNED
from core.studies.question.study import Result
from core.studies.tuning import unsettled
from core.studies.wording import listed

BACKPROP, FORWARD, CENTRAL = EXACT


def findings(result: Result) -> list[Finding]:
    """Claims 1, 12, 16, 7, 15, 22, 23, 27, 28 and 36, and the effect of replacing backpropagation."""
    alone = _fall("change alone", result, BACKPROP, "nothing")
    passes = result.passes(CENTRAL, "sgd").mean() / result.passes(BACKPROP, "sgd").mean()
    central, backprop = (
        np.sum([result.seconds(each, use) for use in UPDATE_RULES], axis=0) for each in (CENTRAL, BACKPROP)
    )
    slower = interval(central / backprop)  # the same rules, paired by seed
    distance = Quantity.of("distance of the paths", farthest(result, CENTRAL, UPDATE_RULES), "share", "at most", SAME)
    others = {"forward mode": FORWARD, "central differences": CENTRAL, "SPSA": "spsa"}
    cosines = _cosines(result, "lbfgs")
    errors = [
        Quantity.of(f"batches of {size}", max(each), "of the gradient's length", "at most", ROUNDING)
        for size, each in result.batches.items()
    ]
    return [
        _two_things(result),
        rules.LEARNS.find(
            alone,
            Quantity.of("seeds that moved or had no gradient", _not_still(result), "", "at most", 0),
            _fall("change with SGD", result, BACKPROP, "sgd"),
        ),
        _division(result),
        _opposite(result),
        _backbone(result),
        _key(result),
        rules.FASTER.find(
            alone,
            Quantity.of("time of central differences over backpropagation", slower, "times"),
            Quantity.of("forward passes of central differences over backpropagation", passes, "times"),
            Quantity.of("parameters", result.parameters),
        ),
        rules.WITHOUT.find(*(_fall(name, result, each, "sgd") for name, each in others.items())),
        rules.REQUIRES.find(
            _fall("change with L-BFGS", result, BACKPROP, "lbfgs"),
            Quantity.of("mean cosine", cosines.mean() if len(cosines) else np.nan, "", "below", TURNED),
        ),
        rules.VARIATIONS.find(*errors, largest=f"{max(errors, key=lambda each: each.value)}"),
        rules.REPLACED.find(
            distance,
            Quantity.of("time", slower, "times", "between", AS_LONG),
            otherwise="neither" if distance.met else "the path",
        ),
    ]


def farthest(result: Result, source: str, uses: tuple[str, ...] = UPDATE_RULES) -> float:
    """The largest distance over uses (median seed) between a source's path and that of backpropagation."""
    return max(float(np.median(result.apart((BACKPROP, use), (source, use)))) for use in uses)


def _fall(name: str, result: Result, source: str, use: str) -> Quantity:
    """Final loss minus initial loss."""
    change = paired(result.judged(source, use), np.array([walk.losses[0] for walk in result.walks[source, use]]))
    return Quantity.of(name, change, "", "below", 0)


def _ends(name: str, result: Result, cell: Cell, reference: Cell) -> Quantity:
    """Final loss of a cell divided by that of another."""
    return Quantity.factor(name, paired_logs(result.judged(*cell), result.judged(*reference)), "above", 1)


def _best(result: Result, source: str) -> str:
    """The update rule that ended lowest with this source, on the tuning seeds."""
    return min(UPDATE_RULES, key=lambda use: result.tuning[source, use].loss)


def _named(cell: Cell) -> str:
    return " with ".join(cell).replace("_", " ")


def _two_things(result: Result) -> Finding:
    gaps = {
        pair: float(np.median(result.apart(*((BACKPROP, use) for use in pair))))
        for pair in combinations(UPDATE_RULES, 2)
    }
    nearest = min(gaps, key=gaps.__getitem__)
    falls = {cell: _fall("slowest fall", result, *cell) for cell in product(EXACT, UPDATE_RULES)}
    slowest = max(falls, key=lambda cell: falls[cell].high)
    return rules.TWO_THINGS.find(
        Quantity.of("forward mode", farthest(result, FORWARD), "share", "at most", SAME),
        Quantity.of("central differences", farthest(result, CENTRAL), "share", "at most", SAME),
        Quantity.of("nearest two rules", gaps[nearest], "share", "above", PARTED),
        falls[slowest],
        nearest=" and ".join(nearest),
        slowest=_named(slowest),
    )


def _not_still(result: Result) -> int:
    """Seeds whose parameters a backward pass alone moved, or for which it found no gradient."""
    return sum(
        walk.gradient is None or not walk.gradient.any() or not np.array_equal(walk.params[0], walk.params[-1])
        for walk in result.walks[BACKPROP, "nothing"]
    )


def _division(result: Result) -> Finding:
    walks = [walk for use in UPDATE_RULES for walk in result.walks[BACKPROP, use]]
    by_source = sum(walk.parameters_by_source for walk in walks)
    gradients = sum(walk.gradient_by_rule for walk in walks)
    by_rule = sum(walk.parameters_by_rule for walk in walks)
    return rules.DIVISION.find(
        Quantity.of("updates", sum(len(walk.params) - 1 for walk in walks), "updates"),
        Quantity.of("parameters changed by a backward pass", by_source, "times", "at most", 0),
        Quantity.of("gradients changed by a rule", gradients, "times", "at most", 0),
        Quantity.of("parameters changed by a rule", by_rule, "times", "above", 0),
    )


def _cosines(result: Result, use: str) -> np.ndarray:
    """Cosines between steps and the negative gradient, over all seeds and all nonzero steps."""
    cosines = np.concatenate([walk.straight for walk in result.walks[BACKPROP, use]])
    return cosines[np.isfinite(cosines)]


def _opposite(result: Result) -> Finding:
    cosines = {use: _cosines(result, use) for use in GRADIENT_USES}
    plain = cosines["sgd"]
    means = [Quantity.of(f"mean cosine of {use}", each.mean()) for use, each in cosines.items() if len(each)]
    if not len(plain):
        missing = "Allow at least one step of plain gradient descent to measure its direction."
        return rules.OPPOSITE.find(*means, missing=missing)
    distance = Quantity.of("distance of a cosine from 1", 1 - plain.min(), "", "at most", STRAIGHT)
    return rules.OPPOSITE.find(distance, *means)


def _backbone(result: Result) -> Finding:
    gain = paired(result.score(BACKPROP, "sgd"), result.score(BACKPROP, "nothing"))
    cells = [(source, "sgd") for source in (FORWARD, CENTRAL, "spsa")] + [(BACKPROP, use) for use in GRADIENT_USES[1:]]
    replaced = [_ends(_named(cell), result, cell, (BACKPROP, "sgd")) for cell in cells]
    equal = listed([each.name for each in replaced if not each.met])
    return rules.BACKBONE.find(Quantity.of("gain", gain, "", "above", 0), *replaced, equal=equal, missing=_open(result))


def _open(result: Result) -> str:
    return unsettled({_named(cell): each for cell, each in result.tuning.items()})


def _key(result: Result) -> Finding:
    best = _best(result, BACKPROP)
    spsa, annealing, central = ("spsa", _best(result, "spsa")), ("none", "annealing"), (CENTRAL, best)
    return rules.KEY.find(
        _ends("SPSA over backpropagation", result, spsa, (BACKPROP, best)),
        _ends("annealing over backpropagation", result, annealing, (BACKPROP, best)),
        _fall("change with SPSA", result, *spsa),
        _fall("change with annealing", result, *annealing),
        _fall("change with central differences", result, *central),
        Quantity.of("forward passes", result.passes(BACKPROP, best).mean(), "forward passes"),
        Quantity.of("passes of central differences", result.passes(*central).mean(), "forward passes"),
        missing=_open(result),
        best=best,
    )
