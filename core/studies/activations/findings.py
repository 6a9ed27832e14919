"""What the activations show: how far the error signal comes through, what saturates, and who scores best."""

import numpy as np

from core.nn import ACTIVATIONS
from core.nn.probes import largest_slope
from core.statistics import paired
from core.studies.activations import nondifferentiable
from core.studies.activations.study import Result, compared, orders, powers, ranking
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, some_met
from core.studies.wording import listed

MANY = 0.05  # a larger share of saturated units is worth a caveat
KEPT = (-2.0, 2.0)  # powers of ten between the last and the first delta, between which the error signal is kept
OPTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}  # of the prediction; all others are "another"

VANISHING = Rule(
    47,
    "through at least 10 layers, under each initializer: the error signal is kept where the 95 % interval of its "
    "change lies between a factor of 0.01 and 100. Kept by both under all: holds; under some: holds with caveats; "
    "nowhere: does not hold",
    some_met,
    {
        HOLDS: "Through {depth} layers the error signal was kept under every initializer; it changed most for {most}.",
        CAVEATS: "Through {depth} layers it depends on the first weights: the error signal changed least for {least}, "
        "and most for {most}.",
        FAILS: "Through {depth} layers the error signal was kept under no initializer; it changed least for {least}.",
    },
)
SATURATION = Rule(
    40,
    "both have a derivative everywhere, so the claim holds as far as it goes; with caveats where either loses its "
    f"error signal at the first weights (rule of claim 47) or ends the race with over {MANY:.0%} of units saturated",
    lambda evidence: HOLDS if all(each.met for each in evidence.values() if each.wanted) else CAVEATS,
    {
        HOLDS: "Through {depth} layers the error signal was kept and few units saturated: it changed {found}.",
        CAVEATS: "They have no kink, but through {depth} layers the error signal was lost or units saturated: it "
        "changed {found}.",
    },
)
BEST = Rule(
    0,
    "test score of the best activation minus that of the second, paired, above zero: holds; otherwise not decided",
    lambda evidence: HOLDS if evidence["lead"].met else UNDECIDED,
    {
        HOLDS: "{first} scored {lead} higher on test samples than {second}, at {test score}.",
        UNDECIDED: "The two best test scores, of {first} and {second}, cannot be told apart: {lead:signed}.",
    },
    question="{first} ends with a better test score than {second}",
    source="our own race; each activation at its own tuned learning rate",
)


def _preserved(evidence: Evidence) -> Outcome:
    change = evidence["change"]
    if change.met:
        return HOLDS if evidence["lead"].met else CAVEATS
    return FAILS if change.missed else UNDECIDED


PRESERVES = Rule(
    0,
    "powers of ten between the last and the first δ of the untrained deep network: the activation whose mean is "
    "nearest to zero keeps the error signal (its interval lies between −2 and 2), and that of the next activation is "
    "farther from zero, paired: holds; kept, but not detectably better than by the next: holds with caveats; the "
    "interval lies outside: does not hold; otherwise not decided",
    _preserved,
    {
        HOLDS: "With {initializer} weights {first} best preserves the error signal through {depth} layers: it changed "
        "by {change:signed}, for {second} by {lead} more.",
        CAVEATS: "With {initializer} weights {first} preserves the error signal through {depth} layers "
        "({change:signed}), but not detectably better than {second}.",
        FAILS: "With {initializer} weights no activation preserves the error signal through {depth} layers: even for "
        "{first} it changed by {change:signed}.",
        UNDECIDED: "Whether {first} preserves the error signal through {depth} layers with {initializer} weights "
        "cannot be told: it changed by {change:signed}.",
    },
    question="with {initializer} weights one activation best preserves the error signal",
    source="Glorot & Bengio 2010; He et al. 2015",
    answers={HOLDS: "{option}", FAILS: "none"},
    key="error signal",
)
RULES = (VANISHING, SATURATION, *nondifferentiable.RULES, BEST, PRESERVES)


def findings(result: Result) -> list[Finding]:
    """Claims 47, 40, 37 to 39, whether the best two scores differ, and who keeps the error signal best."""
    own = [_best(result), _preserves(result)]
    return [_prevents_vanishing(result), _saturate(result), *nondifferentiable.findings(result.kinks), *own]


def _change(result: Result, name: str, activation: str, initializer: str) -> Quantity:
    return Quantity.of(name, orders(result, activation, initializer), "powers of ten", "between", KEPT)


def _prevents_vanishing(result: Result) -> Finding:
    names = [name for name in ("relu", "tanh") if name in result.settings.activations]
    if not names or result.settings.depth < 10:
        return VANISHING.find(missing="It takes ReLU or tanh, and at least 10 layers, to tell.")
    changes = [_change(result, f"{n} from {i} weights", n, i) for n in names for i in compared(result.settings)]
    least, most = (pick(changes, key=lambda each: abs(each.value)) for pick in (min, max))
    words = {"least": f"{least.name} ({least:signed})", "most": f"{most.name} ({most:signed})"}
    return VANISHING.find(*changes, depth=str(result.settings.depth), **words)


def _saturate(result: Result) -> Finding:
    evidence, found = [], []
    for name in (name for name in ("sigmoid", "tanh") if name in result.settings.activations):
        change = _change(result, f"{name} error signal", name, result.settings.initializer)
        saturated = float(np.nanmean(result.race.final(name, "saturated")))
        share = Quantity.of(f"{name} saturated units", saturated, "share", "at most", MANY)
        evidence += [change, share, Quantity.of(f"{name} steepest slope", largest_slope(ACTIVATIONS[name]()))]
        found.append(f"for {name} by {change:signed} ({share} of its units saturated)")
    missing = "" if evidence else "It takes sigmoid or tanh to tell."
    return SATURATION.find(*evidence, missing=missing, depth=str(result.settings.depth), found=listed(found))


def _best(result: Result) -> Finding:
    first, *others = ranking(result)
    if not others:
        return BEST.find(missing="It takes two activations to compare them.", first=first, second="another")
    scores = {name: result.race.final(name, "test_score") for name in result.race.runs}
    leads = {name: paired(scores[first], scores[name]) for name in others}
    return BEST.find(
        Quantity.of("lead", leads[others[0]], "", "above", 0),
        Quantity.of("test score", np.nanmean(scores[first])),
        *(Quantity.of(f"lead over {name}", leads[name]) for name in others[1:]),
        first=first,
        second=others[0],
    )


def _preserves(result: Result) -> Finding:
    initializer = result.settings.initializer
    means = {name: abs(orders(result, name, initializer).mean) for name in result.settings.activations}
    first, *others = sorted(means, key=lambda name: means[name])
    words = {"first": first, "initializer": initializer, "depth": str(result.settings.depth)}
    words["option"] = OPTIONS.get(first, "another")
    change = _change(result, "change", first, initializer)
    if not others:
        return PRESERVES.find(change, missing="It takes two activations to compare them.", **words)
    nearest, next_to_it = (np.abs(powers(result, name, initializer)) for name in (first, others[0]))
    lead = Quantity.of("lead", paired(next_to_it, nearest), "powers of ten", "above", 0)
    return PRESERVES.find(change, lead, second=others[0], **words)
