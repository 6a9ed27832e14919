"""Local minima: does training find the best possible weights?"""

from core.studies.minima.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
