"""The chain rule with its numbers, step by step."""

from core.studies.chain_rule.judging import outcome, verdicts
from core.studies.chain_rule.study import DECIDES, Result, Settings, curves, run, table

__all__ = ["DECIDES", "Result", "Settings", "curves", "outcome", "run", "table", "verdicts"]
