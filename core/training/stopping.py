"""Early stopping: validation rows, the weights of lowest validation loss, and patience."""

import numpy as np

from core.data import stream


def held_out(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Indices (count,) of the validation rows, sorted, drawn by a seed and stratified by label (n,).

    From the rows in random order, sorted by label, every n/count-th is drawn, so a label's share is exact up to one row
    (systematic sampling, Cochran 1977, chapter 8). A label's only row stays in training unless there are too few other
    rows.
    """
    _, label, rows = np.unique(labels, return_inverse=True, return_counts=True)
    rng, drawn = stream(seed, "validation"), np.flatnonzero(rows[label] > 1)
    drawn = rng.permutation(drawn if len(drawn) > count else len(labels))
    drawn = drawn[np.argsort(label[drawn], kind="stable")]
    return np.sort(drawn[(rng.integers(len(drawn)) + np.arange(count) * len(drawn)) // count])


class EarlyStopping:
    """Keep the weights with the lowest validation loss; a run stops after `patience` frames without a lower one.

    Prechelt 1998. `best` (R, P) holds the weights to restore, `best_loss` (R,) their loss.
    """

    def __init__(self, patience: int, params: np.ndarray):
        self.patience = patience
        self.best = params.copy()
        self.best_loss = np.full(len(params), np.inf)
        self.waited = np.zeros(len(params), dtype=int)

    def look(self, runs: np.ndarray, losses: np.ndarray, params: np.ndarray) -> np.ndarray:
        """Record the validation losses (S,) and weights (S, P) of the given runs (S,); return which of them stop."""
        better = losses < self.best_loss[runs]
        self.best[runs[better]] = params[better]
        self.best_loss[runs[better]] = losses[better]
        self.waited[runs] = np.where(better, 0, self.waited[runs] + 1)
        return self.waited[runs] >= self.patience
