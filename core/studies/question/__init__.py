"""Is gradient descent backpropagation? Sources of a gradient and uses of it, swapped."""

from core.studies.question.findings import findings
from core.studies.question.rules import RULES
from core.studies.question.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
