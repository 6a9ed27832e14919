"""Gradient descent compared with other algorithms."""

from core.studies.algorithms.findings import RULES, findings
from core.studies.algorithms.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
