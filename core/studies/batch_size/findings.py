"""What the race of batch sizes shows: whether the size matters, who can share the work, and who is fastest."""

from core.statistics import interval, paired, paired_logs
from core.studies.batch_size.study import SHARDS, Result, Size, slope
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Finding, Quantity, Rule, all_met

AGREES = 1e-12  # of the largest entry: what rounding may leave between two sums of the same gradients
SLOPE = 0.2  # how far a slope may be from -1 or 0 to count as perfect scaling, or as a floor


AFFECTS_TIME = Rule(
    46,
    "computing time to the target, the slowest size over the fastest, paired over seeds, sizes at which every seed "
    "gets there: the interval of the factor lies above 1: holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "The batch size affects the time: batches of {slowest} take {factor of time} as long to the target as "
        "batches of {fastest}.",
        FAILS: "The batch size did not detectably affect the time: batches of {slowest} take {factor of time} as long "
        "to the target as batches of {fastest}.",
    },
)
PARALLEL = Rule(
    24,
    f"the mean of the gradients of {SHARDS[0]} to {SHARDS[-1]} shards, weighted by their samples, is the full gradient "
    f"to {AGREES:g} of its largest entry: samples are parallel; with the last layer cut nothing reaches the first: "
    "layers must wait for one another. Both: holds with caveats; the first alone: holds; not the first: does not hold",
    lambda evidence: (
        FAILS if not evidence["largest difference"].met else CAVEATS if evidence["past the cut"].met else HOLDS
    ),
    {
        HOLDS: "Workers can share the samples: their mean gradient is the full one to within {largest difference}. The "
        "first layer does not wait for the last either.",
        CAVEATS: "Workers can share the samples: their mean gradient is the full one to within {largest difference}. "
        "The layers cannot be shared: with the last one cut, no gradient reaches the first.",
        FAILS: "Workers cannot share the samples: their mean gradient differs from the full one by up to "
        "{largest difference}.",
    },
    kind="identity",
)
REGIMES = Rule(
    0,
    f"slope of log updates over log batch size: within {SLOPE} of -1 over the three smallest sizes, within {SLOPE} of "
    "0 over the three largest, and the two differ: holds; they differ: holds with caveats; they do not: does not hold",
    lambda evidence: FAILS if not evidence["gain in slope"].met else HOLDS if all_met(evidence) == HOLDS else CAVEATS,
    {
        HOLDS: "Twice the batch nearly halves the updates at first (slope {slope of small batches}) and saves almost "
        "none at the end (slope {slope of large batches}).",
        CAVEATS: "Larger batches save fewer and fewer updates, from a slope of {slope of small batches} to one of "
        "{slope of large batches}, but not from halving them to saving none.",
        FAILS: "Larger batches did not detectably save less and less: the slope changes by {gain in slope:signed}.",
    },
    question="larger batches first save updates in proportion, then less, then nothing",
    source="Shallue et al. 2019",
)
FASTEST = Rule(
    0,
    "computing time to the target, sizes at which every seed gets there: the fastest size against the fastest of "
    "another range (one sample, 2 to 32, more than 32, all samples): the interval of the factor over paired seeds lies "
    "above 1, and the same range is fastest by the even and by the odd timings: holds; else not decided",
    lambda evidence: HOLDS if all_met(evidence) == HOLDS else UNDECIDED,
    {
        HOLDS: "Batches of {fastest} reach the target in the least time; the best size of another range, {second}, "
        "takes {factor of time} as long.",
        UNDECIDED: "No clear winner: batches of {second} take {factor of time} as long to the target as batches of "
        "{fastest}.",
    },
    question="one range of batch sizes reaches the target in the least computing time",
    source="Shallue et al. 2019",
    answers={HOLDS: "{range}"},
    key="fastest",
)
RULES = (AFFECTS_TIME, PARALLEL, REGIMES, FASTEST)
TOO_FEW = "Every seed reached the target at {} of {} sizes only: it takes more updates or a higher target."


