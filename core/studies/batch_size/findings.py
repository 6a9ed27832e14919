"""Findings on batch sizes: whether the size matters, whether work can be shared, and which size is fastest."""

import numpy as np

from core.statistics import holm, interval, paired, paired_logs
from core.studies.batch_size.study import SHARDS, Result, Size, slope
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
    differs,
    graded,
)
from core.studies.tuning import unsettled
from core.studies.wording import listed, percent

AGREES = 1e-12  # share of the largest entry: rounding error allowed between two sums of the same gradients
HALVES, FEW = (
    -0.75,
    -0.5,
)  # slopes of log updates: below the first, doubling the batch nearly halves updates; above the second it saves few
GRANTED = 0.8  # share of a core below which other programs took it


def _regime(evidence: Evidence) -> Outcome:
    rise = evidence["rise of the slope"]
    return graded(evidence) if rise.met else FAILS if rise.missed else UNDECIDED


AFFECTS_TIME = Rule(
    46,
    "computing time to the target, smallest size over middle size, and largest over middle, paired over seeds, "
    f"intervals by Holm: one excludes 1: holds; both lie within {AS_MANY[0]:.2g} and {AS_MANY[1]:g}: does not hold; "
    "else, or if a seed does not reach the target: not decided",
    differs,
    {
        HOLDS: "The batch size affects the time: to reach the target, batches of {first} take {smallest over middle} "
        "as long as batches of {middle}, and batches of {last} {largest over middle}.",
        FAILS: "The batch size hardly affects the time: to reach the target, batches of {first} take {smallest over "
        "middle} as long as batches of {middle}, and batches of {last} {largest over middle}.",
        UNDECIDED: "It is too close to tell whether the batch size affects the time: to reach the target, batches of "
        "{first} take {smallest over middle} as long as batches of {middle}, and batches of {last} "
        "{largest over middle}.",
    },
)
PARALLEL = Rule(
    24,
    f"the mean of the gradients of {SHARDS[0]} to {SHARDS[-1]} shards, weighted by their samples, equals the full "
    f"gradient to {AGREES:g} of its largest entry: samples are parallel; with the last layer's weights set to 0, no "
    "gradient reaches the first layer: for one sample, layers must wait for one another. Both: holds with caveats; "
    "only the first: holds; not the first: does not hold",
    lambda evidence: (
        FAILS if not evidence["largest difference"].met else CAVEATS if evidence["past the cut"].met else HOLDS
    ),
    {
        HOLDS: "Workers can share the samples: their mean gradient equals the full one to within {largest "
        "difference}. The first layer does not wait for the last either.",
        CAVEATS: "Workers can share the samples: their mean gradient equals the full one to within {largest "
        "difference}. Layers can only work at the same time on different samples, as in a pipeline: for one "
        "sample each needs the result of the next, and with the last layer's weights set to 0 no gradient "
        "reaches the first.",
        FAILS: "Workers cannot share the samples: their mean gradient differs from the full one by up to "
        "{largest difference}.",
    },
    kind="identity",
)
SPEEDS_UP = Rule(
    55,
    "time of the gradient over all samples, one process over several, paired over repetitions, for a large network "
    "and a small one: both intervals above 1: holds; one: holds with caveats; both below 1: does not hold; else, or "
    f"if other programs took more than {percent(1 - GRANTED)} of a core: not decided",
    graded,
    {
        HOLDS: "Several processes compute a gradient faster than one, which takes {a large network} as long for a "
        "large network and {a small network} for a small one.",
        CAVEATS: "Whether several processes compute a gradient faster than one depends on the size: one takes {a "
        "large network} as long for a large network and {a small network} for a small one.",
        FAILS: "Several processes compute a gradient more slowly than one, which takes {a large network} as long for "
        "a large network and {a small network} for a small one.",
        UNDECIDED: "It is too close to tell whether several processes compute a gradient faster than one, which takes "
        "{a large network} as long for a large network and {a small network} for a small one.",
    },
)
REGIMES = Rule(
    0,
    f"slope of log updates over log batch size: below {HALVES:g} over the smaller half of the sizes, above {FEW:g} "
    "over the larger half, and it rises, by intervals over seeds: holds; it rises: holds with caveats; it falls: does "
    "not hold; else not decided",
    _regime,
    {
        HOLDS: "Doubling the batch nearly halves the updates for small batches (slope {slope of small batches}) and "
        "saves few for large ones (slope {slope of large batches}).",
        CAVEATS: "Larger batches save fewer and fewer updates: the slope goes from {slope of small batches} to {slope "
        "of large batches}, but not from nearly halving them to saving few.",
        FAILS: "Larger batches save more and more updates: the slope goes from {slope of small batches} to {slope of "
        "large batches}.",
        UNDECIDED: "It is too close to tell whether larger batches save fewer and fewer updates: the slope changes by "
        "{rise of the slope:signed}.",
    },
    question="larger batches first save updates nearly in proportion, then few",
    source="Shallue et al. 2019",
)
FASTEST = Rule(
    0,
    "computing time to the target of the size expected to be fastest, by the tuning seeds and half of the timings, "
    "against the one expected to be fastest in every other range (one sample, 2 to 16, more than 16, all samples), "
    "tested on the race's seeds and the other timings: every factor above 1, intervals by Holm: holds; else, or if a "
    "seed does not reach the target: not decided",
    lambda evidence: HOLDS if graded(evidence) == HOLDS else UNDECIDED,
    {
        HOLDS: "Batches of {fastest} reach the target in the least time: {rivals} as long.",
        UNDECIDED: "No clear winner: to reach the target, compared with batches of {fastest}, {rivals} as long.",
    },
    question="one range of batch sizes reaches the target in the least computing time",
    source="Shallue et al. 2019",
    answers={HOLDS: "{range}"},
    key="fastest",
)
RULES = (AFFECTS_TIME, PARALLEL, SPEEDS_UP, REGIMES, FASTEST)
TOO_FEW = (
    "Every seed reached the target at only {} of the {} sizes compared: allow more updates or choose a higher target."
)
HEADLESS = (
    "This needs several processes, which pages never start: run `python -m core.studies` on a machine with at least "
    "two cores."
)


