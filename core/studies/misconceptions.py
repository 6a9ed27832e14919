"""Five misconceptions about backpropagation, each with an experiment, mostly from other studies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from core.data import Dataset, load_dataset, stream
from core.gradients.estimators import Traced, backpropagation, central_differences
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS, Network
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS
from core.settings import choice, choices, number
from core.statistics import holm, paired
from core.studies.claims import declared
from core.studies.contract import STUDIES, Finding, Outcome, Quantity, Told
from core.studies.motion import Motion, follow
from core.studies.race import Growing, Repeated
from core.studies.rules import Rules
from core.studies.wording import listed
from core.training.batches import scores, split

AGREE = 1e-6  # difference up to which two gradients count as equal, see `_apart`
POINTS = 5  # points per seed at which each formula is differentiated
TASKS = {"shifted": "a shifted threshold", "moons": "two moons (about odd)", "circles": "two circles (even)"}
LITTLE = 0.02  # gain in test score up to which biases are unnecessary
MOVE = 1.0  # change up and down of the biases of all hidden units
SAMPLES = 200
RATE = 0.05  # learning rate of Adam, for every run here
RULES = Rules(__name__)  # the other claims are judged by other studies


class Section(NamedTuple):
    """A misconception: its question, the claim that answers it, further claims, and the studies used.

    options: a visitor's choices. answers: the correct option by outcome of the claim. studies: by name, with settings
    that keep them short.
    """

    question: str
    options: tuple[str, ...]
    claim: int
    answers: dict[Outcome, str]
    studies: dict[str, dict[str, Any]] = {}
    more: tuple[int, ...] = ()

    @property
    def claims(self) -> tuple[int, ...]:
        """The claim that answers its question, and the others."""
        return (self.claim, *self.more)


SECTIONS: dict[str, Section] = declared(dict[str, Section], __file__, "sections")


class Settings(Repeated):
    """The misconceptions to test, and the network with and without biases."""

    sections: tuple[str, ...] = choices(tuple(SECTIONS), SECTIONS, "Misconceptions", "Tested one after another.")
    shift: float = number(0.9, 0, 2, "Shifted task: threshold", "Is x, normal around 0, above this value?")
    activation: str = choice("tanh", ACTIVATIONS, "Biases: activation", "Used by the network with and without biases.")
    width: int = number(8, 1, 64, "Biases: units", "Units of its single hidden layer.", work=1)
    steps: int = number(120, 10, 1000, "Biases: updates", "Of each run with and without biases.", work=1)


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


@dataclass
class Result(Growing):
    """The experiments so far: other studies by name, and the two of this study."""

    borrowed: dict[str, Any] = field(default_factory=dict)
    formulas: dict[str, list[float]] = field(default_factory=dict)  # differences of each formula
    biases: Biases = field(default_factory=Biases)
    ended: list[str] = field(default_factory=list)  # sections

    def _borrow(self, name: str, changes: dict[str, Any]) -> Iterator[float]:
        """Run another study with short settings, on these seeds or its own number of them; yields its progress."""
        module = STUDIES[name]
        settings = module.Settings(seed=self.settings.seed, **changes)
        for inner in module.run(settings.replace(seeds=max(settings.seeds, self.settings.seeds))):
            self.borrowed[name] = inner
            yield inner.progress

    def _differentiate(self) -> Iterator[float]:
        """Reverse mode against central differences, for every formula at some points of each seed."""
        for k, seed in enumerate(self.seeds):
            points = np.random.default_rng(seed).uniform(0.2, 1.5, (POINTS, 2))
            for name, formula in FORMULAS.items():
                problem = Traced(formula)
                ways = [(backpropagation(problem, p).grads, central_differences(problem, p).grads) for p in points]
                self.formulas.setdefault(name, []).extend(_apart(*each) for each in ways)
            yield (k + 1) / len(self.seeds)

    def _compare(self) -> Iterator[float]:
        """Train on all tasks with and without biases, and move the biases; yields the progress after each step."""
        settings = self.settings
        for place, name in enumerate(TASKS):
            self.biases.tasks[name] = Kept()
            datasets = [task(name, settings.shift, seed) for seed in self.seeds]
            for step in self._train(self.biases.tasks[name], datasets):
                yield (place + step / settings.steps) / len(TASKS)

    def _train(self, kept: Kept, datasets: list[Dataset]) -> Iterator[int]:
        """Adam on all samples, with biases and, from the same weights, without; fills `kept`, and once the rest."""
        settings, steps, found = self.settings, self.settings.steps, self.biases
        network = Network([datasets[0].features, settings.width, 2], settings.activation, "softmax_cross_entropy")
        params = np.array([network.initial(stream(seed, "weights")) for seed in self.seeds] * 2)
        train, test, _ = split(datasets * 2, network.loss, 2, 0, params.dtype)
        seeds, everyone = len(datasets), np.arange(len(params))
        (x, t), (x_test, t_test) = train.of(everyone), test.of(everyone)
        work, look = Pass(network, params, x.shape[-1]), Pass(network, params, x_test.shape[-1])
        rule = OPTIMIZERS["adam"](lr=RATE).init(params)
        for step in range(steps + 1):
            if step % max(1, steps // 40) == 0 or step == steps:
                kept.steps.append(step)
                kept.scores.append(scores("classes", look.forward(x_test), t_test))
            if step == steps:
                if len(found.tasks) == 1:
                    found.levels = levels(network, params[:seeds], np.array([data.X_test for data in datasets]))
                break
            before = params.copy()
            work.forward(x)
            grads = work.backward(t)
            after_backward = params.copy()
            for _, b in network.unpack(grads):
                b[seeds:] = 0  # without a gradient, Adam leaves a bias where it is: at 0
            rule.step(params, grads)
            if len(found.tasks) == 1:
                found.gradients.append(_norms(network, grads[:seeds]))
                found.by_backward.append(_norms(network, after_backward[:seeds] - before[:seeds]))
                found.by_rule.append(_norms(network, params[:seeds] - after_backward[:seeds]))
            yield step + 1

    @RULES.rule("specific")
    def _specific(self) -> Told:
        yield from (Quantity.of(name, max(each), "", "at most", AGREE) for name, each in self.formulas.items())
        yield {"formulas": listed([*self.formulas])}

    @RULES.rule("updates")
    def _updates(self) -> Told:
        first = {"gradient": self.biases.gradients[0], "change by the update": self.biases.by_rule[0]}
        yield from (Quantity.of(f"smallest {name}", norms.min(), "", "above", 0) for name, norms in first.items())
        yield Quantity.of("largest change by the backward pass", np.max(self.biases.by_backward), "", "above", 0)

    @RULES.rule("essential")
    def _essential(self) -> Told:
        ends = {name: self.biases.tasks[name].final() for name in TASKS}
        gains = holm({name: both[0] - both[1] for name, both in ends.items()})
        found = [Quantity.of(name, gain, "", "above", LITTLE) for name, gain in gains.items()]
        yield from found
        yield {f"score with biases, {name}": both[0].mean() for name, both in ends.items()}
        yield {"helped": listed([TASKS[each.name] for each in found if each.met])}
        yield {f"{name} in words": text for name, text in TASKS.items()}

    @RULES.rule("control")
    def _control(self) -> Told:
        units = {"activation": "", "active": "share"}
        for name, (lowered, raised) in self.biases.levels.items():
            yield Quantity.of(name, paired(raised, lowered), units[name], "above", 0)


def run(settings: Settings) -> Iterator[Result]:
    """Test the misconceptions in turn, each with other studies and its own experiments."""
    result = Result(settings)
    yield result
    for place, section in enumerate(settings.sections):
        result.phase = f"misconception {[*SECTIONS].index(section) + 1}"
        parts = [result._borrow(name, changes) for name, changes in SECTIONS[section].studies.items()]
        parts += [OWN[section](result)] if section in OWN else []
        for k, part in enumerate(parts):
            for share in part:
                result.progress = (place + (k + share) / len(parts)) / len(settings.sections)
                yield result
        result.ended.append(section)
        result.progress = (place + 1) / len(settings.sections)
        yield result


def _apart(found: np.ndarray, expected: np.ndarray) -> float:
    """Length of the difference of two gradients, relative to the second one unless that is shorter than 1."""
    return float(np.linalg.norm(found - expected)) / max(1.0, float(np.linalg.norm(expected)))


def _population(rate: Any, start: Any) -> Any:
    """Ten years of growth with limited food."""
    for _ in range(10):
        start = start + 0.3 * rate * start * (1 - start)
    return start


def _pendulum(angle: Any, speed: Any) -> Any:
    """Energy after twenty steps of a pendulum."""
    for _ in range(20):
        speed = speed - 0.1 * np.sin(angle)
        angle = angle + 0.1 * speed
    return speed**2 / 2 - np.cos(angle)


FORMULAS: dict[str, Callable[..., Any]] = {
    "Rosenbrock's valley": LANDSCAPES["rosenbrock"].f,
    "a growing population": _population,
    "a pendulum": _pendulum,
}


def tensors_of(count: int) -> list[str]:
    """The first `count` of W1, b1, W2, b2, ..."""
    return [f"{letter}{layer + 1}" for layer in range(count // 2) for letter in "Wb"]


def _norms(network: Network, params: np.ndarray) -> np.ndarray:
    """Norm of every tensor (seeds, tensors) of params (seeds, P)."""
    parts = [part.reshape(len(part), -1) for pair in network.unpack(params) for part in pair]
    return np.transpose([np.linalg.norm(part, axis=1) for part in parts])


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


# The experiment of its own, of a section
OWN: dict[str, Callable[[Result], Iterator[float]]] = {
    "one_thing": Result._differentiate,
    "weights_only": Result._compare,
}


def findings(result: Result) -> list[Finding]:
    """One finding per claim of the finished sections, in order; the first of each section answers its question."""
    sections = [SECTIONS[name] for name in result.ended]
    borrowed = [name for section in sections for name in section.studies]
    found = [finding for name in borrowed for finding in STUDIES[name].findings(result.borrowed[name])]
    found += [find(result) for s in sections for rule, find in RULES.judged.values() if rule.claim in s.claims]
    by_claim = {finding.number: finding for finding in found}
    ordered = []
    for section in sections:
        first, *more = (by_claim[number] for number in section.claims)
        ordered += [replace(first, rule=replace(first.rule, answers=section.answers)), *more]
    return ordered


def table(result: Result) -> pd.DataFrame:
    """One row per claim: its misconception, the outcome and the finding."""
    place = {number: place for place, each in enumerate(SECTIONS.values(), start=1) for number in each.claims}
    rows = [(place[each.number], each.number, each.claim, each.outcome, each.sentence) for each in findings(result)]
    return pd.DataFrame(rows, columns=["misconception", "claim", "says", "outcome", "found"])


def curves(result: Result) -> pd.DataFrame:
    """Test scores with and without biases: one row per task, seed and frame; other studies have their own pages."""
    rows = [
        (name, step, result.seeds[k % len(result.seeds)], k < len(result.seeds), score)
        for name, kept in result.biases.tasks.items()
        for step, each in zip(kept.steps, kept.scores, strict=True)
        for k, score in enumerate(each)
    ]
    return pd.DataFrame(rows, columns=["task", "step", "seed", "biases", "test_score"])
