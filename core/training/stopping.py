"""When to stop: the weights of lowest validation loss, and the patience after which a run ends."""

import numpy as np


class EarlyStopping:
    """Remember the weights with the lowest validation loss; a run stops after `patience` looks without a lower one.

    Prechelt 1998. `best` (R, P) holds the weights to restore, `best_loss` (R,) their loss.
    """

    def __init__(self, patience: int, params: np.ndarray):
        self.patience = patience
        self.best = params.copy()
        self.best_loss = np.full(len(params), np.inf)
        self.waited = np.zeros(len(params), dtype=int)

    def look(self, runs: np.ndarray, losses: np.ndarray, params: np.ndarray) -> np.ndarray:
        """Take in the validation losses (S,) and weights (S, P) of the given runs (S,); return which of them stop."""
        better = losses < self.best_loss[runs]
        self.best[runs[better]] = params[better]
        self.best_loss[runs[better]] = losses[better]
        self.waited[runs] = np.where(better, 0, self.waited[runs] + 1)
        return self.waited[runs] >= self.patience
