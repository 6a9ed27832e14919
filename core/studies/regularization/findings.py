"""Where penalties raise the test score, whether L1 withstands irrelevant features, and what the other methods do."""

from itertools import product

from core.statistics import paired
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, detected
from core.studies.race import Race
from core.studies.regularization import noise_columns
from core.studies.regularization.study import PLACES, Result, name

PENALTIES = {"l1": "L1", "l2": "L2"}
WITH_OR_WITHOUT = {"none": "without", **PENALTIES}
OTHERS = {"elastic_net": "elastic net", "dropout": "dropout", "early_stopping": "early stopping"}


def _helped(evidence: Evidence, place: str) -> bool:
    return any(evidence[f"{penalty}, {PLACES[place]}"].met for penalty in PENALTIES.values())


def _generalize(evidence: Evidence) -> Outcome:
    helped = [_helped(evidence, place) for place in PLACES]
    if any(helped):
        return HOLDS if all(helped) else CAVEATS
    return FAILS if any(each.missed for each in evidence.values()) else UNDECIDED


GAINS = (
    "L1 {L1, few samples:signed} and L2 {L2, few samples:signed} on {few}, "
    "L1 {L1, plenty:signed} and L2 {L2, plenty:signed} on {plenty}"
)
GENERALIZE = Rule(
    48,
    "test score with L1 or L2 minus without, paired over seeds, an interval above zero being help: helped in both "
    "settings: holds; in one: holds with caveats; in none, and one of them hurt: does not hold; otherwise not decided. "
    "These are four comparisons at 95 %, so that about one page in ten shows a help or harm by chance somewhere",
    _generalize,
    {
        HOLDS: f"A penalty raised the test score in both settings: {GAINS}.",
        CAVEATS: f"A penalty detectably raised the test score only with {{where}}: {GAINS}.",
        FAILS: f"No penalty detectably raised the test score, and at least one lowered it: {GAINS}.",
        UNDECIDED: f"No change of the test score by a penalty was detected: {GAINS}.",
    },
    answers={HOLDS: "in both", CAVEATS: "only with {where}", FAILS: "in neither"},
    key="48",
)
WITHSTANDS = Rule(
    0,
    "linear models at the largest number of irrelevant features: test accuracy with L1 minus with L2, paired; an "
    "interval above zero: holds; below: does not hold; otherwise not decided",
    detected,
    {
        HOLDS: "With {most} irrelevant features a linear model was more accurate with L1 than with L2: {lead:signed}.",
        FAILS: "With {most} irrelevant features a linear model was less accurate with L1 than with L2: {lead:signed}.",
        UNDECIDED: "With {most} irrelevant features L1 and L2 cannot be told apart in accuracy: {lead:signed}.",
    },
    question="L1 withstands irrelevant features better than L2",
    source="Ng 2004",
)


def _harmless(evidence: Evidence) -> Outcome:
    if any(each.missed for each in evidence.values()):
        return FAILS
    return HOLDS if any(each.met for each in evidence.values()) else UNDECIDED


HARMLESS = Rule(
    0,
    "gain in test score over no regularization, paired: one below zero: does not hold; else one above zero: holds; "
    "otherwise not decided",
    _harmless,
    {
        HOLDS: "None of the three detectably lowered the test score, and the largest gain was by {best}.",
        FAILS: "At least one of the three lowered the test score: {worst}.",
        UNDECIDED: "No gain or loss by any of the three was detected; the largest gain was by {best}.",
    },
    question="elastic net, dropout and early stopping help, or at least do no harm",
    source="Prechelt 1998; Srivastava et al. 2014; Zou & Hastie 2005",
)
RULES = (GENERALIZE, WITHSTANDS, HARMLESS)


def findings(result: Result) -> list[Finding]:
    """Claim 48, Ng's comparison of L1 and L2, and whether dropout and early stopping do as well."""
    return [_generalizes(result), withstands(result.sweep), _others(result)]


def _gain(result: Result, method: str, place: str, words: str) -> Quantity:
    return Quantity.of(f"{words}, {PLACES[place]}", result.gain(method, place), "", "above", 0)


def _generalizes(result: Result) -> Finding:
    gains = [_gain(result, method, place, words) for place in PLACES for method, words in PENALTIES.items()]
    gaps = []
    for place, (method, words) in product(PLACES, WITH_OR_WITHOUT.items()):
        gap = paired(*(result.final(method, place, f"{part}_loss") for part in ("test", "train")))
        gaps.append(Quantity.of(f"gap {words}, {PLACES[place]}", gap.mean))
    few, plenty = (len(result.race("none", p).data(name("none", p)).X_train) for p in PLACES)
    return GENERALIZE.find(
        *gains,
        *gaps,
        few=f"{few:,} samples with {result.settings.irrelevant} irrelevant features",
        plenty=f"{plenty:,} without any",
        where=PLACES["few" if _helped({each.name: each for each in gains}, "few") else "plenty"],
    )


def withstands(sweep: Race) -> Finding:
    """Whether L1 withstands irrelevant features better than L2."""
    scores = {method: noise_columns.accuracy(sweep, method)[1] for method in noise_columns.METHODS}
    counts = noise_columns.accuracy(sweep, "none")[0]
    return WITHSTANDS.find(
        Quantity.of("lead", paired(scores["l1"][-1], scores["l2"][-1]), "", "above", 0),
        *(
            Quantity.of(f"accuracy {words}, {count} irrelevant features", scores[method][place].mean())
            for count, place in {counts[0]: 0, counts[-1]: -1}.items()
            for method, words in WITH_OR_WITHOUT.items()
        ),
        most=str(counts[-1]),
    )


def _others(result: Result) -> Finding:
    gains = [_gain(result, method, place, words) for place in PLACES for method, words in OTHERS.items()]
    best, worst = max(gains, key=lambda each: each.value), min(gains, key=lambda each: each.high)
    return HARMLESS.find(*gains, best=f"{best.name} {best:signed}", worst=f"{worst.name} {worst:signed}")
