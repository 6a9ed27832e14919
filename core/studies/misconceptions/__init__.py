"""Five misconceptions, each with its experiment."""

from core.studies.misconceptions.study import DECIDES, Result, Settings, curves, outcome_of, run, table, verdicts

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome_of", "run", "table", "verdicts"]
