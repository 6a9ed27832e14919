"""The update rules: each takes a gradient and moves the parameters; none knows where the gradient came from.

x parameters, g gradient, t number of the update from 1, lr learning rate; all arrays have the shape of params.
Every rule is tested against trajectories of torch 2.13 and follows torch where frameworks disagree.
"""

from typing import Any

import numpy as np

from core.optimizers.base import (
    NOT_NEGATIVE,
    Array,
    Number,
    Optimizer,
    Range,
    average,
    average_square,
    descend,
    power,
    root,
    table,
)
from core.optimizers.lbfgs import LBFGS
from core.optimizers.matrix import Adafactor, Muon
from core.optimizers.sign import Lion, Rprop


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


def adam_move(rule: Optimizer, x: Array, m: Array, v: Array) -> None:
    """x <- x - lr m̂ / (√v̂ + eps), the corrections folded into eps and lr: each saves a pass over the stack."""
    s, hyper = rule.scratch, rule.hyper
    root_c2 = root(1.0 - power(hyper["beta2"], rule.t))
    np.sqrt(v, s)
    np.add(s, rule.cast(root_c2) * rule.const["eps"], s)
    np.divide(m, s, s)
    descend(x, rule.cast(hyper["lr"] * root_c2 / (1.0 - power(hyper["beta1"], rule.t))), s)


class Adam(Optimizer):
    """m <- β1 m + (1-β1) g; v <- β2 v + (1-β2) g²; x <- x - lr m̂ / (√v̂ + eps), m̂ = m/(1-β1ᵗ), v̂ = v/(1-β2ᵗ).

    Source: Kingma & Ba 2015, algorithm 1. eps is outside the root and added after the bias correction.
    Weight decay is coupled (it enters m and v); AdamW decouples it.
    """

    defaults = table(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0)
    fixed = table(amsgrad=False)
    buffers = ("m", "v")

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        g = self.coupled_decay(x, g)
        average(m, g, self.shares["beta1"], self.scratch)
        average_square(v, g, self.shares["beta2"], self.scratch)
        adam_move(self, x, m, v)


class AdamW(Optimizer):
    """x <- x (1 - lr weight_decay), then Adam's step with g unchanged.

    Source: Loshchilov & Hutter 2019, algorithm 2; as torch, the decay is multiplied by lr.
    """

    defaults = table(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2)
    fixed = table(amsgrad=False)
    buffers = ("m", "v")

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        self.decoupled_decay(x)
        average(m, g, self.shares["beta1"], self.scratch)
        average_square(v, g, self.shares["beta2"], self.scratch)
        adam_move(self, x, m, v)


class AMSGrad(Optimizer):
    """Adam with v_max <- max(v_max, v) in place of v, so that no step size grows again.

    Source: Reddi, Kale & Kumar 2018, algorithm 2. As torch, the maximum is over the uncorrected v (optax: corrected).
    """

    defaults = Adam.defaults
    fixed = table(amsgrad=True)
    buffers = ("m", "v", "v_max")

    def update(self, x: Array, g: Array, m: Array, v: Array, v_max: Array) -> None:
        g = self.coupled_decay(x, g)
        average(m, g, self.shares["beta1"], self.scratch)
        average_square(v, g, self.shares["beta2"], self.scratch)
        np.maximum(v_max, v, out=v_max)
        adam_move(self, x, m, v_max)


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


