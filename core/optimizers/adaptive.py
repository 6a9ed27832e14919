"""The rules that give each coordinate a rate of its own, by the squares of its past gradients."""

from typing import Any

import numpy as np

from core.optimizers.base import (
    Array,
    Optimizer,
    average,
    average_square,
    descend,
    table,
)


class Adagrad(Optimizer):
    """a <- a + g²; x <- x - lr / (1 + (t-1) lr_decay) g / (√a + eps).

    Source: Duchi, Hazan & Singer 2011. As torch, a starts at 0 and eps is outside the root (optax: 0.1 and inside).
    """

    defaults = table(lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10)
    buffers = ("a",)

    def update(self, x: Array, g: Array, a: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        if self.t == 1:
            a[...] = self.const["initial_accumulator_value"]
        np.multiply(g, g, s)
        np.add(a, s, a)
        np.sqrt(a, s)
        np.add(s, self.const["eps"], s)
        np.divide(g, s, s)
        descend(x, self.cast(self.lr / (1.0 + (self.t - 1) * self.hyper["lr_decay"])), s)


class RMSprop(Optimizer):
    """v <- α v + (1-α) g²; x <- x - lr g / (√v + eps); centered: v - a² for v, with a <- α a + (1-α) g.

    With momentum: b <- momentum b + g / (√v + eps); x <- x - lr b.
    Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013. As torch, eps is outside the root (optax:
    inside) and no bias is corrected. Unlike torch, v - a² is kept >= 0: rounding makes it negative under a constant g.
    """

    defaults = table(lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False)

    def __init__(self, lr: Any = None, **hyper: Any) -> None:
        super().__init__(lr, **hyper)
        self.moving = bool(np.any(self.hyper["momentum"]))
        self.buffers = ("v", *["a"] * self.hyper["centered"], *["b"] * self.moving)

    def update(self, x: Array, g: Array, v: Array, *others: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        average_square(v, g, self.shares["alpha"], s)
        if self.hyper["centered"]:
            a = self.buffer["a"]
            average(a, g, self.shares["alpha"], s)
            np.multiply(a, a, s)
            np.subtract(v, s, s)
            np.maximum(s, 0.0, out=s)
            np.sqrt(s, s)
        else:
            np.sqrt(v, s)
        np.add(s, self.const["eps"], s)
        np.divide(g, s, s)
        if self.moving:
            b = self.buffer["b"]
            np.multiply(b, self.const["momentum"], b)
            np.add(b, s, b)
            np.copyto(s, b)
        descend(x, self.const["lr"], s)


class Adadelta(Optimizer):
    """v <- ρ v + (1-ρ) g²; d = √(u + eps) / √(v + eps) g; u <- ρ u + (1-ρ) d²; x <- x - lr d.

    Source: Zeiler 2012, algorithm 1, where lr = 1. eps is inside both roots.
    """

    defaults = table(lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0)
    buffers = ("v", "u")
    scratches = 2

    def update(self, x: Array, g: Array, v: Array, u: Array) -> None:
        s, d, rho = self.scratch, self.scratch2, self.shares["rho"]
        g = self.coupled_decay(x, g)
        average_square(v, g, rho, s)
        np.add(u, self.const["eps"], d)
        np.add(v, self.const["eps"], s)
        np.divide(d, s, d)
        np.sqrt(d, d)  # one root of the quotient: roots are the dearest pass
        np.multiply(d, g, d)
        average_square(u, d, rho, s)
        descend(x, self.const["lr"], d)


RULES: dict[str, type[Optimizer]] = {"adagrad": Adagrad, "adadelta": Adadelta, "rmsprop": RMSprop}
