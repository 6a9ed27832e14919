"""Five misconceptions, each with its experiment."""

from core.studies.misconceptions.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
