"""Flatten: pictures become rows of numbers, channel by channel, as they already lie in memory."""

import numpy as np

from core.nn.layers.base import Layer, Shape


class Flatten(Layer):
    """(channels, height, width) -> (channels * height * width,); moves nothing."""

    kind = "flatten"
    takes_pictures = is_only_shape = True

    def shape_of(self, inputs: Shape) -> Shape:
        return (int(np.prod(inputs)),)
