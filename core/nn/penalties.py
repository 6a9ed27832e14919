"""Regularization, against memorizing the training set: L1 and L2 penalties, dropout, limited weight norms."""

from typing import Any

import numpy as np

from core.checks import check_number


class WeightPenalty:
    """penalty = l1 Σ|W| + (l2/2) ΣW², over the weights and never the biases, not divided by the number of samples.

    l1, l2: a number, or one for each of R runs; `is_weight` (P,) is 1 where a parameter is a weight and 0 at a bias.
    Both together are the elastic net (Zou & Hastie 2005). The derivative of |w| at 0 is taken as 0.
    """

    def __init__(self, l1: Any, l2: Any, is_weight: np.ndarray):
        check_number("l1", l1, 0)
        check_number("l2", l2, 0)
        self.l1 = _of_weights(l1, is_weight)
        self.l2 = _of_weights(l2, is_weight)
        self.has_l1, self.has_l2 = bool(np.any(l1)), bool(np.any(l2))

    def value(self, params: np.ndarray) -> np.ndarray:
        """Penalty of each run, shape (...,) for params (..., P)."""
        return (self.l1 * np.abs(params) + 0.5 * self.l2 * params * params).sum(axis=-1)

    def add_gradient(self, params: np.ndarray, grads: np.ndarray, scratch: np.ndarray) -> None:
        """grads += l1 sign(W) + l2 W, in place; scratch has the shape of params."""
        if self.has_l1:
            np.sign(params, out=scratch)
            scratch *= self.l1
            grads += scratch
        if self.has_l2:
            np.multiply(params, self.l2, out=scratch)
            grads += scratch


def _of_weights(strength: Any, is_weight: np.ndarray) -> np.ndarray:
    """Strength of each parameter's penalty: (P,) for one strength, (R, P) for one of each run."""
    strength = np.asarray(strength, dtype=is_weight.dtype)
    return strength.reshape(-1, 1) * is_weight if strength.ndim else strength * is_weight


def dropout_mask(rng: np.random.Generator, rate: float, mask: np.ndarray) -> None:
    """Fill `mask` with 0 (probability `rate`) or 1/(1-rate), so that its mean is 1 (Srivastava et al. 2014)."""
    if not (isinstance(rate, float) and 0 <= rate < 1):  # the usual case needs no array
        check_number("dropout", rate, 0, 1, open_high=True)
    rng.random(out=mask, dtype=mask.dtype)  # type: ignore[call-overload]  # its stubs list dtypes one by one
    np.greater_equal(mask, rate, out=mask)
    mask /= 1.0 - rate


def limit_norms(W: np.ndarray, limit: Any) -> None:
    """w <- w min(1, limit / ‖w‖) for the incoming weights w of each unit, in place.

    W (R, n_out, n_in); limit a number, or one for each run. Source: Srivastava et al. 2014, section 5.1.
    """
    lengths = np.sqrt(np.einsum("rij,rij->ri", W, W))
    W *= np.minimum(1, np.reshape(limit, (-1, 1)) / lengths).astype(W.dtype)[:, :, None]
