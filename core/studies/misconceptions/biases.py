"""What becomes of the biases: who moves them, and whether a network can do without."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.data import Dataset, load_dataset
from core.nn import Network
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS
from core.statistics import paired
from core.studies.race import Outcome, Verdict
from core.training.batches import scores, split

TASKS = ("shifted", "centred")
SAMPLES = 200
RATE = 0.05  # of Adam, for every training here


@dataclass
class Kept:
    """One task, trained with biases and without; runs 0 to seeds - 1 have them, the others keep theirs at 0."""

    steps: list[int] = field(default_factory=list)
    scores: list[np.ndarray] = field(default_factory=list)  # (2 seeds,) on the test samples

    def final(self) -> tuple[np.ndarray, np.ndarray]:
        """Test scores (seeds,) at the end: with biases, and without."""
        with_biases, without = np.split(self.scores[-1], 2)
        return with_biases, without


@dataclass
class Biases:
    """Both experiments so far. Norms are one (seeds, tensors) for each step, of W1, b1, W2, b2 in turn."""

    gradients: list[np.ndarray] = field(default_factory=list)  # computed by the backward pass
    by_backward: list[np.ndarray] = field(default_factory=list)  # change of the parameters during the backward pass
    by_rule: list[np.ndarray] = field(default_factory=list)  # and during the update
    tasks: dict[str, Kept] = field(default_factory=dict)


def tensors_of(count: int) -> list[str]:
    """W1, b1, W2, b2 ... , so many."""
    return [f"{'Wb'[place % 2]}{place // 2 + 1}" for place in range(count)]


def _norms(network: Network, params: np.ndarray) -> np.ndarray:
    """Norm of every tensor (seeds, tensors) of params (seeds, P)."""
    parts = [part for layer in network.layers(params) for part in (layer[..., :-1], layer[..., -1:])]
    return np.stack([np.linalg.norm(part, axis=(1, 2)) for part in parts], axis=1)


def task(name: str, shift: float, seed: int) -> Dataset:
    """ "shifted": is x above `shift`? x is normal around 0. "centred": two moons, standardized."""
    if name == "centred":
        return load_dataset("moons", SAMPLES, SAMPLES, seed=seed)
    x = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(42,))).standard_normal((2 * SAMPLES, 1))
    y = (x[:, 0] > shift).astype(int)
    return Dataset(name, "classes", 2, x[:SAMPLES], y[:SAMPLES], x[SAMPLES:], y[SAMPLES:])


def compare(result: Biases, activation: str, width: int, shift: float, steps: int, seeds: range) -> Iterator[float]:
    """Train on both tasks with biases and without; yields the share done after each step."""
    for place, name in enumerate(TASKS):
        datasets = [task(name, shift, seed) for seed in seeds]
        network = Network([datasets[0].features, width, 2], activation, "softmax_cross_entropy")
        first = [network.initial(np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[0])) for seed in seeds]
        kept = result.tasks[name] = Kept()
        for step in _train(network, np.array(first), datasets, steps, result, kept):
            yield (place + step / steps) / len(TASKS)


def _train(
    network: Network, first: np.ndarray, datasets: list[Dataset], steps: int, result: Biases, kept: Kept
) -> Iterator[int]:
    """Adam on all samples, with biases and, from the same weights, without; fills `result` on the way."""
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
            break
        before = params.copy()
        work.forward(x)
        grads = work.backward(t)
        after_backward = params.copy()
        for layer in network.layers(grads):
            layer[seeds:, :, -1] = 0  # without a gradient, Adam leaves a bias where it is: at 0
        rule.step(params, grads)
        if len(result.tasks) == 1:
            result.gradients.append(_norms(network, grads[:seeds]))
            result.by_backward.append(_norms(network, after_backward[:seeds] - before[:seeds]))
            result.by_rule.append(_norms(network, params[:seeds] - after_backward[:seeds]))
        yield step + 1


def verdicts(result: Biases) -> list[Verdict]:
    """Claims 41 and 42."""
    return [_updates(result), _essential(result)]


def _updates(result: Biases) -> Verdict:
    gradients, backward, rule = (np.array(norms) for norms in (result.gradients, result.by_backward, result.by_rule))
    both = bool((gradients[0] > 0).all() and (rule[0] > 0).all())
    outcome: Outcome = "holds" if (backward > 0).any() else "holds with caveats"
    listed = "; ".join(
        f"{name}: gradient {gradients[0, :, k].mean():.3f}, moved by the backward pass {backward[:, :, k].max():g}, "
        f"by the update {rule[0, :, k].mean():.3f}"
        for k, name in enumerate(tensors_of(gradients.shape[2]))
    )
    return Verdict(
        41,
        "backpropagation updates weights and biases",
        "every weight matrix and every bias vector gets a gradient and a change on every seed, and the backward pass "
        "itself moves some: holds; the optimizer does all the moving: holds with caveats; some get none: does not hold",
        outcome if both else "does not hold",
        f"First step, mean norm over {gradients.shape[1]} seeds: {listed}.",
        "Goodfellow, Bengio & Courville 2016, section 6.5",
    )


def _essential(result: Biases) -> Verdict:
    gains = {name: paired(*result.tasks[name].final()) for name in TASKS}
    helped = [name for name, gain in gains.items() if gain.low > 0]
    outcome: Outcome = "holds" if len(helped) == len(TASKS) else "holds with caveats"
    measured = " ".join(
        f"{name.capitalize()} task: {kept.final()[0].mean():.3f} with, {kept.final()[1].mean():.3f} without, "
        f"difference {gains[name]}."
        for name, kept in result.tasks.items()
    )
    return Verdict(
        42,
        "updating the biases is essential",
        "test score with biases minus without, from the same weights, paired over seeds: above zero on both tasks: "
        "holds; on one: holds with caveats; on neither: does not hold",
        outcome if helped else "does not hold",
        measured,
        "our own experiment: one task whose answer is off the centre, one that is centred",
    )
