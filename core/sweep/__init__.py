"""Sweeps of many runs: what varies, how the work is done, and how to read the table of results."""

from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import Work, sweep

__all__ = ["Sweep", "SweepSettings", "Work", "sweep"]
