"""Findings on regularization: where and why penalties raise the test score, L1 against L2, and other methods."""

from core.statistics import paired
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, detected
from core.studies.race import RaceResult
from core.studies.regularization import noise_columns
from core.studies.regularization.noise_columns import label
from core.studies.regularization.strengths import beyond
from core.studies.regularization.study import PLACES, UNITS, Result, name
from core.studies.wording import listed

PENALTIES = {"l1": "L1", "l2": "L2"}
WHERE = {  # the settings in which a penalty helped -> the option of the prediction
    frozenset({"few_noisy", "plenty_noisy"}): "only among irrelevant features",
    frozenset({"few", "few_noisy"}): "only with few samples",
    frozenset({"few_noisy"}): "only where both meet",
    frozenset(PLACES): "everywhere",
}
ELSEWHERE = "only in some settings"
FAMILY = "with Holm's correction over all methods and settings of the page"


def _helped(evidence: Evidence) -> frozenset[str]:
    return frozenset(p for p in PLACES if any(evidence[f"{each}, {PLACES[p]}"].met for each in PENALTIES.values()))


def _generalize(evidence: Evidence) -> Outcome:
    helped = _helped(evidence)
    if helped:
        return HOLDS if len(helped) == len(PLACES) else CAVEATS
    return FAILS if any(each.missed for each in evidence.values()) else UNDECIDED


GENERALIZE = Rule(
    48,
    "test score with L1 or L2 minus without, paired, few and many samples, with and without irrelevant features, "
    f"{FAMILY}; an interval above zero counts as help, a best strength of 0 does not: helped everywhere: holds; "
    "somewhere: holds with caveats; nowhere, and one hurt: does not hold; otherwise not decided",
    _generalize,
    {
        HOLDS: "A penalty raised the test score everywhere: {helped}.",
        CAVEATS: "A penalty detectably raised the test score {where}: {helped}.",
        FAILS: "No penalty detectably raised the test score, and at least one lowered it: {hurt}.",
        UNDECIDED: "It is too close to tell in all four settings whether a penalty changes the test score.",
    },
    answers={HOLDS: "everywhere", CAVEATS: "{where}", FAILS: "nowhere"},
    key="48",
)
CAUSE = Rule(
    0,
    "gain in test score by L1 on many samples with irrelevant features minus that on few samples without, paired: "
    "above zero: holds; below: does not hold; otherwise not decided",
    detected,
    {
        HOLDS: "L1 gained more on {plenty} samples with {irrelevant} irrelevant features than on {few} without any: "
        "{difference:signed} in test score.",
        FAILS: "L1 gained less on {plenty} samples with {irrelevant} irrelevant features than on {few} without any: "
        "{difference:signed} in test score.",
        UNDECIDED: "It is too close to tell whether L1 gains more on {plenty} samples with {irrelevant} irrelevant "
        "features or on {few} without any: {difference:signed} in test score.",
    },
    question="a penalty helps more against irrelevant features than against few samples",
    source="Ng 2004",
)
WITHSTANDS = Rule(
    0,
    "linear models at the largest number of irrelevant features: test accuracy with L1 minus with L2, paired; an "
    "interval above zero: holds; below: does not hold; otherwise not decided",
    detected,
    {
        HOLDS: "With {most} irrelevant features a linear model was more accurate with L1 than with L2: {lead:signed}.",
        FAILS: "With {most} irrelevant features a linear model was less accurate with L1 than with L2: {lead:signed}.",
        UNDECIDED: "With {most} irrelevant features L1 and L2 are too close to tell apart in accuracy: {lead:signed}.",
    },
    question="L1 withstands irrelevant features better than L2",
    source="Ng 2004",
)


def _mixed(evidence: Evidence) -> Outcome:
    helped, hurt = (any(getattr(each, way) for each in evidence.values()) for way in ("met", "missed"))
    if helped:
        return CAVEATS if hurt else HOLDS
    return FAILS if hurt else UNDECIDED


