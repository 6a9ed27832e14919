"""Does holding a network back make it better?"""

from core.studies.regularization.study import DECIDES, Result, Settings, curves, outcome, run, table, verdicts

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
