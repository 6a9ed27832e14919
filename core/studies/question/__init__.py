"""Is gradient descent backpropagation? Sources of a gradient and uses of it, swapped."""

from core.studies.question.judging import outcome, verdicts
from core.studies.question.study import DECIDES, Result, Settings, curves, run, table

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
