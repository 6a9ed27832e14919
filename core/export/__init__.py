"""Exports: scripts that repeat a run, its weights, its history."""
