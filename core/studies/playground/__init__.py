"""The playground as a study, and its lessons."""

from core.playground.playground import run
from core.studies.playground.study import RULES, Settings, curves, findings, table

__all__ = ["RULES", "Settings", "curves", "findings", "run", "table"]
