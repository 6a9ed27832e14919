"""The chain rule where it breaks down: ReLU has no derivative at 0, and the step function passes on no gradient."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.nn.activations import Activation
from core.nn.activations.bounded import Step
from core.nn.activations.rectifiers import ReLU
from core.nn.layers import Activate
from core.nn.network import Pass
from core.statistics import paired, share_of
from core.studies.contract import CAVEATS, FAILS, HOLDS, Evidence, Finding, Outcome, Quantity, Rule, some_met
from core.studies.wording import listed
from core.training import RunSettings, Trainer
from core.training.batches import scores

STEPS, RATE = 60, 0.3  # learning rate of plain gradient descent
CHOICES = {
    "0": 0.0,
    "½": 0.5,
    "1": 1.0,
}  # choices of ReLU's derivative at 0; any number between 0 and 1 is a subgradient
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


DIFFERENTIABLE = Rule(
    37,
    "judged by whether W1 moves, not by accuracy: it moves with neither: holds; it moves with ReLU, which has a kink, "
    "but not with a step: holds with caveats (differentiable almost everywhere is enough); it moves with a step: does "
    "not hold",
    lambda evidence: FAILS if evidence["step"].missed else CAVEATS if evidence["ReLU"].missed else HOLDS,
    {
        HOLDS: f"In {STEPS} steps W1 did not move, neither with ReLU nor with a step function.",
        CAVEATS: f"In {STEPS} steps W1 moved by {{ReLU}} with ReLU despite its kink, by {{step}} with a step "
        "function, and by {straight through} with a surrogate derivative for the step.",
        FAILS: f"In {STEPS} steps W1 moved by {{step}} with a step function, whose derivative is zero.",
    },
    kind="identity",
)
SUBGRADIENTS = Rule(
    38,
    "slope at 0, by the chain rule, of relu(x) − relu(−x), which equals x: 1 for every choice of ReLU′(0): holds; for "
    "some: holds with caveats; for none: does not hold",
    some_met,
    {
        HOLDS: "The slope of relu(x) − relu(−x) at 0 is 1, and the chain rule gives it for every ReLU′(0): {slopes}.",
        CAVEATS: "The slope of relu(x) − relu(−x) at 0 is 1; the chain rule gives {slopes}.",
        FAILS: "The slope of relu(x) − relu(−x) at 0 is 1, but the chain rule never gives that: {slopes}.",
    },
    kind="identity",
)


def _matters(evidence: Evidence) -> Outcome:
    differences = [evidence[f"score with 0 minus {name}"] for name in OTHERS]
    if any(each.met or each.missed for each in differences):
        return FAILS
    return HOLDS if evidence["weights that differ"].met else CAVEATS


AT_ZERO = Rule(
    39,
    "training with ReLU′(0) = 0, ½ and 1 from the same weights: identical final weights: holds; different weights but "
    "no detected difference in test score: holds with caveats; a difference: does not hold",
    _matters,
    {
        HOLDS: "ReLU′(0) = 0, ½ and 1 ended with bitwise the same weights: {zeros} of {pre-activations} "
        "pre-activations were exactly 0.",
        CAVEATS: "ReLU′(0) = 0, ½ and 1 ended with different weights, but no difference in test score was detected: "
        "{zeros} of {pre-activations} pre-activations were exactly 0.",
        FAILS: "ReLU′(0) matters: the test score with 0 minus that with ½ was {score with 0 minus ½:signed}, minus "
        "that with 1 {score with 0 minus 1:signed}.",
    },
)
RULES = (DIFFERENTIABLE, SUBGRADIENTS, AT_ZERO)


def findings(kinks: Mapping[str, Kink]) -> list[Finding]:
    """Claims 37, 38 and 39."""
    return [_requires_differentiable(kinks), _subgradients(), _handled_at_zero(kinks)]


def _requires_differentiable(kinks: Mapping[str, Kink]) -> Finding:
    relu, step, straight = (kinks[label] for label in ("relu, 0 at 0", "step", "step, straight through"))
    return DIFFERENTIABLE.find(
        Quantity.of("ReLU", relu.moved.mean(), "share", "at most", 0),
        Quantity.of("step", step.moved.mean(), "share", "at most", 0),
        Quantity.of("straight through", straight.moved.mean(), "share"),
        Quantity.of("test score, step", step.score.mean()),
        Quantity.of("test score, straight through", straight.score.mean()),
    )


def _subgradients() -> Finding:
    """relu(x) - relu(-x) is x, so its slope is 1 everywhere; the chain rule at 0 gives relu'(0) + relu'(-0)."""
    slopes = {name: float(2 * ReLU(value).derivative(np.zeros(1))[0]) for name, value in CHOICES.items()}
    return SUBGRADIENTS.find(
        *(Quantity.of(f"error with {name}", abs(slope - 1), "", "at most", 0) for name, slope in slopes.items()),
        slopes=listed([f"{slope:g} with ReLU′(0) = {name}" for name, slope in slopes.items()]),
    )


def _handled_at_zero(kinks: Mapping[str, Kink]) -> Finding:
    zero, *others = (kinks[label] for label in RELUS)
    return AT_ZERO.find(
        Quantity.of("weights that differ", sum((zero.params != o.params).sum() for o in others), "", "at most", 0),
        *(
            Quantity.of(f"score with 0 minus {name}", paired(zero.score, other.score), "", "above", 0)
            for name, other in zip(OTHERS, others, strict=True)
        ),
        Quantity.of("zeros", zero.zeros),
        Quantity.of("pre-activations", zero.seen),
    )