class Adamax(Optimizer):
    """m <- β1 m + (1-β1) g; u <- max(β2 u, |g| + eps); x <- x - lr/(1-β1ᵗ) m/u.

    Source: Kingma & Ba 2015, algorithm 2. As torch, eps is added to |g| inside the maximum; u needs no correction.
    """

    defaults = table(lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0)
    buffers = ("m", "u")

    def update(self, x: Array, g: Array, m: Array, u: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        average(m, g, self.shares["beta1"], s)
        np.multiply(u, self.const["beta2"], u)
        np.absolute(g, s)
        np.add(s, self.const["eps"], s)
        np.maximum(u, s, out=u)
        np.divide(m, u, s)
        descend(x, self.cast(self.lr / (1.0 - power(self.hyper["beta1"], self.t))), s)


class NAdam(Optimizer):
    """x <- x - lr [(1-μₜ)/(1-Mₜ) g + μₜ₊₁/(1-Mₜ μₜ₊₁) m] / (√v̂ + eps), μₜ = β1 (1 - 0.96^(t momentum_decay) / 2).

    Mₜ = μ1 ... μₜ; m, v as Adam.
    Source: Dozat 2016. With the paper's momentum schedule, as torch (optax and Keras go without).
    """

    defaults = table(
        lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, momentum_decay=4e-3, decoupled_weight_decay=False
    )
    buffers = ("m", "v")
    products = ("M",)
    scratches = 2

    def mu(self, t: int) -> Number:
        return self.hyper["beta1"] * (1.0 - 0.5 * power(0.96, t * self.hyper["momentum_decay"]))

    def update(self, x: Array, g: Array, m: Array, v: Array, M: Array) -> None:
        s, den, hyper = self.scratch, self.scratch2, self.hyper
        g = self.decay(x, g)
        average(m, g, self.shares["beta1"], s)
        average_square(v, g, self.shares["beta2"], s)
        mu, mu_next = self.mu(self.t), self.mu(self.t + 1)
        M *= mu
        root_c2 = root(1.0 - power(hyper["beta2"], self.t))
        rate = hyper["lr"] * root_c2
        np.multiply(g, self.cast(rate * (1.0 - mu) / (1.0 - M)), s)
        np.multiply(m, self.cast(rate * mu_next / (1.0 - M * mu_next)), den)
        np.add(s, den, s)
        np.sqrt(v, den)
        np.add(den, self.cast(root_c2) * self.const["eps"], den)
        np.divide(s, den, s)
        np.subtract(x, s, x)


class RAdam(Optimizer):
    """Adam with the variance rectified: x <- x - lr m̂ rₜ √(1-β2ᵗ) / (√v + eps) once ρₜ > 5, before that x - lr m̂.

    ρ∞ = 2/(1-β2) - 1; ρₜ = ρ∞ - 2t β2ᵗ/(1-β2ᵗ); rₜ² = (ρₜ-4)(ρₜ-2)ρ∞ / ((ρ∞-4)(ρ∞-2)ρₜ).
    Source: Liu et al. 2020, algorithm 2. As torch, the bound is 5 (paper: 4) and eps joins √v before the correction.
    """

    defaults = table(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled_weight_decay=False)
    buffers = ("m", "v")

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        s, hyper, t = self.scratch, self.hyper, self.t
        g = self.decay(x, g)
        average(m, g, self.shares["beta1"], s)
        average_square(v, g, self.shares["beta2"], s)
        b2_t = power(hyper["beta2"], t)
        rho_inf = 2.0 / (1.0 - hyper["beta2"]) - 1.0
        rho = rho_inf - 2.0 * t * b2_t / (1.0 - b2_t)
        rectified = np.asarray(rho > 5.0)
        rho, rho_inf = np.maximum(rho, 5.0), np.maximum(rho_inf, 5.0)  # keeps the unused r of an early step real
        r2 = (rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho)
        factor = np.where(rectified, np.sqrt(r2 * (1.0 - b2_t)), 1.0)
        np.sqrt(v, s)
        np.add(s, self.const["eps"], s)
        np.copyto(s, 1.0, where=~rectified)
        np.divide(m, s, s)
        descend(x, self.cast(hyper["lr"] / (1.0 - power(hyper["beta1"], t)) * factor), s)


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


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "amsgrad": AMSGrad,
    "adamw": AdamW,
    "adamax": Adamax,
    "nadam": NAdam,
    "radam": RAdam,
    "rprop": Rprop,
    "asgd": ASGD,
    "adafactor": Adafactor,
    "muon": Muon,
    "lion": Lion,
    "lbfgs": LBFGS,
}

BATCH_RULES = [name for name in OPTIMIZERS if name != "lbfgs"]  # L-BFGS wants the loss itself, not a batch of it
