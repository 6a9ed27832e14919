"""The rules by which the exchanged halves are judged, fixed before any run, each with its sentences."""

from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Rule, all_met, graded

SAME = 1e-3  # relative to the path length: two paths that stay this close are the same
PARTED = 0.1  # relative to the path length: two paths that get this far apart are different
STRAIGHT = 1e-6  # a cosine this close to 1 means the same direction
TURNED = 0.999  # a mean cosine below this means different directions
ROUNDING = 1e-10  # relative
AS_LONG = (0.9, 1.1)  # factors of time that count as no change
OTHERS = (  # change of the loss with each other source of the gradient
    "forward mode {forward mode:signed}, central differences {central differences:signed}, SPSA {SPSA:signed}"
)
RIVALS = (
    "SPSA ended {SPSA over backpropagation} and annealing {annealing over backpropagation} as high as "
    "backpropagation with {best}"
)


def _two_things_outcome(evidence: Evidence) -> Outcome:
    if not evidence["slowest fall"].met:
        return UNDECIDED
    if not evidence["nearest two rules"].met:
        return FAILS
    return HOLDS if evidence["forward mode"].met and evidence["central differences"].met else CAVEATS


def _learns_outcome(evidence: Evidence) -> Outcome:
    alone = evidence["change alone"]
    if alone.value == 0 and evidence["seeds that moved or had no gradient"].met:
        return CAVEATS if evidence["change with SGD"].met else UNDECIDED
    return HOLDS if alone.met else UNDECIDED


def _backbone_outcome(evidence: Evidence) -> Outcome:
    gain, *replaced = evidence.values()
    if gain.met:
        return HOLDS if all(each.met for each in replaced) else CAVEATS
    return FAILS if gain.missed else UNDECIDED


def _key_outcome(evidence: Evidence) -> Outcome:
    spsa, annealing, *falls = (each for each in evidence.values() if each.wanted)
    if spsa.met and annealing.met:
        return CAVEATS if any(each.met for each in falls) else HOLDS
    return FAILS if spsa.missed or annealing.missed else UNDECIDED


def _replaced_outcome(evidence: Evidence) -> Outcome:
    same, time = evidence["distance of the paths"].met, evidence["time"]
    if time.missed:
        return HOLDS if same else CAVEATS
    return FAILS if time.met else UNDECIDED


