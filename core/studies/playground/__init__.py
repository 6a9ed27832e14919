"""The playground as a study, and its lessons."""

from core.studies.playground.study import RULES, Settings, curves, findings, run, table

__all__ = ["RULES", "Settings", "curves", "findings", "run", "table"]
