"""Formats numbers: signs, powers, units and intervals."""

import math

DUST = 1e-9  # share of an interval below which its centre is rounding error
COUNTED = {"seeds", "starts", "steps", "updates", "epochs"}  # units that are a singular and an s
MINUS = "\N{MINUS SIGN}"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 3, signed: bool = False) -> str:
    """A number in a few digits, with a typographic minus sign: 0.0421, 12,400, 3.1·10⁻⁹.

    `signed` adds a plus sign.
    """
    if math.isnan(value):
        return "not measured"
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    if math.isinf(size):
        return f"{sign}∞"
    if size and not 1e-3 <= size < 1e6:
        lead, power = f"{size:.1e}".split("e")
        times = "" if lead == "1.0" else f"{float(lead):g}·"
        return f"{sign}{times}10{str(int(power)).translate(RAISED)}"
    if size >= 10 ** (digits - 1):
        return f"{sign}{size:,.0f}"
    return f"{sign}{float(f'{size:.{digits}g}'):g}"


def percent(value: float) -> str:
    """A share as a percentage: 0.305 is 30 %, with a space that keeps number and sign on one line."""
    return f"{number(100 * value, 2)}\N{NO-BREAK SPACE}%"


def measured(value: float, unit: str = "", signed: bool = False) -> str:
    """A number with its unit; a share as a percentage."""
    if unit == "share":
        return percent(value)
    unit = unit.removesuffix("s") if value == 1 and unit in COUNTED else unit
    return f"{number(value, signed=signed)} {unit}".strip()


def interval(value: float, low: float, high: float, unit: str = "", signed: bool = False) -> str:
    """A number with its 95 % interval and its unit: 0.41 [0.35, 0.47] steps."""
    if unit == "share":
        return f"{percent(value)} [{percent(low)}, {percent(high)}]"
    if math.isnan(value):
        return number(value)
    value = 0.0 if low < 0 < high and abs(value) < DUST * (high - low) else value
    ends = f"[{number(low, signed=signed)}, {number(high, signed=signed)}]"
    return f"{number(value, signed=signed)} {ends} {unit}".strip()


def listed(items: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'; 'none' if empty."""
    if len(items) < 2:
        return items[0] if items else "none"
    return f"{', '.join(items[:-1])} and {items[-1]}"
