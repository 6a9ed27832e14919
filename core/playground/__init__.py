"""One run that can be edited during training, and its diagnosis."""

from core.playground.doctor import Diagnosis, diagnose, examine
from core.playground.playground import Playground
from core.playground.settings import Settings

__all__ = ["Diagnosis", "Playground", "Settings", "diagnose", "examine"]
