"""Optimizers turn a gradient into an update: update rules, learning rate schedules, and clipping.

Each rule is in the file of its family and in the dict RULES at the end of that file; x parameters, g gradient, t number
of the update from 1, lr learning rate; all arrays have the shape of params. Every rule is tested against trajectories
of torch 2.13 and follows torch where frameworks disagree. No rule knows the source of its gradient.
"""

from core.optimizers import adam, adaptive, descent, lbfgs, matrix
from core.optimizers.base import Optimizer, clip_by_norm
from core.optimizers.schedules import SCHEDULES, Schedule

KINDS = (descent, adaptive, adam, matrix, lbfgs)
OPTIMIZERS: dict[str, type[Optimizer]] = {name: rule for kind in KINDS for name, rule in kind.RULES.items()}
BATCH_RULES = [name for name, rule in OPTIMIZERS.items() if rule.batches]

__all__ = ["BATCH_RULES", "OPTIMIZERS", "SCHEDULES", "Optimizer", "Schedule", "clip_by_norm"]
