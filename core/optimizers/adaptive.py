"""Rules that adapt the rate of each coordinate by the squares of its past gradients or, in Rprop, by their signs."""

import numpy as np

from core.checks import InputError
from core.optimizers.base import Array, Number, Optimizer, average, average_square, descend
from core.optimizers.options import Scalar, epsilon, learning_rate, not_negative, positive, scalar, share, switch


class Adagrad(Optimizer):
    """a <- a + g²; x <- x - lr / (1 + (t-1) lr_decay) g / (√a + eps).

    Source: Duchi, Hazan & Singer 2011. As torch, a starts at 0 and eps is outside the root (optax: 0.1 and inside).
    """

    lr: Number = learning_rate(1e-2)
    lr_decay: Scalar = not_negative(0.0)
    weight_decay: Scalar = not_negative(0.0)
    initial_accumulator_value: Scalar = not_negative(0.0)
    eps: Scalar = epsilon(1e-10)
    buffers = ("a",)
    label = "AdaGrad"
    color = 5
    rates = (1.0, 1.0)

    def update(self, x: Array, g: Array, a: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        if self.t == 1:
            a[...] = self.initial_accumulator_value.cast
        np.multiply(g, g, s)
        np.add(a, s, a)
        np.sqrt(a, s)
        np.add(s, self.eps.cast, s)
        np.divide(g, s, s)
        descend(x, self.cast(self.rate.value / (1.0 + (self.t - 1) * self.lr_decay.value)), s)


class RMSprop(Optimizer):
    """v <- α v + (1-α) g²; x <- x - lr g / (√v + eps); centered: v - a² for v, with a <- α a + (1-α) g.

    With momentum: b <- momentum b + g / (√v + eps); x <- x - lr b.
    Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013. As torch, eps is outside the root (optax:
    inside) and no bias is corrected. Unlike torch, v - a² is kept >= 0: rounding makes it negative under a constant g.
    """

    lr: Number = learning_rate(1e-2)
    alpha: Scalar = share(0.99)
    eps: Scalar = epsilon(1e-8)
    weight_decay: Scalar = not_negative(0.0)
    momentum: Scalar = share(0.0)
    centered: bool = switch(False)
    color = 6
    rates = (0.01, 1e-3)

    def _ready(self) -> None:
        self.moving = self.momentum.used
        self.buffers = ("v", *["a"] * self.centered, *["b"] * self.moving)

    def update(self, x: Array, g: Array, v: Array, *others: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        average_square(v, g, self.alpha, s)
        if self.centered:
            a = others[0]
            average(a, g, self.alpha, s)
            np.multiply(a, a, s)
            np.subtract(v, s, s)
            np.maximum(s, 0.0, out=s)
            np.sqrt(s, s)
        else:
            np.sqrt(v, s)
        np.add(s, self.eps.cast, s)
        np.divide(g, s, s)
        if self.moving:
            b = others[-1]
            np.multiply(b, self.momentum.cast, b)
            np.add(b, s, b)
            np.copyto(s, b)
        descend(x, self.rate.cast, s)


class Adadelta(Optimizer):
    """v <- ρ v + (1-ρ) g²; d = √(u + eps) / √(v + eps) g; u <- ρ u + (1-ρ) d²; x <- x - lr d.

    Source: Zeiler 2012, algorithm 1, where lr = 1. eps is inside both roots.
    """

    lr: Number = learning_rate(1.0)
    rho: Scalar = share(0.9)
    eps: Scalar = epsilon(1e-6)
    weight_decay: Scalar = not_negative(0.0)
    buffers = ("v", "u")
    scratches = 2
    usual_rate = 1.0
    rates = (1.0, 0.03)

    def update(self, x: Array, g: Array, v: Array, u: Array) -> None:
        s, d = self.scratch, self.scratch2
        g = self.coupled_decay(x, g)
        average_square(v, g, self.rho, s)
        np.add(u, self.eps.cast, d)
        np.add(v, self.eps.cast, s)
        np.divide(d, s, d)
        np.sqrt(d, d)  # one root of the quotient, because roots are the slowest pass
        np.multiply(d, g, d)
        average_square(u, d, self.rho, s)
        descend(x, self.rate.cast, d)


class Rprop(Optimizer):
    """step <- step · etaplus where g keeps its sign, · etaminus where it changes, in [step_min, step_max]; x <- x -
    sign(g) step.

    Where the sign changes, g counts as 0: no move now, no change of step next time (iRprop-, without back-tracking).
    Source: Riedmiller & Braun 1993; Igel & Hüsken 2000. Full batches only: the sign of a noisy g is unreliable. Initial
    steps are lr, as in torch (optax: the first update does not move).
    """

    lr: Number = learning_rate(1e-2)
    etaminus: Scalar = scalar(0.5, low=0.0, high=1.0, open_low=True, open_high=True)
    etaplus: Scalar = scalar(1.2, low=1.0, open_low=True)
    step_min: Scalar = positive(1e-6)
    step_max: Scalar = positive(50.0)
    buffers = ("step_size", "sign")
    scratches = 2
    rates = (0.1, 0.1)
    lr_acts = False

    def _ready(self) -> None:
        low, high = self.step_min.value, self.step_max.value
        if np.any(low > high):
            raise InputError(f"step_min is {low}, but must be at most step_max, {high}")

    def update(self, x: Array, g: Array, step: Array, sign: Array) -> None:
        s, same = self.scratch, self.scratch2
        if self.t == 1:
            step[...] = self.rate.cast
        np.sign(g, s)
        np.multiply(s, sign, same)
        turned = same < 0.0
        np.multiply(step, self.etaplus.cast, out=step, where=same > 0.0)
        np.multiply(step, self.etaminus.cast, out=step, where=turned)
        np.maximum(step, self.step_min.cast, out=step)
        np.minimum(step, self.step_max.cast, out=step)
        np.copyto(s, 0.0, where=turned)
        np.copyto(sign, s)
        np.multiply(s, step, s)
        np.subtract(x, s, x)


RULES: dict[str, type[Optimizer]] = {"adagrad": Adagrad, "adadelta": Adadelta, "rmsprop": RMSprop, "rprop": Rprop}
