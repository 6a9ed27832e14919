"""Lessons checked by the run itself: which choice of the prediction proves right, and whether the task is done."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.playground.playground import Playground

SPREAD = 20  # looks at the end of a run over which its loss is seen to jump
RIGHT = 0.9  # test accuracy that a task asks for
CALM = 0.02  # jumps of a loss that is called smooth


class Check(NamedTuple):
    """Whether a task is done, with one sentence that says why."""

    done: bool
    sentence: str


def jumps(run: Playground) -> float:
    """Standard deviation of the logarithm of the training loss over the last looks; infinite if it diverged."""
    with np.errstate(all="ignore"):
        return float(np.nan_to_num(np.log(run.history.train_loss[-SPREAD:, 0]).std(), nan=np.inf))


def dead(run: Playground) -> float:
    """The largest share of dead units in a hidden layer."""
    return float(run.inside().dead.max(initial=0))


def score(run: Playground) -> float:
    """The present score on the test samples; 0 for a run that diverged."""
    return float(np.nan_to_num(run.present.test_score[0]))


def training_loss(run: Playground) -> float:
    """The present training loss; infinite for a run that diverged."""
    return float(np.nan_to_num(run.present.train_loss[0], nan=np.inf))


def early(run: Playground, share: float = 0.5) -> bool:
    """Whether the run has not come far enough to tell; one that has ended always has."""
    return run.progress < share


def changed_weights(run: Playground) -> str | None:
    """How many parameters moved before the first update."""
    if run.step or run.operation != "update":
        return None
    moved = run.params != run.initial_params
    return "all of them" if moved.all() else "some of them" if moved.any() else "none"


def share_right(run: Playground) -> str | None:
    """About which share of the test samples a run as it starts gets right; other layers would answer another one."""
    if early(run) or (len(run.network.affine) > 1 and not run.frozen.any()):
        return None
    return "about half" if score(run) < 0.625 else "about three quarters" if score(run) < 0.875 else "nearly all"


def one_unit_enough(run: Playground) -> str | None:
    """Whether a single hidden unit gets above RIGHT."""
    if run.settings.hidden != (1,) or early(run):
        return None
    return "yes" if score(run) > RIGHT else "no"


def too_fast(run: Playground) -> str | None:
    """What a high learning rate does to the loss."""
    if run.settings.lr < 10 or len(run.frames) < 2 * SPREAD:
        return None
    if not np.isfinite(training_loss(run)):
        return "grow without bound"
    return "jump up and down" if jumps(run) > 0.1 else "fall"


def rises(run: Playground) -> str | None:
    """How often the training loss is higher at a look than at the one before, while a batch is one sample."""
    if run.settings.batch_size > 1 or len(run.frames) < 2 * SPREAD:
        return None
    share = float((np.diff(run.history.train_loss[:, 0]) > 0).mean())
    return "hardly ever" if share < 0.1 else "about every fourth time" if share < 0.35 else "about every second time"


def largest_delta(run: Playground) -> str | None:
    """Which layer's δ is the largest by more than a factor of ten, in a network of sigmoid units."""
    if run.settings.activations != ("sigmoid",) or not run.step:
        return None
    first, last = run.inside().delta_norms[[0, -1]]
    return "the last layer's" if last > 10 * first else "the first layer's" if first > 10 * last else "all about equal"


def rising_loss(run: Playground) -> str | None:
    """Which loss has risen from its lowest value by a tenth."""
    if early(run) or run.by_hand or run.settings.l2 or run.settings.l1 or run.settings.dropout:
        return None
    history = run.history
    both = {"training": history.train_loss[:, 0], "test": history.test_loss[:, 0]}
    up = [name for name, losses in both.items() if losses[-1] > 1.1 * losses.min()]
    return {0: "neither", 1: f"only the {' '.join(up)} loss", 2: "both"}[len(up)]


def different_units(run: Playground) -> str | None:
    """Whether the units of the first layer still are copies of each other."""
    if run.settings.initializer != "zeros" or early(run):
        return None
    return "no, all stay equal" if _kinds(run) == 1 else "yes"


def _kinds(run: Playground) -> int:
    """Different units in the first layer."""
    return len(np.unique(np.column_stack(run.network.unpack(run.params)[0]), axis=0))


def dying(run: Playground) -> str | None:
    """What becomes of units at a high learning rate."""
    if run.settings.lr < 1 or early(run):
        return None
    return "most of them die" if dead(run) > 0.5 else "some of them die" if dead(run) else "all keep learning"


def enough(run: Playground) -> str | None:
    """Whether plain gradient descent gets above RIGHT within the epochs."""
    if run.settings.optimizer != "sgd" or run.progress < 1:
        return None
    return "yes" if score(run) > RIGHT else "no"


