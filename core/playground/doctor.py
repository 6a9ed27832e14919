"""Diagnoses training runs: each illness with its measure, threshold, cause and cure, most direct causes first.

Each threshold lies between the values of healthy and of ill small networks, measured over seeds and data sets
(tests/core/playground/test_doctor.py runs both sides). At a thousandth of the deltas, for instance, the first layer
needs a thousand updates for one update of the last, and healthy networks lie between 0.3 and 7; initial weights of
reasonable size give a loss of 0.5 to 5 on standardized data; mini-batches alone move it by 0.01 to 0.04 of its first
value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checks import texts_of
from core.data.dataset import OWN
from core.playground.symptoms import FEW, PATIENCE, Symptoms, symptoms
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
Look = Iterator[Any]  # the measure of an illness, then the numbers of its sentence, then its cure


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
    """A run has it if its measure reaches the threshold; look yields measure, numbers of the sentence, and the cure."""

    look: Callable[[Symptoms], Look]
    threshold: float
    sentence: str

    @property
    def name(self) -> str:
        return self.look.__name__

    def measure(self, run: Symptoms) -> float:
        """How much of it a run has."""
        return float(next(self.look(run)))

    def diagnosis(self, run: Symptoms) -> Diagnosis:
        """The diagnosis of a run with this illness."""
        _, numbers, cure = self.look(run)
        return Diagnosis(self.name, self.sentence.format(**{**run.settings, **numbers}), run.changes(**cure))


@np.errstate(all="ignore")  # the last losses before divergence are unbounded
def diagnose(run: Symptoms) -> Diagnosis:
    """The first of ILLNESSES that a run has; without one it is healthy, or undecided if it hardly beats guessing."""
    if not len(run.epoch):
        return Diagnosis(UNDECIDED, "The loss was not finite before the first update.", {})
    for illness in ILLNESSES:
        if illness.measure(run) >= illness.threshold:
            return illness.diagnosis(run)
    if np.isnan(run.tests):
        return Diagnosis(UNDECIDED, f"The test {run.score} is undefined: the test targets are all the same.", {})
    stands = f"test {run.score} {run.tests:.3g} after {_epochs(run)} epochs, compared with {_beside(run)}"
    if not run.tests > run.guessed or run.trails:  # an undefined score is not above it
        doubt = "No clear cause found" if run.settled else "Too early to tell"
        return Diagnosis(UNDECIDED, f"{doubt}: {stands}.", run.longer if run.over else {})
    return Diagnosis(HEALTHY, f"Nothing wrong found: {stands}.", {})


def examine(
    trainer: Trainer,
    history: History,
    settings: Mapping[str, Any],
    baselines: Mapping[str, float],
    run: int = 0,
    labels: Sequence[str] = (),
) -> Diagnosis:
    """`diagnose` for a run of a trainer, with the test scores of `core.data.baselines` on the same data.

    labels: the names of the classes, if they have names.
    """
    return diagnose(symptoms(trainer, history, settings, baselines, run, labels))


# Words and cures that several have in common


def _percent(share: float) -> str:
    return f"{100 * share:,.0f} %" if share > 0.1 else f"{100 * share:.2g} %"


def _epochs(run: Symptoms) -> str:
    return f"{run.epoch[-1]:{',.0f' if run.epoch[-1] >= 100 else '.3g'}}"


def _beside(run: Symptoms, *names: str) -> str:
    """The scores of all or of the named baselines."""
    *first, last = (f"{run.baseline(name):.3g} for {BASELINES[name]}" for name in names or BASELINES)
    return f"{', '.join(first)} and {last}" if first else last


def _between_layers(run: Symptoms, change: str) -> str:
    return (
        f"Deltas {change} from {run.deltas[-2]:.2g} in the last hidden layer to {run.deltas[0]:.2g} in the first, "
        f"{len(run.deltas) - 2} layers earlier"
    )


def _fresh_start(run: Symptoms) -> dict[str, Any]:
    """A rule, an activation and a size that fit every small data set."""
    room = {"hidden": ROOM} if run.bends < sum(ROOM) else {}
    return {"optimizer": "adam", "lr": 0.01, "activation": "tanh", "dropout": 0.0} | room


def _stands(run: Symptoms, *names: str) -> dict[str, Any]:
    """Where the scores of a run and of the baselines stand."""
    return {"score": run.score, "tests": run.tests, "trains": run.trains, "beside": _beside(run, *names)}


def _lost(run: Symptoms) -> dict[str, Any]:
    """Where the training loss stands."""
    return {"first": run.train_loss[0], "last": run.train_loss[-1], "epochs": _epochs(run)}


# The illnesses: a run gets only the first one, which explains later ones


def unscaled_inputs(run: Symptoms) -> Look:
    yield run.spreads.max() / run.spreads.min() if run.spreads.size else 0.0
    yield {"largest": run.spreads.max(), "smallest": run.spreads.min()}
    yield {}


def symmetry(run: Symptoms) -> Look:
    yield run.twins.any()
    yield {"layer": run.twins.argmax() + 1, "epochs": _epochs(run)}
    yield {"initializer": "xavier"}


def exploding(run: Symptoms) -> Look:
    yield max(run.backflow / THOUSAND, run.train_loss[0] / ABSURD)
    size = f"The loss was {run.train_loss[0]:.3g} before the first update; 0.5 to 5 is usual"
    yield {"size": _between_layers(run, "grow") if run.backflow >= THOUSAND else size}
    yield {"gain": 1.0, "initializer": "orthogonal", "lr": run.usual_rate}


def not_finite(run: Symptoms) -> Look:
    yield run.diverged >= 0
    yield _lost(run) | {"step": run.diverged}
    yield {"lr": run.lower_rate}


def rate_too_high(run: Symptoms) -> Look:
    """The median change of the loss between frames, relative to the first loss, if it makes no progress."""
    late, swing = run.late, 0.0
    if len(late) >= FEW and run.undone(late) >= UNDONE:
        swing = float(share_of(np.median(np.abs(np.diff(late))), run.train_loss[0]))
    yield swing
    yield _lost(run) | {"swing": _percent(swing), "best": run.train_loss.min()}
    yield {"lr": run.lower_rate}


def penalty_too_strong(run: Symptoms) -> Look:
    """The factor by which a penalty has shrunk, if it matters and the network trails a baseline that it could reach."""
    strengths = {name: run.settings[name] for name in PENALTIES if run.settings.get(name)}
    waited = run.flat or run.epoch[-1] >= PATIENCE
    best = run.best if run.bends else run.baseline("linear")
    trails = best - run.trains >= run.notable
    matters = strengths and waited and trails and run.penalty.max() >= MATERIAL * run.train_loss[-1]
    yield share_of(1.0, run.kept) if matters else 0.0
    named = " and ".join(f"{name.upper()} {strength:g}" for name, strength in strengths.items())
    yield _stands(run) | {"named": named, "kept": _percent(run.kept), "best": best}
    factor = min(0.1, 0.01 * run.train_loss[-1] / run.penalty.max())  # the largest penalty becomes 1/100 of the loss
    yield {name: float(f"{strength * factor:.0e}") for name, strength in strengths.items()}


def dead(run: Symptoms) -> Look:
    yield run.dead.max(initial=0)
    yield {"share": _percent(run.dead.max()), "layer": run.dead.argmax() + 1}
    yield {"activation": "leaky_relu", "initializer": "kaiming", "gain": 1.0, "lr": run.lower_rate}


def saturated(run: Symptoms) -> Look:
    yield run.saturated.max(initial=0) if run.bounded else 0.0
    yield {"share": _percent(run.saturated.max()), "layer": run.saturated.argmax() + 1}
    sane = run.changes(initializer="xavier", gain=1.0, lr=min(run.settings["lr"], run.usual_rate))
    yield sane or {"activation": "leaky_relu", "initializer": "kaiming", "lr": run.lower_rate}


def vanishing(run: Symptoms) -> Look:
    """Deltas of the last hidden layer divided by those of the first, unless a penalty has shrunk the weights."""
    yield 1 / run.backflow if run.kept > SHRUNK else 0.0
    yield {"change": _between_layers(run, "shrink")}
    yield {"activation": "tanh", "initializer": "orthogonal", "gain": 1.0}


def rate_too_low(run: Symptoms) -> Look:
    """The steadiness of a run whose loss has hardly fallen after many epochs."""
    slow = run.epoch[-1] >= PATIENCE and run.train_loss[-1] >= (1 - STILL) * run.train_loss[0] > 0
    yield run.steadiness if slow else 0.0
    yield _lost(run)
    yield {"lr": max(run.usual_rate, 3 * run.settings["lr"])}


def overfitting(run: Symptoms) -> Look:
    """The test loss divided by its minimum, if the training loss kept falling."""
    best, losses = int(run.test_loss.argmin()), run.test_loss
    end, lowest = float(np.median(losses[-3:])), losses[best]
    fell_on = run.train_loss[-1] < run.train_loss[best] and end - lowest >= GAP * losses[0]
    yield end / lowest if fell_on else 0.0
    yield _lost(run) | {"lowest": lowest, "epoch": run.epoch[best], "end": losses[-1]}
    yield {"l2": max(0.01, 3 * run.settings.get("l2", 0.0))}


def too_few_units(run: Symptoms) -> Look:
    """The gap of the training score to a baseline's, with few hidden units; with none that of any linear model."""
    possible = run.settled and run.trails and run.bends <= FEW_UNITS
    straight = max(run.trains, run.baseline("linear"))
    yield (run.best - run.trains if run.bends else run.baseline("neighbours") - straight) if possible else 0.0
    yield _stands(run, "linear", "neighbours") | {"bends": run.bends or "no"}
    yield {"hidden": ROOM} | ({} if run.bends else {"activation": "tanh"})


