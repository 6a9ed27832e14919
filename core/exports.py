"""What leaves the lab: scripts that reproduce a run without it, its weights, and its settings with its history."""

import numpy as np

from core import export_torch
from core.checks import InputError
from core.datasets import Dataset
from core.export_formulas import ACTIVATIONS, LOSSES
from core.export_parts import NUMPY, TORCH
from core.export_script import Script, body, repeated
from core.training import RunSettings


def numpy_script(run: RunSettings, data: Dataset | None = None, params: np.ndarray | None = None) -> str:
    """A script in numpy that trains this run anew and prints its losses, to the last digits those of `train(run)`.

    It derives data, first weights and batches from the run's seeds, and shows what this run uses and nothing else.
    data: a visitor's own, which the script then carries. params (P,): first weights other than those of the seed.
    Raises InputError where a script cannot say what the run does.
    """
    script = Script(run, data, params)
    loss = LOSSES[script.loss]
    return script.finish(
        NUMPY,
        activations=script.activations(),
        loss=body(loss.value),
        loss_slope=body(loss.slope),
        update=script.written_rule("parts(params)" if "matrices" in script.traits else ""),
        rate=script.rate("lr"),
        look=script.look(
            [f"{part}_loss = loss(forward(params, {part}[0])[0], {part}[1])" for part in script.parts],
            "np.isfinite(params).all()",
        ),
    )


def torch_script(run: RunSettings, data: Dataset | None = None, params: np.ndarray | None = None) -> str:
    """The same in PyTorch, in float64: with its layers, optimizers and schedulers, but for rules that it has not."""
    script = Script(run, data, params)
    if {"batch", "lonely"} <= script.traits:
        raise InputError(f"batch_size is {run.batch_size}, but torch's BatchNorm1d refuses a batch of one sample")
    export_torch.choose_lines(script)
    losses = [f"    {part}_loss = loss(model({part}[0]), {part}[1]).item()" for part in script.parts]
    names = [ACTIVATIONS[name].torch for name in script.curves]
    return script.finish(
        TORCH,
        linear="Affine" if "matrices" in script.traits else "torch.nn.Linear",
        norm="torch.nn.BatchNorm1d" if "batch" in script.traits else "torch.nn.LayerNorm",
        modules=repeated([f"torch.nn.{name}" if name else "Step()" for name in names]),
        loss=LOSSES[script.loss].torch,
        update=export_torch.rule(script),
        rate=script.rate("lr" if "written" in script.traits else 'optimizer.param_groups[0]["lr"]'),
        look=script.look(["with torch.no_grad():", *losses], "all(p.isfinite().all() for p in model.parameters())"),
    )
