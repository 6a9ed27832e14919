"""Which optimizer reduces the loss fastest?"""

from core.studies.optimizers.findings import RULES, findings
from core.studies.optimizers.study import Result, Settings, run, table, to_target
from core.studies.race import curves

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table", "to_target"]
