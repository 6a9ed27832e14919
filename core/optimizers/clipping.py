"""Gradient clipping: a bound on the gradient before any rule sees it, against the rare giant step."""

from typing import Any

import numpy as np

from core.optimizers.options import Array, PerRun

MAX_NORM = PerRun(low=0.0, open_low=True)


def clip_by_norm(grads: Array, max_norm: Any) -> Any:
    """g <- g min(1, max_norm / ‖g‖), in place and for each run; return the norms before, a float or (R,).

    grads (P,) or (R, P); max_norm a number or one for each run. Source: Pascanu, Mikolov & Bengio 2013, algorithm 1.
    torch divides by ‖g‖ + 1e-6 and so clips to slightly less.
    """
    limit = MAX_NORM.numbers("max_norm", max_norm)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("...p,...p->...", grads, grads))[..., None]
        if np.isinf(norms).any():  # squares overflow from 1e154: measure in units of the largest component
            peak = np.abs(grads).max(axis=-1, keepdims=True)
            norms = np.where(np.isinf(norms), peak * np.linalg.norm(grads / peak, axis=-1, keepdims=True), norms)
        np.multiply(grads, np.minimum(1.0, limit / norms).astype(grads.dtype), grads)
    return norms[..., 0] if grads.ndim > 1 else norms.item()
