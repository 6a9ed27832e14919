"""The layers of networks, each in the file of its family, and their notation in settings."""

from core.checks import InputError, choose
from core.nn.layers.base import Chain, Layer, Residual, Shape, Signal, Weights
from core.nn.layers.pictures import AveragePool2d, Conv2d, MaxPool2d, Pooling
from core.nn.layers.vectors import NORMALIZATIONS, Activate, Affine, Dense, Dropout, Flatten

LAYERS: dict[str, type[Layer]] = {
    "dense": Dense,
    "conv": Conv2d,
    "max_pool": MaxPool2d,
    "average_pool": AveragePool2d,
    "flatten": Flatten,
}


def read_layer(text: str) -> Layer:
    """Parse a name and numbers joined by "-", as conv-8-3: 8 channels, kernel 3. Raises InputError for others."""
    name, *numbers = text.split("-")
    kind = choose("layers", name, LAYERS)
    options = list(kind.options())
    if len(numbers) > len(options) or not all(number.isascii() and number.isdigit() for number in numbers):
        form = "-".join([name, *(option.upper() for option in options)])
        form += ", with whole numbers" if options else ", without numbers"
        raise InputError(f"layers holds {text[:40]!r}, but {name} is written as {form}")
    return kind(**{option: int(number[:12]) for option, number in zip(options, numbers, strict=False)})


__all__ = [
    "LAYERS",
    "NORMALIZATIONS",
    "Activate",
    "Affine",
    "AveragePool2d",
    "Chain",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "MaxPool2d",
    "Pooling",
    "Residual",
    "Shape",
    "Signal",
    "Weights",
    "read_layer",
]
