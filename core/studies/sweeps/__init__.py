"""Sweeps over networks, and over whole studies."""

from core.studies.sweeps.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
