"""Gradient descent beside other algorithms."""

from core.studies.algorithms.study import DECIDES, Result, Settings, curves, outcome, run, table, verdicts

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
