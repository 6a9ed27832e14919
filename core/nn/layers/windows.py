"""Square windows that move over pictures (R, channels, height, width, B), for convolution and pooling."""

from collections.abc import Iterator

from core.checks import InputError
from core.nn.layers.base import Array, Layer, Shape, check_picture, told


def windowed(layer: Layer, inputs: Shape, size: int, stride: int, padding: int = 0) -> tuple[int, int]:
    """Number of window positions down and across: ⌊(side + 2 padding - size) / stride⌋ + 1.

    Raises InputError unless the input is a picture at least as large as the window.
    """
    check_picture(layer, inputs)
    if size > min(inputs[1:]) + 2 * padding:
        raise InputError(
            f"{type(layer).__name__} has a window of {size}x{size}, but gets {told(inputs)}"
            + f" with a padding of {padding}" * (padding > 0)
        )
    height, width = ((side + 2 * padding - size) // stride + 1 for side in inputs[1:])
    return height, width


def offsets(pictures: Array, size: int, stride: int, places: tuple[int, int]) -> Iterator[tuple[int, int, Array]]:
    """For each row and column within the window, its values at all positions: a view (R, channels, *places, B)."""
    rows, columns = ((count - 1) * stride + 1 for count in places)
    for i in range(size):
        for j in range(size):
            yield i, j, pictures[:, :, i : i + rows : stride, j : j + columns : stride]
