"""Keys of the core as people write them."""

import re

WORDS = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSprop",
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
    "bfgs": "BFGS",
    "lbfgs": "L-BFGS",
    "newton": "Newton",
    "saddle_free_newton": "saddle-free Newton",
    "nelder_mead": "Nelder-Mead",
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
