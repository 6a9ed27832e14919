"""Search without layers: methods that minimize a function, and surfaces to try them on."""

from core.minimizers.base import Problem
from core.minimizers.landscapes import LANDSCAPES
from core.minimizers.methods import MINIMIZERS

__all__ = ["LANDSCAPES", "MINIMIZERS", "Problem"]
