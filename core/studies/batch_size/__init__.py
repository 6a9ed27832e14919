"""How many samples should each update use?"""

from core.studies.batch_size.findings import RULES, findings
from core.studies.batch_size.study import Result, Settings, run, table
from core.studies.race import curves

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
