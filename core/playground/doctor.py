"""Diagnoses training runs: each illness with its measure, threshold, cause and cure, most direct causes first.

Each threshold lies between the values of healthy and of ill small networks, measured over seeds and data sets
(tests/core/playground/test_doctor.py runs both sides). At a thousandth of the deltas, for instance, the first layer
needs a thousand updates for one update of the last, and healthy networks lie between 0.3 and 7; initial weights of
reasonable size give a loss of 0.5 to 5 on standardized data; mini-batches alone move it by 0.01 to 0.04 of its first
value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.features import OWN
from core.playground.symptoms import FEW, PATIENCE, STEADY, Symptoms, symptoms
from core.statistics import share_of
from core.training import History, Trainer

HEALTHY, UNDECIDED = "healthy", "undecided"
THOUSAND = 1e3
ABSURD = 100  # loss before the first update
UNDONE = 0.8  # share of decreases undone by increases if a loss makes no progress
STILL = 0.25  # largest share of the loss removed if a rate is too low
GAP = 0.05  # least rise that counts, relative to the first test loss
MATERIAL = 0.05  # least penalty that matters, relative to the training loss
SHRUNK = 0.25  # share of its largest value below which a penalty explains small deltas
FEW_UNITS = 10  # numbers of hidden units that may be too few
ROOM = (16, 16)  # hidden layers that fit every small data set
PENALTIES = ("l1", "l2")
BASELINES = {"majority": "the best constant answer", "linear": "a linear model", "neighbours": "nearest neighbours"}


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis: an illness, healthy or undecided; one sentence; the settings to replace."""

    name: str
    sentence: str
    cure: dict[str, Any]

    @property
    def ill(self) -> bool:
        return self.name not in (HEALTHY, UNDECIDED)


@dataclass(frozen=True)
class Illness:
    """A run has an illness if its measure reaches the threshold.

    said: the measurement in words. cause: the reason, with settings in braces. advice and cure: the remedy, in words
    and as settings to replace.
    """

    name: str
    measure: Callable[[Symptoms], float]
    threshold: float
    said: Callable[[Symptoms], str]
    cause: str
    advice: str
    cure: Callable[[Symptoms], dict[str, Any]]

    def diagnosis(self, run: Symptoms) -> Diagnosis:
        """The diagnosis of a run with this illness."""
        sentence = f"{self.said(run)}, because {self.cause.format(**run.settings)}; try {self.advice}."
        return Diagnosis(self.name, sentence, run.changes(**self.cure(run)))


@np.errstate(all="ignore")  # the last losses before divergence are unbounded
def diagnose(run: Symptoms) -> Diagnosis:
    """The first of ILLNESSES that a run has.

    Without one it is healthy, or undecided if it does not beat guessing or trails a baseline.
    """
    if not len(run.epoch):
        return Diagnosis(UNDECIDED, "The loss was not finite before the first update.", {})
    for illness in ILLNESSES:
        if illness.measure(run) >= illness.threshold:
            return illness.diagnosis(run)
    stands = f"test {run.score} {run.tests:.3g} after {_epochs(run)} epochs, compared with {_beside(run)}"
    if not run.tests > run.guessed or run.trails:  # an undefined score is not above it
        doubt = "No clear cause found" if run.settled else "Too early to tell"
        return Diagnosis(UNDECIDED, f"{doubt}: {stands}.", run.longer if run.over else {})
    return Diagnosis(HEALTHY, f"Nothing wrong found: {stands}.", {})


def examine(
    trainer: Trainer, history: History, settings: Mapping[str, Any], baselines: Mapping[str, float], run: int = 0
) -> Diagnosis:
    """`diagnose` for a run of a trainer, with the test scores of `core.data.baselines` on the same data."""
    return diagnose(symptoms(trainer, history, settings, baselines, run))


# Measures


def _initial_size(run: Symptoms) -> float:
    return max(run.backflow / THOUSAND, run.train_loss[0] / ABSURD)


def _swing(run: Symptoms) -> float:
    """Median change of the loss between frames, relative to the first loss, if it makes no progress."""
    late = run.late
    if len(late) < FEW or run.undone(late) < UNDONE:
        return 0.0
    return float(share_of(np.median(np.abs(np.diff(late))), run.train_loss[0]))


