"""Sweeps over networks, and over whole studies."""

from core.studies.sweeps.study import DECIDES, Result, Settings, curves, outcome, run, table, verdicts

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
