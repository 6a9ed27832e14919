"""How large a step?"""

from core.studies.learning_rate.study import DECIDES, Result, Settings, curves, outcome, run, table, verdicts

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
