"""The playground as a study, and its lessons."""

from core.playground.playground import curves, run, table
from core.studies.playground.study import RULES, Settings, findings

__all__ = ["RULES", "Settings", "curves", "findings", "run", "table"]