TWO_THINGS = Rule(
    1,
    "for SGD, momentum and Adam, on the median seed: another exact source with the same rule keeps the path (within "
    f"{SAME:.1%} of its length), another rule with the same source leaves it (by over {PARTED:.0%}), and every such "
    "run lowers the loss: holds; the rule changes the path but so does the source: holds with caveats; the rule does "
    "not: does not hold; not every run lowers the loss: not decided",
    _two_things_outcome,
    {
        HOLDS: "Another exact source of the gradient follows the same path (forward mode within {forward mode} of its "
        "length, central differences within {central differences}); another rule leaves it by {nearest two "
        "rules} or more.",
        CAVEATS: "Another rule leaves the path by {nearest two rules} or more, but another exact source does not "
        "quite follow it either: forward mode leaves it by up to {forward mode}, central differences by up "
        "to {central differences}.",
        FAILS: "The rules {nearest} follow almost the same path: they separate by no more than {nearest two rules}.",
        UNDECIDED: "Not every run lowered the loss ({slowest}: {slowest fall:signed}), so the paths cannot be "
        "compared.",
    },
)
LEARNS = Rule(
    12,
    "a backward pass alone lowers the loss: holds; it leaves every parameter bitwise unchanged, and the loss falls "
    "only when a rule uses the gradient: holds with caveats (one half of learning); otherwise not decided",
    _learns_outcome,
    {
        HOLDS: "A backward pass alone lowered the loss: {change alone:signed}.",
        CAVEATS: "A backward pass alone leaves every parameter bitwise unchanged. The loss falls only when a rule "
        "uses the gradient: {change with SGD:signed} with SGD.",
        UNDECIDED: "The loss changed by {change alone:signed} with a backward pass alone and by {change with "
        "SGD:signed} with SGD: not enough to decide which of them learns.",
    },
    kind="identity",
)
DIVISION = Rule(
    16,
    "over all updates: no backward pass changes a parameter, no rule changes the gradient, and rules do change "
    "parameters: holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "In {updates:value} no backward pass changed a parameter and no rule changed a gradient; the rules "
        "changed the parameters {parameters changed by a rule}.",
        FAILS: "In {updates:value} a backward pass changed parameters {parameters changed by a backward pass}, a rule "
        "changed the gradient {gradients changed by a rule}, and a rule changed parameters "
        "{parameters changed by a rule}.",
    },
    kind="identity",
)
OPPOSITE = Rule(
    7,
    "the cosine between every step of plain gradient descent and the negative gradient is 1 (to "
    f"{STRAIGHT:g}): holds; otherwise does not hold",
    all_met,
    {
        HOLDS: "Every step of plain gradient descent points exactly opposite the gradient: the cosine with −g differs "
        "from 1 by at most {distance of a cosine from 1}.",
        FAILS: "Not every step of plain gradient descent points opposite the gradient: the cosine with −g differs "
        "from 1 by up to {distance of a cosine from 1}.",
    },
    kind="identity",
)
BACKBONE = Rule(
    15,
    "training score of both together above that of a gradient without a rule (95 % interval above zero), and every "
    "run with one half replaced ends at a detectably higher loss (factor above 1): holds; some do not: holds with "
    "caveats; score below: does not hold; else not decided",
    _backbone_outcome,
    {
        HOLDS: "Backpropagation with SGD gains {gain:signed} in training score over a gradient without a rule, and "
        "every run with one half replaced ended at a higher loss.",
        CAVEATS: "Backpropagation with SGD gains {gain:signed} in training score over a gradient without a rule, but "
        "you can replace either half. Not detectably worse: {equal}.",
        FAILS: "Backpropagation with SGD lowered the training score: {gain:signed} compared with the initial weights.",
        UNDECIDED: "Backpropagation with SGD did not detectably raise the training score: {gain:signed} compared with "
        "the initial weights.",
    },
)
KEY = Rule(
    22,
    "for the same number of forward passes SPSA and annealing end higher (both factors of loss above 1), and no other "
    "source trains: holds; they end higher, but training without backpropagation works: holds with caveats; one ends "
    "lower: does not hold; else not decided",
    _key_outcome,
    {
        HOLDS: f"For {{forward passes:value}} {RIVALS}, and no run without it lowered the loss.",
        CAVEATS: f"For {{forward passes:value}} {RIVALS}, but training without backpropagation works.",
        FAILS: f"A run without backpropagation ended lower: for {{forward passes:value}} {RIVALS}.",
        UNDECIDED: f"No clear order: for {{forward passes:value}} {RIVALS}.",
    },
)
FASTER = Rule(
    23,
    "an optimization algorithm lowers the loss. Backpropagation by itself lowers it: holds; it leaves the loss "
    "unchanged: does not hold, because it is not an optimization algorithm and can only be compared with other "
    "sources of a gradient; else not decided",
    lambda evidence: (
        FAILS if evidence["change alone"].value == 0 else HOLDS if evidence["change alone"].met else UNDECIDED
    ),
    {
        HOLDS: "Backpropagation by itself lowered the loss: {change alone:signed}.",
        FAILS: "Backpropagation by itself leaves the loss exactly unchanged: it is not an optimization algorithm, so "
        "it cannot be a faster one.",
        UNDECIDED: "Backpropagation by itself changed the loss, but did not detectably lower it: "
        "{change alone:signed}.",
    },
    kind="identity",
)
WITHOUT = Rule(
    27,
    "plain gradient descent lowers the loss (95 % interval below zero) with each other source: holds; with some: "
    "holds with caveats; with none, all intervals above zero: does not hold; else not decided",
    graded,
    {
        HOLDS: f"Plain gradient descent lowered the loss with every other source: {OTHERS}.",
        CAVEATS: f"Plain gradient descent detectably lowered the loss with some of the other sources: {OTHERS}.",
        FAILS: f"Plain gradient descent raised the loss with every other source: {OTHERS}.",
        UNDECIDED: "It is too close to tell whether plain gradient descent lowers the loss with other sources: "
        f"{OTHERS}.",
    },
)
REQUIRES = Rule(
    28,
    f"L-BFGS, whose steps are not along the negative gradient (mean cosine below {TURNED}), lowers the loss with "
    "backpropagation's gradients (95 % interval below zero): does not hold; it raises it: holds; else not decided",
    lambda evidence: (
        FAILS if all_met(evidence) == HOLDS else HOLDS if evidence["change with L-BFGS"].missed else UNDECIDED
    ),
    {
        HOLDS: "L-BFGS raised the loss with backpropagation's gradients: {change with L-BFGS:signed}.",
        FAILS: "L-BFGS lowers the loss with backpropagation's gradients ({change with L-BFGS:signed}) by steps that "
        "are not opposite the gradient: their mean cosine with −g is {mean cosine}.",
        UNDECIDED: "L-BFGS did not detectably lower the loss by steps in other directions: it changed by {change with "
        "L-BFGS:signed}, with a mean cosine of {mean cosine}.",
    },
)
VARIATIONS = Rule(
    36,
    "one backward function for every batch size: the mean over all batches equals the gradient over all samples (to "
    f"{ROUNDING:g}), so sampling varies and backpropagation does not: does not hold; otherwise holds",
    lambda evidence: FAILS if all_met(evidence) == HOLDS else HOLDS,
    {
        HOLDS: "At one batch size the mean gradient of the batches is not the gradient over all samples: it differs "
        "by {largest}.",
        FAILS: "The same backward pass serves every batch size: the mean gradient of the batches equals the gradient "
        "over all samples to within {largest}.",
    },
    kind="identity",
)
REPLACED = Rule(
    0,
    f"central differences instead of backpropagation, with each update rule: the paths stay within {SAME:.1%} of "
    f"their length and the time changes (95 % interval of the factor outside {AS_LONG[0]} to {AS_LONG[1]}): holds; "
    "the time changes and so does the path: holds with caveats; the interval lies between these limits: does not "
    "hold; else not decided",
    _replaced_outcome,
    {
        HOLDS: "Central differences follow backpropagation's path (within {distance of the paths} of its length) and "
        "take {time} as long: the source sets the time, the rule sets the path.",
        CAVEATS: "Central differences take {time} as long as backpropagation and also leave its path, by up to "
        "{distance of the paths} of its length.",
        FAILS: "Central differences take as long as backpropagation: {time}. Their path is up to "
        "{distance of the paths} of its length away.",
        UNDECIDED: "It could not be decided whether central differences take longer than backpropagation on a network "
        "this small: {time}.",
    },
    question="the source of the gradient sets the time and not the path",
    source="Baydin et al. 2018; Griewank & Walther 2008",
    answers={HOLDS: "the time", CAVEATS: "both", FAILS: "{otherwise}"},
    key="replaced",
)
RULES = (TWO_THINGS, LEARNS, DIVISION, OPPOSITE, BACKBONE, KEY, FASTER, WITHOUT, REQUIRES, VARIATIONS, REPLACED)
