"""Does regularization help a network generalize?"""

from core.studies.regularization.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
