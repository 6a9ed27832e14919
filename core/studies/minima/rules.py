"""The rules by which trainings of XOR are judged, fixed before any run, each beside its sentences.

That one task is solved does not show that every task would be: such a run decides nothing, and says so.
"""

from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Outcome, Rule, Wanted, detected
from core.studies.minima.ends import REST, SOLVED

APART = 0.01  # final losses further apart than this share of the first loss are different
# For the prediction: ranges of the share that solves XOR, the end of each, and the condition for lying within it
RANGES: tuple[tuple[str, float, Wanted, float | tuple[float, float]], ...] = (
    ("under 10 %", 0.1, "below", 0.1),
    ("10 to 50 %", 0.5, "between", (0.1, 0.5)),
    ("50 to 90 %", 0.9, "between", (0.5, 0.9)),
    ("over 90 %", float("inf"), "above", 0.9),
)
SOLVES = f"has a loss below {SOLVED:g}"
STUCK_IF = (
    f"stuck: loss of {SOLVED:g} or more, at rest (the slope could take away at most {REST:g} of it), and no direction "
    "that curves down"
)
NONE_STUCK = "None of {trials} trainings with 2 {activation} units got stuck"

GLOBAL = Rule(
    17,
    f"XOR with 2 hidden units, where a loss of 0 is possible; {STUCK_IF}. A training gets stuck: does not hold; none "
    "does: not decided, since one task cannot show it of all",
    lambda evidence: FAILS if evidence["stuck"].met else UNDECIDED,
    {
        FAILS: "{stuck} of {trials} trainings with 2 {activation} units came to rest above the lowest loss, with no "
        "direction that leads down. Weights written down by hand reach a loss of {loss by hand}.",
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
    f"XOR; {STUCK_IF}. Some trainings get stuck, and the share of them is larger both with most units than with least "
    "and with most layers than with fewest (Newcombe's 95 % interval above zero): holds; smaller in both: does not "
    "hold; otherwise: holds with caveats; none gets stuck: not decided",
    _more_stuck,
    {
        HOLDS: "Trainings stuck in a minimum: {stuck}, and more often in larger networks. The share changed by "
        "{more units} from {units} and by {more layers} from {layers}.",
        CAVEATS: "Trainings stuck in a minimum: {stuck}; on a saddle: {on a saddle}. That larger networks get stuck "
        "more often was not shown for both ways: the share changed by {more units} from {units} and by {more layers} "
        "from {layers}.",
        FAILS: "Trainings stuck in a minimum: {stuck}, but less often in larger networks. The share changed by "
        "{more units} from {units} and by {more layers} from {layers}.",
        UNDECIDED: "No training got stuck in a minimum: not refuted here, but too few tasks to show it in general.",
    },
    needs=lambda s: "" if len(s.widths) > 1 and len(s.depths) > 1 else "It takes two widths and two depths to tell.",
)
DEPENDS = Rule(
    33,
    f"XOR with 2 units, trainings that differ in their first weights alone; solved: it {SOLVES}; {STUCK_IF}. Some are "
    "solved and some get stuck: holds; else not decided",
    lambda evidence: HOLDS if evidence["solved"].met and evidence["stuck"].met else UNDECIDED,
    {
        HOLDS: "First weights alone decided how {trials} trainings ended: {solved} solved XOR, {stuck} got stuck.",
        UNDECIDED: "Of {trials} trainings {solved} solved XOR and {stuck} got stuck: too few ended differently to show "
        "that first weights decide.",
    },
)
REACHES = Rule(
    31,
    f"XOR with 2 units; {STUCK_IF}. A training gets stuck: holds; with caveats where the backward pass by itself moves "
    "no weight, so that it is the training that falls short; none gets stuck: not decided",
    lambda evidence: UNDECIDED if not evidence["stuck"].met else HOLDS if evidence["moved weights"].met else CAVEATS,
    {
        HOLDS: "{stuck} of {trials} trainings got stuck, and a backward pass by itself moved {moved weights} weights.",
        CAVEATS: "{stuck} of {trials} trainings got stuck, but not because of backpropagation: one backward pass "
        "computes a gradient and moves no weight.",
        UNDECIDED: f"{NONE_STUCK}: not confirmed here, but too few tasks to refute it.",
    },
)
OPTIMAL = Rule(
    6,
    f"XOR with 2 units: more than half of the trainings come to rest (95 % interval), at losses further apart than "
    f"{APART:.0%} of the first: holds with caveats, what is found is a stationary point; else not decided",
    lambda evidence: CAVEATS if evidence["at rest"].met and evidence["spread of losses"].met else UNDECIDED,
    {
        CAVEATS: "{at rest} of the trainings came to rest, at losses from {lowest loss} to {highest loss}: weights at "
        "rest are not always the best.",
        UNDECIDED: "{at rest} of the trainings came to rest, at losses {spread of losses} apart: too few, or too much "
        "alike, to show how good a point of rest is.",
    },
)
AIMS = Rule(
    8,
    "gradient descent on two curves, by its formula: every start in the bowl ends at the lowest point, and every start "
    "in the double well at the bottom of its own side: holds with caveats, where there is one valley; else not decided",
    lambda evidence: CAVEATS if evidence["astray"].met and evidence["elsewhere"].met else UNDECIDED,
    {
        CAVEATS: "As its formula has it, gradient descent ended in the valley it started in: at the lowest point from "
        "{bowl} of the starts in a bowl and from {double well} in a double well.",
        UNDECIDED: "{astray} starts did not end at the bottom of their own valley, so the curves cannot be compared.",
    },
    kind="identity",
)
AGAIN = Rule(
    52,
    f"XOR with 2 units; solved: it {SOLVES}. Share of groups of restarts whose best is solved, minus the share of "
    "single trainings with as many updates as a group: Newcombe's 95 % interval above zero: holds; below: does not "
    "hold; else not decided",
    detected,
    {
        HOLDS: "With as many updates, the best of {count} restarts solved XOR in {restarts} of the cases, one longer "
        "training in {one training}.",
        FAILS: "With as many updates, the best of {count} restarts solved XOR in fewer cases ({restarts}) than one "
        "longer training ({one training}).",
        UNDECIDED: "With as many updates, the best of {count} restarts ({restarts}) and one longer training "
        "({one training}) are too close to tell.",
    },
)
SHARE_SOLVED = Rule(
    0,
    f"share of trainings with 2 units, each with a loss below {SOLVED:g}: its 95 % interval (Wilson) lies within one "
    f"of the ranges {', '.join(text for text, *_ in RANGES)}: holds; else not decided",
    lambda evidence: HOLDS if evidence["solved"].met else UNDECIDED,
    {
        HOLDS: "{solved} of the trainings with 2 units solved XOR: {range}.",
        UNDECIDED: "{solved} of the trainings with 2 units solved XOR, which fits more than one range.",
    },
    question="{range} of trainings with 2 units solve XOR",
    source="Wilson 1927, on the interval of a share",
    answers={HOLDS: "{range}"},
    key="solved",
)
RULES = (GLOBAL, STUCK, DEPENDS, REACHES, OPTIMAL, AIMS, AGAIN, SHARE_SOLVED)
