"""What walkthrough and checks say: is it the chain rule, is it right, is it cheap, does it need a network?"""

from itertools import pairwise

import numpy as np

from core.studies.chain_rule.study import WIDTHS, Result
from core.studies.chain_rule.walkthrough import Walkthrough
from core.studies.race import Outcome, Verdict

RIGHT = 1e-6  # largest error against central differences, relative to the largest derivative
ROUNDING = 1e-12  # of sums taken in another order
BAUR_STRASSEN = 5.0  # a gradient never needs more than this many times the operations of its function
GBC = "Goodfellow, Bengio & Courville 2016, section 6.5"


def verdicts(result: Result) -> list[Verdict]:
    """Claims 11, 21, 14, 3, 5, 10 and 32."""
    return [judge(result) for judge in (_backwards, _chain_rule, _traverses, _weights, _cheap, _networks, _repeats)]


def _example(walk: Walkthrough) -> tuple[np.ndarray, np.ndarray]:
    X = np.array([[walk.a[unit] for unit in walk.units[0]]])
    return X, np.array([walk.t])


def _off(found: np.ndarray, right: np.ndarray) -> float:
    """Largest difference, relative to the largest entry."""
    return float(np.abs(found - right).max() / max(float(np.abs(right).max()), 1e-300))


def _params(walk: Walkthrough) -> np.ndarray:
    return np.array(list(walk.w.values()))


def _by_matrices(walk: Walkthrough) -> np.ndarray:
    """The gradient (P,) that the network computes for the example with its matrices."""
    return walk.network.loss_and_gradient(_params(walk), *_example(walk))[1]


def _backwards(result: Result) -> Verdict:
    off = max(_off(walk.gradient(), _by_matrices(walk)) for walk in result.walks)
    walk = result.walk
    count = sum(operation.phase == "backward" for operation in walk.operations)
    return Verdict(
        11,
        "backpropagation applies the chain rule from the output back to the input",
        "δ of the output first, then layer by layer, each from the next layer's δ and nothing else: the gradient found "
        f"that way is that of the network's matrices (to {ROUNDING:g}): holds; otherwise does not hold",
        "holds" if off <= ROUNDING else "does not hold",
        f"Walked through by hand in {count} steps back, on {len(result.walks)} seeds: the gradient differs from "
        f"that by matrices by at most {off:.1e} of its largest entry.",
        "Linnainmaa 1970; Rumelhart, Hinton & Williams 1986",
    )


def _chain_rule(result: Result) -> Verdict:
    found = [walk.along_paths() for walk in result.walks]
    off = max(_off(grads, _by_matrices(walk)) for (grads, _), walk in zip(found, result.walks, strict=True))
    walk, paths = result.walk, found[0][1]
    return Verdict(
        21,
        "backpropagation derives from the chain rule",
        "the chain rule as it is written, a sum over every path from a weight to the loss of the products of the "
        f"partial derivatives along it, gives the same gradient (to {ROUNDING:g}): holds; otherwise does not hold",
        "holds" if off <= ROUNDING else "does not hold",
        f"{paths} paths from {len(walk.w)} weights to the loss, each multiplied out by itself: at most {off:.1e} from "
        f"backpropagation's gradient, which visits {len(walk.visits)} connections instead.",
        GBC,
    )


def _traverses(result: Result) -> Verdict:
    walk = result.walk
    layer = {unit: place for place, units in enumerate(walk.units) for unit in units}
    once = sorted(walk.visits) == sorted(walk.w)
    order = [layer[unit] for _, unit in walk.visits]
    backwards = all(later <= earlier for earlier, later in pairwise(order))
    return Verdict(
        14,
        "it works by traversing the network backwards",
        "the visits of the way back, written down: every connection once, and never one nearer to the output after one "
        "farther from it: holds; otherwise does not hold",
        "holds" if once and backwards else "does not hold",
        f"{len(walk.visits)} visits to {len(walk.w)} connections, {'each once' if once else 'not each once'}; layers "
        f"in the order {', '.join(map(str, dict.fromkeys(order)))}.",
        GBC,
    )


