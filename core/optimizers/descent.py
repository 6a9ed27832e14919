"""Gradient descent and what momentum and averaging make of it."""

import numpy as np

from core.optimizers.base import (
    NOT_NEGATIVE,
    Array,
    Optimizer,
    Range,
    descend,
    power,
    table,
)


class SGD(Optimizer):
    """Gradient descent: x <- x - lr g.

    Source: Cauchy 1847; with g from a mini-batch Robbins & Monro 1951. Weight decay is coupled: it joins g.
    """

    defaults = table(lr=1e-3, weight_decay=0.0)
    fixed = table(momentum=0, dampening=0, nesterov=False)

    def update(self, x: Array, g: Array) -> None:
        g = self.coupled_decay(x, g)
        np.multiply(g, self.const["lr"], self.scratch)
        np.subtract(x, self.scratch, x)


class Momentum(Optimizer):
    """Heavy ball: v <- momentum v + (1 - dampening) g; x <- x - lr v, and v = g at the first update.

    Source: Polyak 1964. As torch, lr stays outside the buffer; v <- momentum v - lr g differs as soon as lr changes.
    """

    defaults = table(lr=1e-3, momentum=0.9, dampening=0.0, weight_decay=0.0)
    fixed = table(nesterov=False)
    buffers = ("v",)

    def update(self, x: Array, g: Array, v: Array) -> None:
        self.accumulate(self.coupled_decay(x, g), v)
        np.multiply(v, self.const["lr"], self.scratch)
        np.subtract(x, self.scratch, x)

    def accumulate(self, g: Array, v: Array) -> None:
        """v <- momentum v + (1 - dampening) g."""
        if self.t == 1:
            np.copyto(v, g)
            return
        np.multiply(v, self.const["momentum"], v)
        if self.uses.get("dampening"):
            g = np.multiply(g, self.shares["dampening"][1], self.scratch)
        np.add(v, g, v)


class Nesterov(Momentum):
    """Accelerated gradient: v <- momentum v + g; x <- x - lr (g + momentum v).

    Source: Nesterov 1983 as rewritten by Sutskever et al. 2013. As torch, g is taken at the current x, not at a
    look-ahead point; the two describe the same path up to a change of variables.
    """

    defaults = table(lr=1e-3, momentum=0.9, weight_decay=0.0)
    fixed = table(nesterov=True, dampening=0)
    ranges = table(momentum=Range(0.0, 1.0, True, True))

    def update(self, x: Array, g: Array, v: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        self.accumulate(g, v)
        np.multiply(v, self.const["momentum"], s)
        np.add(g, s, s)
        descend(x, self.const["lr"], s)


class ASGD(Optimizer):
    """Averaged SGD: η = lr / (1 + λ lr (t-1))^α; x <- (1 - λ η) x - η g; averaged <- averaged + μ (x - averaged).

    μ = 1/max(1, t-1-t0), so that `averaged`, which one evaluates in the place of x, equals x until the update t0.
    Source: Polyak & Juditsky 1992; the schedule from Bottou's SGD, as torch.
    """

    defaults = table(lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0.0)
    ranges = table(alpha=NOT_NEGATIVE)
    buffers = ("averaged",)

    @property
    def averaged(self) -> Array:
        """The average of x over the updates after t0."""
        return self.buffer["averaged"]

    def update(self, x: Array, g: Array, averaged: Array) -> None:
        s, hyper = self.scratch, self.hyper
        g = self.coupled_decay(x, g)
        eta = hyper["lr"] / power(1.0 + hyper["lambd"] * hyper["lr"] * (self.t - 1), hyper["alpha"])
        np.multiply(g, self.cast(eta), s)
        np.multiply(x, self.cast(1.0 - hyper["lambd"] * eta), x)
        np.subtract(x, s, x)
        mu = 1.0 / np.maximum(1.0, self.t - 1 - hyper["t0"])
        np.subtract(x, averaged, s)
        np.multiply(s, self.cast(mu), s)
        np.add(averaged, s, averaged)
        np.copyto(averaged, x, where=np.equal(mu, 1.0))


RULES: dict[str, type[Optimizer]] = {"sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "asgd": ASGD}
