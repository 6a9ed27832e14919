"""Names in the core as people write them: the labels of what declares one, and a few words besides."""

import re
from collections.abc import Mapping
from typing import Any

from core.data import DATASETS
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES

LABELLED: tuple[Mapping[str, Any], ...] = (ACTIVATIONS, LOSSES, INITIALIZERS, DATASETS, LANDSCAPES)
WORDS = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSprop",
    "l1": "L1",
    "l2": "L2",
    "mini_batch": "mini-batch",
    "spsa": "SPSA",
    "bfgs": "BFGS",
    "lbfgs": "L-BFGS",
    "newton": "Newton",
    "saddle_free_newton": "saddle-free Newton",
    "nelder_mead": "Nelder-Mead",
}
WORDS |= {name: entry.label for table in LABELLED for name, entry in table.items() if entry.label}
SPOKEN = WORDS | {label: label for label in WORDS.values()}  # what is written well already stays
LONGEST_FIRST = "|".join(map(re.escape, sorted(SPOKEN, key=len, reverse=True))).replace("_", "[_ ]")
PATTERN = re.compile(rf"(?<!\w)({LONGEST_FIRST})(?!\w)")


def words(name: str) -> str:
    """'leaky_relu' -> 'leaky ReLU', 'early_stopping' -> 'early stopping'."""
    return WORDS.get(name, name.replace("_", " "))


def plain(text: str) -> str:
    """Text that may hold words from outside, written so that Markdown shows it as it was typed."""
    return re.sub(r"([\\`*_\[<$:~#|])", r"\\\1", text)


def spoken(text: str) -> str:
    """A sentence with the keys in it as people write them, also those whose underscores are spaces by now."""
    return PATTERN.sub(lambda key: SPOKEN.get(key[0]) or SPOKEN[key[0].replace(" ", "_")], text)


def readable(text: str) -> str:
    """Sentences of numbers as Markdown: of three parts or more between semicolons as a list, powers and minus typeset.

    A colon in the first part that the others do not all have ends what leads the list.
    """
    chunks = []
    for sentence in re.split(r"(?<=\.) (?=[A-Z0-9])", spoken(text)):
        first, *others = sentence.split("; ")
        if len(others) < 2:
            chunks.append(f"{sentence} ")
            continue
        leads = first.count(": ") > min(each.count(": ") for each in others)
        lead, first = first.split(": ", 1) if leads else ("", first)
        items = "".join(f"\n- {each}" for each in (first, *others)).rstrip(".")
        chunks.append(f"{lead}:\n{items}\n\n" if leads else f"\n{items}\n\n")
    powers = re.sub(r"10\^(-?[\d.]*\d)", r"$10^{\1}$", "".join(chunks).strip())
    return re.sub(r"(?<![\w.^{])-(?=\d)", "−", powers)
