"""The Adam family: averages of the gradient and of its square, corrected for their start at zero; and Lion, which uses
the sign of such an average."""

from typing import Any

import numpy as np

from core.optimizers.base import Array, Number, Optimizer, average, average_square, descend, root
from core.optimizers.options import Scalar, epsilon, fixed, learning_rate, not_negative, power, share, switch


class Moments(Optimizer):
    """Shared by the Adam family: hyper-parameters, and the averages m of g and v of g²."""

    beta1: Scalar = share(0.9)
    beta2: Scalar = share(0.999)
    eps: Scalar = epsilon(1e-8)
    weight_decay: Scalar = not_negative(0.0)
    buffers: tuple[str, ...] = ("m", "v")
    decoupled_weight_decay: bool = False

    def decay(self, x: Array, g: Array) -> Array:
        """Apply weight decay, and return the gradient to use."""
        if not self.decoupled_weight_decay:
            return self.coupled_decay(x, g)
        self.decoupled_decay(x)
        return g

    def move(self, x: Array, m: Array, v: Array) -> None:
        """x <- x - lr m̂ / (√v̂ + eps), the corrections folded into eps and lr: each saves a pass over the stack."""
        s, root_c2 = self.scratch, root(self.beta2.correction(self.t))
        np.sqrt(v, s)
        np.add(s, self.cast(root_c2) * self.eps.cast, s)
        np.divide(m, s, s)
        descend(x, self.cast(self.rate.value * root_c2 / self.beta1.correction(self.t)), s)


class Adam(Moments):
    """m <- β1 m + (1-β1) g; v <- β2 v + (1-β2) g²; x <- x - lr m̂ / (√v̂ + eps), m̂ = m/(1-β1ᵗ), v̂ = v/(1-β2ᵗ).

    Source: Kingma & Ba 2015, algorithm 1. eps is outside the root and added after the bias correction.
    Weight decay is coupled (it enters m and v); AdamW decouples it.
    """

    amsgrad = fixed(False)
    color = 7
    rates = (0.1, 0.01)

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        g = self.decay(x, g)
        average(m, g, self.beta1, self.scratch)
        average_square(v, g, self.beta2, self.scratch)
        self.move(x, m, v)


class AdamW(Adam):
    """x <- x (1 - lr weight_decay), then Adam's step with g unchanged.

    Source: Loshchilov & Hutter 2019, algorithm 2; as torch, the decay is multiplied by lr.
    """

    weight_decay: Scalar = not_negative(1e-2)
    decoupled_weight_decay = True
    color = 8
    still = {"weight_decay": 0.0}


class AMSGrad(Moments):
    """Adam with v_max <- max(v_max, v) instead of v, so that no step size grows again.

    Source: Reddi, Kale & Kumar 2018, algorithm 2. As torch, the maximum is over the uncorrected v (optax: corrected).
    """

    amsgrad = fixed(True)
    buffers = ("m", "v", "v_max")
    rates = (0.1, 0.1)

    def update(self, x: Array, g: Array, m: Array, v: Array, v_max: Array) -> None:
        g = self.coupled_decay(x, g)
        average(m, g, self.beta1, self.scratch)
        average_square(v, g, self.beta2, self.scratch)
        np.maximum(v_max, v, out=v_max)
        self.move(x, m, v_max)


