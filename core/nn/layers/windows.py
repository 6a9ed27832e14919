"""Square windows that move over pictures (R, channels, height, width, B): what convolution and pooling share."""

from collections.abc import Iterator

from core.checks import InputError
from core.nn.layers.base import Array, Layer, Shape, check_picture, told


def windowed(layer: Layer, inputs: Shape, size: int, stride: int, padding: int = 0) -> tuple[int, int]:
    """Places of the window down and across: ⌊(side + 2 padding - size) / stride⌋ + 1.

    Raises InputError unless the input is a picture in which the window has a place.
    """
    check_picture(layer, inputs)
    if size > min(inputs[1:]) + 2 * padding:
        raise InputError(
            f"{type(layer).__name__} has a window of {size}x{size}, but is given {told(inputs)}"
            + f" with a margin of {padding}" * (padding > 0)
        )
    height, width = ((side + 2 * padding - size) // stride + 1 for side in inputs[1:])
    return height, width


def offsets(pictures: Array, size: int, stride: int, places: tuple[int, int]) -> Iterator[tuple[int, int, Array]]:
    """For each row and column within the window what it sees at all its places: a view (R, channels, *places, B)."""
    rows, columns = ((count - 1) * stride + 1 for count in places)
    for i in range(size):
        for j in range(size):
            yield i, j, pictures[:, :, i : i + rows : stride, j : j + columns : stride]
