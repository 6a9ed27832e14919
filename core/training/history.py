"""What a training leaves behind: frames, each an evaluation of all its runs, and their history as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np


@dataclass
class Frame:
    """The state of R runs after `step` updates, evaluated at fixed weights over whole sets; NaN where a run has ended.

    train_loss, test_loss: data loss without penalty. score: share of right answers, or R² in a regression.
    seconds: time spent in updates, for one run. diverged, stopped: the step at which a run's losses were not finite,
    or early stopping stopped it; -1 where not.
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


_FRAME_FIELDS = {field.name for field in fields(Frame)}
MEASURES = _FRAME_FIELDS - {"step", "epoch", "seconds", "diverged", "stopped"}
FIRST_ROOM = 16  # frames


class History:
    """The frames of a training as arrays to read: step, epoch, seconds (T,), everything else (T, R).

    Kept as arrays from the start, with room for as many frames again: a frame's own arrays are small and many.
    """

    def __init__(self) -> None:
        self.size = 0
        self.arrays: dict[str, np.ndarray] = {}  # the first `size` rows of each hold frames

    @classmethod
    def of(cls, frames: Iterable[Frame]) -> Self:
        history = cls()
        for frame in frames:
            history.append(frame)
        return history

    def append(self, frame: Frame) -> None:
        """Add a frame at the end."""
        for name in _FRAME_FIELDS:
            value, kept = np.asarray(getattr(frame, name)), self.arrays.get(name)
            if kept is None or self.size == len(kept):
                self.arrays[name] = np.empty((max(FIRST_ROOM, 2 * self.size), *value.shape), value.dtype)
                if kept is not None:
                    self.arrays[name][: self.size] = kept
            self.arrays[name][self.size] = value
        self.size += 1

    def __len__(self) -> int:
        return self.size

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in _FRAME_FIELDS:
            raise AttributeError(name)
        found = self.arrays.get(name, np.empty(0))[: self.size]
        found.flags.writeable = False
        return found
