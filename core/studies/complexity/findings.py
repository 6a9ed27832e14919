"""Findings on cost: how time and memory grow, a gradient against its function, and steps without backpropagation."""

import numpy as np

from core.statistics import interval, paired
from core.studies.complexity.study import FITTED, Result, exponents, fit, ratio
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, detected
from core.studies.timing import BAUR_STRASSEN
from core.studies.wording import listed

SLACK = 0.25  # allowed excess of a measured exponent over the counted one
LEVEL = 0.1  # largest exponent at which memory counts as not growing
DOUBLE = (1.8, 2.2)  # factors that count as about double
MORE = 0.5  # least additional power of the parameters for a step without backpropagation


def _depth_outcome(evidence: Evidence) -> Outcome:
    time = evidence["exponent of time"]
    if time.met:
        return HOLDS if evidence["exponent of memory"].met else CAVEATS
    return FAILS if time.missed else UNDECIDED


def _cheap_outcome(evidence: Evidence) -> Outcome:
    if all(each.met for each in evidence.values()):
        return HOLDS
    above = [each.missed for each in evidence.values()]
    return FAILS if all(above) else CAVEATS if any(above) else UNDECIDED


def _doubled_outcome(evidence: Evidence) -> Outcome:
    factor = evidence["factor of time"]
    if factor.met:
        return HOLDS
    if not factor.missed:
        return UNDECIDED
    return CAVEATS if factor.high < DOUBLE[0] else FAILS


DEPTH = Rule(
    25,
    f"exponent of time against depth with its 95 % interval over repetitions: at most {1 + SLACK}, and the memory "
    f"does not grow (exponent at most {LEVEL}): holds; the memory grows: holds with caveats; the time exponent is "
    "larger: does not hold; else not decided",
    _depth_outcome,
    {
        HOLDS: "The time of a gradient grows with depth to the power {exponent of time}, and its memory does not grow.",
        CAVEATS: "The time of a gradient grows with depth to the power {exponent of time}, and its memory to the "
        "power {exponent of memory}.",
        FAILS: "The time of a gradient grows faster than depth: to the power {exponent of time}.",
        UNDECIDED: "The growth of a gradient's time with depth could not be determined: to the power {exponent of "
        "time}.",
    },
)
CHEAP = Rule(
    0,
    "time of forward and backward pass over that of the forward pass, at the largest size of every sweep, 95 % "
    f"interval over repetitions: all at most {BAUR_STRASSEN:g}: holds; some above: holds with caveats; all above: does "
    "not hold; else not decided",
    _cheap_outcome,
    {
        HOLDS: "At the largest size of every sweep a gradient costs at most {costliest} the time of its function.",
        CAVEATS: "At the largest size of some sweeps a gradient costs more than five times its function: up to "
        "{costliest} its time.",
        FAILS: "At the largest size of every sweep a gradient costs more than five times its function: up to "
        "{costliest} its time.",
        UNDECIDED: "It could not be decided whether a gradient costs more than five times its function: up to "
        "{costliest} its time.",
    },
    question="a gradient costs at most five times its function, however many parameters there are",
    source="Baur & Strassen 1983",
)
AS_COUNTED = Rule(
    0,
    f"exponents at the largest {FITTED} sizes: every interval ends at most {SLACK} above the exponent of the counted "
    "multiplications: holds; one begins above that: does not hold; else not decided",
    detected,
    {
        HOLDS: "Time grows no faster than the multiplications for any of {quantities}.",
        FAILS: "Time grows faster than the multiplications for {faster}.",
        UNDECIDED: "It could not be decided whether time grows faster than the multiplications for {open}.",
    },
    question="time grows no faster than the number of multiplications",
    source="Goodfellow, Bengio & Courville 2016, section 6.5",
)
WITHOUT = Rule(
    0,
    "exponent of time against the number of parameters, finite differences minus backpropagation, paired over "
    f"repetitions: interval above {MORE}: holds; below: does not hold; else not decided",
    detected,
    {
        HOLDS: "With finite differences the time of a step grows with a power of the parameters that is higher by "
        "{further power}. With {parameters} parameters it takes {time of a step} as long.",
        FAILS: "With finite differences the time of a step does not grow with a higher power of the parameters: the "
        "difference is {further power}.",
        UNDECIDED: "It could not be decided whether finite differences add a power of the parameters to the time of a "
        "step: {further power}.",
    },
    question="without backpropagation the time of a step grows with a higher power of the parameters",
    source="Baydin et al. 2018",
)
DOUBLED = Rule(
    0,
    "factor of time for twice the layers (2 to the power of the exponent), 95 % interval over repetitions: between "
    f"{DOUBLE[0]} and {DOUBLE[1]}: holds; below: holds with caveats; above: does not hold; else not decided",
    _doubled_outcome,
    {
        HOLDS: "Twice the layers take about twice the time: {factor of time}.",
        CAVEATS: "Twice the layers take clearly less than twice the time: {factor of time}. Small matrix products do "
        "not keep the machine busy.",
        FAILS: "Twice the layers take clearly more than twice the time: {factor of time}.",
        UNDECIDED: "Twice the layers take {factor of time} the time, which may or may not be double.",
    },
    question="twice the layers take twice the time",
    source="Goodfellow, Bengio & Courville 2016, section 6.5",
    answers={HOLDS: "about double", CAVEATS: "clearly less than double", FAILS: "clearly more than double"},
    key="doubled",
)
RULES = (DEPTH, CHEAP, AS_COUNTED, WITHOUT, DOUBLED)