class Adamax(Moments):
    """m <- β1 m + (1-β1) g; u <- max(β2 u, |g| + eps); x <- x - lr/(1-β1ᵗ) m/u.

    Source: Kingma & Ba 2015, algorithm 2. As torch, eps is added to |g| inside the maximum; u needs no correction.
    """

    lr: Number = learning_rate(2e-3)
    buffers = ("m", "u")
    rates = (0.1, 0.01)

    def update(self, x: Array, g: Array, m: Array, u: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        average(m, g, self.beta1, s)
        np.multiply(u, self.beta2.cast, u)
        np.absolute(g, s)
        np.add(s, self.eps.cast, s)
        np.maximum(u, s, out=u)
        np.divide(m, u, s)
        descend(x, self.cast(self.rate.value / self.beta1.correction(self.t)), s)


class NAdam(Moments):
    """x <- x - lr [(1-μₜ)/(1-Mₜ) g + μₜ₊₁/(1-Mₜ μₜ₊₁) m] / (√v̂ + eps), μₜ = β1 (1 - 0.96^(t momentum_decay) / 2).

    Mₜ = μ1 ... μₜ; m, v as Adam.
    Source: Dozat 2016. With the paper's momentum schedule, as torch (optax and Keras go without).
    """

    lr: Number = learning_rate(2e-3)
    decoupled_weight_decay: bool = switch(False)
    momentum_decay: Scalar = not_negative(4e-3)
    products = ("M",)
    scratches = 2
    rates = (0.01, 3e-3)

    def mu(self, t: int) -> Number:
        return self.beta1.value * (1.0 - 0.5 * power(0.96, t * self.momentum_decay.value))

    def begin(self, *products: Any) -> None:
        (M,) = products
        M *= self.mu(self.t)

    def update(self, x: Array, g: Array, m: Array, v: Array, M: Array) -> None:
        s, den = self.scratch, self.scratch2
        g = self.decay(x, g)
        average(m, g, self.beta1, s)
        average_square(v, g, self.beta2, s)
        mu, mu_next = self.mu(self.t), self.mu(self.t + 1)
        root_c2 = root(self.beta2.correction(self.t))
        rate = self.rate.value * root_c2
        np.multiply(g, self.cast(rate * (1.0 - mu) / (1.0 - M)), s)
        np.multiply(m, self.cast(rate * mu_next / (1.0 - M * mu_next)), den)
        np.add(s, den, s)
        np.sqrt(v, den)
        np.add(den, self.cast(root_c2) * self.eps.cast, den)
        np.divide(s, den, s)
        np.subtract(x, s, x)


class RAdam(Moments):
    """Adam with the variance rectified: x <- x - lr m̂ rₜ √(1-β2ᵗ) / (√v + eps) once ρₜ > 5, before that x - lr m̂.

    ρ∞ = 2/(1-β2) - 1; ρₜ = ρ∞ - 2t β2ᵗ/(1-β2ᵗ); rₜ² = (ρₜ-4)(ρₜ-2)ρ∞ / ((ρ∞-4)(ρ∞-2)ρₜ).
    Source: Liu et al. 2020, algorithm 2. As torch, the bound is 5 (paper: 4) and eps joins √v before the correction.
    """

    decoupled_weight_decay: bool = switch(False)
    rates = (0.01, 3e-3)

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        s, t, beta2 = self.scratch, self.t, self.beta2.value
        g = self.decay(x, g)
        average(m, g, self.beta1, s)
        average_square(v, g, self.beta2, s)
        b2_t = power(beta2, t)
        rho_inf = 2.0 / (1.0 - beta2) - 1.0
        rho = rho_inf - 2.0 * t * b2_t / (1.0 - b2_t)
        rectified = np.asarray(rho > 5.0)
        rho, rho_inf = np.maximum(rho, 5.0), np.maximum(rho_inf, 5.0)  # keeps the unused r of early steps real
        r2 = (rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho)
        factor = np.where(rectified, np.sqrt(r2 * (1.0 - b2_t)), 1.0)
        np.sqrt(v, s)
        np.add(s, self.eps.cast, s)
        np.copyto(s, 1.0, where=~rectified)
        np.divide(m, s, s)
        descend(x, self.cast(self.rate.value / self.beta1.correction(t) * factor), s)


class Lion(Optimizer):
    """u = sign(β1 m + (1-β1) g); x <- x - lr (u + weight_decay x); m <- β2 m + (1-β2) g, after use.

    Source: Chen et al. 2023, algorithm 2; found by program search. Weight decay is decoupled.
    """

    lr: Number = learning_rate(1e-4)
    beta1: Scalar = share(0.9)
    beta2: Scalar = share(0.99)
    weight_decay: Scalar = not_negative(0.0)
    buffers = ("m",)
    scratches = 2
    usual_rate = 0.001
    rates = (1e-3, 1e-3)

    def update(self, x: Array, g: Array, m: Array) -> None:
        s, u = self.scratch, self.scratch2
        np.copyto(u, m)
        average(u, g, self.beta1, s)
        np.sign(u, s)  # in place np.sign is ten times slower
        self.decoupled_decay(x)
        descend(x, self.rate.cast, s)
        average(m, g, self.beta2, s)


RULES: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "amsgrad": AMSGrad,
    "adamw": AdamW,
    "adamax": Adamax,
    "nadam": NAdam,
    "radam": RAdam,
    "lion": Lion,
}
