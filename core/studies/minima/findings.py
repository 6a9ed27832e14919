"""What trainings of XOR, two wells and another data set show of the global minimum: claims 6, 8, 17, 31, 33 and 34."""

import numpy as np

from core.statistics import Share
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, Wanted
from core.studies.minima.study import DEEP_WIDTH, SMALLEST, Result, name

REST = 0.01  # a gradient this small, relative to the first, counts as rest
APART = 0.01  # final losses further apart than this share of the first loss are different
NEARLY_ALL, ONE_IN_TEN = 0.9, 0.1  # shares of trainings
BOWL = 0.95  # share of starts that have to reach the lowest point of the bowl
# For the prediction: ranges of the share that solves XOR, the end of each, and the condition for lying within it
RANGES: tuple[tuple[str, float, Wanted, float | tuple[float, float]], ...] = (
    ("under 10 %", 0.1, "below", 0.1),
    ("10 to 40 %", 0.4, "between", (0.1, 0.4)),
    ("40 to 70 %", 0.7, "between", (0.4, 0.7)),
    ("over 70 %", np.inf, "above", 0.7),
)
GLOBAL = Rule(
    17,
    f"XOR with 2 hidden units, share of trainings that end with all four rows right: the 95 % interval lies above "
    f"{NEARLY_ALL:.0%}: holds; otherwise, where some fail: does not hold, where none does: not decided",
    lambda evidence: HOLDS if evidence["solved"].met else FAILS if evidence["wrong"].met else UNDECIDED,
    {
        HOLDS: "Nearly every training found weights that solve XOR: {solved}.",
        FAILS: "{wrong} of {trials} trainings with 2 {activation} units ended with a wrong answer, although XOR can "
        "be solved: with weights written down by hand, two ReLU units have a loss of {loss by hand}.",
        UNDECIDED: "All {trials} trainings solved XOR, but they are too few to rule out that one in ten fails.",
    },
)


def _stuck(evidence: Evidence) -> Outcome:
    units, layers = evidence["more units"], evidence["more layers"]
    if units.missed:
        return FAILS
    return HOLDS if units.met and layers.met else CAVEATS if units.met or layers.met else UNDECIDED


