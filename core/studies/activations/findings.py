"""Findings on activations: how well the error signal survives, what saturates, where the chain rule breaks down."""

import numpy as np

from core.nn import ACTIVATIONS
from core.nn.activations.rectifiers import ReLU
from core.nn.probes import largest_slope
from core.statistics import holm, paired, paired_logs
from core.studies.activations import nondifferentiable
from core.studies.activations.nondifferentiable import CHOICES, OTHERS, RELUS
from core.studies.activations.study import Result, compared, orders, powers
from core.studies.contract import (
    AS_MANY,
    CAVEATS,
    FAILS,
    HOLDS,
    Evidence,
    Finding,
    Outcome,
    Quantity,
    Rule,
)
from core.studies.rules import Rules
from core.studies.tuning import unsettled
from core.studies.wording import listed

MANY = 0.05  # a larger share of saturated units needs a caveat
KEPT = (-2.0, 2.0)  # powers of ten between the last and the first delta, within which the error signal is kept
OPTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}  # options of the prediction; all others are "another"
STEPS = nondifferentiable.STEPS
RULES = Rules(__name__)
findings = RULES.findings


def _change(result: Result, name: str, activation: str, initializer: str) -> Quantity:
    return Quantity.of(name, orders(result, activation, initializer), "powers of ten", "between", KEPT)


@RULES.rule("vanishing", lambda s: bool({"relu", "tanh"} & {*s.activations}) and s.depth >= 10)
def _vanishing(rule: Rule, result: Result) -> Finding:
    names = [name for name in ("relu", "tanh") if name in result.settings.activations]
    changes = [_change(result, f"{n} from {i} weights", n, i) for n in names for i in compared(result.settings)]
    least, most = (pick(changes, key=lambda each: abs(each.value)) for pick in (min, max))
    words = {"least": f"{least.name} ({least:signed})", "most": f"{most.name} ({most:signed})"}
    return rule.find(*changes, depth=str(result.settings.depth), **words)


@RULES.rule("saturation", lambda s: bool({"sigmoid", "tanh"} & {*s.activations}))
def _saturation(rule: Rule, result: Result) -> Finding:
    evidence, found = [], []
    for name in (name for name in ("sigmoid", "tanh") if name in result.settings.activations):
        change = _change(result, f"{name} error signal", name, result.settings.initializer)
        saturated = float(np.nanmean(result.race.final(name, "saturated")))
        share = Quantity.of(f"{name} saturated units", saturated, "share", "at most", MANY)
        evidence += [change, share, Quantity.of(f"{name} steepest slope", largest_slope(ACTIVATIONS[name]()))]
        found.append(f"for {name} by {change:signed} ({share} of its units saturated)")
    return rule.find(*evidence, depth=str(result.settings.depth), found=listed(found))


@RULES.rule("cost", lambda s: {"relu", "tanh"} <= {*s.activations})
def _cost(rule: Rule, result: Result) -> Finding:
    tanh, relu = result.costs["tanh"], result.costs["relu"]
    number = paired_logs(tanh.values + tanh.derivatives, relu.values + relu.derivatives)
    return rule.find(
        Quantity.factor("one number", number, "between", AS_MANY),
        Quantity.factor("an update", paired_logs(tanh.updates, relu.updates), "between", AS_MANY),
    )


@RULES.rule("differentiable")
def _differentiable(rule: Rule, result: Result) -> Finding:
    relu, step, straight = (result.kinks[label] for label in ("relu, 0 at 0", "step", "step, straight through"))
    return rule.find(
        Quantity.of("ReLU", relu.moved.mean(), "share", "at most", 0),
        Quantity.of("step", step.moved.mean(), "share", "at most", 0),
        Quantity.of("straight through", straight.moved.mean(), "share"),
        Quantity.of("test score, step", step.score.mean()),
        Quantity.of("test score, straight through", straight.score.mean()),
    )


@RULES.rule("subgradients")
def _subgradients(rule: Rule, result: Result) -> Finding:
    """relu(x) - relu(-x) is x, so its slope is 1 everywhere; the chain rule at 0 gives relu'(0) + relu'(-0)."""
    slopes = {name: float(2 * ReLU(value).derivative(np.zeros(1))[0]) for name, value in CHOICES.items()}
    return rule.find(
        *(Quantity.of(f"error with {name}", abs(slope - 1), "", "at most", 0) for name, slope in slopes.items()),
        slopes=listed([f"{slope:g} with ReLU′(0) = {name}" for name, slope in slopes.items()]),
    )


def _matters(evidence: Evidence) -> Outcome:
    differences = [evidence[f"score with 0 minus {name}"] for name in OTHERS]
    if any(each.met or each.missed for each in differences):
        return FAILS
    return HOLDS if evidence["weights that differ"].met else CAVEATS


@RULES.rule("at_zero", decide=_matters)
def _at_zero(rule: Rule, result: Result) -> Finding:
    zero, *others = (result.kinks[label] for label in RELUS)
    scores = {name: paired(zero.score, other.score) for name, other in zip(OTHERS, others, strict=True)}
    return rule.find(
        Quantity.of("weights that differ", sum((zero.params != o.params).sum() for o in others), "", "at most", 0),
        *(Quantity.of(f"score with 0 minus {name}", each, "", "above", 0) for name, each in scores.items()),
        Quantity.of("zeros", zero.zeros),
        Quantity.of("pre-activations", zero.seen),
    )


@RULES.rule("best", lambda s: len(s.activations) > 1)
def _best(rule: Rule, result: Result) -> Finding:
    first, *others = result.favourites()
    scores = {name: result.race.final(name, "test_score") for name in result.race.runs}
    leads = holm({name: scores[first] - scores[name] for name in others})
    told = {name: Quantity.of(f"lead over {name}", lead, "", "above", 0) for name, lead in leads.items()}
    nearest = min(told, key=lambda name: told[name].low)
    words = {"first": first, "second": nearest, "closest": f"{told[nearest]:signed}"}
    score = Quantity.of("test score", np.mean(scores[first]))
    return rule.find(*told.values(), score, missing=unsettled(result.tuning), **words)


@RULES.rule("preserves", lambda s: len(s.activations) > 1)
def _preserves(rule: Rule, result: Result) -> Finding:
    initializer, (first, *others) = result.settings.initializer, result.ranked
    far = {name: np.abs(powers(result, name, initializer)) for name in result.ranked}
    leads = holm({name: far[name] - far[first] for name in others})
    told = {name: Quantity.of(f"lead over {name}", lead, "powers of ten", "above", 0) for name, lead in leads.items()}
    nearest = min(told, key=lambda name: told[name].low)
    return rule.find(
        _change(result, "change", first, initializer),
        *told.values(),
        first=first,
        second=nearest,
        closest=f"{told[nearest]}",
        option=OPTIONS.get(first, "another"),
        initializer=initializer,
        depth=str(result.settings.depth),
    )
