"""Minimization without networks: methods, and surfaces to test them on."""

from core.minimizers.base import Problem
from core.minimizers.landscapes import LANDSCAPES
from core.minimizers.methods import MINIMIZERS

__all__ = ["LANDSCAPES", "MINIMIZERS", "Problem"]
