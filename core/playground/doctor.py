"""What ails a training run: illnesses read from its own numbers, each with its cause and the settings that cure it.

Every threshold lies between what healthy small networks show and what ill ones do, as measured over seeds and data sets
(tests/test_doctor.py runs both sides):
- VANISHED 1e-3, EXPLODED 1e3: deltas of the first hidden layer against those of the last, per unit. At a thousandth the
  first layer needs a thousand updates for what the last does in one; healthy networks lie between 0.3 and 7.
- ABSURD 100: loss before the first update. Fresh weights of a sane size give 0.5 to 5 on standardized data.
- SILENT 0.75: share of a layer's units that are dead, or saturated. Half a layer dead occurs in healthy ReLU networks.
- SWING 0.05: median change of the loss from look to look in the second half of the run, as a share of the first loss,
  where at least UNDONE 0.8 of all falls are risen again. Mini-batches alone move the loss by 0.01 to 0.04 of it.
- STILL 0.25: a rate is too low where after PATIENCE 50 epochs less than this share of the loss is gone, it hardly ever
  rises (RESTLESS 0.1), and its second half falls at least STEADY 0.2 as far as the first.
- WORSE 1.15 and GAP 0.05: test loss at the end over its minimum, and that rise as a share of the first test loss, while
  the training loss fell on. The minimum of a noisy curve alone lies some percent lower.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.nn import ACTIVATIONS
from core.nn.layers import Weights
from core.nn.probes import LayerStatistics, layer_statistics
from core.optimizers import OPTIMIZERS
from core.statistics import share_of
from core.training import History, Trainer

VANISHED, EXPLODED, ABSURD = 1e-3, 1e3, 100
SILENT = 0.75
SWING, UNDONE = 0.05, 0.8
STILL, PATIENCE, RESTLESS, STEADY = 0.25, 50, 0.1, 0.2
WORSE, GAP = 1.15, 0.05
TWINS = 1e-9  # relative difference up to which units are copies
FEW = 6  # looks that a judgement on the second half needs


@dataclass(frozen=True)
class Diagnosis:
    """An illness: a sentence with what was measured, one on the cause, and the settings to replace as the cure."""

    name: str
    sentence: str
    cause: str
    cure: dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """The numbers of one run in T looks, as long as its losses are finite, and of its L layers with weights.

    deltas (L,): norm of dL/dz over the root of the layer's units. dead, saturated (L - 1,): shares of hidden units,
    twins (L - 1,): whether all units of a hidden layer are copies of one. All empty where the run has no look inside.
    """

    epoch: np.ndarray
    train_loss: np.ndarray
    test_loss: np.ndarray
    diverged: int  # step, or -1
    deltas: np.ndarray
    dead: np.ndarray
    saturated: np.ndarray
    twins: np.ndarray
    settings: Mapping[str, Any]

    @property
    def late(self) -> np.ndarray:
        """Training losses of the second half of the run."""
        return self.train_loss[self.epoch >= self.epoch[-1] / 2]

    @property
    def backflow(self) -> float:
        """Deltas of the first hidden layer over those of the last; 1 where there is no way between, or nothing left."""
        first, last = self.deltas[[0, -2]] if len(self.deltas) > 2 else (1.0, 1.0)
        return float(first / last) if first > 0 and last > 0 else 1.0

    def undone(self, losses: np.ndarray) -> float:
        """How much of the falls of a curve is risen again: 0 in a steady fall, 1 where it leads nowhere."""
        change = np.diff(losses)
        return float(share_of(change[change > 0].sum(), -change[change < 0].sum()))

    @property
    def bounded(self) -> bool:
        """Whether a hidden activation is flat at both ends, as tanh is and ReLU is not."""
        names = self.settings.get("activations") or (self.settings.get("activation", "tanh"),)
        return any(np.abs(ACTIVATIONS[name]().value(np.array([-1e6, 1e6]))).max() < ABSURD for name in names)

    @property
    def usual_rate(self) -> float:
        return OPTIMIZERS[self.settings["optimizer"]].usual_rate

    @property
    def lower_rate(self) -> float:
        return float(min(self.settings["lr"] / 10, self.usual_rate))

    def cure(self, **changes: Any) -> dict[str, Any]:
        """The changes that the settings know and do not have yet; where layers have activations each, of all layers."""
        if self.settings.get("activations") and "activation" in changes:
            changes["activations"] = (changes.pop("activation"),)
        return {name: value for name, value in changes.items() if self.settings.get(name, value) != value}


Said = tuple[str, str, dict[str, Any]] | None  # sentence, cause, cure


@np.errstate(all="ignore")  # the last losses before a divergence have no bounds
def diagnose(
    history: History,
    settings: Mapping[str, Any],
    look: LayerStatistics | None = None,
    layers: Sequence[Weights] = (),
    run: int = 0,
    units: Sequence[int] = (),
) -> list[Diagnosis]:
    """The illnesses of a run, without those that another one explains; an empty list for a healthy one.

    history: of a stack in which this is `run`. settings: optimizer, lr, and by name what else the cure may change.
    look: of this run alone (R = 1), over all training samples. layers: its weights and biases. units: of each layer,
    where these are more than its biases: of a convolution all places of all channels.
    """
    losses = history.train_loss[:, run]
    finite = np.isfinite(losses)
    nothing = np.empty(0)
    findings = Findings(
        epoch=history.epoch[finite],
        train_loss=losses[finite],
        test_loss=history.test_loss[finite, run],
        diverged=int(history.diverged[-1, run]),
        deltas=look.deltas[0] / np.sqrt(units or [len(b) for _, b in layers]) if look else nothing,
        dead=look.dead[0] if look else nothing,
        saturated=look.saturated[0] if look else nothing,
        twins=np.array([_twins(layer) for layer in layers[:-1]], bool),
        settings=settings,
    )
    found: dict[str, Diagnosis] = {}
    for name, (recognize, explained_by) in ILLNESSES.items():
        if finite.any() and not explained_by & found.keys() and (said := recognize(findings)):
            found[name] = Diagnosis(name, *said)
    return list(found.values())


def examine(trainer: Trainer, history: History, settings: Mapping[str, Any], run: int = 0) -> list[Diagnosis]:
    """`diagnose` for a run of a trainer with its weights of this moment; of one that has ended, by its losses alone."""
    place = np.flatnonzero(trainer.alive == run)
    if not len(place):
        return diagnose(history, settings, run=run)
    look = layer_statistics(trainer.network, trainer.params, *trainer.train.of(trainer.alive))
    own = LayerStatistics(*(each[place] for each in look))
    units = [layer.numbers for layer in trainer.network.affine]
    return diagnose(history, settings, own, trainer.network.unpack(trainer.params[place[0]]), run, units)


def _twins(layer: Weights) -> bool:
    """Whether all units of a layer have the same weights and the same bias."""
    units = np.column_stack([layer.W.reshape(len(layer.b), -1), layer.b])
    return len(units) > 1 and bool(np.abs(units - units[0]).max() <= TWINS * np.abs(units).max())


def _percent(share: float) -> str:
    return f"{100 * share:,.0f} %" if share > 0.1 else f"{100 * share:.2g} %"


def _not_finite(run: Findings) -> Said:
    if run.diverged < 0:
        return None
    return (
        f"The loss is not finite at step {run.diverged:,}; it began at {run.train_loss[0]:.3g} and the last finite one "
        f"was {run.train_loss[-1]:.3g}.",
        f"At a learning rate of {run.settings['lr']:g} each update overshoots the minimum farther than the one before.",
        run.cure(lr=run.lower_rate),
    )


def _symmetry(run: Findings) -> Said:
    if not run.twins.any():
        return None
    layer = int(run.twins.argmax()) + 1
    return (
        f"All units of hidden layer {layer} are copies of one another, after {run.epoch[-1]:.3g} epochs still.",
        f"They started equal (initializer {run.settings.get('initializer', 'unknown')}), so they get equal gradients "
        "and stay equal: the layer is worth a single unit.",
        run.cure(initializer="xavier"),
    )


def _exploding(run: Findings) -> Said:
    if run.backflow >= EXPLODED:
        measured = (
            f"Deltas grow from {run.deltas[-2]:.2g} in the last hidden layer to {run.deltas[0]:.2g} in the first, a "
            f"factor of {run.backflow:.1g} over {len(run.deltas) - 1} layers."
        )
    elif run.train_loss[0] >= ABSURD:
        measured = f"The loss was {run.train_loss[0]:.3g} before the first update, and fresh weights give 0.5 to 5."
    else:
        return None
    return (
        measured,
        "The first weights are so large that each layer multiplies what passes through it, in both directions.",
        run.cure(gain=1.0, initializer="orthogonal", lr=run.usual_rate),
    )


def _vanishing(run: Findings) -> Said:
    if run.backflow > VANISHED:
        return None
    return (
        f"Deltas shrink from {run.deltas[-2]:.2g} in the last hidden layer to {run.deltas[0]:.2g} in the first, a "
        f"factor of {run.backflow:.1g} over {len(run.deltas) - 1} layers, so that the first ones hardly learn.",
        "Each layer multiplies the deltas by its weights and by the slope of its activation, and here the product is "
        "far below 1.",
        run.cure(activation="tanh", initializer="orthogonal", gain=1.0),
    )


def _rate_too_high(run: Findings) -> Said:
    late = run.late
    if len(late) < FEW:
        return None
    swing = float(share_of(np.median(np.abs(np.diff(late))), run.train_loss[0]))
    if swing < SWING or run.undone(late) < UNDONE:
        return None
    return (
        f"The loss jumps up and down by {_percent(swing)} of its first value ({run.train_loss[0]:.3g}) from look to "
        f"look and gets nowhere: it is {run.train_loss[-1]:.3g} now and was {run.train_loss.min():.3g} at best.",
        f"At a learning rate of {run.settings['lr']:g} the updates leap over the minimum.",
        run.cure(lr=run.lower_rate),
    )


def _dead(run: Findings) -> Said:
    if not run.dead.size or run.dead.max() < SILENT:
        return None
    return (
        f"{_percent(run.dead.max())} of the units of hidden layer {run.dead.argmax() + 1} are dead: their slope is 0 "
        "on every training sample.",
        "No gradient passes a unit that no sample activates, so its weights never move again; updates that were too "
        "large have pushed them there.",
        run.cure(activation="leaky_relu", initializer="kaiming", gain=1.0, lr=run.lower_rate),
    )


def _saturated(run: Findings) -> Said:
    if not run.saturated.size or run.saturated.max() < SILENT or not run.bounded:
        return None
    return (
        f"{_percent(run.saturated.max())} of the units of hidden layer {run.saturated.argmax() + 1} are saturated: on "
        "nine samples of ten their slope is below 5 % of its maximum.",
        "Large weights drive the units to the flat ends of their activation, where hardly any gradient passes.",
        run.cure(initializer="xavier", gain=1.0, lr=min(run.settings["lr"], run.usual_rate))
        or run.cure(activation="leaky_relu", initializer="kaiming", lr=run.lower_rate),
    )


def _rate_too_low(run: Findings) -> Said:
    late, first, last = run.late, run.train_loss[0], run.train_loss[-1]
    if len(late) < FEW or run.epoch[-1] < PATIENCE or last < (1 - STILL) * first or run.undone(late) > RESTLESS:
        return None
    if late[0] - last < STEADY * (first - late[0]) or last >= late[0] or not first:
        return None
    lr = run.settings["lr"]
    return (
        f"After {run.epoch[-1]:.3g} epochs only {_percent(1 - last / first)} of the loss is gone ({first:.3g} to "
        f"{last:.3g}), and it still falls steadily.",
        f"At a learning rate of {lr:g} the updates are too small to get anywhere soon.",
        run.cure(lr=max(run.usual_rate, 3 * lr)),
    )


def _overfitting(run: Findings) -> Said:
    best = int(run.test_loss.argmin())
    end, lowest = float(np.median(run.test_loss[-3:])), run.test_loss[best]
    fell_on = run.train_loss[-1] < run.train_loss[best]
    if not fell_on or end < WORSE * lowest or end - lowest < GAP * run.test_loss[0]:
        return None
    return (
        f"The test loss has risen from {lowest:.3g} at epoch {run.epoch[best]:.3g} to {end:.3g}, while the training "
        f"loss fell from {run.train_loss[best]:.3g} to {run.train_loss[-1]:.3g}.",
        "The network learns the noise of its training samples by heart, with weights that grow larger and larger.",
        run.cure(l2=max(0.01, 3 * run.settings.get("l2", 0.0))),
    )


LOST = {"not_finite", "symmetry", "exploding", "rate_too_high"}  # which explain whatever else is seen
ILLNESSES: dict[str, tuple[Callable[[Findings], Said], set[str]]] = {
    "symmetry": (_symmetry, set()),
    "exploding": (_exploding, {"symmetry"}),
    "not_finite": (_not_finite, {"exploding"}),
    "rate_too_high": (_rate_too_high, LOST),
    "dead": (_dead, LOST),
    "saturated": (_saturated, LOST | {"dead"}),
    "vanishing": (_vanishing, LOST | {"dead", "saturated"}),
    "rate_too_low": (_rate_too_low, LOST | {"dead", "saturated", "vanishing"}),
    "overfitting": (_overfitting, LOST | {"dead"}),
}
