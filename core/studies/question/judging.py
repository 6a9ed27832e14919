"""What the swapped halves say: which of them fixes the path, which the price, and whether either learns alone."""

from itertools import combinations

import numpy as np

from core.statistics import Difference, interval, paired
from core.studies.question.matrix import EXACT, RULES, TOUCHED
from core.studies.question.study import Result
from core.studies.race import Outcome, Verdict, by_share

BACKPROP, FORWARD, CENTRAL = EXACT
SAME = 1e-3  # paths that stay this close, as a share of the way, are one path
PARTED = 0.1  # and paths that get this far from each other are two
SEARCHERS = (*RULES, "lbfgs")  # all that follow a gradient
STRAIGHT = 1e-6  # a cosine this close to 1 means the same direction
ROUNDING = 1e-10  # relative
UNDECIDED: Outcome = "not decided by this run"
GBC = "Goodfellow, Bengio & Courville 2016, section 6.5"


def verdicts(result: Result) -> list[Verdict]:
    """Claims 1, 12, 16, 7, 15, 22, 23, 27, 28 and 36."""
    judges = (_two_things, _learns, _division, _opposite, _backbone, _key, _faster, _without, _requires, _variations)
    return [judge(result) for judge in judges]


def farthest(result: Result, uses: tuple[str, ...] = SEARCHERS) -> dict[str, float]:
    """For each other exact source: the largest distance from backpropagation's path, over uses and seeds."""
    return {
        source: max(float(result.apart((BACKPROP, use), (source, use)).max()) for use in uses)
        for source in (FORWARD, CENTRAL)
    }


def slowdown(result: Result) -> Difference:
    """Seconds with central differences over seconds with backpropagation, the same rules, seed by seed."""
    central, backprop = (np.sum([result.seconds(source, use) for use in RULES], axis=0) for source in EXACT[::-2])
    return interval(central / backprop)


def _fall(result: Result, source: str, use: str) -> Difference:
    return interval(result.fall(source, use))


def _best(result: Result, source: str) -> str:
    """The update rule that ends lowest with this source."""
    return min(RULES, key=lambda use: float(result.final(source, use).mean()))


def _two_things(result: Result) -> Verdict:
    same = farthest(result)
    pairs = {pair: result.apart(*((BACKPROP, use) for use in pair)).min() for pair in combinations(SEARCHERS, 2)}
    nearest = min(pairs, key=lambda pair: pairs[pair])
    falls = [_fall(result, source, use).high < 0 for source in EXACT for use in SEARCHERS]
    outcome: Outcome = "holds" if max(same.values()) <= SAME else "holds with caveats"
    if pairs[nearest] <= PARTED:
        outcome = "does not hold"
    if not all(falls):
        outcome = UNDECIDED
    return Verdict(
        1,
        "gradient descent and backpropagation are not the same thing",
        f"another exact source under the same rule keeps the path (within {SAME:.1%} of its length), another rule on "
        f"the same gradients leaves it (by over {PARTED:.0%}), and every such training lowers the loss: holds; the "
        "rule changes the path but so does the source: holds with caveats; the rule does not: does not hold; not "
        "every training lowers the loss: not decided",
        outcome,
        f"Farthest from backpropagation's path under {len(SEARCHERS)} rules: forward mode {same[FORWARD]:.1e} of the "
        f"way, central differences {same[CENTRAL]:.1e}. The nearest two rules ({' and '.join(nearest)}) part by "
        f"{pairs[nearest]:.0%}. {sum(falls)} of {len(falls)} trainings lower the loss.",
        GBC,
    )


def _idle(result: Result) -> bool:
    """Whether backpropagation alone left every parameter bitwise as it was, having found a gradient."""
    walks = result.walks[BACKPROP, "nothing"]
    return all(
        np.array_equal(walk.params[0], walk.params[-1]) and walk.gradient is not None and walk.gradient.any()
        for walk in walks
    )


def _learns(result: Result) -> Verdict:
    fall, alone = _fall(result, BACKPROP, "sgd"), _fall(result, BACKPROP, "nothing")
    outcome: Outcome = "holds with caveats" if fall.high < 0 else UNDECIDED
    if alone.mean != 0 or not _idle(result):
        outcome = "holds" if alone.high < 0 else UNDECIDED
    return Verdict(
        12,
        "backpropagation lets the network learn from its mistakes",
        "a backward pass alone lowers the loss: holds; it leaves every parameter bitwise as it was, and the loss falls "
        "only when a rule uses the gradient: holds with caveats (one half of learning)",
        outcome,
        f"After a backward pass alone the loss has changed by {alone.mean:g} and the parameters are "
        f"{'bitwise the same' if _idle(result) else 'not the same'}; with SGD on top it changes by {fall}.",
        GBC,
    )


