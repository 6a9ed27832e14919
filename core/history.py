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


class History:
    """The frames of a training as arrays to read: step, epoch, seconds (T,), everything else (T, R).

    Frames are only ever added at the end; an array is made anew when some were.
    """

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.arrays: dict[str, np.ndarray] = {}

    @classmethod
    def of(cls, frames: Iterable[Frame]) -> Self:
        history = cls()
        history.frames.extend(frames)
        return history

    def __len__(self) -> int:
        return len(self.frames)

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in _FRAME_FIELDS:
            raise AttributeError(name)
        found = self.arrays.get(name)
        if found is None or len(found) != len(self.frames):
            found = self.arrays[name] = np.array([getattr(frame, name) for frame in self.frames])
            found.flags.writeable = False
        return found


_FRAME_FIELDS = {field.name for field in fields(Frame)}
MEASURES = _FRAME_FIELDS - {"step", "epoch", "seconds", "diverged", "stopped"}
