"""The playground as a study, and its lessons."""

from core.studies.playground.study import DECIDES, Settings, curves, run, table, verdicts

__all__ = ["DECIDES", "Settings", "curves", "run", "table", "verdicts"]