def _division(result: Result) -> Verdict:
    walks = [walk for use in RULES for walk in result.walks[BACKPROP, use]]
    changed, spoilt, moved = (sum(walk.touched[what] for walk in walks) for what in TOUCHED)
    total = sum(len(walk.params) - 1 for walk in walks)
    holds = changed == spoilt == 0 and moved > 0
    return Verdict(
        16,
        "gradient descent updates parameters, backpropagation calculates gradients",
        "over all updates: no backward pass changes a parameter, no rule changes the gradient, and rules do change "
        "parameters: holds; otherwise does not hold",
        "holds" if holds else "does not hold",
        f"Of {total:,} updates of {', '.join(RULES)}: parameters changed by the backward pass {changed} times, the "
        f"gradient by the rule {spoilt} times, the parameters by the rule {moved:,} times.",
        GBC,
    )


def _cosines(result: Result, use: str) -> np.ndarray:
    cosines = np.concatenate([walk.straight for walk in result.walks[BACKPROP, use]])
    return cosines[np.isfinite(cosines)]


def _opposite(result: Result) -> Verdict:
    cosines = {use: _cosines(result, use) for use in SEARCHERS}
    plain = cosines["sgd"]
    outcome: Outcome = UNDECIDED
    if len(plain):
        outcome = "holds" if plain.min() >= 1 - STRAIGHT else "does not hold"
    some = {use: each for use, each in cosines.items() if len(each)}
    listed = "; ".join(f"{use} {each.mean():.3f} (least {each.min():.3f})" for use, each in some.items())
    return Verdict(
        7,
        "gradient descent moves opposite the gradient",
        f"the cosine between every step of plain gradient descent and the negative gradient is 1 (to {STRAIGHT:g}): "
        "holds; otherwise does not hold",
        outcome,
        f"Mean cosine over all updates and seeds: {listed}. Rules with a memory or a scale for each parameter turn "
        "away from the gradient.",
        "Cauchy 1847",
    )


def _backbone(result: Result) -> Verdict:
    both = result.score(BACKPROP, "sgd")
    alone = paired(both, result.score(BACKPROP, "nothing"))
    others = {pair: paired(result.final(*pair), result.final(BACKPROP, "sgd")) for pair in _replacements(result)}
    equal = [" with ".join(pair).replace("_", " ") for pair, difference in others.items() if not difference.low > 0]
    outcome: Outcome = "holds with caveats" if equal else "holds"
    if not alone.low > 0:
        outcome = "does not hold" if alone.high < 0 else UNDECIDED
    return Verdict(
        15,
        "together they are the backbone of training",
        "training score of both together above that of a gradient without a rule (95 % interval above zero), and no "
        "training with one half replaced ends as low: holds; some do: holds with caveats; below: does not hold. A rule "
        "without a gradient cannot move at all.",
        outcome,
        f"Both together score {both.mean():.3f}; take the rule away, or the gradient, and what is left is the first "
        f"weights: {result.score(BACKPROP, 'nothing').mean():.3f} (difference {alone}). Not detectably worse in final "
        f"loss with one half replaced: {', '.join(equal) or 'none'}.",
        GBC,
    )


def _replacements(result: Result) -> list[tuple[str, str]]:
    return [(source, "sgd") for source in (FORWARD, CENTRAL, "spsa")] + [(BACKPROP, use) for use in SEARCHERS[1:]]


def _key(result: Result) -> Verdict:
    best = _best(result, BACKPROP)
    rivals = [("spsa", _best(result, "spsa")), ("none", "annealing")]
    train = [cell for cell in [*rivals, (CENTRAL, best)] if _fall(result, *cell).high < 0]
    worse = [paired(result.final(*cell), result.final(BACKPROP, best)) for cell in rivals]
    outcome: Outcome = "holds with caveats" if train else "holds"
    if not all(difference.low > 0 for difference in worse):
        outcome = "does not hold" if any(difference.high < 0 for difference in worse) else UNDECIDED
    spent = result.passes(BACKPROP, best).mean()
    dear = result.passes(CENTRAL, best).mean()
    return Verdict(
        22,
        "backpropagation is the key component",
        "for the same number of forward passes SPSA and annealing end higher (both intervals above zero), and nothing "
        "else trains: holds; they end higher, but training without backpropagation works: holds with caveats; one ends "
        "lower: does not hold",
        outcome,
        f"For about {spent:.0f} forward passes: backpropagation with {best} ends at "
        f"{result.final(BACKPROP, best).mean():.3f}; SPSA with {rivals[0][1]} higher by {worse[0]}; annealing by "
        f"{worse[1]}. Central differences end at {result.final(CENTRAL, best).mean():.3f}, for {dear:,.0f} passes.",
        f"{GBC}; Spall 1992",
    )


