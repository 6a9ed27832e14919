"""Results of training: frames, each an evaluation of all runs, and their history as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np


@dataclass(slots=True)
class Frame:
    """R runs after `step` updates, evaluated at fixed weights over whole sets; NaN after a run has ended.

    Losses are without penalty. score: accuracy, or R² in a regression. seconds: spent in updates, per run. diverged,
    stopped: the step at which a run became non-finite, or early stopping ended it; otherwise -1.
    """

    step: int
    epoch: float
    seconds: float
    train_loss: np.ndarray
    test_loss: np.ndarray
    validation_loss: np.ndarray
    penalty: np.ndarray
    train_score: np.ndarray
    test_score: np.ndarray
    validation_score: np.ndarray
    diverged: np.ndarray
    stopped: np.ndarray


FIELDS = [field.name for field in fields(Frame)]
MEASURES = {"train_loss", "test_loss", "validation_loss", "penalty", "train_score", "test_score", "validation_score"}


class History:
    """Frames as read-only arrays by the names of their fields: step, epoch, seconds (T,), all others (T, R)."""

    def __init__(self) -> None:
        self.new: list[Frame] = []  # since the last reading
        self.arrays: dict[str, np.ndarray] = {}  # all earlier frames

    @classmethod
    def of(cls, frames: Iterable[Frame]) -> Self:
        """The history of these frames."""
        history = cls()
        history.new += frames
        return history

    def append(self, frame: Frame) -> None:
        """Add a frame at the end."""
        self.new.append(frame)

    def __len__(self) -> int:
        return len(self.arrays.get("step", ())) + len(self.new)

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in FIELDS:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        if self.new:
            new = {field: np.array([getattr(frame, field) for frame in self.new]) for field in FIELDS}
            known = self.arrays
            self.arrays = {field: np.concatenate([known[field], new[field]]) if known else new[field] for field in new}
            self.new = []
        found = self.arrays.get(name, np.empty(0))
        found.flags.writeable = False
        return found
