"""What a gradient costs."""

from core.studies.complexity.findings import RULES, findings
from core.studies.complexity.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
