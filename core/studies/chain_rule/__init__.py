"""The chain rule with its numbers, step by step."""
