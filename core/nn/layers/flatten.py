"""Flatten: turns pictures into vectors, channel by channel, as stored in memory."""

import numpy as np

from core.nn.layers.base import Layer, Shape


class Flatten(Layer):
    """(channels, height, width) -> (channels * height * width,), without copying."""

    kind = "flatten"
    takes_pictures = is_only_shape = True

    def shape_of(self, inputs: Shape) -> Shape:
        return (int(np.prod(inputs)),)
