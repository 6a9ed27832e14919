"""Gradient descent compared with other algorithms."""

from core.studies.algorithms.study import RULES, Result, Settings, change, clicked, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "change", "clicked", "curves", "findings", "run", "table"]
