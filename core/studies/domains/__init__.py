"""The same network on images, language and fraud, with simple baselines."""

from core.studies.domains.findings import RULES, findings
from core.studies.domains.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
