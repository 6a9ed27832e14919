"""The network: layers, activations, losses, initializers, penalties and probes."""

from core.nn.activations import ACTIVATIONS, Activation
from core.nn.initializers import INITIALIZERS
from core.nn.layers import LAYERS, NORMALIZATIONS
from core.nn.losses import LOSSES, Loss
from core.nn.network import Network

__all__ = ["ACTIVATIONS", "INITIALIZERS", "LAYERS", "LOSSES", "NORMALIZATIONS", "Activation", "Loss", "Network"]
