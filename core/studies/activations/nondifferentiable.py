"""The chain rule where it breaks down: ReLU has no derivative at 0, and the step function passes on no gradient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.nn.activations import Activation
from core.nn.activations.bounded import Step
from core.nn.activations.rectifiers import ReLU
from core.nn.layers import Activate
from core.nn.network import Pass
from core.statistics import share_of
from core.training import RunSettings, Trainer
from core.training.batches import scores

STEPS, RATE = 60, 0.3  # learning rate of plain gradient descent
CHOICES = {"0": 0.0, "½": 0.5, "1": 1.0}  # of ReLU's derivative at 0; any number from 0 to 1 is a subgradient
OTHERS = ("½", "1")  # compared with the usual choice, 0
RELUS: dict[str, Activation] = {f"relu, {name} at 0": ReLU(value) for name, value in CHOICES.items()}
KINKED = RELUS | {"step": Step(), "step, straight through": Step("straight_through")}


@dataclass(frozen=True)
class Kink:
    """The outcome of a short run; one number or row for each seed."""

    params: np.ndarray  # (seeds, P)
    moved: np.ndarray  # (seeds,), norm of the change of W1 relative to W1
    score: np.ndarray  # (seeds,), on the test samples
    zeros: int  # pre-activations of hidden units that were exactly 0
    seen: int  # pre-activations counted


def train_at_kink(runs: Sequence[RunSettings], activation: Activation) -> Iterator[Kink | None]:
    """Plain gradient descent; yields None after each step, and the outcome at the end.

    Settings can only name activations with default parameters, so this one is put into the network directly.
    """
    trainer = Trainer(runs)
    for layer in trainer.network.leaves:
        if isinstance(layer, Activate):
            layer.function = activation
    first, zeros, seen = trainer.network.unpack(trainer.params.copy())[0].W, 0, 0
    x, t = trainer.train.of(trainer.alive)
    work = Pass(trainer.network, trainer.params, trainer.train.size)
    for _ in range(STEPS):
        work.forward(x)
        for layer in work.affine[:-1]:
            z = layer.above.values
            zeros, seen = zeros + z.size - int(np.count_nonzero(z)), seen + z.size
        trainer.params -= RATE * work.backward(t)
        yield None
    change = trainer.network.unpack(trainer.params)[0].W - first
    moved = share_of(np.linalg.norm(change, axis=(1, 2)), np.linalg.norm(first, axis=(1, 2)))
    x, t = trainer.test.of(trainer.alive)
    outputs = Pass(trainer.network, trainer.params, x.shape[-1]).forward(x)
    yield Kink(trainer.params, moved, scores(trainer.task, outputs, t), zeros, seen)
