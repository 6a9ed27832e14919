"""Findings on regularization: where and why penalties raise the test score, L1 against L2, and other methods."""

from functools import partial

from core.statistics import paired
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule
from core.studies.regularization.strengths import beyond
from core.studies.regularization.study import PLACES, SWEPT, Result, accuracy, name
from core.studies.rules import Rules
from core.studies.wording import listed

PENALTIES = {"l1": "L1", "l2": "L2"}
OTHERS = {  # in words, and who published them
    "elastic_net": ("the elastic net", "Zou & Hastie 2005"),
    "dropout": ("dropout", "Srivastava et al. 2014"),
    "early_stopping": ("early stopping", "Prechelt 1998"),
}
WHERE = {  # the settings in which a penalty helped -> the option of the prediction
    frozenset({"few_noisy", "plenty_noisy"}): "only among irrelevant features",
    frozenset({"few", "few_noisy"}): "only with few samples",
    frozenset({"few_noisy"}): "only where both meet",
    frozenset(PLACES): "everywhere",
}
ELSEWHERE = "only in some settings"
RULES = Rules(__name__)
findings = RULES.findings


def _helped(evidence: Evidence) -> frozenset[str]:
    return frozenset(p for p in PLACES if any(evidence[f"{each}, {PLACES[p]}"].met for each in PENALTIES.values()))


def _gains(result: Result, methods: dict[str, str]) -> tuple[list[Quantity], dict[str, str]]:
    """The gains of these methods in all settings, exactly 0 if the best strength is 0; in words, those detected and
    why nothing can be decided."""
    found, labels = result.gains(), [name(method, place) for place in PLACES for method in methods]
    gains = [
        Quantity.of(f"{words}, {PLACES[place]}", found.get(name(method, place), 0.0), "", "above", 0)
        for place in PLACES
        for method, words in methods.items()
    ]
    helped, hurt = ([f"{each.name} {each:signed}" for each in gains if getattr(each, way)] for way in ("met", "missed"))
    missing = beyond({each: result.tuning[each] for each in labels if each in result.tuning})
    return gains, {"helped": listed(helped), "hurt": listed(hurt), "missing": missing}


def _generalize(evidence: Evidence) -> Outcome:
    if helped := _helped(evidence):
        return HOLDS if len(helped) == len(PLACES) else CAVEATS
    return FAILS if any(each.missed for each in evidence.values()) else UNDECIDED


@RULES.rule("generalize", decide=_generalize)
def _generalizes(rule: Rule, result: Result) -> Finding:
    gains, words = _gains(result, PENALTIES)
    where = WHERE.get(_helped({each.name: each for each in gains}), ELSEWHERE)
    return rule.find(*gains, where=where, **words)


@RULES.rule("cause")
def _cause(rule: Rule, result: Result) -> Finding:
    irrelevant = result.settings.irrelevant
    few, plenty = (len(result.race.data(name("none", place)).X_train) for place in ("few", "plenty_noisy"))
    gains = [
        result.final("l1", place, "test_score") - result.final("none", place, "test_score")
        for place in ("plenty_noisy", "few")
    ]
    alike = "Choose irrelevant features, and more samples in “many” than in “few”."
    return rule.find(
        Quantity.of("difference", paired(*gains), "", "above", 0),
        missing=_gains(result, {"l1": "L1"})[1]["missing"] if few < plenty and irrelevant else alike,
        few=f"{few:,}",
        plenty=f"{plenty:,}",
        irrelevant=f"{irrelevant:,}",
    )


@RULES.rule("withstands")
def _withstands(rule: Rule, result: Result) -> Finding:
    linear = result.linear
    counts = accuracy(linear.race, "none")[0]
    scores = {method: accuracy(linear.race, method)[1] for method in SWEPT}
    return rule.find(
        Quantity.of("lead", paired(scores["l1"][-1], scores["l2"][-1]), "", "above", 0),
        *(
            Quantity.of(f"accuracy {words}, {count} irrelevant features", scores[method][place].mean())
            for count, place in {counts[0]: 0, counts[-1]: -1}.items()
            for method, words in {"none": "without", **PENALTIES}.items()
        ),
        missing=beyond({each: linear.tuning[each] for each in (name(method, counts[-1]) for method in PENALTIES)}),
        most=str(counts[-1]),
    )


def _other(method: str, rule: Rule, result: Result) -> Finding:
    gains, words = _gains(result, {method: method.replace("_", " ")})
    return rule.find(*gains, **words)


for method, (words, source) in OTHERS.items():
    RULES.rule(method, like="other", METHOD=words, SOURCE=source)(partial(_other, method))
