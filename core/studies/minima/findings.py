"""Findings on the global minimum from XOR runs and two wells: claims 6, 8, 17, 31, 33, 34 and 52.

Solving one task does not show that every task can be solved: such a run decides nothing, and says so.
"""

import numpy as np

from core.statistics import Share
from core.studies.contract import (
    Finding,
    Quantity,
    Rule,
    Wanted,
)
from core.studies.minima import ends as ended
from core.studies.minima.study import DEEP_WIDTH, ONCE, SMALLEST, SOLVED, Result, name
from core.studies.rules import Rules
from core.studies.tuning import unsettled

MORE_THAN_HALF = 0.5
APART = 0.01  # final losses that differ by more than this share of the initial loss count as different
REST = ended.REST
# For the prediction: ranges of the share that solves XOR, the end of each, and the condition for lying within it
RANGES: tuple[tuple[str, float, Wanted, float | tuple[float, float]], ...] = (
    ("under 10 %", 0.1, "below", 0.1),
    ("10 to 50 %", 0.5, "between", (0.1, 0.5)),
    ("50 to 90 %", 0.9, "between", (0.5, 0.9)),
    ("over 90 %", float("inf"), "above", 0.9),
)
OPTIONS = ", ".join(text for text, *_ in RANGES)
RULES = Rules(__name__)
findings = RULES.findings


def _no_target(result: Result) -> str:
    """Why nothing shows that these units can solve XOR; empty if hand-written weights do."""
    nothing = "There are no hand-written weights here with which these units solve XOR."
    return "" if result.written_down < SOLVED else nothing


def _stuck(result: Result) -> Quantity:
    return Quantity.of("stuck", result.ends[SMALLEST].trapped.sum(), "", "at least", 1)


def _words(result: Result) -> dict[str, str]:
    return {"trials": str(result.settings.trials), "activation": result.settings.activation.replace("_", " ")}


@RULES.rule("global")
def _global(rule: Rule, result: Result) -> Finding:
    return rule.find(
        _stuck(result),
        Quantity.of("on a saddle", result.ends[SMALLEST].saddle.sum()),
        Quantity.of("still moving", result.ends[SMALLEST].moving.sum()),
        Quantity.of("loss by hand", result.written_down),
        missing=_no_target(result),
        **_words(result),
    )


@RULES.rule("stuck", lambda s: len(s.widths) > 1 and len(s.depths) > 1)
def _gets_stuck(rule: Rule, result: Result) -> Finding:
    widths, depths = sorted(result.settings.widths), sorted(result.settings.depths)
    wide, deep = [name(width, 1) for width in widths], [name(DEEP_WIDTH, depth) for depth in depths]
    ends = [result.ends[label] for label in dict.fromkeys([*wide, *deep])]
    curvatures = np.concatenate([each.curvatures[each.trapped] for each in ends])
    units, layers = (result.trapped(each[-1]).minus(result.trapped(each[0])) for each in (wide, deep))
    solved = [result.solved(each[-1]).minus(result.solved(each[0])) for each in (wide, deep)]
    compared = {label: result.tuning[label] for label in (wide[0], wide[-1], deep[0], deep[-1])}
    return rule.find(
        Quantity.of("stuck", sum(int(each.trapped.sum()) for each in ends), "", "at least", 1),
        Quantity.of("more units", units, "share", "above", 0),
        Quantity.of("more layers", layers, "share", "above", 0),
        Quantity.of("on a saddle", sum(int(each.saddle.sum()) for each in ends)),
        Quantity.of("share solved, more units", solved[0], "share"),
        Quantity.of("share solved, more layers", solved[1], "share"),
        Quantity.of("lowest curvature where stuck, median", np.median(curvatures) if len(curvatures) else np.nan),
        missing=_no_target(result) or unsettled(compared),
        units=f"{widths[0]} to {widths[-1]} units",
        layers=f"{depths[0]} to {depths[-1]} layers",
    )


@RULES.rule("depends")
def _depends(rule: Rule, result: Result) -> Finding:
    solved = Quantity.of("solved", result.ends[SMALLEST].solved.sum(), "", "at least", 1)
    return rule.find(solved, _stuck(result), missing=_no_target(result), **_words(result))


@RULES.rule("reaches")
def _reaches(rule: Rule, result: Result) -> Finding:
    moved = Quantity.of("moved weights", result.moved, "", "at least", 1)
    return rule.find(_stuck(result), moved, missing=_no_target(result), **_words(result))


@RULES.rule("optimal")
def _optimal(rule: Rule, result: Result) -> Finding:
    ends, data = result.ends[SMALLEST], result.race.final("data", "train_loss")
    losses = ends.losses[ends.resting]
    first = float(np.median(result.race.values(SMALLEST, "train_loss")[0]))
    lowest, highest = (losses.min(), losses.max()) if len(losses) else (np.inf, np.inf)
    return rule.find(
        Quantity.of("at rest", Share.of(ends.resting), "", "above", MORE_THAN_HALF),
        Quantity.of("spread of losses", highest - lowest if len(losses) else 0, "", "above", APART * first),
        Quantity.of("lowest loss", lowest),
        Quantity.of("highest loss", highest),
        Quantity.of("lowest loss on the data", data.min()),
        Quantity.of("highest loss on the data", data.max()),
    )


@RULES.rule("aims")
def _aims(rule: Rule, result: Result) -> Finding:
    bowl, double = result.wells.values()
    return rule.find(
        Quantity.of("astray", bowl.strays + double.strays, "", "at most", 0),
        Quantity.of("elsewhere", double.share.trials - double.share.successes, "starts", "at least", 1),
        Quantity.of("bowl", bowl.share.value, "share"),
        Quantity.of("double well", double.share.value, "share"),
    )


@RULES.rule("again")
def _again(rule: Rule, result: Result) -> Finding:
    best, once = result.best_of(result.settings.restarts), result.solved(ONCE)
    return rule.find(
        Quantity.of("lead of restarts", best.minus(once), "share", "above", 0),
        Quantity.of("restarts", best),
        Quantity.of("one training", once),
        count=str(result.settings.restarts),
    )


@RULES.rule("share_solved")
def _share_solved(rule: Rule, result: Result) -> Finding:
    """The range in which the share lies."""
    solved = result.solved(SMALLEST)
    text, _, wanted, threshold = next(each for each in RANGES if solved.value < each[1])
    return rule.find(Quantity.of("solved", solved, "", wanted, threshold), range=text)
