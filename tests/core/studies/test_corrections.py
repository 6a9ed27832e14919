"""What claims, answers and glossary say, measured wherever another statement would be easy to believe."""

import time

import numpy as np
import pytest

from core.nn import Network
from core.nn.activations import ReLU
from core.optimizers import OPTIMIZERS
from core.statistics import paired, paired_logs
from core.studies.activations import train_at_kink
from core.training import Frame, RunSettings, Trainer

pytestmark = pytest.mark.slow  # many trainings, each of which backs a sentence
FIRST = 61_000  # of the seeds, on which nothing here was chosen
TUNING = 47_000  # of those on which rates are chosen


def seeded(count: int, first: int = FIRST, **settings) -> list[RunSettings]:
    """The same run with its own data and first weights, from seed `first` on."""
    return [RunSettings(seed=first + k, data_seed=first + k, **settings) for k in range(count)]


def trained(runs: list[RunSettings], biases: bool = True) -> Frame:
    """The frame at the end; without biases they are held at 0."""
    trainer = Trainer(runs)
    if not biases:
        trainer.held = np.flatnonzero(trainer.network.is_weight() == 0)
    while trainer.step < runs[0].steps:
        trainer.update()
    return trainer.glance()


def without_biases(activation: str):
    """A random network of three layers without biases, as a function, and 20 inputs."""
    rng = np.random.default_rng(FIRST)
    network = Network([3, 7, 5, 2], activation, "mean_squared_error")
    params = network.initial(rng)
    return lambda X: network.predict(params, X), rng.standard_normal((20, 3))


def test_a_tanh_network_without_biases_is_odd():
    f, X = without_biases("tanh")
    np.testing.assert_allclose(f(-X), -f(X), rtol=1e-12)


