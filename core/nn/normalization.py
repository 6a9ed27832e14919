"""Batch and layer normalization: pre-activations of mean 0 and variance 1 at any depth.

y = γ (z - μ) / √(σ² + eps) + β, where μ and σ² = mean (z - μ)² are taken over `axis` of z (R, n, B). γ starts at 1
and β at 0, and both are learned. eps and the conventions are torch's.
"""

import numpy as np

Array = np.ndarray
EPS = 1e-5


class Normalization:
    """One layer's normalization for R runs; `values` are the views (R, n, 1) of its vectors in the parameters."""

    axis: int
    learned: dict[str, float] = {"scale": 1.0, "shift": 0.0}  # vectors (n,) of a layer, and their start
    remembered: dict[str, float] = {}  # vectors that no gradient moves

    def __init__(self, z: Array):
        self.hat, self.scratch = np.empty_like(z), np.empty_like(z)

    def bind(self, values: list[Array]) -> None:
        """Use these vectors from now on, in the order of `learned` and `remembered`."""
        self.scale, self.shift, *self.memory = values

    def forward(self, z: Array, out: Array) -> None:
        """y of z (R, n, B), by the statistics of this batch."""
        size = z.shape[self.axis]
        self.mean = np.add.reduce(z, axis=self.axis, keepdims=True) / size
        np.subtract(z, self.mean, out=self.hat)
        np.square(self.hat, out=self.scratch)
        self.variance = np.add.reduce(self.scratch, axis=self.axis, keepdims=True) / size
        self._finish(self.variance, out)

    def evaluate(self, z: Array, out: Array) -> None:
        """y of z once training is over."""
        self.forward(z, out)

    def _finish(self, variance: Array, out: Array) -> None:
        self.inverse = 1 / np.sqrt(variance + EPS)
        np.multiply(self.hat, self.inverse, out=self.hat)
        np.multiply(self.hat, self.scale, out=out)
        np.add(out, self.shift, out=out)

    def backward(self, delta: Array, grads: list[Array]) -> None:
        """Turn dL/dy into dL/dz in place and fill the gradients (R, n, 1) of scale and shift.

        With h = γ dL/dy and ẑ = (z - μ)/σ:  dL/dz = (h - mean h - ẑ mean(h ẑ)) / σ  (Ioffe & Szegedy 2015, section 3).
        """
        np.multiply(delta, self.hat, out=self.scratch)
        np.add.reduce(self.scratch, axis=-1, keepdims=True, out=grads[0])
        np.add.reduce(delta, axis=-1, keepdims=True, out=grads[1])
        delta *= self.scale
        np.multiply(delta, self.hat, out=self.scratch)
        size = delta.shape[self.axis]
        along = np.add.reduce(self.scratch, axis=self.axis, keepdims=True) / size
        delta -= np.add.reduce(delta, axis=self.axis, keepdims=True) / size
        np.multiply(self.hat, along, out=self.scratch)
        delta -= self.scratch
        delta *= self.inverse

    def remember(self) -> None:
        """Take the statistics of the last batch into what `evaluate` uses."""


class BatchNorm(Normalization):
    """Each unit over the samples of the batch (Ioffe & Szegedy 2015).

    Evaluation uses running averages: running <- 0.9 running + 0.1 batch, the variance over B - 1 as in torch. A batch
    of one sample has no spread, which torch refuses; here ẑ is 0 in it, and nothing is remembered.
    """

    axis = -1
    remembered = {"mean": 0.0, "variance": 1.0}
    momentum = 0.1

    def evaluate(self, z: Array, out: Array) -> None:
        np.subtract(z, self.memory[0], out=self.hat)
        self._finish(self.memory[1], out)

    def forward(self, z: Array, out: Array) -> None:
        super().forward(z, out)
        samples = z.shape[self.axis]
        share, unbiased = (self.momentum, samples / (samples - 1)) if samples > 1 else (0.0, 1.0)
        batch = self.mean, self.variance * unbiased
        self.next = [(1 - share) * old + share * new for old, new in zip(self.memory, batch, strict=True)]

    def remember(self) -> None:
        for running, value in zip(self.memory, self.next, strict=True):  # whatever weight decay did to them
            np.copyto(running, value)


class LayerNorm(Normalization):
    """Each sample over the units of the layer, in training and in evaluation (Ba, Kiros & Hinton 2016)."""

    axis = -2


NORMALIZATIONS: dict[str, type[Normalization] | None] = {"none": None, "batch": BatchNorm, "layer": LayerNorm}
