"""Does regularization help a network generalize?"""

from core.studies.regularization.findings import RULES, findings
from core.studies.regularization.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
