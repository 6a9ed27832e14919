"""Which activation lets a network learn?"""

from core.studies.activations.findings import RULES, findings
from core.studies.activations.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
