"""How many samples should each update use?"""

from core.studies.batch_size.study import RULES, Result, Settings, findings, run, table
from core.studies.race import curves

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
