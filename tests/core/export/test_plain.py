"""The plain trainer and the engine are two programs for one thing: every run of one is a test of the other."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_exports import QUICK, RUNS, in_scope, trained

from core.data import DATASETS
from core.data.features import INPUTS
from core.export import plain
from core.export.script import described
from core.nn import INITIALIZERS, LOSSES, NORMALIZATIONS
from core.optimizers import SCHEDULES
from core.training import RunSettings

CHOICES = {  # each an option of a setting, or of settings that depend on each other
    "activation": [{"activation": name} for name in plain.ACTIVATIONS],
    "optimizer": [{"optimizer": name, "lr": 0.1 if name == "sgd" else 0.01} for name in plain.RULES],
    "schedule": [{"schedule": name} for name in SCHEDULES],
    "task": [
        {"dataset": data, "loss": name}
        for data in ("moons", "iris", "wave")
        for name, loss in LOSSES.items()
        if data != "wave" or loss.task == "numbers"
    ],
    "layers": [{"hidden": ()}, {"hidden": (5, 4)}, {"hidden": (5, 5, 5), "residual": True}],
    "normalization": [{"normalization": name} for name in NORMALIZATIONS],
    "batch_size": [{"batch_size": size} for size in (None, 1, 16, 59)],
    "dropout": [{}, {"dropout": 0.3}],
    "clip_norm": [{}, {"clip_norm": 0.1}],
    "max_norm": [{}, {"max_norm": 0.5}],
    "penalty": [{}, {"l1": 0.01}, {"l2": 0.1}, {"l1": 0.01, "l2": 0.1}],
    "patience": [{}, {"patience": 2}],
}


def pairs(row):
    """The pairs of options, as (choice, option) twice, that a row of them contains."""
    return set(combinations(row.items(), 2))


def covering():
    """Rows of one option for each choice, few but such that every pair of options is in one of them."""
    names = list(CHOICES)
    missing = {pair for a, b in combinations(names, 2) for pair in _products(a, b)}
    everything, rows = set(missing), []
    while missing:
        row = dict(min(missing))
        for name in names:
            if name not in row:
                gains = [sum(_pair(name, k, other, row) in missing for other in row) for k in range(len(CHOICES[name]))]
                row[name] = gains.index(max(gains))
        rows.append({name: row[name] for name in names})
        missing -= pairs(rows[-1])
    return rows, everything


def _products(a, b):
    return (((a, i), (b, j)) for i in range(len(CHOICES[a])) for j in range(len(CHOICES[b])))


def _pair(name, option, other, row):
    order = list(CHOICES)
    both = ((name, option), (other, row[other]))
    return both if order.index(name) < order.index(other) else both[::-1]


ROWS, EVERYTHING = covering()


def agree(run):
    """Every frame of the engine has its look, and the losses agree, relative to their size, up to a divergence."""
    with np.errstate(all="ignore"):
        shown = np.array([look[:3] for look in plain.train(described(run))])
    expected = trained(run)
    np.testing.assert_array_equal(shown[:, 0], expected[:, 0])
    finite = np.isfinite(expected).all(axis=1)
    np.testing.assert_allclose(shown[finite], expected[finite], rtol=1e-12, atol=0)


def test_every_pair_of_options_is_tried():
    assert set().union(*map(pairs, ROWS)) == EVERYTHING
    assert len(ROWS) < 1.5 * len(plain.ACTIVATIONS) * len(plain.RULES)  # the two largest choices ask for as many


@pytest.mark.parametrize("activation", range(len(plain.ACTIVATIONS)), ids=list(plain.ACTIVATIONS))
def test_every_pair_of_options_gives_the_same_losses(activation):
    for row in (row for row in ROWS if row["activation"] == activation):
        changes = {name: value for choice, option in row.items() for name, value in CHOICES[choice][option].items()}
        agree(QUICK.replace(steps=12, frames=6, **changes))


@pytest.mark.parametrize("changes", [each for each in RUNS if in_scope(each)], ids=str)
def test_special_runs_give_the_same_losses(changes):
    agree(QUICK.replace(**changes))


@settings(max_examples=100, derandomize=True)
@given(
    st.fixed_dictionaries(
        {
            "dataset": st.sampled_from(list(DATASETS)),
            "train": st.integers(10, 60),
            "test": st.integers(10, 30),
            "noise": st.floats(0, 2),
            "irrelevant": st.integers(0, 3),
            "data_seed": st.integers(0, 2**31),
            "inputs": st.lists(st.sampled_from(list(INPUTS)), min_size=1, max_size=4, unique=True).map(tuple),
            "hidden": st.lists(st.integers(1, 9), max_size=4).map(tuple),
            "activation": st.sampled_from(list(plain.ACTIVATIONS)),
            "initializer": st.sampled_from(list(INITIALIZERS)),
            "gain": st.floats(0, 100),
            "optimizer": st.sampled_from(list(plain.RULES)),
            "lr": st.floats(1e-12, 10),  # far from overflow, where clipping takes another path
            "batch_size": st.none() | st.integers(1, 70),
            "l1": st.floats(0, 1e6),
            "l2": st.floats(0, 1e6),
            "dropout": st.floats(0, 0.99),
            "patience": st.integers(0, 3),
            "frames": st.integers(1, 10),
            "seed": st.integers(0, 2**31),
            "steps": st.integers(0, 12),
            "schedule": st.sampled_from(list(SCHEDULES)),
            "clip_norm": st.none() | st.floats(1e-6, 1e6),
            "normalization": st.sampled_from(list(NORMALIZATIONS)),
            "residual": st.booleans(),
            "max_norm": st.none() | st.floats(1e-6, 1e6),
        }
    )
)
def test_any_run_gives_the_same_losses(values):
    agree(RunSettings(**values))


@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
def test_its_gradient_is_the_slope_of_its_loss(normalization):
    """An oracle that were wrong in the way of the engine would be no oracle."""
    run = described(QUICK.replace(normalization=normalization, hidden=(5, 5), residual=True, batch_size=None))
    network = plain.Network(run)
    X, t = network.data["train"]
    grads = network.gradient(X, t)

    def loss():
        return plain.LOSSES[run["loss"]][0](network.forward(X, training=True)[0], t)

    for array, grad in zip(network.learned, grads, strict=True):
        for place in np.ndindex(array.shape):
            kept = array[place]
            ends = []
            for array[place] in (kept + 1e-6, kept - 1e-6):
                ends.append(loss())
            array[place] = kept
            assert grad[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)