def _shrinkage(run: Symptoms) -> float:
    """Factor by which a penalty has shrunk, if it matters and the network trails a baseline."""
    waited = run.flat or run.epoch[-1] >= PATIENCE
    return 1 / run.kept if waited and run.trails and run.penalty.max() >= MATERIAL * run.train_loss[-1] else 0.0


def _lost_deltas(run: Symptoms) -> float:
    """Deltas of the last hidden layer divided by those of the first, unless a penalty has shrunk the weights."""
    return 1 / run.backflow if run.kept > SHRUNK else 0.0


def _slowness(run: Symptoms) -> float:
    """Steadiness of a run whose loss has hardly fallen after many epochs."""
    slow = run.epoch[-1] >= PATIENCE and run.train_loss[-1] >= (1 - STILL) * run.train_loss[0] > 0
    return run.steadiness if slow else 0.0


def _rise(run: Symptoms) -> float:
    """The test loss divided by its minimum, if the training loss kept falling."""
    best = int(run.test_loss.argmin())
    end, lowest = float(np.median(run.test_loss[-3:])), run.test_loss[best]
    fell_on = run.train_loss[-1] < run.train_loss[best] and end - lowest >= GAP * run.test_loss[0]
    return end / lowest if fell_on else 0.0


def _lack_of_units(run: Symptoms) -> float:
    """Gap of the training score to a baseline's, with few hidden units; with none only for curved borders."""
    if not (run.settled and run.trails) or run.bends > FEW_UNITS:
        return 0.0
    return (run.best if run.bends else run.baseline("neighbours")) - run.trains


def _missing(run: Symptoms) -> np.ndarray:
    """Training samples (k,) of each class that is never predicted; if only one class is predicted, only of rare
    classes."""
    several = np.count_nonzero(run.answers) > 1
    rare = run.truth < run.truth.sum() / max(1, 2 * len(run.truth))
    return run.truth * ((run.answers == 0) & (rare | several))


def _left_to_best(run: Symptoms) -> float:
    """Share of the gap between a linear model's and the best baseline's score that the network has not closed."""
    if not (run.settled and run.trails):
        return 0.0
    return (run.best - run.tests) / max(run.best - run.baseline("linear"), run.notable)


# Words


def _percent(share: float) -> str:
    return f"{100 * share:,.0f} %" if share > 0.1 else f"{100 * share:.2g} %"


def _epochs(run: Symptoms) -> str:
    epoch = float(run.epoch[-1])
    return f"{epoch:,.0f}" if epoch >= 100 else f"{epoch:.3g}"


def _beside(run: Symptoms, *names: str) -> str:
    """The scores of all or of the named baselines."""
    *first, last = (f"{run.baseline(name):.3g} for {BASELINES[name]}" for name in names or BASELINES)
    return f"{', '.join(first)} and {last}" if first else last


def _between_layers(run: Symptoms, change: str) -> str:
    return (
        f"Deltas {change} from {run.deltas[-2]:.2g} in the last hidden layer to {run.deltas[0]:.2g} in the first, "
        f"{len(run.deltas) - 2} layers earlier"
    )


def _too_large(run: Symptoms) -> str:
    if run.backflow >= THOUSAND:
        return _between_layers(run, "grow")
    return f"The loss was {run.train_loss[0]:.3g} before the first update; 0.5 to 5 is usual"


def _penalties(run: Symptoms) -> list[str]:
    return [name for name in PENALTIES if run.settings.get(name)]


def _shrunk(run: Symptoms) -> str:
    named = " and ".join(f"{name.upper()} {run.settings[name]:g}" for name in _penalties(run))
    return (
        f"The penalty ({named}) has shrunk with the weights to {_percent(run.kept)} of its largest value, and the "
        f"training {run.score} is {run.trains:.3g}, while a baseline reaches {run.best:.3g} on test samples"
    )


# Cures


def _weaker_penalty(run: Symptoms) -> dict[str, Any]:
    """The strengths, to one digit, for which the largest penalty so far would be 1/100 of the loss."""
    factor = min(0.1, 0.01 * run.train_loss[-1] / run.penalty.max())
    return {name: float(f"{run.settings[name] * factor:.0e}") for name in _penalties(run)}


