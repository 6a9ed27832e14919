"""The Adam family: averages of the gradient and of its square, corrected for their start at zero; and Lion."""

import numpy as np

from core.optimizers.base import Array, Number, Optimizer, average
from core.optimizers.options import at_least, epsilon, fixed, learning_rate, not_negative, root, share, switch


class Moments(Optimizer, buffers=("m", "v")):
    """Shared by the Adam family: hyper-parameters, and the averages m of g and v of g²."""

    beta1: Number = share(0.9)
    beta2: Number = share(0.999)
    eps: Number = epsilon(1e-8)
    weight_decay: Number = not_negative(0.0)


class Adam(Moments, color=7, rates=(0.1, 0.01)):
    """m <- β1 m + (1-β1) g; v <- β2 v + (1-β2) g²; x <- x - lr m̂ / (√v̂ + eps), m̂ = m/(1-β1ᵗ), v̂ = v/(1-β2ᵗ).

    Source: Kingma & Ba 2015, algorithm 1. eps is outside the root and added after the bias correction.
    Weight decay is coupled (it enters m and v); AdamW decouples it.
    """

    amsgrad = fixed(False)

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        average(m, g, self.beta1)
        average(v, g * g, self.beta2)
        c = root(1 - self.beta2**self.t)  # the corrections, folded into eps and lr
        x -= self.lr * c / (1 - self.beta1**self.t) * (m / (np.sqrt(v) + c * self.eps))


class AdamW(Adam, color=8):
    """x <- x (1 - lr weight_decay), then Adam's step with g unchanged.

    Source: Loshchilov & Hutter 2019, algorithm 2; as torch, the decay is multiplied by lr.
    """

    weight_decay: Number = not_negative(1e-2)
    decoupled_weight_decay = True
    still = {"weight_decay": 0.0}


class AMSGrad(Moments, rates=(0.1, 0.1), buffers=("m", "v", "v_max")):
    """Adam with v_max <- max(v_max, v) instead of v, so that no step size grows again.

    Source: Reddi, Kale & Kumar 2018, algorithm 2. As torch, the maximum is over the uncorrected v (optax: corrected).
    """

    amsgrad = fixed(True)

    def update(self, x: Array, g: Array, m: Array, v: Array, v_max: Array) -> None:
        average(m, g, self.beta1)
        average(v, g * g, self.beta2)
        np.maximum(v_max, v, out=v_max)
        c = root(1 - self.beta2**self.t)
        x -= self.lr * c / (1 - self.beta1**self.t) * (m / (np.sqrt(v_max) + c * self.eps))


class Adamax(Moments, rates=(0.1, 0.01), buffers=("m", "u")):
    """m <- β1 m + (1-β1) g; u <- max(β2 u, |g| + eps); x <- x - lr/(1-β1ᵗ) m/u.

    Source: Kingma & Ba 2015, algorithm 2. As torch, eps is added to |g| inside the maximum; u needs no correction.
    """

    lr: Number = learning_rate(2e-3)

    def update(self, x: Array, g: Array, m: Array, u: Array) -> None:
        average(m, g, self.beta1)
        np.maximum(self.beta2 * u, np.abs(g) + self.eps, out=u)
        x -= self.lr / (1 - self.beta1**self.t) * (m / u)


class NAdam(Moments, rates=(0.01, 3e-3), buffers=("m", "v", "M"), narrow=("M",), block="runs"):
    """x <- x - lr [(1-μₜ)/(1-Mₜ) g + μₜ₊₁/(1-Mₜ μₜ₊₁) m] / (√v̂ + eps), μₜ = β1 (1 - 0.96^(t momentum_decay) / 2).

    Mₜ = μ1 ... μₜ; m, v as Adam.
    Source: Dozat 2016. With the paper's momentum schedule, as torch (optax and Keras go without).
    """

    lr: Number = learning_rate(2e-3)
    decoupled_weight_decay: bool = switch(False)
    momentum_decay: Number = not_negative(4e-3)

    def update(self, x: Array, g: Array, m: Array, v: Array, M: Array) -> None:
        average(m, g, self.beta1)
        average(v, g * g, self.beta2)
        mu, mu_next = (self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay)) for t in (self.t, self.t + 1))
        M += self.t == 1
        M *= mu
        c = root(1 - self.beta2**self.t)
        step = self.lr * c * (1 - mu) / (1 - M) * g + self.lr * c * mu_next / (1 - M * mu_next) * m
        x -= step / (np.sqrt(v) + c * self.eps)


class RAdam(Moments, rates=(0.01, 3e-3)):
    """Adam with the variance rectified: x <- x - lr m̂ rₜ √(1-β2ᵗ) / (√v + eps) once ρₜ > 5, before that x - lr m̂.

    ρ∞ = 2/(1-β2) - 1; ρₜ = ρ∞ - 2t β2ᵗ/(1-β2ᵗ); rₜ² = (ρₜ-4)(ρₜ-2)ρ∞ / ((ρ∞-4)(ρ∞-2)ρₜ).
    Source: Liu et al. 2020, algorithm 2. As torch, the bound is 5 (paper: 4) and eps joins √v before the correction.
    """

    decoupled_weight_decay: bool = switch(False)

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        average(m, g, self.beta1)
        average(v, g * g, self.beta2)
        past = self.beta2**self.t
        rho_inf = 2 / (1 - self.beta2) - 1
        rho = rho_inf - 2 * self.t * past / (1 - past)
        rectified = rho > 5
        rho, rho_inf = at_least(rho, 5.0), at_least(rho_inf, 5.0)  # keeps the unused r of early steps real
        r = root((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho) * (1 - past))
        rate = self.lr / (1 - self.beta1**self.t)
        x -= np.where(rectified, rate * r * (m / (np.sqrt(v) + self.eps)), rate * m)


class Lion(Optimizer, usual_rate=0.001, rates=(1e-3, 1e-3), buffers=("m",)):
    """u = sign(β1 m + (1-β1) g); x <- x - lr (u + weight_decay x); m <- β2 m + (1-β2) g, after use.

    Source: Chen et al. 2023, algorithm 2; found by program search. Weight decay is decoupled.
    """

    lr: Number = learning_rate(1e-4)
    beta1: Number = share(0.9)
    beta2: Number = share(0.99)
    weight_decay: Number = not_negative(0.0)
    decoupled_weight_decay = True

    def update(self, x: Array, g: Array, m: Array) -> None:
        x -= self.lr * np.sign(self.beta1 * m + (1 - self.beta1) * g)
        average(m, g, self.beta2)


RULES: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "amsgrad": AMSGrad,
    "adamw": AdamW,
    "adamax": Adamax,
    "nadam": NAdam,
    "radam": RAdam,
    "lion": Lion,
}