def findings(result: Result) -> list[Finding]:
    """Claims 46 and 24, the regimes of Shallue et al., and the fastest range of sizes."""
    return [_affects_time(result), _parallel(result), _regimes(result), _fastest(result)]


def _affects_time(result: Result) -> Finding:
    labels = result.reached()
    if len(labels) < 2:
        return AFFECTS_TIME.find(missing=TOO_FEW.format(len(labels), len(result.sizes)))
    fastest, slowest = (pick(labels, key=lambda label: result.seconds(label).mean()) for pick in (min, max))
    factor = paired_logs(result.seconds(slowest), result.seconds(fastest))
    beside = [
        Quantity.of(f"{name} at batches of {label}", values(label).mean(), unit)
        for label in dict.fromkeys((labels[0], fastest, labels[-1]))
        for name, values, unit in (("updates", result.steps, "updates"), ("passes", result.epochs, "epochs"))
    ]
    return AFFECTS_TIME.find(
        Quantity.factor("factor of time", factor, "above", 1),
        Quantity.of("least time", 1e3 * result.seconds(fastest).mean(), "ms"),
        Quantity.of("most time", 1e3 * result.seconds(slowest).mean(), "ms"),
        *beside,
        slowest=slowest,
        fastest=fastest,
    )


def _parallel(result: Result) -> Finding:
    largest = max(each.max() for each in result.shards.values())
    return PARALLEL.find(
        Quantity.of("largest difference", largest, "of the largest entry", "at most", AGREES),
        Quantity.of("past the cut", result.cut.max(), "", "at most", 0),
    )


def _regimes(result: Result) -> Finding:
    labels, reached = list(result.sizes), result.reached()
    if len(labels) < 4:
        return REGIMES.find(missing="It takes four batch sizes or more to compare small ones with large ones.")
    if len(reached) < len(labels):
        return REGIMES.find(missing=TOO_FEW.format(len(reached), len(labels)))
    first, last = slope(result, labels[:3]), slope(result, labels[-3:])
    return REGIMES.find(
        Quantity.of("gain in slope", paired(last, first), "", "above", 0),
        Quantity.of("distance from halving", abs(first.mean() + 1), "", "at most", SLOPE),
        Quantity.of("distance from saving none", abs(last.mean()), "", "at most", SLOPE),
        Quantity.of("slope of small batches", interval(first)),
        Quantity.of("slope of large batches", interval(last)),
    )


def _fastest(result: Result) -> Finding:
    """The fastest size against the fastest of another range: over the seeds, and by each half of the timings."""
    ranked = sorted(result.reached(), key=lambda label: result.seconds(label).mean())
    others = [label for label in ranked if _range(result.sizes[label]) != _range(result.sizes[ranked[0]])]
    if not others:
        return FASTEST.find(missing=TOO_FEW.format(len(ranked), len(result.sizes)))
    same = [label for label in ranked if label not in others]
    factor = paired_logs(result.seconds(others[0]), result.seconds(ranked[0]))
    even, odd = (_least(result, others, half) / _least(result, same, half) for half in (0, 1))
    return FASTEST.find(
        Quantity.factor("factor of time", factor, "above", 1),
        Quantity.of("by the even timings", even, "times", "above", 1),
        Quantity.of("by the odd timings", odd, "times", "above", 1),
        fastest=ranked[0],
        second=others[0],
        range=_range(result.sizes[ranked[0]]),
    )


def _least(result: Result, labels: list[str], half: int) -> float:
    """Least mean time to the target of some sizes, by the even (0) or the odd (1) timings."""
    return min(float(result.steps(label).mean() * result.sizes[label].seconds[half::2].min()) for label in labels)


def _range(size: Size) -> str:
    """Which of the prediction's options a size belongs to."""
    if size.samples == 1:
        return "one sample"
    return "2 to 32" if size.samples <= 32 else "all samples" if size.samples == size.rows else "more than 32"
