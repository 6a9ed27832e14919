"""Writes layers.json: what PyTorch makes of pictures in each layer and in small networks, and all gradients.

To repeat it: python -m venv torch && torch/bin/pip install torch==2.13.0 && torch/bin/python tests/reference/layers.py
"""

import json
from pathlib import Path

import torch
from torch import nn

CONVENTION = (
    "X (n, channels, height, width). layers follow each other, written as in settings: "
    "conv-channels-kernel-stride-padding, max_pool-size-stride, average_pool-size-stride, dense-units; a list of "
    "layers has a shortcut past it. params: of each layer that has some, weight and bias as W and b, or as scale and "
    "shift of a normalization. loss: of the flattened output and Y, mean_squared_error over all elements or "
    "softmax_cross_entropy with integer classes. output, value and gradients are those of training, gradient_X is "
    "dL/dX; averages: running mean and variance of each batch_norm after this one forward pass, and evaluated: the "
    "output with them."
)
NORMALIZED = ["conv-2-3", "batch_norm", "relu", ["conv-2-3-1-1", "layer_norm", "tanh"]]
CASES = [  # layers, and the shape of X
    (["conv-3-3"], (2, 2, 4, 5)),
    (["conv-2-3-2-1"], (2, 2, 5, 4)),
    (["conv-2-2-3"], (2, 1, 6, 5)),
    (["conv-2-3-1-2"], (2, 2, 3, 3)),
    (["max_pool-2"], (2, 2, 5, 4)),
    (["max_pool-3-2"], (2, 2, 5, 6)),
    (["max_pool-2-3"], (2, 2, 5, 5)),
    (["average_pool-2"], (2, 2, 4, 5)),
    (["average_pool-3-1"], (2, 2, 4, 5)),
    (["average_pool-2-3"], (2, 2, 5, 5)),
    (["batch_norm"], (3, 2, 3, 4)),
    (["layer_norm"], (3, 2, 3, 4)),
    (["conv-2-3-1-1", "relu", "max_pool-2", "conv-3-2", "tanh", "flatten", "dense-4"], (4, 1, 6, 6)),
    ([*NORMALIZED, "average_pool-2-1", "flatten", "dense-3"], (4, 1, 6, 6)),
]
LOSSES = {"mean_squared_error": nn.functional.mse_loss, "softmax_cross_entropy": nn.functional.cross_entropy}


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def drawn(shape):
    """Random numbers with one decimal, so that some of them are equal."""
    return torch.randn(shape).round(decimals=1)


def built(layers, x):
    """The modules of these layers for an input x, with random parameters."""
    modules = []
    for layer in layers:
        modules.append(Residual(*built(layer, x)) if isinstance(layer, list) else module(layer, x))
        x = modules[-1](x)
    return modules


@torch.no_grad()
def module(layer, x):
    name, *numbers = layer.split("-")
    made = {
        "conv": lambda *numbers: nn.Conv2d(x.shape[1], *numbers),
        "dense": lambda units: nn.Linear(x.shape[1], units),
        "max_pool": nn.MaxPool2d,
        "average_pool": nn.AvgPool2d,
        "flatten": nn.Flatten,
        "batch_norm": lambda: nn.BatchNorm2d(x.shape[1]),
        "layer_norm": lambda: nn.LayerNorm(x.shape[1:]),
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
    }[name](*map(int, numbers))
    for parameter in made.parameters():
        parameter.copy_(drawn(parameter.shape))
    return made


def named(model, of):
    """What `of` makes of the parameters of each module that has some."""
    found = []
    for each in model.modules():
        own = dict(each.named_parameters(recurse=False))
        names = ("W", "b") if isinstance(each, nn.Conv2d | nn.Linear) else ("scale", "shift")
        if own:
            found.append({name: of(parameter).tolist() for name, parameter in zip(names, own.values(), strict=True)})
    return found


def case(layers, shape):
    X = drawn(shape).requires_grad_()
    model = nn.Sequential(*built(layers, X.detach()))
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.reset_running_stats()
    output = model(X).flatten(1)
    classes = isinstance(layers[-1], str) and layers[-1].startswith("dense")
    loss = "softmax_cross_entropy" if classes else "mean_squared_error"
    Y = torch.arange(len(X)) % output.shape[1] if classes else drawn(output.shape)
    value = LOSSES[loss](output, Y)
    value.backward()
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    return {
        "layers": layers,
        "loss": loss,
        "X": X.tolist(),
        "Y": Y.tolist(),
        "params": named(model, lambda parameter: parameter),
        "output": output.tolist(),
        "value": value.item(),
        "gradients": named(model, lambda parameter: parameter.grad),
        "gradient_X": X.grad.tolist(),
        "averages": [[norm.running_mean.tolist(), norm.running_var.tolist()] for norm in norms],
        "evaluated": model.eval()(X).flatten(1).tolist(),
    }


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    source = f"PyTorch {torch.__version__} (CPU, float64, one thread), by layers.py"
    text = json.dumps(
        {"source": source, "convention": CONVENTION, "cases": [case(*each) for each in CASES]}, separators=(",", ":")
    )
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
