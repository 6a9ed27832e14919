"""Local minima: does training find the best possible weights?"""

from core.studies.minima.findings import RULES, findings
from core.studies.minima.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
