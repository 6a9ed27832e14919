"""Rules that use only the sign of the gradient: Rprop, with a step size per coordinate, and Lion."""

import numpy as np

from core.checks import InputError
from core.optimizers.base import Array, Number, Optimizer, average, descend
from core.optimizers.options import Scalar, learning_rate, not_negative, positive, scalar, share


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


RULES: dict[str, type[Optimizer]] = {"rprop": Rprop, "lion": Lion}
