"""What moves the biases, and can a network work without them?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from core.data import Dataset, load_dataset, stream
from core.nn import Network
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS
from core.statistics import holm, paired
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Evidence, Finding, Outcome, Quantity, Rule, graded
from core.studies.motion import Motion, follow
from core.studies.wording import listed
from core.training.batches import scores, split

TASKS = {"shifted": "a shifted threshold", "moons": "two moons (about odd)", "circles": "two circles (even)"}
LITTLE = 0.02  # gain in test score up to which biases are unnecessary
MOVE = 1.0  # change up and down of the biases of all hidden units
SAMPLES = 200
RATE = 0.05  # learning rate of Adam, for every run here


@dataclass
class Kept:
    """One task, trained with and without biases; runs 0 to seeds - 1 have them, the others keep them at 0."""

    steps: list[int] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)  # (2 seeds,) on the test samples

    def final(self) -> tuple[np.ndarray, np.ndarray]:
        """Final test scores (seeds,) with and without biases."""
        with_biases, without = np.split(self.scores[-1], 2)
        return with_biases, without


@dataclass
class Biases:
    """The experiments so far. Norms are one array (seeds, tensors) per step, for W1, b1, W2, b2."""

    gradients: list[np.ndarray] = field(default_factory=list)  # computed by the backward pass
    by_backward: list[np.ndarray] = field(default_factory=list)  # change of the parameters during the backward pass
    by_rule: list[np.ndarray] = field(default_factory=list)  # and during the update
    tasks: dict[str, Kept] = field(default_factory=dict)
    levels: dict[str, np.ndarray] = field(default_factory=dict)  # (2, seeds), hidden biases lowered and raised


def tensors_of(count: int) -> list[str]:
    """The first `count` of W1, b1, W2, b2, ..."""
    return [f"{letter}{layer + 1}" for layer in range(count // 2) for letter in "Wb"]


def _norms(network: Network, params: np.ndarray) -> np.ndarray:
    """Norm of every tensor (seeds, tensors) of params (seeds, P)."""
    parts = [part.reshape(len(part), -1) for pair in network.unpack(params) for part in pair]
    return np.stack([np.linalg.norm(part, axis=1) for part in parts], axis=1)


def task(name: str, shift: float, seed: int) -> Dataset:
    """ "shifted": is x above `shift`? x is normal around 0. The others: generated data, standardized.

    Moons are about odd: turned by half a circle they change sides. Circles are even.
    """
    if name != "shifted":
        return load_dataset(name, SAMPLES, SAMPLES, seed=seed)
    x = stream(seed, 42).standard_normal((2 * SAMPLES, 1))
    y = (x[:, 0] > shift).astype(int)
    return Dataset(name, "classes", 2, x[:SAMPLES], y[:SAMPLES], x[SAMPLES:], y[SAMPLES:])


@cache
def at_work() -> Motion:
    """A small network that learns the shifted threshold, for the eye: what the backward pass does, and what Adam does.

    Its learning rate is larger than that of the runs, so that its steps can be seen.
    """
    data = task("shifted", 0.9, 0)
    network = Network([1, 3, 1], "tanh", "binary_cross_entropy")
    params = network.initial(stream(0, "weights"))
    return follow(network, data.X_train, data.y_train, params, OPTIMIZERS["adam"](lr=6 * RATE), 3)


def compare(result: Biases, settings: Any, seeds: range) -> Iterator[float]:
    """Train on all tasks with and without biases, and move the biases; yields the progress after each step."""
    for place, name in enumerate(TASKS):
        datasets = [task(name, settings.shift, seed) for seed in seeds]
        network = Network([datasets[0].features, settings.width, 2], settings.activation, "softmax_cross_entropy")
        first = [network.initial(stream(seed, "weights")) for seed in seeds]
        kept = result.tasks[name] = Kept()
        for step in _train(network, np.array(first), datasets, settings.steps, result, kept):
            yield (place + step / settings.steps) / len(TASKS)


def _train(
    network: Network, first: np.ndarray, datasets: list[Dataset], steps: int, result: Biases, kept: Kept
) -> Iterator[int]:
    """Adam on all samples, with biases and, from the same weights, without; fills `result`."""
    seeds, params = len(datasets), np.vstack([first, first])
    train, test, _ = split(datasets * 2, network.loss, 2, 0, params.dtype)
    everyone = np.arange(2 * seeds)
    (x, t), (x_test, t_test) = train.of(everyone), test.of(everyone)
    work, look = Pass(network, params, x.shape[-1]), Pass(network, params, x_test.shape[-1])
    rule = OPTIMIZERS["adam"](lr=RATE)
    rule.init(params)
    for step in range(steps + 1):
        if step % max(1, steps // 40) == 0 or step == steps:
            kept.steps.append(step)
            kept.scores.append(scores("classes", look.forward(x_test), t_test))
        if step == steps:
            if len(result.tasks) == 1:
                result.levels = levels(network, params[:seeds], np.array([data.X_test for data in datasets]))
            break
        before = params.copy()
        work.forward(x)
        grads = work.backward(t)
        after_backward = params.copy()
        for _, b in network.unpack(grads):
            b[seeds:] = 0  # without a gradient, Adam leaves a bias where it is: at 0
        rule.step(params, grads)
        if len(result.tasks) == 1:
            result.gradients.append(_norms(network, grads[:seeds]))
            result.by_backward.append(_norms(network, after_backward[:seeds] - before[:seeds]))
            result.by_rule.append(_norms(network, params[:seeds] - after_backward[:seeds]))
        yield step + 1


def levels(network: Network, params: np.ndarray, X: np.ndarray) -> dict[str, np.ndarray]:
    """Activations of hidden units on X (seeds, n, features) with all their biases lowered and raised by MOVE.

    "activation": the mean over units and samples, (2, seeds). "active": the share above 0.
    """
    W, b = network.unpack(params)[0]
    z = np.einsum("snf,suf->snu", X, W)
    moved = [network.activations[0].value(z + b[:, None] + move) for move in (-MOVE, MOVE)]
    return {
        "activation": np.array([each.mean(axis=(1, 2)) for each in moved]),
        "active": np.array([(each > 0).mean(axis=(1, 2)) for each in moved]),
    }


def _updates(evidence: Evidence) -> Outcome:
    if not (evidence["smallest gradient"].met and evidence["smallest change by the update"].met):
        return FAILS
    return HOLDS if evidence["largest change by the backward pass"].met else CAVEATS


UPDATES = Rule(
    41,
    "every weight matrix and every bias vector gets a gradient and changes on every seed, and the backward pass "
    "itself moves some: holds; only the optimizer moves them: holds with caveats; some get none: does not hold",
    _updates,
    {
        HOLDS: "All weights and biases got a gradient and moved, by up to {largest change by the backward pass} "
        "during the backward pass itself.",
        CAVEATS: "All weights and biases got a gradient, but the backward pass moved none of them: the optimizer did.",
        FAILS: "Not all weights and biases got a gradient and moved: the smallest gradient was {smallest gradient}, "
        "the smallest change {smallest change by the update}.",
    },
    kind="identity",
)


GAINS = (
    "{shifted:signed} on {shifted in words}, {moons:signed} on {moons in words}, {circles:signed} on {circles in words}"
)
ESSENTIAL = Rule(
    42,
    "test score with biases minus without, from the same weights, paired over seeds, with Holm's correction over a "
    f"shifted threshold, moons (about odd) and circles (even): above {LITTLE:g} on all: holds; on some: holds with "
    "caveats; below it on all: does not hold; otherwise not decided",
    graded,
    {
        HOLDS: f"Biases raised the test score by more than {LITTLE:g} on every task: by {GAINS}.",
        CAVEATS: f"Biases detectably raised the test score by more than {LITTLE:g} only on {{helped}}: by {GAINS}.",
        FAILS: f"On no task did biases raise the test score by {LITTLE:g}: by {GAINS}.",
        UNDECIDED: f"It is too close to tell whether biases raise the test score by more than {LITTLE:g}: by {GAINS}.",
    },
)
CONTROL = Rule(
    51,
    f"all hidden biases of the trained network raised by {MOVE:g} minus lowered by {MOVE:g}, paired over seeds, on "
    "the test samples of the shifted task: the mean activation and the share of activations above 0 both rise: holds; "
    "one rises: holds with caveats; both fall: does not hold; otherwise not decided",
    graded,
    {
        HOLDS: "With raised biases of the hidden units the mean activation was higher by {activation} than with "
        "lowered ones, and the share of activations above 0 by {active}.",
        CAVEATS: "With raised instead of lowered biases of the hidden units, one of two levels detectably rose: the "
        "mean activation by {activation:signed}, the share of activations above 0 by {active}.",
        FAILS: "With raised instead of lowered biases of the hidden units, their levels fell: the mean activation by "
        "{activation:signed}, the share of activations above 0 by {active}.",
        UNDECIDED: "It is too close to tell whether the biases move the levels of the hidden units: the mean "
        "activation by {activation:signed}, the share of activations above 0 by {active}.",
    },
)


def controls(result: Biases) -> Finding:
    """Claim 51."""
    moved = {name: paired(raised, lowered) for name, (lowered, raised) in result.levels.items()}
    units = {"activation": "", "active": "share"}
    return CONTROL.find(*(Quantity.of(name, each, units[name], "above", 0) for name, each in moved.items()))


def essential(result: Biases) -> Finding:
    """Claim 42."""
    ends = {name: result.tasks[name].final() for name in TASKS}
    gains = holm({name: both[0] - both[1] for name, both in ends.items()})
    found = [Quantity.of(name, gain, "", "above", LITTLE) for name, gain in gains.items()]
    return ESSENTIAL.find(
        *found,
        *(Quantity.of(f"score with biases, {name}", both[0].mean()) for name, both in ends.items()),
        helped=listed([TASKS[each.name] for each in found if each.met]),
        **{f"{name} in words": text for name, text in TASKS.items()},
    )


def findings(result: Biases) -> list[Finding]:
    """Claims 41, 42 and 51."""
    first = {"gradient": result.gradients[0], "change by the update": result.by_rule[0]}
    updates = UPDATES.find(
        *(Quantity.of(f"smallest {name}", norms.min(), "", "above", 0) for name, norms in first.items()),
        Quantity.of("largest change by the backward pass", np.max(result.by_backward), "", "above", 0),
    )
    return [updates, essential(result), controls(result)]
