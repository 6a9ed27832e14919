"""Keys of the core as people write them."""

import re

from core.minimizers import MINIMIZERS
from core.optimizers import OPTIMIZERS

WORDS = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "xor": "XOR",
    "l1": "L1",
    "l2": "L2",
    "kaiming": "Kaiming",
    "xavier": "Xavier",
    "lecun": "LeCun",
    "mini_batch": "mini-batch",
    "spsa": "SPSA",
    "rosenbrock": "Rosenbrock",
    "booth": "Booth",
    "matyas": "Matyas",
    "beale": "Beale",
    "himmelblau": "Himmelblau",
    "styblinski_tang": "Styblinski-Tang",
    "goldstein_price": "Goldstein-Price",
    "mccormick": "McCormick",
    "rastrigin": "Rastrigin",
    "ackley": "Ackley",
    "levy13": "Lévy 13",
    "easom": "Easom",
    "bukin6": "Bukin 6",
}
WORDS |= {name: each.label for table in (MINIMIZERS, OPTIMIZERS) for name, each in table.items() if each.label}


def words(name: str) -> str:
    """'leaky_relu' -> 'leaky ReLU', 'early_stopping' -> 'early stopping'."""
    return WORDS.get(name, name.replace("_", " "))


def plain(text: str) -> str:
    """Text that may hold words from outside, written so that Markdown shows it as it was typed."""
    return re.sub(r"([\\`*_\[<$:~#|])", r"\\\1", text)


def spoken(text: str) -> str:
    """A sentence with the keys in it as people write them, also those whose underscores are spaces by now."""
    keys = "|".join(WORDS).replace("_", "[_ ]")
    return re.sub(rf"\b({keys})\b", lambda key: WORDS[key[0].replace(" ", "_")], text)


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
