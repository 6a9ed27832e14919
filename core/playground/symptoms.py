"""Symptoms for the doctor: a run's curves, layers, predictions, inputs and baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from core.data import Dataset
from core.gradients import NetworkLoss, extreme_curvature
from core.nn import ACTIVATIONS, Network
from core.nn.network import Pass
from core.nn.probes import statistics
from core.optimizers import OPTIMIZERS
from core.statistics import share_of
from core.training import History, Trainer

FEW = 6  # frames needed to judge the second half of a run
FLAT, PATIENCE = 0.03, 50  # of the loss that a flat curve may still lose; epochs after which it counts as a plateau
CHANCE = 0.1  # largest lead over the majority's score that can be due to chance
STEADY, RESTLESS = 0.2, 0.1  # decrease of the second half relative to the first, hardly undone by increases
SHORT, SAMPLES = 0.05, 4  # least difference of scores, and of correct predictions, that counts
BOUND = 100  # larger than any value of a bounded activation
SHARP_AT_ONCE = 1_000_000  # numbers kept by a pass of the samples on which the sharpness is measured
TWINS = 1e-9  # relative difference up to which units count as identical


def _empty() -> np.ndarray:
    return np.empty(0)


@dataclass(frozen=True)
class Symptoms:
    """One run in T frames with finite losses, with L layers with weights and k classes; what is empty is unknown.

    baselines: test scores by name. spreads (features,): interquartile range of each input that varies within it. deltas
    (L,): norm of dL/dz over the root of the layer's units. dead, saturated (L - 1,): shares of hidden units, twins:
    whether all are identical. answers, truth (k,): training samples by predicted and by true class.
    """

    settings: Mapping[str, Any]
    step: np.ndarray
    epoch: np.ndarray
    train_loss: np.ndarray
    test_loss: np.ndarray
    train_score: np.ndarray
    test_score: np.ndarray
    penalty: np.ndarray
    diverged: int  # step, or -1
    baselines: Mapping[str, float] = field(default_factory=dict)
    task: str = "classes"
    labels: Sequence[str] = ()  # names of the classes
    tested: int = 1_000_000  # test samples
    spreads: np.ndarray = field(default_factory=_empty)
    deltas: np.ndarray = field(default_factory=_empty)
    dead: np.ndarray = field(default_factory=_empty)
    saturated: np.ndarray = field(default_factory=_empty)
    twins: np.ndarray = field(default_factory=_empty)
    answers: np.ndarray = field(default_factory=_empty)
    truth: np.ndarray = field(default_factory=_empty)

    @classmethod
    def of(cls, history: History, settings: Mapping[str, Any], run: int = 0, **known: Any) -> Self:
        """The curves of one run of a history, with other known data. `settings`: at least optimizer and lr."""
        finite = np.isfinite(history.train_loss[:, run])
        names = ("train_loss", "test_loss", "train_score", "test_score", "penalty")
        curves = {name: getattr(history, name)[finite, run] for name in names}
        epochs = {name: getattr(history, name)[finite] for name in ("step", "epoch")}
        return cls(settings, **epochs, **curves, diverged=int(history.diverged[-1, run]), **known)

    # Its curves

    @property
    def late(self) -> np.ndarray:
        """Training losses of the second half of the run."""
        return self.train_loss[self.epoch >= self.epoch[-1] / 2]

    def undone(self, losses: np.ndarray) -> float:
        """Share of a curve's decreases undone by increases: 0 for a steady decrease, 1 without progress."""
        change = np.diff(losses)
        return float(share_of(change[change > 0].sum(), -change[change < 0].sum()))

    @property
    def over(self) -> bool:
        """Whether all epochs, or steps, are done."""
        ends = self.settings.get("max_epochs", np.inf), self.settings.get("steps", np.inf)
        return bool(self.epoch[-1] >= ends[0] or self.step[-1] >= ends[1])

    @property
    def steadiness(self) -> float:
        """Decrease in the second half relative to the first; 0 unless there are hardly any increases."""
        late = self.late
        if len(late) < FEW or self.undone(late) > RESTLESS or late[-1] >= late[0]:
            return 0.0
        return float(share_of(late[0] - late[-1], max(0.0, self.train_loss[0] - late[0])))

    @property
    def flat(self) -> bool:
        """Whether the training loss no longer falls, not even slowly and steadily."""
        if len(self.late) < FEW or self.steadiness >= STEADY:
            return False
        before, after = (np.median(part) for part in np.array_split(self.late, 2))
        return bool(before - after <= FLAT * before)

    @property
    def settled(self) -> bool:
        """Whether waiting longer is pointless."""
        return self.flat and (self.over or bool(self.epoch[-1] >= PATIENCE))

    @property
    def kept(self) -> float:
        """The penalty relative to its largest value so far; 1 if there is none."""
        return float(share_of(self.penalty[-1], self.penalty.max())) if self.penalty.max() > 0 else 1.0

    # Its scores

    @property
    def score(self) -> str:
        return "accuracy" if self.task == "classes" else "R²"

    @property
    def tests(self) -> float:
        """The test score over the last frames."""
        return float(np.median(self.test_score[-3:]))

    @property
    def trains(self) -> float:
        """The training score over the last frames."""
        return float(np.median(self.train_score[-3:]))

    def baseline(self, name: str) -> float:
        return self.baselines.get(name, np.nan)

    @property
    def best(self) -> float:
        """The test score of the best baseline."""
        return max(self.baselines.values(), default=np.nan)

    @property
    def notable(self) -> float:
        """The least difference between two scores that counts: SHORT and SAMPLES correct predictions; CHANCE for R²."""
        return max(SHORT, SAMPLES / self.tested) if self.task == "classes" else CHANCE

    @property
    def trails(self) -> bool:
        """Whether a baseline scores better on test samples than the network does in training."""
        return self.best - self.trains >= self.notable

    @property
    def guessed(self) -> float:
        """The highest score that counts as guessing: the majority's plus two standard errors, at most CHANCE."""
        majority, common = self.baseline("majority"), self.answers.max(initial=0) / max(1, self.answers.sum())
        if self.task != "classes":
            return majority + CHANCE
        apart = max(majority * (1 - majority), 1 - common)  # share of predictions that may differ from the majority's
        return majority + min(CHANCE, 2 * float(np.sqrt(apart / self.tested)))

    # Its network

    @property
    def backflow(self) -> float:
        """Deltas of the first hidden layer divided by those of the last; 1 if they are the same layer or all are 0."""
        first, last = self.deltas[[0, -2]] if len(self.deltas) > 2 else (1.0, 1.0)
        return float(first / last) if first > 0 and last > 0 else 1.0

    @property
    def activations(self) -> tuple[str, ...]:
        """The names of the hidden activations."""
        return tuple(self.settings.get("activations") or (self.settings.get("activation", "tanh"),))

    @property
    def bounded(self) -> bool:
        """Whether a hidden activation is flat at both ends, as tanh is and ReLU is not."""
        ends = np.array([-1e6, 1e6])
        return any(np.abs(ACTIVATIONS[name]().value(ends)).max() < BOUND for name in self.activations)

    @property
    def bends(self) -> int:
        """Number of nonlinear hidden units; layers for pictures are taken to have many."""
        if self.settings.get("layers"):
            return BOUND
        return 0 if set(self.activations) == {"identity"} else sum(self.settings.get("hidden", (BOUND,)))

    # Remedies

    @property
    def usual_rate(self) -> float:
        return OPTIMIZERS[self.settings["optimizer"]].usual_rate

    @property
    def lower_rate(self) -> float:
        return float(min(self.settings["lr"] / 10, self.usual_rate))

    @property
    def longer(self) -> dict[str, int]:
        """Four times the steps or epochs of the settings."""
        limits = {"steps": 10_000_000, "max_epochs": 10_000}
        return {name: min(most, 4 * self.settings[name]) for name, most in limits.items() if name in self.settings}

    def changes(self, **wanted: Any) -> dict[str, Any]:
        """The changes that apply to these settings and differ from them; activations for all layers."""
        if self.settings.get("activations") and "activation" in wanted:
            wanted["activations"] = (wanted.pop("activation"),)
        return {name: value for name, value in wanted.items() if self.settings.get(name, value) != value}


