"""Ways to a gradient: backpropagation, and all that can stand in for it."""

from core.gradients.estimators import GRADIENTS, Gradient, NetworkLoss

__all__ = ["GRADIENTS", "Gradient", "NetworkLoss"]
