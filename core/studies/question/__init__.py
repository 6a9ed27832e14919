"""Is gradient descent backpropagation? Exchanges the sources of a gradient and its uses."""

from core.studies.question.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
