"""How large should a step be?"""

from core.studies.learning_rate.findings import RULES, findings
from core.studies.learning_rate.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