def _other(method: str, source: str) -> Rule:
    return Rule(
        0,
        f"{method}: gain in test score over no regularization, paired, in four settings, {FAMILY}: above zero in one, "
        "and below in none: holds; above in one and below in another: holds with caveats; only below: does not hold; "
        "otherwise not decided",
        _mixed,
        {
            HOLDS: f"With {method} the test score rose in some settings and detectably fell in none: {{helped}}.",
            CAVEATS: f"With {method} the test score rose in some settings and fell in others: {{helped}}; {{hurt}}.",
            FAILS: f"With {method} the test score detectably rose in no setting and fell in some: {{hurt}}.",
            UNDECIDED: f"It is too close to tell in all four settings whether {method} raises or lowers the test "
            "score.",
        },
        question=f"{method} raises the test score",
        source=source,
    )


OTHER_RULES = {
    "elastic_net": _other("the elastic net", "Zou & Hastie 2005"),
    "dropout": _other("dropout", "Srivastava et al. 2014"),
    "early_stopping": _other("early stopping", "Prechelt 1998"),
}
RULES = (GENERALIZE, CAUSE, WITHSTANDS, *OTHER_RULES.values())


def findings(result: Result) -> list[Finding]:
    """Claim 48, the conditions in which a penalty helps, Ng's comparison of L1 and L2, and three other methods."""
    others = [_others(result, method) for method in OTHER_RULES]
    return [_generalizes(result), _cause(result), withstands(result.linear), *others]


def _gains(result: Result, methods: dict[str, str]) -> tuple[list[Quantity], dict[str, str]]:
    """The gains of these methods in all settings, exactly 0 if the best strength is 0; detected ones in words."""
    found = result.gains()
    gains = [
        Quantity.of(f"{words}, {PLACES[place]}", found.get(name(method, place), 0.0), "", "above", 0)
        for place in PLACES
        for method, words in methods.items()
    ]
    helped, hurt = ([f"{each.name} {each:signed}" for each in gains if getattr(each, way)] for way in ("met", "missed"))
    return gains, {"helped": listed(helped), "hurt": listed(hurt)}


def _unsettled(result: Result, methods: dict[str, str]) -> str:
    labels = [name(method, place) for place in PLACES for method in methods if method in UNITS]
    return beyond({label: result.tuning[label] for label in labels if label in result.tuning})


def _generalizes(result: Result) -> Finding:
    gains, words = _gains(result, PENALTIES)
    where = WHERE.get(_helped({each.name: each for each in gains}), ELSEWHERE)
    return GENERALIZE.find(*gains, missing=_unsettled(result, PENALTIES), where=where, **words)


def _cause(result: Result) -> Finding:
    settings = result.settings
    few, plenty = (len(result.race.data(name("none", place)).X_train) for place in ("few", "plenty_noisy"))
    gains = [
        result.final("l1", place, "test_score") - result.final("none", place, "test_score")
        for place in ("plenty_noisy", "few")
    ]
    missing = "Choose irrelevant features, and more samples in “many” than in “few”."
    return CAUSE.find(
        Quantity.of("difference", paired(*gains), "", "above", 0),
        missing=_unsettled(result, {"l1": "L1"}) if few < plenty and settings.irrelevant else missing,
        few=f"{few:,}",
        plenty=f"{plenty:,}",
        irrelevant=f"{settings.irrelevant:,}",
    )


def withstands(linear: RaceResult) -> Finding:
    """Whether L1 withstands irrelevant features better than L2."""
    counts = noise_columns.accuracy(linear.race, "none")[0]
    scores = {method: noise_columns.accuracy(linear.race, method)[1] for method in noise_columns.METHODS}
    return WITHSTANDS.find(
        Quantity.of("lead", paired(scores["l1"][-1], scores["l2"][-1]), "", "above", 0),
        *(
            Quantity.of(f"accuracy {words}, {count} irrelevant features", scores[method][place].mean())
            for count, place in {counts[0]: 0, counts[-1]: -1}.items()
            for method, words in {"none": "without", **PENALTIES}.items()
        ),
        missing=beyond({each: linear.tuning[each] for each in (label(method, counts[-1]) for method in PENALTIES)}),
        most=str(counts[-1]),
    )


def _others(result: Result, method: str) -> Finding:
    gains, words = _gains(result, {method: method.replace("_", " ")})
    return OTHER_RULES[method].find(*gains, missing=_unsettled(result, {method: ""}), **words)
