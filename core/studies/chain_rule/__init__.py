"""The chain rule with its numbers, step by step."""

from core.studies.chain_rule.findings import RULES, findings
from core.studies.chain_rule.study import Result, Settings, curves, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
