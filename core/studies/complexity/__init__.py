"""What a gradient costs."""

from core.studies.complexity.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