def findings(result: Result) -> list[Finding]:
    """Claims 46, 24 and 55, the regimes of Shallue et al., and the fastest range of sizes."""
    return [_affects_time(result), _parallel(result), _speeds_up(result), _regimes(result), _fastest(result)]


def _missing(result: Result, *labels: str) -> str:
    """What is needed to compare these sizes, or all, by their cost to the target."""
    labels = labels or tuple(result.sizes)
    reached = result.reached(*labels)
    if len(reached) < len(labels):
        return TOO_FEW.format(len(reached), len(labels))
    return unsettled({f"batches of {label}": result.tuning[label] for label in labels})


def _times(result: Result, slower: str, faster: str) -> np.ndarray:
    """Logarithm of the ratio of two sizes' times to the target (seeds,)."""
    return np.log(result.seconds(slower) / result.seconds(faster))


def _affects_time(result: Result) -> Finding:
    labels = list(result.sizes)
    first, middle, last = labels[0], labels[len(labels) // 2], labels[-1]
    missing = _missing(result, first, middle, last)
    if missing:
        return AFFECTS_TIME.find(missing=missing)
    factors = holm({"smallest": _times(result, first, middle), "largest": _times(result, last, middle)})
    beside = [
        Quantity.of(f"{name} at batches of {label}", values(label).mean(), unit)
        for label in dict.fromkeys((first, middle, last))
        for name, values, unit in (("updates", result.steps, "updates"), ("passes", result.epochs, "epochs"))
    ]
    return AFFECTS_TIME.find(
        *(Quantity.factor(f"{name} over middle", each, "between", AS_MANY) for name, each in factors.items()),
        *beside,
        first=first,
        middle=middle,
        last=last,
    )


def _parallel(result: Result) -> Finding:
    largest = max(each.max() for each in result.shards.values())
    return PARALLEL.find(
        Quantity.of("largest difference", largest, "of the largest entry", "at most", AGREES),
        Quantity.of("past the cut", result.cut.max(), "", "at most", 0),
    )


def _speeds_up(result: Result) -> Finding:
    granted = min((each.granted for each in result.shared.values()), default=1.0)
    busy = (
        f"Other programs took {percent(1 - granted)} of the cores during the measurement." if granted < GRANTED else ""
    )
    return SPEEDS_UP.find(
        *(
            Quantity.factor(name, paired_logs(each.alone, each.together), "above", 1)
            for name, each in result.shared.items()
        ),
        *(Quantity.of(f"difference, {name}", each.difference) for name, each in result.shared.items()),
        missing=busy if result.shared else HEADLESS,
    )


def _regimes(result: Result) -> Finding:
    labels, half = list(result.sizes), len(result.sizes) // 2
    few = "" if len(labels) > 3 else "Choose at least four batch sizes to compare small ones with large ones."
    missing = few or _missing(result)
    if missing:
        return REGIMES.find(missing=missing)
    first, last = slope(result, labels[:half]), slope(result, labels[half:])
    return REGIMES.find(
        Quantity.of("rise of the slope", paired(last, first), "", "above", 0),
        Quantity.of("slope of small batches", interval(first), "", "below", HALVES),
        Quantity.of("slope of large batches", interval(last), "", "above", FEW),
    )


def _fastest(result: Result) -> Finding:
    """The size expected to be fastest, compared with the best expected size of every other range."""
    ranked = sorted(result.sizes, key=result.expected)
    best = {_range(result.sizes[label]): label for label in reversed(ranked)}
    own, fastest = _range(result.sizes[ranked[0]]), ranked[0]
    rivals = {name: label for name, label in best.items() if name != own}
    missing = _missing(result, *best.values())
    if missing:
        return FASTEST.find(missing=missing)
    factors = [
        Quantity.factor(name, each, "above", 1)
        for name, each in holm({name: _times(result, label, fastest) for name, label in rivals.items()}).items()
    ]
    told = listed([f"batches of {rivals[each.name]} take {each}" for each in factors])
    return FASTEST.find(*factors, fastest=fastest, rivals=told, range=own)


def _range(size: Size) -> str:
    """The prediction's option that a size belongs to."""
    if size.samples == 1:
        return "one sample"
    return "2 to 16" if size.samples <= 16 else "all samples" if size.samples == size.rows else "more than 16"