def _faster(result: Result) -> Verdict:
    alone, ratio = _fall(result, BACKPROP, "nothing"), slowdown(result)
    passes = np.mean(result.passes(CENTRAL, "sgd")) / np.mean(result.passes(BACKPROP, "sgd"))
    outcome: Outcome = "does not hold"
    if alone.mean != 0:
        outcome = "holds" if alone.high < 0 else UNDECIDED
    return Verdict(
        23,
        "backpropagation often performs faster than other optimization algorithms",
        "an optimization algorithm lowers the loss. Backpropagation by itself lowers it: holds; it leaves the loss as "
        "it was: does not hold, for it is none, and what it can be compared with is other sources of a gradient",
        outcome,
        f"By itself it changes the loss by {alone.mean:g}. As a source of gradients it is the fast one: central "
        f"differences walk the same path (within {farthest(result, RULES)[CENTRAL]:.1e} of the way) and take "
        f"{ratio:.1f} times as long, {passes:.0f} times the forward passes, "
        f"with {result.parameters} parameters.",
        "Baydin et al. 2018; Griewank & Walther 2008",
    )


def _without(result: Result) -> Verdict:
    falls = {source: _fall(result, source, "sgd") for source in (FORWARD, CENTRAL, "spsa")}
    listed = "; ".join(f"{source.replace('_', ' ')} {fall}" for source, fall in falls.items())
    return Verdict(
        27,
        "gradient descent can be used without backpropagation",
        "plain gradient descent lowers the loss (95 % interval below zero) with each other source: holds; with some: "
        "holds with caveats; with none: does not hold",
        by_share([fall.high < 0 for fall in falls.values()]),
        f"End minus start: {listed}.",
        GBC,
    )


def _requires(result: Result) -> Verdict:
    fall, cosines = _fall(result, BACKPROP, "lbfgs"), _cosines(result, "lbfgs")
    turned = len(cosines) > 0 and cosines.mean() < 1 - 1e-3
    outcome: Outcome = "holds" if fall.low > 0 else UNDECIDED
    return Verdict(
        28,
        "backpropagation requires gradient descent to update the model",
        "L-BFGS, whose steps are not along the negative gradient (mean cosine below 0.999), lowers the loss with "
        "backpropagation's gradients (95 % interval below zero): does not hold; it raises it: holds",
        "does not hold" if turned and fall.high < 0 else outcome,
        f"End minus start with L-BFGS: {fall}; mean cosine of its steps with the negative gradient "
        f"{cosines.mean() if len(cosines) else np.nan:.2f}. Without any update at all, the column “nothing” has a "
        f"gradient on every seed{' and no parameter moved' if _idle(result) else ''}.",
        "Nocedal & Wright 2006, chapter 7",
    )


def _variations(result: Result) -> Verdict:
    errors = {size: max(each) for size, each in result.batches.items()}
    same = max(errors.values()) <= ROUNDING
    listed = "; ".join(f"batches of {size}: {error:.1e}" for size, error in errors.items())
    return Verdict(
        36,
        "variations of backpropagation, such as mini-batch gradient descent",
        f"one backward function at every batch size: the mean over all batches gives the gradient on all samples (to "
        f"{ROUNDING:g}), so that the sampling varies and not backpropagation: does not hold; otherwise holds",
        "does not hold" if same else "holds",
        f"Relative difference, largest over seeds, of the mean gradient of batches from that on all: {listed}.",
        "Bottou, Curtis & Nocedal 2018",
    )


def outcome(result: Result) -> str:
    """What changes with central differences in the place of backpropagation, for the prediction."""
    path = max(farthest(result, RULES).values()) > SAME
    ratio = slowdown(result)
    longer = ratio.low > 1.1 or ratio.high < 0.9
    return {(True, True): "both", (True, False): "the path", (False, True): "the time"}.get((path, longer), "neither")
