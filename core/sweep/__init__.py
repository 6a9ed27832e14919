"""Many runs: what varies, who does the work, and how to read the table of their results."""

from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import Work, sweep

__all__ = ["Sweep", "SweepSettings", "Work", "sweep"]