STUCK = Rule(
    34,
    "share of XOR trainings that succeed, most minus least units and most minus fewest layers, Newcombe's 95 % "
    "interval: wider networks succeed more often: does not hold as stated, whatever depth does; both succeed less: "
    "holds; one of them less: holds with caveats; else not decided",
    _stuck,
    {
        HOLDS: "Wider and deeper networks both got stuck more often: the share that succeeds changed by {more units} "
        "from {units} and by {more layers} from {layers}.",
        CAVEATS: "Only one way of adding parameters got stuck more often: the share that succeeds changed by "
        "{more units} from {units} and by {more layers} from {layers}.",
        FAILS: "Wider networks got stuck less often: the share that succeeds rose by {more units} from {units}. It "
        "changed by {more layers} from {layers}.",
        UNDECIDED: "More parameters did not detectably get a network stuck more often: the share that succeeds changed "
        "by {more units} from {units} and by {more layers} from {layers}.",
    },
)
DEPENDS = Rule(
    33,
    "XOR with 2 units, trainings that differ in their first weights alone: some succeed and some fail: holds; all end "
    "alike, and the 95 % interval excludes one in ten: does not hold; else not decided",
    lambda evidence: (
        HOLDS if evidence["right"].met and evidence["wrong"].met else FAILS if evidence["solved"].missed else UNDECIDED
    ),
    {
        HOLDS: "First weights alone decided which of {trials} trainings solved XOR: {right} did, {wrong} did not.",
        FAILS: "All {trials} trainings ended alike: {solved} solved XOR.",
        UNDECIDED: "All {trials} trainings ended alike, but they are too few to rule out that one in ten differs.",
    },
)
REACHES = Rule(
    31,
    "some XOR trainings end with a wrong row: holds; with caveats where the backward pass by itself moves no weight at "
    "all, so that it is the training that falls short; all right: does not hold",
    lambda evidence: FAILS if not evidence["wrong"].met else HOLDS if evidence["moved weights"].met else CAVEATS,
    {
        HOLDS: "{wrong} of {trials} trainings fell short, and a backward pass by itself moved {moved weights} weights.",
        CAVEATS: "{wrong} of {trials} trainings fell short, but not because of backpropagation: one backward pass "
        "computes a gradient and moves no weight.",
        FAILS: "All {trials} trainings solved XOR.",
    },
)
OPTIMAL = Rule(
    6,
    f"XOR with 2 units: more than half of the trainings come to rest (gradient at most {REST:.0%} of the first) and "
    f"all end at the same loss (within {APART:.0%} of the first): holds; at rest but at different losses: holds with "
    "caveats, what is found is a stationary point; else not decided",
    lambda evidence: (
        UNDECIDED if not evidence["at rest"].met else HOLDS if evidence["spread of losses"].met else CAVEATS
    ),
    {
        HOLDS: "{at rest} of the trainings came to rest, all at nearly the same loss.",
        CAVEATS: "{at rest} of the trainings came to rest, at losses from {lowest loss} to {highest loss}: a gradient "
        "near zero does not make the weights optimal.",
        UNDECIDED: "Only {at rest} of the trainings came to rest; the others were still moving.",
    },
)
AIMS = Rule(
    8,
    "share of starts that reach the lowest point: nearly all in the bowl, fewer in the double well (Newcombe's 95 % "
    "interval above zero): holds with caveats, where the curve is convex; as many in both: holds; else not decided",
    lambda evidence: (
        UNDECIDED if not evidence["bowl"].met else CAVEATS if evidence["bowl minus double well"].met else HOLDS
    ),
    {
        HOLDS: "Gradient descent reached the lowest point of the double well ({double well}) not detectably less often "
        "than that of the bowl ({bowl}).",
        CAVEATS: "Gradient descent reached the lowest point from {bowl} of the starts in a bowl, but only from "
        "{double well} in a double well.",
        UNDECIDED: "Even in the bowl only {bowl} of the starts reached the lowest point.",
    },
)
SOLVED = Rule(
    0,
    "share of trainings with 2 units that end with all four rows right: its 95 % interval (Wilson) lies within one of "
    f"the ranges {', '.join(text for text, *_ in RANGES)}: holds; else not decided",
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
RULES = (GLOBAL, STUCK, DEPENDS, REACHES, OPTIMAL, AIMS, SOLVED)


def findings(result: Result) -> list[Finding]:
    """Claims 17, 34, 33, 31, 6 and 8, and how many trainings solve XOR."""
    solved = result.solved(SMALLEST)
    words = {"trials": str(solved.trials), "activation": result.settings.activation}
    bowl, double = (well.share for well in result.wells.values())
    some_wrong = Quantity.of("wrong", solved.trials - solved.successes, "", "at least", 1)
    return [
        GLOBAL.find(
            Quantity.of("solved", solved, "", "above", NEARLY_ALL),
            some_wrong,
            Quantity.of("loss by hand", result.by_hand),
            **words,
        ),
        _gets_stuck(result),
        DEPENDS.find(
            Quantity.of("right", solved.successes, "", "at least", 1),
            some_wrong,
            Quantity.of("solved", solved, "", "between", (ONE_IN_TEN, NEARLY_ALL)),
            **words,
        ),
        REACHES.find(some_wrong, Quantity.of("moved weights", result.moved, "", "at least", 1), **words),
        _finds_optimum(result),
        AIMS.find(
            Quantity.of("bowl", bowl, "", "above", BOWL),
            Quantity.of("bowl minus double well", bowl.minus(double), "", "above", 0),
            Quantity.of("double well", double),
        ),
        share_solved(solved),
    ]


def _gets_stuck(result: Result) -> Finding:
    widths, depths = sorted(result.settings.widths), sorted(result.settings.depths)
    words = {"units": f"{widths[0]} to {widths[-1]} units", "layers": f"{depths[0]} to {depths[-1]} layers"}
    if len(widths) < 2 or len(depths) < 2:
        return STUCK.find(missing="It takes two widths and two depths to tell.", **words)
    narrowest, widest = (result.solved(name(widths[place], 1)) for place in (0, -1))
    shallowest, deepest = (result.solved(name(DEEP_WIDTH, depths[place])) for place in (0, -1))
    return STUCK.find(
        Quantity.of("more units", widest.minus(narrowest), "", "below", 0),
        Quantity.of("more layers", deepest.minus(shallowest), "", "below", 0),
        Quantity.of("narrowest", narrowest),
        Quantity.of("widest", widest),
        Quantity.of("shallowest", shallowest),
        Quantity.of("deepest", deepest),
        **words,
    )


def _finds_optimum(result: Result) -> Finding:
    losses, data = result.race.final(SMALLEST, "train_loss"), result.race.final("data", "train_loss")
    losses = losses[np.isfinite(losses)]  # the others diverged, and their gradients are not at rest
    first = float(np.median(result.race.values(SMALLEST, "train_loss")[0]))
    lowest, highest = (float(pick(losses)) if len(losses) else np.inf for pick in (np.min, np.max))
    spread = highest - lowest if len(losses) else np.inf
    at_rest = Share.of(result.norms <= REST * np.median(result.first_norms))
    return OPTIMAL.find(
        Quantity.of("at rest", at_rest.value, "share", "above", 0.5),
        Quantity.of("spread of losses", spread, "", "at most", APART * first),
        Quantity.of("lowest loss", lowest),
        Quantity.of("highest loss", highest),
        Quantity.of("lowest loss on the data", data.min()),
        Quantity.of("highest loss on the data", data.max()),
    )


def share_solved(solved: Share) -> Finding:
    """In which of the ranges the share lies."""
    text, _, wanted, threshold = next(each for each in RANGES if solved.value < each[1])
    return SOLVED.find(Quantity.of("solved", solved, "", wanted, threshold), range=text)
