"""The formulas behind an experiment's settings, read from the core's declarations and docstrings."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from core.minimizers import LANDSCAPES, MINIMIZERS
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.settings import Settings, extra
from pages.figures.common.words import words

TABLES: list[tuple[str, Mapping[str, Any]]] = [("f(x) = ", ACTIVATIONS), ("f(x, y) = ", LANDSCAPES), ("L = ", LOSSES)]
TABLES += [("", table) for table in (SCHEDULES, OPTIMIZERS, MINIMIZERS, INITIALIZERS)]


def behind(settings: Settings) -> str:
    """A Markdown list of each rule and function that these settings name, with its formula."""
    lines = []
    for name, field in type(settings).model_fields.items():
        options, value = extra(field).get("options", []), getattr(settings, name)
        for start, table in TABLES:
            if sum(option in table for option in options) > len(options) / 2:
                chosen = value if isinstance(value, tuple) else (value,)
                lines += [f"- **{words(each)}**: {formula_of(start, table[each])}" for each in chosen if each in table]
                break
    return "\n".join(lines)


def formula_of(start: str, entry: Any) -> str:
    """Typeset if the core has it in LaTeX, otherwise as in its docstring."""
    if hasattr(entry, "formula"):
        return f"${start}{entry.formula}$"
    sentence = " ".join(cleandoc(entry.__doc__).split("\n\n")[0].split())
    return f"`{sentence.replace('<-', '←')}`"
