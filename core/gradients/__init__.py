"""Ways to compute a gradient: backpropagation and its alternatives."""

from core.gradients.curvature import extreme_curvature, gradient_noise, hessian, hessian_vector
from core.gradients.estimators import GRADIENTS, Gradient, NetworkLoss

__all__ = ["GRADIENTS", "Gradient", "NetworkLoss", "extreme_curvature", "gradient_noise", "hessian", "hessian_vector"]
