"""Names in the core as people write them: declared labels, and a few more words."""

import re
from collections.abc import Mapping
from typing import Any

from core.data import DATASETS
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES
from core.optimizers import OPTIMIZERS

LABELLED: list[Mapping[str, Any]] = [ACTIVATIONS, LOSSES, INITIALIZERS, DATASETS, LANDSCAPES, MINIMIZERS, OPTIMIZERS]
WORDS = {"l1": "L1", "l2": "L2", "mini_batch": "mini-batch", "spsa": "SPSA"}
WORDS |= {name: entry.label for table in LABELLED for name, entry in table.items() if entry.label}
SPOKEN = WORDS | {label: label for label in WORDS.values()}  # leave labels as they are
LONGEST_FIRST = "|".join(map(re.escape, sorted(SPOKEN, key=len, reverse=True))).replace("_", "[_ ]")
JOINER = "\N{WORD JOINER}"
SHORTHAND = re.compile(r"(?i:https?:|www)(?=[/.])|@(?=\w)|:(?=[\w+/-]+:)")  # the start of an address, of an icon
PATTERN = re.compile(rf"(?<!\w)({LONGEST_FIRST})(?!\w)")


def words(name: str) -> str:
    """'leaky_relu' -> 'leaky ReLU', 'early_stopping' -> 'early stopping'."""
    return WORDS.get(name, name.replace("_", " "))


def told(value: object) -> str:
    """A setting's value as people write it."""
    if isinstance(value, tuple):
        return ", ".join(map(told, value)) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return words(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, int | float) else str(value)


def plain(text: str) -> str:
    """Escape text that may come from outside, so that Markdown shows it as typed, on one line.

    Addresses, emoji and icons are looked for in the text that is left once Markdown is read, where an escape is gone;
    so an invisible joiner comes into them.
    """
    joined = SHORTHAND.sub(rf"\g<0>{JOINER}", " ".join(text.splitlines()))
    return re.sub(r"([\\`*_\[<$:~#|&])", r"\\\1", joined)


def spoken(text: str) -> str:
    """A sentence with its keys as people write them, also keys whose underscores are already spaces."""
    return PATTERN.sub(lambda key: SPOKEN.get(key[0]) or SPOKEN[key[0].replace(" ", "_")], text)
