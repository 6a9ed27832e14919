"""Adam and its kin: averages of the gradient and of its square, corrected for their start at zero."""

import numpy as np

from core.optimizers.base import (
    Array,
    Number,
    Optimizer,
    average,
    average_square,
    descend,
    power,
    root,
    table,
)


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


RULES: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "amsgrad": AMSGrad,
    "adamw": AdamW,
    "adamax": Adamax,
    "nadam": NAdam,
    "radam": RAdam,
}
