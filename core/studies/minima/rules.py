"""The rules by which XOR runs are judged, fixed before any run, each with its sentences.

Solving one task does not show that every task can be solved: such a run decides nothing, and says so.
"""

from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Rule, Wanted, detected
from core.studies.minima.ends import REST, SOLVED

APART = 0.01  # final losses that differ by more than this share of the initial loss count as different
# For the prediction: ranges of the share that solves XOR, the end of each, and the condition for lying within it
RANGES: tuple[tuple[str, float, Wanted, float | tuple[float, float]], ...] = (
    ("under 10 %", 0.1, "below", 0.1),
    ("10 to 50 %", 0.5, "between", (0.1, 0.5)),
    ("50 to 90 %", 0.9, "between", (0.5, 0.9)),
    ("over 90 %", float("inf"), "above", 0.9),
)
SOLVES = f"has a loss below {SOLVED:g}"
STUCK_IF = (
    f"stuck: loss of {SOLVED:g} or more, at rest (the slope could remove at most {REST:g} of it), and no direction "
    "that curves down"
)
NONE_STUCK = "None of {trials} runs with 2 {activation} units got stuck"

GLOBAL = Rule(
    17,
    f"XOR with 2 hidden units, where a loss of 0 is possible; {STUCK_IF}. A run gets stuck: does not hold; none does: "
    "not decided, since one task cannot show it for all",
    lambda evidence: FAILS if evidence["stuck"].met else UNDECIDED,
    {
        FAILS: "{stuck} of {trials} runs with 2 {activation} units came to rest above the lowest loss, with no "
        "direction that leads down. Hand-written weights reach a loss of {loss by hand}.",
        UNDECIDED: f"{NONE_STUCK}: not refuted here, but too few tasks to show it in general.",
    },
)


def _more_stuck(evidence: Evidence) -> Outcome:
    if not evidence["stuck"].met:
        return UNDECIDED
    units, layers = evidence["more units"], evidence["more layers"]
    if units.met and layers.met:
        return HOLDS
    return FAILS if units.missed and layers.missed else CAVEATS


STUCK = Rule(
    34,
    f"XOR; {STUCK_IF}. Some runs get stuck, and their share is larger both with the most units than with the fewest "
    "and with the most layers than with the fewest (Newcombe's 95 % interval above zero): holds; smaller in both: "
    "does not hold; otherwise: holds with caveats; none gets stuck: not decided",
    _more_stuck,
    {
        HOLDS: "Runs stuck in a minimum: {stuck}, more often in larger networks. The share changed by {more units} "
        "from {units} and by {more layers} from {layers}.",
        CAVEATS: "Runs stuck in a minimum: {stuck}; on a saddle: {on a saddle}. It was not shown that both wider and "
        "deeper networks get stuck more often: the share changed by {more units} from {units} and by {more "
        "layers} from {layers}.",
        FAILS: "Runs stuck in a minimum: {stuck}, but less often in larger networks. The share changed by {more "
        "units} from {units} and by {more layers} from {layers}.",
        UNDECIDED: "No run got stuck in a minimum: not refuted here, but too few tasks to show it in general.",
    },
    needs=lambda s: (
        "" if len(s.widths) > 1 and len(s.depths) > 1 else "Choose at least two widths and two depths to decide this."
    ),
)
DEPENDS = Rule(
    33,
    f"XOR with 2 units, runs that differ only in their initial weights; solved: it {SOLVES}; {STUCK_IF}. Some are "
    "solved and some get stuck: holds; else not decided",
    lambda evidence: HOLDS if evidence["solved"].met and evidence["stuck"].met else UNDECIDED,
    {
        HOLDS: "Initial weights alone decided how {trials} runs ended: {solved} solved XOR, {stuck} got stuck.",
        UNDECIDED: "Of {trials} runs, {solved} solved XOR and {stuck} got stuck: too few ended differently to show "
        "that initial weights decide.",
    },
)
REACHES = Rule(
    31,
    f"XOR with 2 units; {STUCK_IF}. A run gets stuck: holds; with caveats if the backward pass itself moves no "
    "weight, so that training, not backpropagation, falls short; none gets stuck: not decided",
    lambda evidence: UNDECIDED if not evidence["stuck"].met else HOLDS if evidence["moved weights"].met else CAVEATS,
    {
        HOLDS: "{stuck} of {trials} runs got stuck, and a backward pass by itself moved {moved weights} weights.",
        CAVEATS: "{stuck} of {trials} runs got stuck, but not because of backpropagation: a backward pass computes a "
        "gradient and moves no weight.",
        UNDECIDED: f"{NONE_STUCK}: not confirmed here, but too few tasks to refute it.",
    },
)
OPTIMAL = Rule(
    6,
    "XOR with 2 units: more than half of the runs come to rest (95 % interval), at losses that differ by more than "
    f"{APART:.0%} of the initial one: holds with caveats, since it finds a stationary point; else not decided",
    lambda evidence: CAVEATS if evidence["at rest"].met and evidence["spread of losses"].met else UNDECIDED,
    {
        CAVEATS: "{at rest} of the runs came to rest, at losses from {lowest loss} to {highest loss}: weights at rest "
        "are not always the best.",
        UNDECIDED: "{at rest} of the runs came to rest, at losses {spread of losses} apart: too few, or too similar, "
        "to show how good a point of rest is.",
    },
)
AIMS = Rule(
    8,
    "gradient descent on two curves, by its formula: every start in the bowl ends at the lowest point, and every "
    "start in the double well at the bottom of its own side: holds with caveats, only where there is one valley; else "
    "not decided",
    lambda evidence: CAVEATS if evidence["astray"].met and evidence["elsewhere"].met else UNDECIDED,
    {
        CAVEATS: "As its formula implies, gradient descent ended in the valley it started in: at the lowest point "
        "from {bowl} of the starts in a bowl and from {double well} in a double well.",
        UNDECIDED: "{astray} starts did not end at the bottom of their own valley, so the curves cannot be compared.",
    },
    kind="identity",
)
AGAIN = Rule(
    52,
    f"XOR with 2 units; solved: it {SOLVES}. Share of groups of restarts whose best is solved, minus the share of "
    "single runs with as many updates as a group: Newcombe's 95 % interval above zero: holds; below: does not hold; "
    "else not decided",
    detected,
    {
        HOLDS: "With as many updates, the best of {count} restarts solved XOR in {restarts} of the cases, one longer "
        "run in {one training}.",
        FAILS: "With as many updates, the best of {count} restarts solved XOR in fewer cases ({restarts}) than one "
        "longer run ({one training}).",
        UNDECIDED: "With as many updates, the best of {count} restarts ({restarts}) and one longer run ({one "
        "training}) are too close to tell apart.",
    },
)
SHARE_SOLVED = Rule(
    0,
    f"share of runs with 2 units that end with a loss below {SOLVED:g}: its 95 % interval (Wilson) lies within one of "
    f"the ranges {', '.join(text for text, *_ in RANGES)}: holds; else not decided",
    lambda evidence: HOLDS if evidence["solved"].met else UNDECIDED,
    {
        HOLDS: "{solved} of the runs with 2 units solved XOR: {range}.",
        UNDECIDED: "{solved} of the runs with 2 units solved XOR, which fits more than one range.",
    },
    question="{range} of runs with 2 units solve XOR",
    source="Wilson 1927, on the interval of a share",
    answers={HOLDS: "{range}"},
    key="solved",
)
RULES = (GLOBAL, STUCK, DEPENDS, REACHES, OPTIMAL, AIMS, AGAIN, SHARE_SOLVED)
