"""Exports: scripts that repeat a run, its weights, its history."""

from core.export.script import numpy_script, predictor_script, torch_script

__all__ = ["numpy_script", "predictor_script", "torch_script"]
