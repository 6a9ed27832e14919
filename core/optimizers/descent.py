"""Gradient descent, with momentum or averaging."""

import numpy as np

from core.optimizers.base import Array, Number, Optimizer, descend
from core.optimizers.options import Scalar, fixed, learning_rate, not_negative, power, scalar, share


class SGD(Optimizer):
    """Gradient descent: x <- x - lr g.

    Source: Cauchy 1847; with g from a mini-batch Robbins & Monro 1951. Weight decay is coupled: it joins g.
    """

    weight_decay: Scalar = not_negative(0.0)
    momentum = fixed(0)
    dampening = fixed(0)
    nesterov = fixed(False)
    usual_rate = 0.1
    rates = (0.3, 1e-3)

    def update(self, x: Array, g: Array) -> None:
        g = self.coupled_decay(x, g)
        np.multiply(g, self.rate.cast, self.scratch)
        np.subtract(x, self.scratch, x)


class Momentum(Optimizer):
    """Heavy ball: v <- momentum v + (1 - dampening) g; x <- x - lr v, and v = g at the first update.

    Source: Polyak 1964. As torch, lr stays outside the buffer; v <- momentum v - lr g differs as soon as lr changes.
    """

    momentum: Scalar = share(0.9)
    dampening: Scalar = scalar(0.0, low=0.0, high=1.0)
    weight_decay: Scalar = not_negative(0.0)
    nesterov = fixed(False)
    buffers = ("v",)
    label = "momentum"
    color = 3
    rates = (0.1, 1e-3)

    def update(self, x: Array, g: Array, v: Array) -> None:
        g = self.coupled_decay(x, g)
        if self.dampening.used and self.t > 1:
            g = np.multiply(g, self.dampening.rest, self.scratch)
        accumulate(v, g, self.momentum, self.t)
        np.multiply(v, self.rate.cast, self.scratch)
        np.subtract(x, self.scratch, x)


class Nesterov(Optimizer):
    """Accelerated gradient: v <- momentum v + g; x <- x - lr (g + momentum v).

    Source: Nesterov 1983 as rewritten by Sutskever et al. 2013. As torch, g is taken at the current x, not at a
    look-ahead point; the two describe the same path up to a change of variables.
    """

    momentum: Scalar = scalar(0.9, low=0.0, high=1.0, open_low=True, open_high=True)
    weight_decay: Scalar = not_negative(0.0)
    nesterov = fixed(True)
    dampening = fixed(0)
    buffers = ("v",)
    color = 4
    rates = (0.1, 1e-3)

    def update(self, x: Array, g: Array, v: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        accumulate(v, g, self.momentum, self.t)
        np.multiply(v, self.momentum.cast, s)
        np.add(g, s, s)
        descend(x, self.rate.cast, s)


def accumulate(v: Array, g: Array, momentum: Scalar, t: int) -> None:
    """v <- momentum v + g, and v = g at the first update."""
    if t == 1:
        np.copyto(v, g)
        return
    np.multiply(v, momentum.cast, v)
    np.add(v, g, v)


class ASGD(Optimizer):
    """Averaged SGD: η = lr / (1 + λ lr (t-1))^α; x <- (1 - λ η) x - η g; averaged <- averaged + μ (x - averaged).

    μ = 1/max(1, t-1-t0), so that `averaged`, which is evaluated instead of x, equals x until update t0. Source: Polyak
    & Juditsky 1992; the schedule from Bottou's SGD, as torch.
    """

    lr: Number = learning_rate(1e-2)
    lambd: Scalar = not_negative(1e-4)
    alpha: Scalar = not_negative(0.75)
    t0: Scalar = not_negative(1e6)
    weight_decay: Scalar = not_negative(0.0)
    buffers = ("averaged",)
    usual_rate = 0.1
    rates = (0.3, 1e-3)
    still = {"lambd": 0.0}

    def update(self, x: Array, g: Array, averaged: Array) -> None:
        s, lr, lambd = self.scratch, self.rate.value, self.lambd.value
        g = self.coupled_decay(x, g)
        eta = lr / power(1.0 + lambd * lr * (self.t - 1), self.alpha.value)
        np.multiply(g, self.cast(eta), s)
        np.multiply(x, self.cast(1.0 - lambd * eta), x)
        np.subtract(x, s, x)
        mu = 1.0 / np.maximum(1.0, self.t - 1 - self.t0.value)
        np.subtract(x, averaged, s)
        np.multiply(s, self.cast(mu), s)
        np.add(averaged, s, averaged)
        np.copyto(averaged, x, where=np.equal(mu, 1.0))


RULES: dict[str, type[Optimizer]] = {"sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "asgd": ASGD}