def _smaller_weights(run: Symptoms) -> dict[str, Any]:
    sane = run.changes(initializer="xavier", gain=1.0, lr=min(run.settings["lr"], run.usual_rate))
    return sane or {"activation": "leaky_relu", "initializer": "kaiming", "lr": run.lower_rate}


def _fresh_start(run: Symptoms) -> dict[str, Any]:
    """A rule, an activation and a size that fit every small data set."""
    room = {"hidden": ROOM} if run.bends < sum(ROOM) else {}
    return {"optimizer": "adam", "lr": 0.01, "activation": "tanh", "dropout": 0.0} | room


ILLNESSES = [  # a run gets only the first one, which explains later ones
    Illness(
        name="unscaled_inputs",
        measure=lambda run: float(run.spreads.max() / run.spreads.min()) if run.spreads.size else 0.0,
        threshold=THOUSAND,
        said=lambda run: (
            f"The interquartile range of one input is {run.spreads.max():.2g}, that of another only "
            f"{run.spreads.min():.2g}"
        ),
        cause="the columns are not standardized, or a few extreme values compress the rest of a column, and no "
        "learning rate suits the weights of both",
        advice="standardizing columns, and correcting or removing extreme values",
        cure=lambda run: {},
    ),
    Illness(
        name="symmetry",
        measure=lambda run: float(run.twins.any()),
        threshold=1,
        said=lambda run: (
            f"All units of hidden layer {run.twins.argmax() + 1} are identical after {_epochs(run)} epochs"
        ),
        cause="they started equal, get equal gradients and stay equal",
        advice="random initial weights",
        cure=lambda run: {"initializer": "xavier"},
    ),
    Illness(
        name="exploding",
        measure=_initial_size,
        threshold=1,
        said=_too_large,
        cause="the weights are so large that each layer amplifies its input",
        advice="smaller initial weights",
        cure=lambda run: {"gain": 1.0, "initializer": "orthogonal", "lr": run.usual_rate},
    ),
    Illness(
        name="not_finite",
        measure=lambda run: float(run.diverged >= 0),
        threshold=1,
        said=lambda run: (
            f"The loss is not finite at step {run.diverged:,}; it started at {run.train_loss[0]:.3g} and its last "
            f"value was {run.train_loss[-1]:.3g}"
        ),
        cause="at a learning rate of {lr:g} each update overshoots the minimum further than the previous one",
        advice="a lower rate",
        cure=lambda run: {"lr": run.lower_rate},
    ),
    Illness(
        name="rate_too_high",
        measure=_swing,
        threshold=0.05,
        said=lambda run: (
            f"The loss jumps by {_percent(_swing(run))} of its first value ({run.train_loss[0]:.3g}) from frame to "
            f"frame and is now {run.train_loss[-1]:.3g}, at best {run.train_loss.min():.3g}"
        ),
        cause="at a learning rate of {lr:g} the updates jump across the minimum",
        advice="a lower rate",
        cure=lambda run: {"lr": run.lower_rate},
    ),
    Illness(
        name="penalty_too_strong",
        measure=_shrinkage,
        threshold=1.6,
        said=_shrunk,
        cause="the penalty pulls the weights to 0 more strongly than the data pulls them away",
        advice="a weaker penalty",
        cure=_weaker_penalty,
    ),
    Illness(
        name="dead",
        measure=lambda run: float(run.dead.max(initial=0)),
        threshold=0.75,  # half a layer may be dead in a healthy ReLU network
        said=lambda run: (
            f"{_percent(run.dead.max())} of the units of hidden layer {run.dead.argmax() + 1} are dead "
            "(slope 0 on every training sample)"
        ),
        cause="updates that were too large pushed them to where no sample activates them; they get no gradient there, "
        "so only momentum, weight decay or a change in earlier layers can revive them",
        advice="leaky ReLU and a lower rate",
        cure=lambda run: {"activation": "leaky_relu", "initializer": "kaiming", "gain": 1.0, "lr": run.lower_rate},
    ),
    Illness(
        name="saturated",
        measure=lambda run: float(run.saturated.max(initial=0)) if run.bounded else 0.0,
        threshold=0.75,
        said=lambda run: (
            f"{_percent(run.saturated.max())} of the units of hidden layer {run.saturated.argmax() + 1} "
            "are saturated (slope below 5 % of its maximum on nine samples of ten)"
        ),
        cause="large weights drive them to the flat ends of their activation, which pass on hardly any gradient",
        advice="smaller weights or another activation",
        cure=_smaller_weights,
    ),
    Illness(
        name="vanishing",
        measure=_lost_deltas,
        threshold=THOUSAND,
        said=lambda run: _between_layers(run, "shrink"),
        cause="each layer multiplies them by its weights and by the slope of its activation, whose product is far "
        "below 1 here",
        advice="tanh and orthogonal initial weights",
        cure=lambda run: {"activation": "tanh", "initializer": "orthogonal", "gain": 1.0},
    ),
    Illness(
        name="rate_too_low",
        measure=_slowness,
        threshold=STEADY,
        said=lambda run: (
            f"After {_epochs(run)} epochs the training loss has only fallen from "
            f"{run.train_loss[0]:.3g} to {run.train_loss[-1]:.3g} and still falls steadily"
        ),
        cause="at a learning rate of {lr:g} the updates are too small",
        advice="a higher rate",
        cure=lambda run: {"lr": max(run.usual_rate, 3 * run.settings["lr"])},
    ),
    Illness(
        name="overfitting",
        measure=_rise,
        threshold=1.15,  # the minimum of a noisy curve alone lies some percent lower
        said=lambda run: (
            f"The test loss has risen from {run.test_loss.min():.3g} at epoch "
            f"{run.epoch[run.test_loss.argmin()]:.3g} to {run.test_loss[-1]:.3g}, while the training loss fell to "
            f"{run.train_loss[-1]:.3g}"
        ),
        cause="the network fits the noise of its training samples, with weights that keep growing",
        advice="an L2 penalty",
        cure=lambda run: {"l2": max(0.01, 3 * run.settings.get("l2", 0.0))},
    ),
    Illness(
        name="too_few_units",
        measure=_lack_of_units,
        threshold=0.05,
        said=lambda run: (
            f"With {run.bends or 'no'} nonlinear hidden units the training {run.score} has stopped at "
            f"{run.trains:.3g}, compared with test scores of {_beside(run, 'linear', 'neighbours')}"
        ),
        cause="each such unit adds one bend, and this task needs more of them",
        advice="more hidden units",
        cure=lambda run: {"hidden": ROOM} | ({} if run.bends else {"activation": "tanh"}),
    ),
    Illness(
        name="class_never_predicted",
        measure=lambda run: float(_missing(run).max(initial=0)) if run.settled else 0.0,
        threshold=3,  # samples; with fewer it is not expected
        said=lambda run: (
            f"Class {_missing(run).argmax()} is never predicted, although {_missing(run).max():,} of "
            f"{run.truth.sum():,} training samples belong to it"
        ),
        cause="so few samples, or samples so similar to other classes, add little to the loss",
        advice="Adam, enough units and more epochs, or more samples of this class",
        cure=lambda run: _fresh_start(run) | run.longer,
    ),
    Illness(
        name="no_pattern",
        measure=lambda run: float(run.settled and max(run.tests, run.trains, run.best) <= run.guessed),
        threshold=1,
        said=lambda run: f"The test {run.score} is {run.tests:.3g}, compared with {_beside(run)}",
        cause="neither the network nor a baseline can predict the target from these inputs",
        advice="other inputs, or more samples",
        cure=lambda run: {"inputs": OWN},
    ),
    Illness(
        name="no_better_than_guessing",
        measure=lambda run: float(run.settled and run.tests <= run.guessed < run.best),
        threshold=1,
        said=lambda run: f"The test {run.score} has stopped at {run.tests:.3g}, compared with {_beside(run)}",
        cause="the loss has settled on a plateau, where predictions hardly depend on the inputs",
        advice="Adam, tanh and enough units",
        cure=_fresh_start,
    ),
    Illness(
        name="no_better_than_linear",
        measure=_left_to_best,
        threshold=0.75,
        said=lambda run: (
            f"The test {run.score} has stopped at {run.tests:.3g}, compared with {_beside(run, 'linear', 'neighbours')}"
        ),
        cause="the loss has settled where the hidden units do hardly more than a linear model",
        advice="Adam, tanh, enough units and more epochs",
        cure=lambda run: _fresh_start(run) | run.longer,
    ),
]
