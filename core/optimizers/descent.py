"""Gradient descent, with momentum or averaging."""

import numpy as np

from core.optimizers.base import Array, Number, Optimizer
from core.optimizers.options import at_least, fixed, learning_rate, not_negative, power, scalar, share


class SGD(Optimizer, usual_rate=0.1, rates=(0.3, 1e-3)):
    """Gradient descent: x <- x - lr g.

    Source: Cauchy 1847; with g from a mini-batch Robbins & Monro 1951. Weight decay is coupled: it joins g.
    """

    weight_decay: Number = not_negative(0.0)
    momentum = fixed(0)
    dampening = fixed(0)
    nesterov = fixed(False)

    def update(self, x: Array, g: Array) -> None:
        x -= self.lr * g


class Momentum(Optimizer, label="momentum", color=3, rates=(0.1, 1e-3), buffers=("v",)):
    """Heavy ball: v <- momentum v + (1 - dampening) g; x <- x - lr v, and v = g at the first update.

    Source: Polyak 1964. As torch, lr stays outside the buffer; v <- momentum v - lr g differs as soon as lr changes.
    """

    momentum: Number = share(0.9)
    dampening: Number = scalar(0.0, low=0.0, high=1.0)
    weight_decay: Number = not_negative(0.0)
    nesterov = fixed(False)

    def update(self, x: Array, g: Array, v: Array) -> None:
        v *= self.momentum
        v += g if self.t == 1 else (1 - self.dampening) * g
        x -= self.lr * v


class Nesterov(Optimizer, color=4, rates=(0.1, 1e-3), buffers=("v",)):
    """Accelerated gradient: v <- momentum v + g; x <- x - lr (g + momentum v).

    Source: Nesterov 1983 as rewritten by Sutskever et al. 2013. As torch, g is taken at the current x, not at a
    look-ahead point; the two describe the same path up to a change of variables.
    """

    momentum: Number = scalar(0.9, low=0.0, high=1.0, open_low=True, open_high=True)
    weight_decay: Number = not_negative(0.0)
    nesterov = fixed(True)
    dampening = fixed(0)

    def update(self, x: Array, g: Array, v: Array) -> None:
        v *= self.momentum
        v += g
        x -= self.lr * (g + self.momentum * v)


class ASGD(Optimizer, usual_rate=0.1, rates=(0.3, 1e-3), buffers=("averaged",)):
    """Averaged SGD: η = lr / (1 + λ lr (t-1))^α; x <- (1 - λ η) x - η g; averaged <- averaged + μ (x - averaged).

    μ = 1/max(1, t-1-t0), so that `averaged`, which is evaluated instead of x, equals x until update t0. Source: Polyak
    & Juditsky 1992; the schedule from Bottou's SGD, as torch.
    """

    lr: Number = learning_rate(1e-2)
    lambd: Number = not_negative(1e-4)
    alpha: Number = not_negative(0.75)
    t0: Number = not_negative(1e6)
    weight_decay: Number = not_negative(0.0)
    still = {"lambd": 0.0}

    def update(self, x: Array, g: Array, averaged: Array) -> None:
        eta = self.lr / power(1.0 + self.lambd * self.lr * (self.t - 1), self.alpha)
        x *= 1 - self.lambd * eta
        x -= eta * g
        mu = 1 / at_least(self.t - 1 - self.t0, 1.0)
        averaged += mu * (x - averaged)
        np.copyto(averaged, x, where=np.equal(mu, 1.0))


RULES: dict[str, type[Optimizer]] = {"sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "asgd": ASGD}
