"""The plain trainer and the engine are two programs that share formulas: every run of one is a test of the other."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_exports import PICTURES, QUICK, RUNS, in_scope, trained

from core.checks import InputError
from core.data import DATASETS
from core.data.rows import INPUTS
from core.export import plain
from core.export.script import described
from core.nn import INITIALIZERS, LOSSES, NORMALIZATIONS
from core.optimizers import SCHEDULES
from core.training import RunSettings, Trainer

CHOICES = {  # each an option of a setting, or of settings that depend on each other
    "activation": [{"activation": name} for name in plain.ACTIVATIONS],
    "optimizer": [{"optimizer": name, "lr": 0.1 if name == "sgd" else 0.01} for name in plain.RULES],
    "schedule": [{"schedule": name} for name in SCHEDULES],
    "task": [
        {"dataset": data, "loss": name}
        for data in ("moons", "iris", "wave")
        for name, loss in LOSSES.items()
        if data != "wave" or loss.task == "numbers"
    ]
    + [
        {"dataset": data, "loss": name, "label_smoothing": 0.2}
        for data in ("moons", "iris")
        for name, loss in LOSSES.items()
        if loss.task == "classes"
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
FOR_PICTURES = CHOICES | {  # which are digits, in convolutions and pools
    "activation": [{"activation": name} for name in ("relu", "tanh", "gelu")],
    "task": [{"dataset": "digits", "loss": name} for name in ("auto", "mean_squared_error", "binary_cross_entropy")],
    "layers": [{"layers": layers} for layers in PICTURES],
    "residual": [{}, {"residual": True}],
}


def pairs(row):
    """The pairs of options, as (choice, option) twice, that a row of them contains."""
    return set(combinations(row.items(), 2))


def covering(choices):
    """Rows of one option for each choice, few but such that every pair of options is in one of them."""
    names = list(choices)
    missing = {pair for a, b in combinations(names, 2) for pair in product(_options(a, choices), _options(b, choices))}
    everything, rows = set(missing), []
    while missing:
        row = dict(min(missing))
        for name in names:
            if name not in row:
                options = _options(name, choices)
                gains = [sum(_pair(option, other, names) in missing for other in row.items()) for option in options]
                row[name] = gains.index(max(gains))
        rows.append({name: row[name] for name in names})
        missing -= pairs(rows[-1])
    return rows, everything


def _options(name, choices):
    return [(name, place) for place in range(len(choices[name]))]


def _pair(option, other, names):
    return (option, other) if names.index(option[0]) < names.index(other[0]) else (other, option)


def run_of(row, choices):
    """The run of a row."""
    changes = {name: value for choice, option in row.items() for name, value in choices[choice][option].items()}
    return QUICK.replace(steps=12, frames=6, **changes)


ROWS, EVERYTHING = covering(CHOICES)
PICTURE_ROWS, PICTURE_PAIRS = covering(FOR_PICTURES)


def agree(run):
    """Every frame of the engine has its look, and the losses agree, relative to their size, up to a divergence."""
    with np.errstate(all="ignore"):
        shown = np.array([look[:3] for look in plain.train(described(run))])
    expected = trained(run)
    np.testing.assert_array_equal(shown[:, 0], expected[:, 0])
    finite = np.isfinite(expected).all(axis=1)
    np.testing.assert_allclose(shown[finite], expected[finite], rtol=1e-12, atol=0)


def test_every_pair_of_options_is_tried():
    for rows, everything, largest in (
        (ROWS, EVERYTHING, plain.ACTIVATIONS),
        (PICTURE_ROWS, PICTURE_PAIRS, SCHEDULES),
    ):
        assert set().union(*map(pairs, rows)) == everything
        assert len(rows) < 1.5 * len(largest) * len(plain.RULES)  # the two largest choices ask for as many


@pytest.mark.parametrize("activation", range(len(plain.ACTIVATIONS)), ids=list(plain.ACTIVATIONS))
def test_every_pair_of_options_gives_the_same_losses(activation):
    for row in (row for row in ROWS if row["activation"] == activation):
        agree(run_of(row, CHOICES))


@pytest.mark.parametrize("layers", range(len(PICTURES)), ids=map(",".join, PICTURES))
def test_every_pair_of_options_gives_the_same_losses_on_pictures(layers):
    for row in (row for row in PICTURE_ROWS if row["layers"] == layers):
        agree(run_of(row, FOR_PICTURES))


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


WINDOWS = st.builds("{}-{}-{}-{}-{}".format, st.just("conv"), *[st.integers(1, 3)] * 3, st.integers(0, 2))
POOLS = st.builds("{}-{}-{}".format, st.sampled_from(["max_pool", "average_pool"]), *[st.integers(1, 4)] * 2)


@settings(max_examples=100, derandomize=True)
@given(
    windows=st.lists(WINDOWS | POOLS, min_size=1, max_size=4),
    dense=st.lists(st.integers(1, 6).map("dense-{}".format), max_size=2),
    values=st.fixed_dictionaries(
        {
            "optimizer": st.sampled_from(list(plain.RULES)),
            "lr": st.floats(1e-12, 1),
            "batch_size": st.none() | st.integers(1, 70),
            "normalization": st.sampled_from(list(NORMALIZATIONS)),
            "residual": st.booleans(),
            "dropout": st.floats(0, 0.9),
            "clip_norm": st.none() | st.floats(1e-6, 1e6),
            "max_norm": st.none() | st.floats(1e-6, 1e6),
            "seed": st.integers(0, 2**31),
        }
    ),
)
def test_any_layers_give_the_same_losses(windows, dense, values):
    try:
        run = QUICK.replace(dataset="digits", steps=6, layers=(*windows, "flatten", *dense), **values)
        Trainer([run])
    except InputError:  # a window larger than its picture, or than its margin
        assume(False)
    agree(run)


SLOPES = [{"hidden": (5, 5)}, *({"dataset": "digits", "layers": layers} for layers in PICTURES[:3])]


@pytest.mark.parametrize("changes", SLOPES, ids=str)
@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
def test_its_gradient_is_the_slope_of_its_loss(normalization, changes, rng):
    """An oracle that were wrong in the way of the engine would be no oracle."""
    run = QUICK.replace(normalization=normalization, residual=True, batch_size=None, train=10, **changes)
    data = described(run, params=np.abs(rng.normal(size=Trainer([run]).params.shape[1])))
    network = plain.Network(data)
    X, t = network.data["train"]
    grads = network.gradient(X, t)

    def loss():
        return network.values(network.of_loss, plain.chain(network.layers, X, training=True)[0], t)

    for array, grad in zip(network.params, grads, strict=True):
        for place in np.ndindex(array.shape):
            kept = array[place]
            ends = []
            for array[place] in (kept + 1e-6, kept - 1e-6):
                ends.append(loss())
            array[place] = kept
            assert grad[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)
