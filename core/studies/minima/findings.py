"""Findings on the global minimum from XOR runs and two wells: claims 6, 8, 17, 31, 33, 34 and 52."""

import numpy as np

from core.statistics import Share
from core.studies.contract import Finding, Quantity
from core.studies.minima import rules
from core.studies.minima.ends import SOLVED
from core.studies.minima.study import DEEP_WIDTH, ONCE, SMALLEST, Result, name
from core.studies.tuning import unsettled

MORE_THAN_HALF = 0.5


def findings(result: Result) -> list[Finding]:
    """Claims 17, 34, 33, 31, 6, 8 and 52, and how many runs solve XOR."""
    ends = result.ends[SMALLEST]
    words = {"trials": str(len(ends.losses)), "activation": result.settings.activation.replace("_", " ")}
    stuck = Quantity.of("stuck", ends.trapped.sum(), "", "at least", 1)
    unknown = _no_target(result)
    return [
        rules.GLOBAL.find(
            stuck,
            Quantity.of("on a saddle", ends.saddle.sum()),
            Quantity.of("still moving", ends.moving.sum()),
            Quantity.of("loss by hand", result.written_down),
            missing=unknown,
            **words,
        ),
        _gets_stuck(result),
        rules.DEPENDS.find(
            Quantity.of("solved", ends.solved.sum(), "", "at least", 1), stuck, missing=unknown, **words
        ),
        rules.REACHES.find(
            stuck, Quantity.of("moved weights", result.moved, "", "at least", 1), missing=unknown, **words
        ),
        _finds_optimum(result),
        _aims(result),
        _restarts(result),
        share_solved(result.solved(SMALLEST)),
    ]


def _no_target(result: Result) -> str:
    return (
        ""
        if result.written_down < SOLVED
        else ("There are no hand-written weights here with which these units solve XOR.")
    )


def _gets_stuck(result: Result) -> Finding:
    widths, depths = sorted(result.settings.widths), sorted(result.settings.depths)
    words = {"units": f"{widths[0]} to {widths[-1]} units", "layers": f"{depths[0]} to {depths[-1]} layers"}
    if len(widths) < 2 or len(depths) < 2:
        return rules.STUCK.find(missing=rules.STUCK.needs(result.settings), **words)
    wide, deep = [name(width, 1) for width in widths], [name(DEEP_WIDTH, depth) for depth in depths]
    ends = [result.ends[label] for label in dict.fromkeys([*wide, *deep])]
    curvatures = np.concatenate([each.curvatures[each.trapped] for each in ends])
    units, layers = (result.trapped(each[-1]).minus(result.trapped(each[0])) for each in (wide, deep))
    solved = [result.solved(each[-1]).minus(result.solved(each[0])) for each in (wide, deep)]
    compared = {label: result.tuning[label] for label in (wide[0], wide[-1], deep[0], deep[-1])}
    return rules.STUCK.find(
        Quantity.of("stuck", sum(int(each.trapped.sum()) for each in ends), "", "at least", 1),
        Quantity.of("more units", units, "share", "above", 0),
        Quantity.of("more layers", layers, "share", "above", 0),
        Quantity.of("on a saddle", sum(int(each.saddle.sum()) for each in ends)),
        Quantity.of("share solved, more units", solved[0], "share"),
        Quantity.of("share solved, more layers", solved[1], "share"),
        Quantity.of("lowest curvature where stuck, median", np.median(curvatures) if len(curvatures) else np.nan),
        missing=_no_target(result) or unsettled(compared),
        **words,
    )


def _finds_optimum(result: Result) -> Finding:
    ends, data = result.ends[SMALLEST], result.race.final("data", "train_loss")
    losses = ends.losses[ends.resting]
    first = float(np.median(result.race.values(SMALLEST, "train_loss")[0]))
    lowest, highest = (losses.min(), losses.max()) if len(losses) else (np.inf, np.inf)
    return rules.OPTIMAL.find(
        Quantity.of("at rest", Share.of(ends.resting), "", "above", MORE_THAN_HALF),
        Quantity.of("spread of losses", highest - lowest if len(losses) else 0, "", "above", rules.APART * first),
        Quantity.of("lowest loss", lowest),
        Quantity.of("highest loss", highest),
        Quantity.of("lowest loss on the data", data.min()),
        Quantity.of("highest loss on the data", data.max()),
    )


def _aims(result: Result) -> Finding:
    bowl, double = result.wells.values()
    return rules.AIMS.find(
        Quantity.of("astray", bowl.strays + double.strays, "", "at most", 0),
        Quantity.of("elsewhere", double.share.trials - double.share.successes, "starts", "at least", 1),
        Quantity.of("bowl", bowl.share.value, "share"),
        Quantity.of("double well", double.share.value, "share"),
    )


def _restarts(result: Result) -> Finding:
    best, once = result.best_of(result.settings.restarts), result.solved(ONCE)
    return rules.AGAIN.find(
        Quantity.of("lead of restarts", best.minus(once), "share", "above", 0),
        Quantity.of("restarts", best),
        Quantity.of("one training", once),
        count=str(result.settings.restarts),
    )


def share_solved(solved: Share) -> Finding:
    """The range in which the share lies."""
    text, _, wanted, threshold = next(each for each in rules.RANGES if solved.value < each[1])
    return rules.SHARE_SOLVED.find(Quantity.of("solved", solved, "", wanted, threshold), range=text)
