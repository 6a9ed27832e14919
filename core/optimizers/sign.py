"""The rules that use only the sign of the gradient: Rprop, with a step for each coordinate, and Lion."""

from typing import Any

import numpy as np

from core.checks import InputError
from core.optimizers.base import Array, Optimizer, average, descend, table


class Rprop(Optimizer):
    """step <- step · etaplus where g keeps its sign, · etaminus where it turns, in [step_min, step_max];
    x <- x - sign(g) step.

    Where the sign turns, g counts as 0: no move now, no change of step next time (iRprop-, without back-tracking).
    Source: Riedmiller & Braun 1993; Igel & Hüsken 2000. Full batches only: the sign of a noisy g means little.
    First steps are lr, as torch (optax: the first update does not move).
    """

    defaults = table(lr=1e-2, etaminus=0.5, etaplus=1.2, step_min=1e-6, step_max=50.0)
    buffers = ("step_size", "sign")
    scratches = 2

    def __init__(self, lr: Any = None, **hyper: Any) -> None:
        super().__init__(lr, **hyper)
        low, high = self.hyper["step_min"], self.hyper["step_max"]
        if np.any(low > high):
            raise InputError(f"step_min is {low}, but must be at most step_max, {high}")

    def update(self, x: Array, g: Array, step: Array, sign: Array) -> None:
        s, same, const = self.scratch, self.scratch2, self.const
        if self.t == 1:
            step[...] = const["lr"]
        np.sign(g, s)
        np.multiply(s, sign, same)
        np.multiply(step, const["etaplus"], out=step, where=np.greater(same, 0.0, out=self.mask))
        np.multiply(step, const["etaminus"], out=step, where=np.less(same, 0.0, out=self.mask))
        np.maximum(step, const["step_min"], out=step)
        np.minimum(step, const["step_max"], out=step)
        np.copyto(s, 0.0, where=self.mask)
        np.copyto(sign, s)
        np.multiply(s, step, s)
        np.subtract(x, s, x)

    def _prepare(self) -> None:
        super()._prepare()
        self.mask = np.empty(self.scratch.shape, bool)


class Lion(Optimizer):
    """u = sign(β1 m + (1-β1) g); x <- x - lr (u + weight_decay x); m <- β2 m + (1-β2) g, after its use.

    Source: Chen et al. 2023, algorithm 2; found by program search. Weight decay is decoupled.
    """

    defaults = table(lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0)
    buffers = ("m",)
    scratches = 2

    def update(self, x: Array, g: Array, m: Array) -> None:
        s, u = self.scratch, self.scratch2
        np.copyto(u, m)
        average(u, g, self.shares["beta1"], s)
        np.sign(u, s)  # in place np.sign is ten times slower
        self.decoupled_decay(x)
        descend(x, self.const["lr"], s)
        average(m, g, self.shares["beta2"], s)


RULES: dict[str, type[Optimizer]] = {"rprop": Rprop, "lion": Lion}