def findings(result: Result) -> list[Finding]:
    """Claim 25, the cost of a gradient in forward passes, theory against measured time, and steps without
    backpropagation."""
    differences, backprop = (result.methods[name] for name in ("central_differences", "gradient_descent"))
    more = paired(*(exponents(each.values, each.gradient) for each in (differences, backprop)))
    without = WITHOUT.find(
        Quantity.of("further power", more, "", "above", MORE),
        Quantity.of("time of a step", interval((differences.gradient / backprop.gradient)[:, -1]), "times"),
        parameters=str(int(differences.values[-1])),
    )
    return [_depth(result), _cheap(result), _as_counted(result), without, _doubled(result)]


def _depth(result: Result) -> Finding:
    sweep = result.sweeps["depth"]
    sizes = []
    for place in (0, -1):
        layers = f"{int(sweep.values[place])} layers"
        sizes += [
            Quantity.of(f"time with {layers}", 1e3 * np.median(sweep.gradient[:, place]), "ms"),
            Quantity.of(f"memory with {layers}", sweep.numbers[place] * 8 / 1024, "KiB"),
        ]
    return DEPTH.find(
        Quantity.of("exponent of time", fit(sweep), "", "at most", 1 + SLACK),
        Quantity.of("exponent of memory", float(exponents(sweep.values, sweep.numbers)), "", "at most", LEVEL),
        *sizes,
    )


def _cheap(result: Result) -> Finding:
    ratios = [
        Quantity.of(name.replace("_", " "), ratio(sweep), "times", "at most", BAUR_STRASSEN)
        for name, sweep in result.sweeps.items()
    ]
    return CHEAP.find(*ratios, costliest=f"{max(ratios, key=lambda each: each.value)}")


def _as_counted(result: Result) -> Finding:
    fitted, counted = [], []
    for name, sweep in result.sweeps.items():
        called, limit = name.replace("_", " "), float(exponents(sweep.values, sweep.counted))
        fitted.append(Quantity.of(called, fit(sweep), "", "at most", limit + SLACK))
        counted.append(Quantity.of(f"{called} counted", limit))
    return AS_COUNTED.find(
        *fitted,
        *counted,
        quantities=listed([each.name for each in fitted]),
        faster=listed([each.name for each in fitted if each.missed]),
        open=listed([each.name for each in fitted if not each.met]),
    )


def _doubled(result: Result) -> Finding:
    sweep = result.sweeps["depth"]
    factor = interval(2 ** exponents(sweep.values, sweep.gradient))
    return DOUBLED.find(Quantity.of("factor of time", factor, "times", "between", DOUBLE))