def class_never_predicted(run: Symptoms) -> Look:
    """Training samples of a class that is never predicted; if only one class is predicted, only of rare classes."""
    several = np.count_nonzero(run.answers) > 1
    few = run.truth < run.truth.sum() / max(1, 2 * len(run.truth))
    missing = run.truth * ((run.answers == 0) & (few | several))
    yield missing.max(initial=0) if run.settled else 0.0
    label = int(missing.argmax())
    yield {"label": run.labels[label] if run.labels else label, "number": missing.max(), "samples": run.truth.sum()}
    yield _fresh_start(run) | run.longer


def no_pattern(run: Symptoms) -> Look:
    yield run.settled and max(run.tests, run.trains, run.best) <= run.guessed
    yield _stands(run)
    yield {"inputs": OWN}


def no_better_than_guessing(run: Symptoms) -> Look:
    yield run.settled and run.tests <= run.guessed < run.best
    yield _stands(run)
    yield _fresh_start(run)


def no_better_than_linear(run: Symptoms) -> Look:
    """The share of the gap between a linear model's and the best baseline's score that the network has not closed."""
    gap = max(run.best - run.baseline("linear"), run.notable)
    yield (run.best - run.tests) / gap if run.settled and run.trails else 0.0
    yield _stands(run, "linear", "neighbours")
    yield _fresh_start(run) | run.longer


LOOKS: tuple[Callable[[Symptoms], Look], ...] = (
    *(unscaled_inputs, symmetry, exploding, not_finite, rate_too_high, penalty_too_strong, dead, saturated, vanishing),
    *(rate_too_low, overfitting, too_few_units, class_never_predicted),
    *(no_pattern, no_better_than_guessing, no_better_than_linear),
)
TEXTS = texts_of(__file__)
ILLNESSES = [Illness(look, **TEXTS[look.__name__]) for look in LOOKS]