def cut_gradient(run: Playground) -> str | None:
    """The gradient of the weights into a unit whose outgoing weights are all 0."""
    cut = cut_unit(run)
    if cut is None or run.operation != "update":
        return None
    return "0" if not _gradients_into(run, cut).any() else "a nonzero one"


def cut_unit(run: Playground) -> int | None:
    """A unit of the first hidden layer whose outgoing weights are all 0; None if there is none."""
    layers = run.network.unpack(run.params)
    if len(layers) < 2:
        return None
    (cut,) = np.nonzero(~layers[1].W.any(axis=0))
    return int(cut[0]) if len(cut) else None


def _gradients_into(run: Playground, unit: int) -> np.ndarray:
    W, b = run.inside().gradients[0]
    return np.append(W[unit], b[unit])


# Whether the task is done


def _judged(done: bool, told: str) -> Check:
    return Check(done, f"{'Done' if done else 'Not yet'}: {told}.")


def stopped_before_update(run: Playground) -> Check:
    """Backward is done, and the optimizer has not moved the weights yet."""
    if run.operation != "update":
        return Check(False, f"Not yet: the next operation is {run.operation}. Stop when the next one is update.")
    norm = float(np.linalg.norm(run.inside().gradient_norms))
    return Check(True, f"Done: the gradient is known, its norm is {norm:.3g}, and the optimizer has not moved yet.")


def above(run: Playground, wanted: bool = True, otherwise: str = "") -> Check:
    """The test score is above RIGHT, by the means that were asked for."""
    told = f"{score(run):.0%} of the test samples are right"
    if not wanted:
        return Check(False, f"Not yet: {otherwise}.")
    return _judged(score(run) > RIGHT, f"{told}; more than {RIGHT:.0%} counts")


def unit_cut_off(run: Playground) -> Check:
    """No error reaches a hidden unit: its outgoing weights are 0, and so is the gradient of its own weights."""
    cut = cut_unit(run)
    if cut is None:
        return Check(False, "Not yet: no unit of the first layer has the weight 0 on all its outgoing links.")
    if run.operation != "update":
        return Check(False, f"Not yet: unit {cut + 1} is cut off. Press Operation until backward is done.")
    slopes = _gradients_into(run, cut)
    if slopes.any():
        return Check(False, f"Not yet: the weights into unit {cut + 1} still have a gradient.")
    return _judged(True, f"no error comes back to unit {cut + 1}, so its {len(slopes)} parameters have the gradient 0")


def calmed(run: Playground) -> Check:
    """The loss fell after the rate was lowered."""
    loss = training_loss(run)
    if run.settings.lr >= 10 or run.settings.dataset != "circles":
        return Check(False, f"Not yet: the training loss is {loss:.3g}, so lower the learning rate.")
    return _judged(loss < 0.1, f"the training loss is {loss:.3g}; below 0.1 counts")


def smooth(run: Playground) -> Check:
    """The loss hardly jumps, by the batch size alone."""
    size, spread = run.settings.batch_size, jumps(run)
    if size == 1 or len(run.frames) < SPREAD:
        return Check(False, f"Not yet: the batch size is {size}. Increase it and continue training.")
    return _judged(spread < CALM, f"the last points vary by {spread:.1%}; below {CALM:.0%} counts")


def stays_down(run: Playground) -> Check:
    """At the end the test loss is within a tenth of its lowest value."""
    lowest, now = float(np.nanmin(run.history.test_loss)), float(np.nan_to_num(run.present.test_loss[0], nan=np.inf))
    told = f"the test loss is {now:.3g}, and its lowest was {lowest:.3g}"
    if early(run, 0.99):
        return Check(False, f"Not yet: {told}; the end of the run counts.")
    return _judged(now <= 1.1 * lowest, f"{told}; a tenth above it is allowed")


def symmetry_broken(run: Playground) -> Check:
    """Units that differ, and an answer that is right."""
    units, kinds = len(run.network.unpack(run.params)[0].b), _kinds(run)
    return above(run, kinds == units, f"of {units} units in the first layer, only {kinds} are different")


def biases_free(run: Playground) -> Check:
    """Right answers with a bias that learns."""
    free = sum(int((layer.b == 0).sum()) for layer in run.network.unpack(run.frozen))
    return above(run, free > 0, "all biases are frozen at 0")


def alive(run: Playground) -> Check:
    """ReLU units that live and answer."""
    kept = run.settings.activations == ("relu",) and not early(run, 0.25)
    if not kept:
        return Check(False, "Not yet: train the ReLU network for a quarter of its epochs.")
    return above(run, dead(run) <= 0.5, f"{dead(run):.0%} of the units of a layer are dead")


Measured = Callable[[Playground], str | None]
Checked = Callable[[Playground], Check]
