"""Training: settings become runs, runs become histories."""

from core.training.batches import Resting
from core.training.history import Frame, History
from core.training.settings import RunSettings
from core.training.trainer import Trainer, train

__all__ = ["Frame", "History", "Resting", "RunSettings", "Trainer", "train"]