def _weights(result: Result) -> Verdict:
    errors, bias = np.array(list(result.errors.values())), result.is_bias
    right = errors <= RIGHT
    outcome: Outcome = "holds" if right.all() else "holds with caveats" if right.any() else "does not hold"
    return Verdict(
        3,
        "backpropagation calculates the gradients of weights and biases",
        f"each derivative against a central difference on every seed: all within {RIGHT:g} of the largest one: holds; "
        "some: holds with caveats (a kink lies close by, or the difference is too coarse); none: does not hold",
        outcome,
        f"Largest error over {len(errors)} seeds: {errors[:, ~bias].max():.1e} for {np.sum(~bias)} weights, "
        f"{errors[:, bias].max():.1e} for {np.sum(bias)} biases. {right.mean():.0%} are within the limit. "
        f"{_best_step(result)}",
        "Rumelhart, Hinton & Williams 1986",
    )


def _best_step(result: Result) -> str:
    steps, errors = result.steps, np.median(result.step_errors("central"), axis=1)
    best = int(np.argmin(errors))
    return (
        f"The difference is best with a step of {steps[best]:.0e} (median error {errors[best]:.0e}), worse with "
        f"{steps[0]:.0e} ({errors[0]:.0e}) and with {steps[-1]:.0e} ({errors[-1]:.0e})."
    )


def _cheap(result: Result) -> Verdict:
    prices = [result.prices[width] for width in sorted(result.prices)]
    ratios = [price.ratio("backpropagation") for price in prices]
    last = prices[-1]
    low, high = np.percentile(np.array(last.seconds["backpropagation"]) / np.array(last.forward), [25, 75])
    central = last.ratio("central_differences")
    outcome: Outcome = "does not hold"
    if ratios[-1] <= BAUR_STRASSEN and central > BAUR_STRASSEN:
        outcome = "holds" if max(ratios) <= BAUR_STRASSEN else "holds with caveats"
    listed = ", ".join(f"{price.parameters}: {ratio:.1f}" for price, ratio in zip(prices, ratios, strict=True))
    return Verdict(
        5,
        "backpropagation computes the gradients efficiently",
        f"time of a gradient over that of a forward pass: at most {BAUR_STRASSEN:g} for every network, above it for "
        "central differences on the largest: holds; only on the largest network: holds with caveats; otherwise not",
        outcome,
        f"In forward passes, by number of parameters: {listed}; on the largest the middle half of {len(last.forward)} "
        f"timings is {low:.1f} to {high:.1f}. Central differences there: {central:.0f} by the clock, "
        f"{last.counted['central_differences']:,} by count (many at a time, which saves time and not work).",
        "Baur & Strassen 1983; Baydin et al. 2018",
    )


def _networks(result: Result) -> Verdict:
    errors = np.concatenate(list(result.surface.values()))
    works = float(errors.max()) <= RIGHT
    return Verdict(
        10,
        "backpropagation is specific to neural networks",
        "the same sweep back over Rosenbrock's formula, which is no network, agrees with central differences at every "
        f"random point (to {RIGHT:g}): does not hold; at none: holds; at some: holds with caveats",
        "does not hold" if works else "holds" if (errors > RIGHT).all() else "holds with caveats",
        f"Largest error at {len(errors)} points: {errors.max():.1e}. Momentum with these gradients came from "
        f"{_point(result.descent[0])} to {_point(result.descent[-1])}; the minimum is at (1, 1).",
        GBC,
    )


def _point(x: np.ndarray) -> str:
    return f"({x[0]:.2f}, {x[1]:.2f})"


def _repeats(result: Result) -> Verdict:
    again, turned = np.array(list(result.repeated.values())).T
    outcome: Outcome = "does not hold"
    if (again == 0).all():
        outcome = "holds" if (turned == 0).all() else "holds with caveats"
    return Verdict(
        32,
        "backpropagation is deterministic and can converge",
        "the same gradient computed twice: other bits: does not hold; the same bits, and also with the samples in "
        "reverse order: holds; in reverse order only up to rounding: holds with caveats. Converging is not its part: "
        "it returns one gradient and goes nowhere",
        outcome,
        f"Twice the same samples: difference {again.max():g}. In reverse order: up to {turned.max():.1e} of the "
        "largest derivative, for sums are rounded in another order.",
        "Goldberg 1991, on floating-point sums",
    )


def outcome(result: Result) -> str:
    """How many forward passes the gradient of the largest network takes by backpropagation, for the prediction."""
    ratio = result.prices[max(WIDTHS)].ratio("backpropagation")
    if ratio < 5:
        return "fewer than 5"
    return "5 to 50" if ratio <= 50 else "more than 50"
