"""How deep can a network be and still learn?"""

from core.studies.depth.findings import RULES, findings
from core.studies.depth.study import Result, Settings, curves, name, ratio, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "name", "ratio", "run", "table"]
