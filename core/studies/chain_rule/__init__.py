"""The chain rule with its numbers, step by step."""

from core.studies.chain_rule.study import RULES, Result, Settings, curves, findings, run, table

__all__ = ["RULES", "Result", "Settings", "curves", "findings", "run", "table"]
