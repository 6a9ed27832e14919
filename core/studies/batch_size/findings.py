"""What the race of batch sizes shows: whether the size matters, who can share the work, and who is fastest."""

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

AGREES = 1e-12  # of the largest entry: what rounding may leave between two sums of the same gradients
HALVES, FEW = -0.75, -0.5  # slopes of log updates: steeper nearly halves them for twice the batch, flatter saves few
GRANTED = 0.8  # share of a core below which other work has taken it


def _regime(evidence: Evidence) -> Outcome:
    rise = evidence["rise of the slope"]
    return graded(evidence) if rise.met else FAILS if rise.missed else UNDECIDED


AFFECTS_TIME = Rule(
    46,
    "computing time to the target, the smallest size over the middle one of those tried and the largest over it, "
    "paired over seeds, intervals by Holm: one leaves out 1: holds; both lie within "
    f"{AS_MANY[0]:.2g} and {AS_MANY[1]:g}: does not hold; else, or where a seed does not get there: not decided",
    differs,
    {
        HOLDS: "The batch size affects the time: to the target batches of {first} take {smallest over middle} as long "
        "as batches of {middle}, and batches of {last} {largest over middle}.",
        FAILS: "The batch size hardly affects the time: to the target batches of {first} take {smallest over middle} "
        "as long as batches of {middle}, and batches of {last} {largest over middle}.",
        UNDECIDED: "Whether the batch size affects the time is too close to tell: to the target batches of {first} "
        "take {smallest over middle} as long as batches of {middle}, and batches of {last} {largest over middle}.",
    },
)
PARALLEL = Rule(
    24,
    f"the mean of the gradients of {SHARDS[0]} to {SHARDS[-1]} shards, weighted by their samples, is the full gradient "
    f"to {AGREES:g} of its largest entry: samples are parallel; with the last layer cut nothing reaches the first: for "
    "one sample layers must wait for one another. Both: holds with caveats; the first alone: holds; not the first: "
    "does not hold",
    lambda evidence: (
        FAILS if not evidence["largest difference"].met else CAVEATS if evidence["past the cut"].met else HOLDS
    ),
    {
        HOLDS: "Workers can share the samples: their mean gradient is the full one to within {largest difference}. The "
        "first layer does not wait for the last either.",
        CAVEATS: "Workers can share the samples: their mean gradient is the full one to within {largest difference}. "
        "Layers can work at the same time on different samples only, as in a pipeline: for one sample each needs the "
        "result of the next, and with the last layer cut no gradient reaches the first.",
        FAILS: "Workers cannot share the samples: their mean gradient differs from the full one by up to "
        "{largest difference}.",
    },
    kind="identity",
)
SPEEDS_UP = Rule(
    55,
    "time of the gradient of all samples, one process over two and more, paired over repetitions, for a large network "
    "and a small one: both intervals above 1: holds; one: holds with caveats; both below 1: does not hold; else not "
    f"decided, as where other work took more than {percent(1 - GRANTED)} of a core",
    graded,
    {
        HOLDS: "Several processes compute a gradient sooner than one, which takes {a large network} as long for a "
        "large network and {a small network} for a small one.",
        CAVEATS: "It depends on the size whether several processes compute a gradient sooner than one, which takes "
        "{a large network} as long for a large network and {a small network} for a small one.",
        FAILS: "Several processes compute a gradient later than one, which takes {a large network} as long for a large "
        "network and {a small network} for a small one.",
        UNDECIDED: "Whether several processes compute a gradient sooner than one is too close to tell: it takes "
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
        HOLDS: "Twice the batch nearly halves the updates while batches are small (slope {slope of small batches}) and "
        "saves few when they are large (slope {slope of large batches}).",
        CAVEATS: "Larger batches save fewer and fewer updates, from a slope of {slope of small batches} to one of "
        "{slope of large batches}, but not from nearly halving them to saving few.",
        FAILS: "Larger batches save more and more updates, from a slope of {slope of small batches} to one of "
        "{slope of large batches}.",
        UNDECIDED: "Whether larger batches save less and less is too close to tell: the slope changes by "
        "{rise of the slope:signed}.",
    },
    question="larger batches first save updates nearly in proportion, then few",
    source="Shallue et al. 2019",
)
FASTEST = Rule(
    0,
    "computing time to the target: the size expected to be fastest, by the seeds of the tuning and half of the "
    "timings, against the one expected to be fastest in every other range (one sample, 2 to 16, more than 16, all "
    "samples), on the seeds of the race and with the other timings: every factor above 1, intervals by Holm: holds; "
    "else, or where a seed does not get there: not decided",
    lambda evidence: HOLDS if graded(evidence) == HOLDS else UNDECIDED,
    {
        HOLDS: "Batches of {fastest} reach the target in the least time: {rivals} as long.",
        UNDECIDED: "No clear winner: to the target, beside batches of {fastest}, {rivals} as long.",
    },
    question="one range of batch sizes reaches the target in the least computing time",
    source="Shallue et al. 2019",
    answers={HOLDS: "{range}"},
    key="fastest",
)
RULES = (AFFECTS_TIME, PARALLEL, SPEEDS_UP, REGIMES, FASTEST)
TOO_FEW = "Every seed reached the target at {} of the {} sizes compared: it takes more updates or a higher target."
HEADLESS = (
    "It takes several processes, which no page starts: `python -m core.studies` does, on a machine with two cores or "
    "more."
)


def findings(result: Result) -> list[Finding]:
    """Claims 46, 24 and 55, the regimes of Shallue et al., and the fastest range of sizes."""
    return [_affects_time(result), _parallel(result), _speeds_up(result), _regimes(result), _fastest(result)]


def _missing(result: Result, *labels: str) -> str:
    """What it would take to compare these sizes, or all of them, by what it takes to the target."""
    labels = labels or tuple(result.sizes)
    reached = result.reached(*labels)
    if len(reached) < len(labels):
        return TOO_FEW.format(len(reached), len(labels))
    return unsettled({f"batches of {label}": result.tuning[label] for label in labels})


def _times(result: Result, slower: str, faster: str) -> np.ndarray:
    """ln of how many times as long (seeds,) one size takes to the target as another."""
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
    busy = f"Other work took {percent(1 - granted)} of the cores meanwhile." if granted < GRANTED else ""
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
    few = "" if len(labels) > 3 else "It takes four batch sizes or more to compare small ones with large ones."
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
    """The size expected to be fastest against the best expected of every other range."""
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
    """Which of the prediction's options a size belongs to."""
    if size.samples == 1:
        return "one sample"
    return "2 to 16" if size.samples <= 16 else "all samples" if size.samples == size.rows else "more than 16"
