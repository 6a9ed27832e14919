"""Rules walk the stack in blocks, and a stack may be stepped group by group: no bit may depend on either."""

import copy

import numpy as np
import pytest

from core.checks import InputError
from core.optimizers import OPTIMIZERS, base

RUNS, SHAPES = 5, [(30, 41), (20,), (10, 31)]
P = sum(int(np.prod(shape)) for shape in SHAPES)
rules = pytest.mark.parametrize("name", list(OPTIMIZERS))


def stepped(name, bytes_, groups, dtype=np.float64, lr=None, decay=True):
    """Parameters after six steps with blocks of so many bytes, and the state, the runs stepped in these groups."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(RUNS, P)).astype(dtype)
    rates = OPTIMIZERS[name]().lr * np.linspace(0.5, 1.5, RUNS) if lr is None else lr
    hyper = (
        {"weight_decay": np.linspace(0.0, 0.1, RUNS)} if decay and "weight_decay" in OPTIMIZERS[name].options() else {}
    )
    kept, base.BLOCK_BYTES = base.BLOCK_BYTES, bytes_
    try:
        rule = OPTIMIZERS[name](lr=rates, **hyper).init(x, SHAPES)
        for step in range(6):
            g = rng.normal(size=x.shape).astype(dtype)
            if step == 3:
                rule.lr = rates / 2
                rule = copy.deepcopy(rule)  # as of a run that was saved
            if len(groups) == 1:
                rule.step(x, g)
                continue
            for start, stop in groups:
                rule.step(x[start:stop], g[start:stop], rows=slice(start, stop))
    finally:
        base.BLOCK_BYTES = kept
    return x, rule.buffer


def same(first, second):
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1].keys() == second[1].keys()
    for name, value in first[1].items():
        np.testing.assert_array_equal(value, second[1][name])


@rules
def test_blocks_change_no_bit(name):
    """Of a whole stack, of some of its runs, of part of a run; one rate for all runs, or one for each."""
    for rates in (None, OPTIMIZERS[name]().lr):
        whole = stepped(name, 1 << 30, [(0, RUNS)], lr=rates)
        for bytes_ in (2 * 8 * P, 8 * P, 8 * 333, 8 * 100):
            same(whole, stepped(name, bytes_, [(0, RUNS)], lr=rates))


@rules
def test_every_run_has_its_own_numbers(name):
    """Rate and decay of a run in a stack of blocks are those with which it is stepped alone."""
    rng, kind = np.random.default_rng(2), OPTIMIZERS[name]
    x, rates = rng.normal(size=(RUNS, P)), kind().lr * np.linspace(0.5, 1.5, RUNS)
    decay = np.linspace(0.0, 0.1, RUNS) if "weight_decay" in kind.options() else None
    alone = [x[run].copy() for run in range(RUNS)]
    own = [{} if decay is None else {"weight_decay": decay[run]} for run in range(RUNS)]
    singles = [kind(lr=rates[run], **own[run]).init(alone[run], SHAPES) for run in range(RUNS)]
    kept, base.BLOCK_BYTES = base.BLOCK_BYTES, 8 * 333
    try:
        rule = kind(lr=rates, **({} if decay is None else {"weight_decay": decay})).init(x, SHAPES)
        for _ in range(3):
            g = rng.normal(size=x.shape)
            rule.step(x, g)
            for run, single in enumerate(singles):
                single.step(alone[run], g[run])
    finally:
        base.BLOCK_BYTES = kept
    np.testing.assert_array_equal(x, alone)


@rules
def test_groups_change_no_bit(name):
    if OPTIMIZERS[name].block == "stack":
        pytest.skip("it takes all runs at once")
    for dtype in (np.float64, np.float32):
        whole = stepped(name, 1 << 30, [(0, RUNS)], dtype)
        for groups in ([(0, 3), (3, 5)], [(run, run + 1) for run in range(RUNS)]):
            for bytes_ in (1 << 30, 8 * 333):
                same(whole, stepped(name, bytes_, groups, dtype))


@rules
def test_one_vector_of_parameters_is_a_stack_of_one(name):
    rng = np.random.default_rng(1)
    x, g = rng.normal(size=(2, P))
    stack = x[None].copy()
    kept, base.BLOCK_BYTES = base.BLOCK_BYTES, 8 * 100
    try:
        alone, stacked = (OPTIMIZERS[name]().init(each, SHAPES) for each in (x, stack))
        for _ in range(3):
            alone.step(x, g)
            stacked.step(stack, g[None])
    finally:
        base.BLOCK_BYTES = kept
    np.testing.assert_array_equal(x, stack[0])


@pytest.mark.parametrize("name", ["adam", "muon", "lbfgs"])
def test_params_of_another_shape_are_refused(name):
    x = np.zeros((RUNS, P))
    rule = OPTIMIZERS[name]().init(x, SHAPES)
    with pytest.raises(InputError, match="params has shape"):
        rule.step(x[:3], x[:3])
    if rule.block != "stack":
        with pytest.raises(InputError, match="params has shape"):
            rule.step(x, x, rows=slice(0, 3))
