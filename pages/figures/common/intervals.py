"""The evidence of a finding as small bars: the interval, the value in it, and the threshold.

It is HTML rather than a chart: a page has up to a dozen of them, too many to mount plotly for each.
"""

import math
from collections.abc import Callable
from html import escape

from core.studies.contract import UNDECIDED, Finding, Quantity
from pages.figures.common.style import NEUTRAL, PALETTE
from pages.figures.common.words import spoken

CLEAR = PALETTE[0]  # whether the rule is met or not: of some claims the one says that they hold, of some the other
MOST = 4  # quantities of a finding that are drawn, those first on which it rests; others are given in words
AIR = 0.08  # part of the width, at both ends
EDGE = 1e12  # represents infinity


def bars(finding: Finding) -> str:
    """One row of HTML for each deciding quantity with an interval; empty if there is none, or nothing to decide with.

    Each row has its own scale, logarithmic for factors. The range that meets the rule is shaded; an interval that lies
    wholly in it or wholly outside has a colour.
    """
    drawable = [each for each in finding.evidence.values() if _drawable(each) and not finding.missing]
    open_still = finding.outcome == UNDECIDED
    rows = map(_row, sorted(drawable, key=lambda each: _clear(each) == open_still)[:MOST])
    return f'<div class="descent-lab-intervals">{"".join(rows)}</div>' if drawable else ""


def _clear(quantity: Quantity) -> bool:
    return quantity.met or quantity.missed


def _drawable(quantity: Quantity) -> bool:
    known = math.isfinite(quantity.value) and not math.isnan(quantity.low + quantity.high)
    return bool(quantity.wanted) and quantity.pairs > 0 and quantity.low <= quantity.high and known


def _row(quantity: Quantity) -> str:
    place, wanted = _scale(quantity), _wanted(quantity)
    ends = [place(end) for end in wanted]
    low, value, high = (place(each) for each in (quantity.low, quantity.value, quantity.high))
    hue = CLEAR if _clear(quantity) else NEUTRAL
    marks = "".join(f'<i class="threshold" style="left:{end:.1f}%"></i>' for end in ends if 0 < end < 100)
    return (
        f'<div class="row" role="img" aria-label="{escape(spoken(str(quantity)))}">'
        f"<span>{escape(spoken(quantity.name))}</span>"
        f'<b><i class="wanted" style="left:{ends[0]:.1f}%;width:{ends[1] - ends[0]:.1f}%"></i>{marks}'
        f'<i class="reach" style="left:{low:.1f}%;width:{max(high - low, 0.4):.1f}%;background:{hue}"></i>'
        f'<i class="value" style="left:{value:.1f}%"></i></b>'
        f"<span>{escape(quantity.condition)}</span></div>"
    )


def _wanted(quantity: Quantity) -> tuple[float, float]:
    """The range that meets the rule, from its smallest to its largest value."""
    if isinstance(quantity.threshold, tuple):
        return quantity.threshold
    end = float(quantity.threshold or 0)
    return (end, math.inf) if quantity.wanted in ("above", "at least") else (-math.inf, end)


def _scale(quantity: Quantity) -> Callable[[float], float]:
    """Map a value to its place on the row in percent; values beyond the scale are drawn at its end."""
    thresholds = [end for end in _wanted(quantity) if math.isfinite(end)]
    shown = [quantity.low, quantity.value, quantity.high, *thresholds]
    logarithmic = quantity.unit == "times" and min(shown) > 0
    to = math.log if logarithmic else float
    known = [to(each) for each in shown if math.isfinite(each) and abs(each) < EDGE] or [0.0]
    low, high = min(known), max(known)
    low, high = low - AIR * ((high - low) or 1), high + AIR * ((high - low) or 1)

    def place(value: float) -> float:
        if math.isinf(value) or (logarithmic and value <= 0):
            return 100.0 * (value > 0)
        return min(100.0, max(0.0, 100 * (to(value) - low) / (high - low)))

    return place
