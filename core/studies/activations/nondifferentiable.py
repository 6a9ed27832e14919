"""What becomes of the chain rule where an activation has no derivative: ReLU at 0, and the step function everywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.nn.activations import Activation
from core.nn.activations.bounded import Step
from core.nn.activations.rectifiers import ReLU
from core.nn.network import Pass
from core.statistics import paired
from core.studies.race import Outcome, Verdict
from core.training import RunSettings, Trainer
from core.training.batches import scores

STEPS, RATE = 60, 0.3  # of plain gradient descent
CHOICES = {"0": 0.0, "½": 0.5, "1": 1.0}  # for the derivative of ReLU at 0; any number between is a subgradient
KINKED: dict[str, Activation] = {f"relu, {name} at 0": ReLU(value) for name, value in CHOICES.items()} | {
    "step": Step(),
    "step, straight through": Step("straight_through"),
}
RELUS = [label for label in KINKED if label.startswith("relu")]


@dataclass(frozen=True)
class Kink:
    """What a short training did; one number or row for each seed."""

    params: np.ndarray  # (seeds, P)
    moved: np.ndarray  # (seeds,), norm of the change of W1 relative to W1
    score: np.ndarray  # (seeds,), on the test samples
    zeros: int  # pre-activations of hidden units that were exactly 0
    seen: int  # pre-activations looked at


def train_at_kink(runs: Sequence[RunSettings], activation: Activation) -> Iterator[Kink | None]:
    """Gradient descent in its plainest form; yields None after each step, and at the end what it did.

    A run's settings name activations with their default parameters, so this one is put into the network by hand.
    """
    trainer = Trainer(runs)
    trainer.network.activations = [activation] * len(trainer.network.activations)
    first, zeros, seen = trainer.network.layers(trainer.params.copy())[0][..., :-1], 0, 0
    for _ in range(STEPS):
        batch = trainer.batches.next()
        batch.work.forward(batch.x)
        zeros += sum(z.size - int(np.count_nonzero(z)) for z in batch.work.z[:-1])
        seen += sum(z.size for z in batch.work.z[:-1])
        trainer.params -= RATE * batch.work.backward(batch.t)
        yield None
    change = trainer.network.layers(trainer.params)[0][..., :-1] - first
    moved = np.linalg.norm(change, axis=(1, 2)) / np.maximum(np.linalg.norm(first, axis=(1, 2)), 1e-300)
    x, t = trainer.test.of(trainer.alive)
    outputs = Pass(trainer.network, trainer.params, x.shape[-1]).forward(x)
    yield Kink(trainer.params, moved, scores(trainer.task, outputs, t), zeros, seen)


def verdicts(kinks: Mapping[str, Kink]) -> list[Verdict]:
    """Claims 37, 38 and 39."""
    return [_requires_differentiable(kinks), _subgradients(), _handled_at_zero(kinks)]


def _requires_differentiable(kinks: Mapping[str, Kink]) -> Verdict:
    movement = {label: kinks[label].moved for label in (RELUS[0], "step", "step, straight through")}
    relu, step, straight = (float(moved.mean()) for moved in movement.values())
    outcome: Outcome = "holds"
    if step > 0:
        outcome = "does not hold"
    elif relu > 0:
        outcome = "holds with caveats"
    return Verdict(
        37,
        "the chain rule requires the activation functions to be differentiable",
        "judged by how far W1 moves, not by accuracy: step and ReLU both stay: holds; ReLU, which has a kink, moves "
        "and step stays: holds with caveats (almost everywhere is enough); step moves: does not hold.",
        outcome,
        f"Mean movement of the first layer's weights in {STEPS} steps: ReLU {relu:.0%}, step {step:.0%}, step with a "
        f"straight-through derivative {straight:.0%}. The step network still scores {kinks['step'].score.mean():.3f} "
        f"on its untrained hidden layers (straight through: {kinks['step, straight through'].score.mean():.3f}).",
        "Bengio, Léonard & Courville 2013, on the straight-through derivative",
    )


def _subgradients() -> Verdict:
    """relu(x) - relu(-x) is x, so its slope is 1 everywhere; the chain rule at 0 gives relu'(0) + relu'(-0)."""
    slopes = {name: float(2 * ReLU(value).derivative(np.zeros(1))[0]) for name, value in CHOICES.items()}
    right = [name for name, slope in slopes.items() if slope == 1]
    outcome: Outcome = "holds with caveats" if right else "does not hold"
    return Verdict(
        38,
        "subgradients handle non-differentiable functions",
        "slope of relu(x) − relu(−x), which is x itself, at 0 by the chain rule: 1 for every choice of ReLU′(0): "
        "holds; for some: holds with caveats; for none: does not hold.",
        "holds" if len(right) == len(slopes) else outcome,
        "; ".join(f"ReLU′(0) = {name} gives a slope of {slope:g}" for name, slope in slopes.items())
        + ". The true slope is 1; the chain rule is not valid for subgradients of such a difference.",
        "Kakade & Lee 2018",
    )


def _handled_at_zero(kinks: Mapping[str, Kink]) -> Verdict:
    zero, others = kinks[RELUS[0]], [kinks[label] for label in RELUS[1:]]
    same = all(np.array_equal(zero.params, other.params) for other in others)
    differences = [paired(zero.score, other.score) for other in others]
    outcome: Outcome = "holds" if same else "holds with caveats"
    measured = (
        f"{zero.zeros:,} of {zero.seen:,} pre-activations were exactly 0 (64-bit numbers). "
        f"The three trainings ended with {'bitwise the same' if same else 'different'} weights."
    )
    if not same:
        measured += " Test score with ReLU′(0) = 0 minus " + ", minus ".join(
            f"{name}: {difference}" for name, difference in zip(list(CHOICES)[1:], differences, strict=True)
        )
    return Verdict(
        39,
        "ReLU's missing derivative at zero is handled",
        "training with ReLU′(0) = 0, ½ and 1 from the same weights: the same weights at the end: holds; others but no "
        "difference detected in test score: holds with caveats; a difference: does not hold.",
        "does not hold" if any(difference.detected for difference in differences) else outcome,
        measured,
        "Bertoin et al. 2021, who find that it can matter at low precision",
    )
