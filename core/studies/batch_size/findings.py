"""Findings on batch sizes: whether the size matters, whether work can be shared, and which size is fastest."""

import numpy as np

from core.statistics import holm, interval, paired, paired_logs
from core.studies.batch_size.study import SHARDS, Result, Size, slope
from core.studies.contract import AS_MANY, Finding, Quantity, Rule
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed, percent

AGREES = 1e-12  # share of the largest entry: rounding error allowed between two sums of the same gradients
NEARLY_HALVES, SAVES_FEW = -0.75, -0.5  # slopes of log updates below and above which doubling the batch does so
GRANTED = 0.8  # share of a core below which other programs took it
TAKEN = percent(1 - GRANTED)
FEWEST, MOST = SHARDS[0], SHARDS[-1]
RULES = Rules(__name__)
findings = RULES.findings


def _missing(result: Result, *labels: str) -> str:
    """What is needed to compare these sizes, or all, by their cost to the target."""
    labels = labels or tuple(result.sizes)
    reached = len(result.reached(*labels))
    if reached == len(labels):
        return unsettled({f"batches of {label}": result.tuning[label] for label in labels})
    told = f"Every seed reached the target at only {reached} of the {len(labels)} sizes compared"
    return f"{told}: allow more updates or choose a higher target."


def _times(result: Result, slower: str, faster: str) -> np.ndarray:
    """Logarithm of the ratio of two sizes' times to the target (seeds,)."""
    return np.log(result.seconds(slower) / result.seconds(faster))


@RULES.rule("affects_time")
def _affects_time(rule: Rule, result: Result) -> Finding:
    labels = list(result.sizes)
    first, middle, last = labels[0], labels[len(labels) // 2], labels[-1]
    if missing := _missing(result, first, middle, last):
        return rule.find(missing=missing)
    factors = holm({"smallest": _times(result, first, middle), "largest": _times(result, last, middle)})
    beside = [
        Quantity.of(f"{name} at batches of {label}", values(label).mean(), unit)
        for label in dict.fromkeys((first, middle, last))
        for name, values, unit in (("updates", result.steps, "updates"), ("passes", result.epochs, "epochs"))
    ]
    told = [Quantity.factor(f"{name} over middle", each, "between", AS_MANY) for name, each in factors.items()]
    return rule.find(*told, *beside, first=first, middle=middle, last=last)


@RULES.rule("parallel")
def _parallel(rule: Rule, result: Result) -> Finding:
    largest = max(each.max() for each in result.shards.values())
    return rule.find(
        Quantity.of("largest difference", largest, "of the largest entry", "at most", AGREES),
        Quantity.of("past the cut", result.cut.max(), "", "at most", 0),
    )


@RULES.rule("speeds_up")
def _speeds_up(rule: Rule, result: Result) -> Finding:
    shared = result.shared.items()
    granted = min((each.granted for each in result.shared.values()), default=1.0)
    missing = ""
    if not shared:
        missing = (
            "This needs several processes, which pages never start: run `python -m core.studies` on a machine with at "
            "least two cores."
        )
    elif granted < GRANTED:
        missing = f"Other programs took {percent(1 - granted)} of the cores during the measurement."
    return rule.find(
        *(Quantity.factor(name, paired_logs(each.alone, each.together), "above", 1) for name, each in shared),
        *(Quantity.of(f"difference, {name}", each.difference) for name, each in shared),
        missing=missing,
    )


@RULES.rule("regimes")
def _regimes(rule: Rule, result: Result) -> Finding:
    labels, half = list(result.sizes), len(result.sizes) // 2
    few = "" if len(labels) > 3 else "Choose at least four batch sizes to compare small ones with large ones."
    if missing := few or _missing(result):
        return rule.find(missing=missing)
    first, last = slope(result, labels[:half]), slope(result, labels[half:])
    return rule.find(
        Quantity.of("rise of the slope", paired(last, first), "", "above", 0),
        Quantity.of("slope of small batches", interval(first), "", "below", NEARLY_HALVES),
        Quantity.of("slope of large batches", interval(last), "", "above", SAVES_FEW),
    )


@RULES.rule("fastest")
def _fastest(rule: Rule, result: Result) -> Finding:
    """The size expected to be fastest, compared with the best expected size of every other range."""
    ranked = sorted(result.sizes, key=result.expected)
    best = {_range(result.sizes[label]): label for label in reversed(ranked)}
    own, fastest = _range(result.sizes[ranked[0]]), ranked[0]
    rivals = {name: label for name, label in best.items() if name != own}
    if missing := _missing(result, *best.values()):
        return rule.find(missing=missing)
    leads = holm({name: _times(result, label, fastest) for name, label in rivals.items()})
    factors = [Quantity.factor(name, each, "above", 1) for name, each in leads.items()]
    told = listed([f"batches of {rivals[each.name]} take {each}" for each in factors])
    return rule.find(*factors, fastest=fastest, rivals=told, range=own)


def _range(size: Size) -> str:
    """The prediction's option that a size belongs to."""
    if size.samples == 1:
        return "one sample"
    return "2 to 16" if size.samples <= 16 else "all samples" if size.samples == size.rows else "more than 16"
