"""Regularization: L1 and L2 penalties, and limited weight norms."""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any, Self

import numpy as np

from core.checks import check_number
from core.statistics import lengths


class WeightPenalty:
    """penalty = l1 Σ|W| + (l2/2) ΣW², over weights but not biases, not divided by the number of samples.

    l1, l2: a number, or one for each of R runs; `is_weight` gives (P,) with 1 where a parameter is a weight, else 0.
    Both together are the elastic net (Zou & Hastie 2005). The derivative of |w| at 0 is taken as 0.
    """

    def __init__(self, l1: Any, l2: Any, is_weight: Callable[[], np.ndarray]):
        check_number("l1", l1, 0)
        check_number("l2", l2, 0)
        self.strengths, self.is_weight = (l1, l2), is_weight
        self.used = bool(np.any(l1) or np.any(l2))

    @cached_property
    def l1(self) -> np.ndarray | None:
        """Strength at each parameter, (P,) if shared by all runs, otherwise (R, P); None if it is 0."""
        return _of_weights(self.strengths[0], self.is_weight)

    @cached_property
    def l2(self) -> np.ndarray | None:
        """The same for ΣW²."""
        return _of_weights(self.strengths[1], self.is_weight)

    def of(self, rows: slice) -> Self:
        """The penalty of these runs."""
        part = copy(self)
        part.l1, part.l2 = (each if each is None or each.ndim == 1 else each[rows] for each in (self.l1, self.l2))
        return part

    def value(self, params: np.ndarray) -> np.ndarray:
        """Penalty of each run, shape (...,) for params (..., P)."""
        first = 0.0 if self.l1 is None else self.l1 * np.abs(params)
        second = 0.0 if self.l2 is None else 0.5 * self.l2 * params * params
        both = first + second
        return np.zeros(params.shape[:-1]) if isinstance(both, float) else both.sum(axis=-1)

    def add_gradient(self, params: np.ndarray, grads: np.ndarray, scratch: np.ndarray) -> None:
        """grads += l1 sign(W) + l2 W, in place; scratch has the shape of params."""
        if self.l1 is not None:
            np.sign(params, out=scratch)
            scratch *= self.l1
            grads += scratch
        if self.l2 is not None:
            np.multiply(params, self.l2, out=scratch)
            grads += scratch


def _of_weights(strength: Any, is_weight: Callable[[], np.ndarray]) -> np.ndarray | None:
    if not np.any(strength):
        return None
    strength = np.asarray(strength, dtype=float)
    return strength.reshape(-1, 1) * is_weight() if strength.ndim else strength * is_weight()


def limit_norms(W: np.ndarray, limit: Any) -> None:
    """w <- w limit / max(limit, ‖w‖) for the incoming weights w of each unit, in place.

    W (R, n_out, n_in); limit a number, or one for each run. Source: Srivastava et al. 2014, section 5.1.
    """
    size, limit = np.sqrt(np.einsum("rij,rij->ri", W, W)), np.reshape(limit, (-1, 1))
    if np.isinf(size).any():  # squares overflow
        size = np.where(np.isinf(size), lengths(W), size)
    W *= (limit / np.maximum(limit, size)).astype(W.dtype)[:, :, None]
