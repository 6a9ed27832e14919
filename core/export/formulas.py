"""The formulas of the exported scripts: activations and losses in the letters of the engine's classes.

Their operations stand in the engine's order, so that results agree to the last bit. Marks as in `core.export_parts`.
"""

from typing import NamedTuple


class Curve(NamedTuple):
    """An activation: its value and its derivative in x, for numpy, and its name in torch.nn."""

    value: str
    slope: str
    torch: str


ACTIVATIONS = {
    "identity": Curve("x", "np.ones_like(x)", "Identity()"),
    "step": Curve("np.where(x > 0, 1.0, 0.0)", "np.zeros_like(x)", ""),
    "sigmoid": Curve("sigmoid(x)", "(1 - sigmoid(x)) * sigmoid(x)", "Sigmoid()"),
    "tanh": Curve("np.tanh(x)", "1 - np.tanh(x) ** 2", "Tanh()"),
    "relu": Curve("np.maximum(x, 0)", "np.where(x > 0, 1.0, 0.0)", "ReLU()"),
    "leaky_relu": Curve("np.maximum(x, 0.01 * x)", "np.where(x > 0, 1.0, 0.01)", "LeakyReLU(0.01)"),
    "prelu": Curve("np.maximum(x, 0.25 * x)", "np.where(x > 0, 1.0, 0.25)", "LeakyReLU(0.25)"),
    "relu6": Curve("np.clip(x, 0, 6)", "np.where((x > 0) & (x < 6), 1.0, 0.0)", "ReLU6()"),
    "elu": Curve(
        "np.maximum(x, 0) + np.expm1(np.minimum(x, 0))", "np.where(x > 0, 1.0, np.exp(np.minimum(x, 0)))", "ELU()"
    ),
    "selu": Curve(
        "1.0507009873554805 * (np.maximum(x, 0) + 1.6732632423543772 * np.expm1(np.minimum(x, 0)))",
        "1.0507009873554805 * np.where(x > 0, 1.0, 1.6732632423543772 * np.exp(np.minimum(x, 0)))",
        "SELU()",
    ),
    "celu": Curve("np.maximum(x, 0) + np.expm1(np.minimum(x, 0))", "np.exp(np.minimum(x, 0))", "CELU()"),
    "gelu": Curve("x * ndtr(x)", "ndtr(x) + x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5", "GELU()"),
    "gelu_tanh": Curve(
        "x / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * x * (1 + 0.044715 * x * x)))",
        "t = np.tanh((2 / np.pi) ** 0.5 * x * (1 + 0.044715 * x * x))\n"
        "return (1 + t) / 2 + x / 2 * (1 - t * t) * ((2 / np.pi) ** 0.5 * (1 + 0.134145 * x * x))",
        'GELU(approximate="tanh")',
    ),
    "silu": Curve("x * sigmoid(x)", "sigmoid(x) * (1 + x * (1 - sigmoid(x)))", "SiLU()"),
    "mish": Curve(
        "x * np.tanh(softplus(x))",
        "t = np.tanh(softplus(x))\nreturn t + x * sigmoid(x) * (1 - t * t)",
        "Mish()",
    ),
    "softplus": Curve(
        "np.where(x > 20, x, softplus(np.minimum(x, 20)))",
        "np.where(x > 20, 1.0, sigmoid(np.minimum(x, 20)))",
        "Softplus()",
    ),
    "softsign": Curve("x / (1 + np.abs(x))", "np.square(1 / (1 + np.abs(x)))", "Softsign()"),
    "hardtanh": Curve("np.clip(x, -1, 1)", "np.where((x > -1) & (x < 1), 1.0, 0.0)", "Hardtanh()"),
    "hardsigmoid": Curve("np.clip(x / 6 + 0.5, 0, 1)", "np.where(np.abs(x) < 3, 1 / 6, 0.0)", "Hardsigmoid()"),
    "hardswish": Curve("x * np.clip(x / 6 + 0.5, 0, 1)", "np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0)", "Hardswish()"),
    "logsigmoid": Curve("-softplus(-x)", "sigmoid(-x)", "LogSigmoid()"),
    "tanhshrink": Curve("x - np.tanh(x)", "np.tanh(x) ** 2", "Tanhshrink()"),
    "softshrink": Curve("x - np.clip(x, -0.5, 0.5)", "np.where(np.abs(x) > 0.5, 1.0, 0.0)", "Softshrink()"),
    "hardshrink": Curve("x * (np.abs(x) > 0.5)", "np.where(np.abs(x) > 0.5, 1.0, 0.0)", "Hardshrink()"),
    "threshold": Curve("np.where(x > 0, x, 0.0)", "np.where(x > 0, 1.0, 0.0)", "Threshold(0.0, 0.0)"),
}

LOSSES = {
    "mean_squared_error": Curve("np.mean(np.square(z - t))", "(z - t) * (2 / z.size)", "MSELoss"),
    "mean_absolute_error": Curve("np.mean(np.abs(z - t))", "np.sign(z - t) * (1 / z.size)", "L1Loss"),
    "huber": Curve(
        "error = np.abs(z - t)\nc = np.minimum(error, 1)\nreturn np.mean(c * (error - c / 2))",
        "np.clip(z - t, -1, 1) * (1 / z.size)",
        "HuberLoss",
    ),
    "binary_cross_entropy": Curve(
        "np.mean(softplus(z) - z * t)", "(sigmoid(z) - t) * (1 / z.size)", "BCEWithLogitsLoss"
    ),
    "softmax_cross_entropy": Curve(
        "z = z - z.max(axis=0)\nreturn np.mean(np.log(np.exp(z).sum(axis=0)) - (t * z).sum(axis=0))",
        "p = np.exp(z - z.max(axis=0))\nreturn (p / p.sum(axis=0) - t) * (1 / z.shape[1])",
        "CrossEntropyLoss",
    ),
}
