"""Rules that adapt the rate of each coordinate by the squares of its past gradients or, in Rprop, by their signs."""

import numpy as np

from core.checks import InputError
from core.optimizers.base import Array, Number, Optimizer, average
from core.optimizers.options import epsilon, learning_rate, not_negative, positive, scalar, share, switch


class Adagrad(Optimizer, label="AdaGrad", color=5, rates=(1.0, 1.0), buffers=("a",)):
    """a <- a + g²; x <- x - lr / (1 + (t-1) lr_decay) g / (√a + eps).

    Source: Duchi, Hazan & Singer 2011. As torch, a starts at 0 and eps is outside the root (optax: 0.1 and inside).
    """

    lr: Number = learning_rate(1e-2)
    lr_decay: Number = not_negative(0.0)
    weight_decay: Number = not_negative(0.0)
    initial_accumulator_value: Number = not_negative(0.0)
    eps: Number = epsilon(1e-10)

    def update(self, x: Array, g: Array, a: Array) -> None:
        a += self.initial_accumulator_value if self.t == 1 else 0.0
        a += g * g
        x -= self.lr / (1 + (self.t - 1) * self.lr_decay) * (g / (np.sqrt(a) + self.eps))


class RMSprop(Optimizer, color=6, rates=(0.01, 1e-3)):
    """v <- α v + (1-α) g²; x <- x - lr g / (√v + eps); centered: v - a² for v, with a <- α a + (1-α) g.

    With momentum: b <- momentum b + g / (√v + eps); x <- x - lr b. Source: Tieleman & Hinton 2012, lecture 6.5;
    centered: Graves 2013. As torch, eps is outside the root. Unlike torch, v - a² is kept >= 0 under rounding.
    """

    lr: Number = learning_rate(1e-2)
    alpha: Number = share(0.99)
    eps: Number = epsilon(1e-8)
    weight_decay: Number = not_negative(0.0)
    momentum: Number = share(0.0)
    centered: bool = switch(False)

    def _ready(self) -> None:
        self.buffers = ("v", *["a"] * self.centered, *["b"] * bool(np.any(self.momentum)))

    def update(self, x: Array, g: Array, v: Array, *others: Array) -> None:
        average(v, g * g, self.alpha)
        variance = v
        if self.centered:
            a = others[0]
            average(a, g, self.alpha)
            variance = np.maximum(v - a * a, 0)
        step = g / (np.sqrt(variance) + self.eps)
        if len(others) > self.centered:
            b = others[-1]
            b *= self.momentum
            b += step
            step = b
        x -= self.lr * step


class Adadelta(Optimizer, usual_rate=1.0, rates=(1.0, 0.03), buffers=("v", "u")):
    """v <- ρ v + (1-ρ) g²; d = √(u + eps) / √(v + eps) g; u <- ρ u + (1-ρ) d²; x <- x - lr d.

    Source: Zeiler 2012, algorithm 1, where lr = 1. eps is inside both roots.
    """

    lr: Number = learning_rate(1.0)
    rho: Number = share(0.9)
    eps: Number = epsilon(1e-6)
    weight_decay: Number = not_negative(0.0)

    def update(self, x: Array, g: Array, v: Array, u: Array) -> None:
        average(v, g * g, self.rho)
        d = np.sqrt((u + self.eps) / (v + self.eps)) * g
        average(u, d * d, self.rho)
        x -= self.lr * d


class Rprop(Optimizer, rates=(0.1, 0.1), buffers=("step_size", "sign"), lr_acts=False):
    """step <- step · etaplus where g keeps its sign, · etaminus where not, in bounds; x <- x - sign(g) step.

    Where the sign changes, g counts as 0 (iRprop-). Full batches only: the sign of a noisy g is unreliable. Initial
    steps are lr, as in torch. Source: Riedmiller & Braun 1993; Igel & Hüsken 2000.
    """

    lr: Number = learning_rate(1e-2)
    etaminus: Number = scalar(0.5, low=0.0, high=1.0, open_low=True, open_high=True)
    etaplus: Number = scalar(1.2, low=1.0, open_low=True)
    step_min: Number = positive(1e-6)
    step_max: Number = positive(50.0)

    def _ready(self) -> None:
        low, high = self.step_min, self.step_max
        if np.any(low > high):
            raise InputError(f"step_min is {low}, but must be at most step_max, {high}")

    def update(self, x: Array, g: Array, step: Array, sign: Array) -> None:
        step += self.lr if self.t == 1 else 0.0
        now = np.sign(g)
        same = now * sign
        np.multiply(step, self.etaplus, out=step, where=same > 0)
        np.multiply(step, self.etaminus, out=step, where=same < 0)
        np.maximum(step, self.step_min, out=step)
        np.minimum(step, self.step_max, out=step)
        np.copyto(now, 0, where=same < 0)
        np.copyto(sign, now)
        x -= now * step


RULES: dict[str, type[Optimizer]] = {"adagrad": Adagrad, "adadelta": Adadelta, "rmsprop": RMSprop, "rprop": Rprop}
