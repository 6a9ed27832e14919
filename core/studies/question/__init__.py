"""Is gradient descent backpropagation? Exchanges the sources of a gradient and its uses."""

from core.studies.question.findings import findings
from core.studies.question.rules import RULES
from core.studies.question.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
