"""Findings of the optimizer race: batch sizes, the lowest final loss, and the effect of the loss function."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.data import DATASETS
from core.statistics import holm, paired_logs
from core.studies.contract import AS_MANY, Finding, Quantity, Rule
from core.studies.optimizers.study import EQUAL, GOAL, LOSSES, VARIANTS, Result
from core.studies.rules import Rules
from core.studies.tuning import unsettled

RULES = Rules(__name__)
findings = RULES.findings


def _take_part(*names: str) -> Callable[[Any], bool]:
    return lambda settings: {*names} <= {*settings.contestants}


def kind(label: str) -> str:
    """The kind of a contestant: one of three batch sizes of plain descent, or one of the other rules."""
    return label.replace("_", "-") if label in VARIANTS else "one of the other rules"


@RULES.rule("variants_work", _take_part(*VARIANTS))
def _variants(rule: Rule, result: Result) -> Finding:
    falls = {v: (result.race.judged(v, "train_loss"), result.race.values(v, "train_loss")[0]) for v in VARIANTS}
    return rule.find(*(Quantity.factor(kind(v), paired_logs(*ends), "below", 1) for v, ends in falls.items()))


@RULES.rule("smaller_is_faster", _take_part("batch", "mini_batch"))
def _smaller_is_faster(rule: Rule, result: Result) -> Finding:
    steps, epochs, reached = {}, {}, {}
    for label, race, named in (("batch", result.equal, EQUAL), ("mini_batch", result.race, "mini_batch")):
        each, first = result.contestants[label], race.first_below(named, result.settings.target)
        steps[label] = np.clip(first, 1, race.steps(named)[-1])
        epochs[label] = steps[label] * each.samples / each.rows
        reached[label] = int(np.isfinite(first).sum())
    return rule.find(
        Quantity.factor("epochs", paired_logs(epochs["mini_batch"], epochs["batch"]), "below", 1),
        Quantity.factor("updates", paired_logs(steps["mini_batch"], steps["batch"]), "below", 1),
        Quantity.of("mini-batch at the target", reached["mini_batch"], "seeds"),
        Quantity.of("batch at the target", reached["batch"], "seeds"),
        missing="" if reached["mini_batch"] else "Choose a target that mini-batch reaches to compare it with batch.",
    )


@RULES.rule("smaller_costs_more", _take_part("batch", "stochastic"))
def _costs_more(rule: Rule, result: Result) -> Finding:
    one, whole = result.contestants["stochastic"], result.contestants["batch"]
    return rule.find(
        Quantity.factor("pass", paired_logs(one.times * whole.samples, whole.times), "above", 1),
        Quantity.factor("update", paired_logs(one.times, whole.times), "above", 1),
        Quantity.of("update on one sample", one.microseconds, "µs"),
        Quantity.of("update on all samples", whole.microseconds, "µs"),
        samples=f"{whole.samples:,}",
    )


@RULES.rule("loss_shapes", lambda s: DATASETS[s.dataset].task == "classes")
def _loss_shapes(rule: Rule, result: Result) -> Finding:
    reached = {loss: result.losses.reached(loss) for loss in LOSSES}
    missing = unsettled(result.losses.tuning)
    if not any(reached.values()):
        missing = f"With neither loss did any seed get {GOAL:.0%} of the training samples right."
    return rule.find(
        Quantity.factor("updates", paired_logs(*map(result.losses.updates, LOSSES)), "between", AS_MANY),
        *(Quantity.of(f"{loss.replace('_', ' ')}, reached", count, "seeds") for loss, count in reached.items()),
        missing=missing,
    )


@RULES.rule("converges_better", _take_part("batch", "mini_batch"))
def _converges_better(rule: Rule, result: Result) -> Finding:
    mini, passes = (result.race.judged(label, "train_loss") for label in ("mini_batch", "batch"))
    updates = result.equal.judged(EQUAL, "train_loss")
    return rule.find(
        Quantity.factor("at equal passes", paired_logs(mini, passes), "below", 1),
        Quantity.factor("at equal updates", paired_logs(mini, updates), "below", 1),
        missing=unsettled({label: result.tuning[label] for label in ("batch", "mini_batch")}),
    )


@RULES.rule("best", lambda s: len(s.contestants) > 1)
def _best(rule: Rule, result: Result) -> Finding:
    return _leads(rule, result, result.favourites()[1:])


@RULES.rule("best_kind", lambda s: len({kind(label) for label in s.contestants}) > 1)
def _best_kind(rule: Rule, result: Result) -> Finding:
    first, *others = result.favourites()
    kinds: dict[str, str] = {}
    for label in others:
        if kind(label) != kind(first):
            kinds.setdefault(kind(label), label)
    return _leads(rule, result, [*kinds.values()])


def _leads(rule: Rule, result: Result, others: list[str]) -> Finding:
    """The favourite from tuning compared with the others, on the race's seeds."""
    first = result.favourites()[0]
    logs = {label: np.log(result.race.judged(label, "train_loss")) for label in (first, *others)}
    leads = holm({label: logs[first] - logs[label] for label in others})
    told = {label: Quantity.factor(f"over {label}", lead, "below", 1) for label, lead in leads.items()}
    nearest = max(told, key=lambda label: told[label].high)
    return rule.find(
        *told.values(),
        missing=unsettled({label: result.tuning[label] for label in logs}),
        first=first.replace("_", "-"),
        kind=kind(first),
        second=nearest.replace("_", "-"),
        closest=f"{told[nearest]}",
    )
