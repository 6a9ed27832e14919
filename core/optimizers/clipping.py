"""Gradient clipping: a bound on the gradient before the update, to prevent rare huge steps."""

from typing import Any

import numpy as np

from core.optimizers.options import Array, PerRun

MAX_NORM = PerRun(low=0.0, open_low=True)


def clip_by_norm(grads: Array, max_norm: Any) -> Any:
    """g <- g min(1, max_norm / ‖g‖), in place and for each run; return the norms before, a float or (R,).

    grads (P,) or (R, P); max_norm a number or one for each run. Source: Pascanu, Mikolov & Bengio 2013, algorithm 1.
    torch divides by ‖g‖ + 1e-6 and so clips to slightly less.
    """
    limit, unit = MAX_NORM.numbers("max_norm", max_norm), 1.0
    with np.errstate(over="ignore", invalid="ignore"):  # a non-finite gradient stays non-finite
        lengths, about = np.sqrt(np.einsum("...p,...p->...", grads, grads))[..., None], np.finfo(grads.dtype)
        squared = (lengths > about.tiny**0.5 / about.eps) & (lengths < np.inf)
        if (
            not squared.all()
        ):  # squares overflow from 1e154 and vanish below 1e-154: so use units of the largest component
            peak = np.abs(grads).max(axis=-1, keepdims=True, initial=0.0)
            unit = np.where(squared | (peak == 0.0) | ~np.isfinite(peak), peak.dtype.type(1.0), peak)
            lengths = np.where(unit == 1.0, lengths, np.linalg.norm(grads / unit, axis=-1, keepdims=True))
        norms = unit * lengths
        if (longer := norms > limit).any():
            grads *= np.divide(limit / unit, lengths, out=np.ones_like(norms), where=longer)
    return norms[..., 0] if grads.ndim > 1 else norms.item()