def symptoms(
    trainer: Trainer,
    history: History,
    settings: Mapping[str, Any],
    baselines: Mapping[str, float],
    run: int = 0,
    labels: Sequence[str] = (),
) -> Symptoms:
    """The symptoms of one run of a trainer with its current weights; if it has ended, only curves and inputs."""
    inputs = trainer.train.of(np.array([run]))[0][0, :-1]
    low, high = np.percentile(inputs, [25, 75], axis=1)
    known: dict[str, Any] = {"baselines": baselines, "task": trainer.task, "tested": trainer.test.size}
    known |= {"labels": labels, "spreads": (high - low)[high > low]}
    if len(place := np.flatnonzero(trainer.alive == run)):
        known |= _inside(trainer, int(place[0]))
    return Symptoms.of(history, settings, run, **known)


@np.errstate(all="ignore")
def _inside(trainer: Trainer, place: int) -> dict[str, Any]:
    """Symptoms from one pass over all training samples, for the run at this index among those alive."""
    x, t = trainer.train.of(trainer.alive)
    work = Pass(trainer.network, trainer.params, x.shape[-1])
    z = work.forward(x)[place]
    known = {}
    if trainer.task == "classes":
        known = {"answers": _counts(z, 0), "truth": _counts(t[place % len(t)], 0.5)}
    work.backward(t)
    look = statistics(work)
    units = [layer.numbers for layer in trainer.network.affine]  # for a convolution, all positions of all channels
    twins = []  # whether all units of a layer have the same weights and the same bias
    for W, b in trainer.network.unpack(trainer.params[place])[:-1]:
        every = np.column_stack([W.reshape(len(b), -1), b])
        twins.append(len(b) > 1 and np.abs(every - every[0]).max() <= TWINS * np.abs(every).max())
    known |= {"deltas": look.deltas[place] / np.sqrt(units), "twins": np.array(twins, bool)}
    return known | {"dead": look.dead[place], "saturated": look.saturated[place]}


def _counts(outputs: np.ndarray, border: float) -> np.ndarray:
    """Samples in each class by outputs (k, n); for a single output, by its side of the border."""
    classes = outputs.argmax(axis=0) if len(outputs) > 1 else (outputs[0] > border).astype(int)
    return np.bincount(classes, minlength=max(2, len(outputs)))


def sharpness(network: Network, params: np.ndarray, data: Dataset) -> tuple[float, int]:
    """The largest curvature of the loss at params (P,), NaN if none is found, and the number of samples measured."""
    X, y = data.X_train, network.loss.given(data.y_train, data.task, network.sizes[-1])
    samples = min(len(X), max(1, SHARP_AT_ONCE // sum(layer.kept for layer in network.layers)))
    return extreme_curvature(NetworkLoss(network, X[:samples], y[:samples]), params).value, samples
