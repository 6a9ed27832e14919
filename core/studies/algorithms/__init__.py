"""Gradient descent compared with other algorithms."""

from core.studies.algorithms.findings import RULES, findings
from core.studies.algorithms.study import Result, Settings, change, clicked, curves, run, table

__all__ = ["RULES", "Result", "Settings", "change", "clicked", "curves", "findings", "run", "table"]
