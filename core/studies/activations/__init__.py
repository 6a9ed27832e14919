"""Which activation lets a network learn?"""

from core.studies.activations.study import DECIDES, Result, Settings, curves, outcome, run, table, verdicts

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