@pytest.mark.parametrize("factor", [0.1, 3.0, 50.0])
def test_a_relu_network_without_biases_is_positively_homogeneous(factor):
    f, X = without_biases("relu")
    np.testing.assert_allclose(f(factor * X), factor * f(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("dataset", "activation", "least", "most"),
    [("circles", "tanh", 0.3, 0.7), ("circles", "relu", 0.3, 0.7), ("moons", "tanh", -0.03, 0.03)],
)
def test_symmetry_decides_whether_biases_are_needed_and_not_centred_data(dataset, activation, least, most):
    shared = {"optimizer": "adam", "lr": 0.05, "batch_size": None, "noise": 0.1, "steps": 200}
    runs = seeded(5, dataset=dataset, hidden=(8,), activation=activation, **shared)
    assert np.abs(runs[0].data().X_train.mean(axis=0)).max() < 1e-12  # centred, both of them
    gain = paired(trained(runs).test_score, trained(runs, biases=False).test_score)
    assert least < gain.low
    assert gain.high < most


@pytest.mark.parametrize(("hidden", "zeros", "differ"), [((4,) * 6, True, True), ((64, 64), False, False)])
def test_the_slope_of_relu_at_0_matters_in_narrow_deep_networks_and_not_in_wide_ones(hidden, zeros, differ):
    runs = seeded(20, dataset="moons", hidden=hidden, activation="relu", initializer="kaiming", batch_size=None)
    (*_, zero), (*_, one) = (train_at_kink(runs, ReLU(derivative_at_zero=slope)) for slope in (0.0, 1.0))
    assert (zero.zeros > 0.01 * zero.seen) if zeros else (zero.zeros == 0)
    other = (zero.params != one.params).any(axis=1).mean()
    assert (other > 0.5) if differ else (other == 0)


@pytest.mark.parametrize(("samples", "irrelevant"), [(80, 0), (80, 100), (500, 100), (500, 0)])
@pytest.mark.parametrize("penalty", [{"l1": 0.03}, {"l2": 0.1}], ids=["l1", "l2"])
def test_penalties_help_where_features_are_irrelevant_and_not_where_samples_are_few(samples, irrelevant, penalty):
    data = {"dataset": "three_of_many", "noise": 0.5, "train": samples, "test": 1000, "irrelevant": irrelevant}
    plain = seeded(20, hidden=(16,), activation="relu", **data)
    gain = paired(trained([run.replace(**penalty) for run in plain]).test_score, trained(plain).test_score)
    if irrelevant:
        assert gain.low > 0.015
    else:
        assert gain.low > -0.015
        assert gain.high < 0.015


def test_a_strong_penalty_does_harm_where_no_feature_is_irrelevant():
    plain = seeded(20, hidden=(16,), activation="relu", dataset="three_of_many", noise=0.5, train=500, test=1000)
    gain = paired(trained([run.replace(l2=1.0) for run in plain]).test_score, trained(plain).test_score)
    assert gain.high < 0


def test_thirty_relu_layers_from_xavier_weights_mostly_learn_with_adam_and_not_with_momentum():
    deep = {"dataset": "digits", "train": 500, "test": 300, "hidden": (24,) * 30, "activation": "relu"}
    deep |= {"batch_size": 64, "steps": 400}
    learnt = {}
    for rule, rate in {"adam": 1e-3, "momentum": 0.01}.items():
        for drawn in ("xavier", "kaiming"):
            scores = trained(seeded(10, optimizer=rule, lr=rate, initializer=drawn, **deep)).test_score
            learnt[rule, drawn] = np.mean(np.nan_to_num(scores) > 0.25)  # guessing gives 0.1
    assert learnt["adam", "xavier"] >= 0.6
    assert learnt["momentum", "xavier"] <= 0.3
    assert learnt["adam", "kaiming"] >= 0.6
    assert learnt["momentum", "kaiming"] > learnt["momentum", "xavier"]


def passes(size: int, rates: list[float], seeds: int, first: int) -> np.ndarray:
    """Epochs to a training loss of 0.3 on digits, (rates, seeds)."""
    shared = {"dataset": "digits", "train": 512, "test": 100, "hidden": (32,), "batch_size": size}
    runs = [run.replace(lr=rate) for rate in rates for run in seeded(seeds, first, **shared)]
    trainer, found = Trainer(runs), np.full(len(runs), np.inf)
    while trainer.epoch < 30 and not np.isfinite(found).all():
        for _ in range(max(1, 32 // size)):
            trainer.update()
        there = (trainer.glance().train_loss <= 0.3) & np.isinf(found)
        found[there] = trainer.epoch
    return found.reshape(len(rates), seeds)


def test_below_the_critical_batch_size_progress_per_pass_is_the_same_and_above_it_is_less():
    rates = {1: (0.04, 0.08, 0.16), 4: (0.16, 0.32, 0.64), 16: (0.4, 0.8, 1.6), 512: (1.6, 3.2, 6.4)}
    epochs = {}
    for size, tried in rates.items():
        best = tried[int(passes(size, list(tried), 3, TUNING).mean(axis=1).argmin())]
        epochs[size] = passes(size, [best], 5, FIRST)[0]
    for size in (4, 16):
        factor = paired_logs(epochs[size], epochs[1])
        assert max(factor.high, -factor.low) < np.log(1.6)
    assert paired_logs(epochs[512], epochs[16]).low > np.log(3)


@pytest.mark.parametrize("dataset", ["moons", "digits"])
def test_an_epoch_of_single_samples_takes_many_times_as_long_as_one_full_batch(dataset):
    seconds = {}
    for size in (1, None):
        trainer = Trainer(seeded(1, dataset=dataset, hidden=(12, 12), batch_size=size))
        updates = trainer.train.size if size else 1
        trainer.update()
        for _ in range(5):
            started = time.process_time()
            for _ in range(updates):
                trainer.update()
            seconds[size] = min(seconds.get(size, np.inf), time.process_time() - started)
    assert seconds[1] > 10 * seconds[None]


@pytest.mark.parametrize("rule", ["sgd", "momentum"])
def test_a_dead_unit_of_the_first_layer_stays_dead_under_plain_descent_only(rule):
    shared = {"hidden": (6, 6), "activation": "relu", "initializer": "kaiming", "batch_size": None}
    trainer = Trainer(seeded(20, dataset="moons", optimizer=rule, lr=3.0, **shared))
    x = trainer.train.of(trainer.alive)[0][:, :-1]
    died, revived = np.zeros((2, 20, 6), bool), np.zeros((2, 20, 6), bool)
    for _ in range(100):
        trainer.update()
        a = x
        for layer, (W, b) in enumerate(trainer.network.unpack(trainer.params)[:2]):
            z = W @ a + b[..., None]
            dead, a = (z <= 0).all(axis=2), np.maximum(z, 0)
            revived[layer] |= died[layer] & ~dead
            died[layer] |= dead
    assert died.any(axis=(1, 2)).all()
    assert revived[0].any() == (rule == "momentum")
    assert revived[1].any()


@pytest.mark.parametrize(("rate", "falls"), [(1.9, True), (2.1, False)])
def test_the_rate_and_not_the_step_must_stay_below_2_over_the_curvature(rate, falls):
    curvature, x = 4.0, np.array([100.0])
    rule = OPTIMIZERS["sgd"](lr=rate / curvature).init(x)
    rule.step(x, curvature * x)
    assert abs(100 - x[0]) > 2 / curvature  # the step is far longer, in both cases
    assert (abs(x[0]) < 100) == falls
