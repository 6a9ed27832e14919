"""What every optimizer promises besides its formula: minima, rest without a gradient, state, stacks, refusals."""

import copy
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError, choose
from core.minimizers import LANDSCAPES, MINIMIZERS
from core.optimizers import OPTIMIZERS, SCHEDULES, clip_by_norm
from core.optimizers.options import Choice, PerRun

SHAPES = [(4, 3), (3, 5), (2,)]
ROSENBROCK = LANDSCAPES["rosenbrock"]
P = sum(int(np.prod(shape)) for shape in SHAPES)
rules = pytest.mark.parametrize("name", OPTIMIZERS)


def noise(seed, *shape, dtype="float64"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def advance(rule, x, steps, first=0):
    """Steps with a gradient of x plus noise that is the same for every run and depends on the step only."""
    for t in range(first, first + steps):
        rule.step(x, (x + 0.1 * noise(t, P)).astype(x.dtype))


@rules
def test_reaches_the_minimum_of_a_parabola_and_of_rosenbrock(name):
    """One stack of two runs with a learning rate each, as the class of the rule declares them."""
    minima = np.array([[1.0, -2.0], [1.0, 1.0]])
    x = np.array([[3.0, -1.5], [-1.2, 1.0]])
    rule = OPTIMIZERS[name](lr=OPTIMIZERS[name].rates, **OPTIMIZERS[name].still).init(x)
    g = np.empty_like(x)
    for _ in range(10_000):
        g[0], g[1] = x[0] - minima[0], ROSENBROCK.gradient(x[1])
        rule.step(x, g)
    assert np.abs(x - minima).max() <= 3e-2


@rules
def test_zero_gradient_moves_nothing(name):
    x = noise(0, 2, P)
    before = x.copy()
    rule = OPTIMIZERS[name](**OPTIMIZERS[name].still).init(x, SHAPES)
    for _ in range(100):
        rule.step(x, np.zeros_like(x))
    np.testing.assert_array_equal(x, before)


@rules
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_zero_gradient_moves_nothing_without_the_numbers_that_keep_denominators_from_0(name, dtype):
    x = noise(0, 2, P, dtype=dtype)
    before, cls = x.copy(), OPTIMIZERS[name]
    none = {each: 0.0 for each in cls.options() if each.startswith(("eps", "tolerance"))}
    rule = cls(**none, **cls.still).init(x, SHAPES)
    for _ in range(3):
        rule.step(x, np.zeros_like(x))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("name", "hyper"),
    [
        *[(name, {}) for name in ("sgd", "adamw", "lion", "muon", "adafactor")],
        *[(name, {"decoupled_weight_decay": True}) for name in ("nadam", "radam")],
    ],
)
def test_decay_alone_shrinks_by_lr_times_weight_decay(name, hyper):
    x = noise(0, P)
    expected = x * (1 - 0.01 * 0.2) ** 100
    rule = OPTIMIZERS[name](lr=0.01, weight_decay=0.2, **hyper).init(x, SHAPES)
    for _ in range(100):
        rule.step(x, np.zeros_like(x))
    np.testing.assert_allclose(x, expected, rtol=1e-12)


def test_l2_penalty_is_weight_decay_for_sgd_and_not_for_adam():
    start, g = noise(0, P), noise(1, P)
    moved = {}
    for name, decay, gradient in [
        ("sgd", 0.3, lambda x: g),
        ("sgd", 0.0, lambda x: g + 0.3 * x),
        ("adam", 0.0, lambda x: g + 0.3 * x),
        ("adamw", 0.3, lambda x: g),
    ]:
        x = start.copy()
        rule = OPTIMIZERS[name](lr=0.01, weight_decay=decay).init(x)
        for _ in range(50):
            rule.step(x, gradient(x))
        moved[name, decay] = x
    np.testing.assert_allclose(moved["sgd", 0.3], moved["sgd", 0.0], rtol=1e-12)
    assert np.abs(moved["adamw", 0.3] - moved["adam", 0.0]).max() > 1e-3


@rules
def test_saved_after_20_steps_the_next_20_are_the_same(name):
    lr = np.array([1.0, 0.5, 0.1]) * OPTIMIZERS[name].usual_rate
    x = noise(0, 3, P)
    rule = OPTIMIZERS[name](lr=lr).init(x, SHAPES)
    advance(rule, x, 20)
    saved, resumed = copy.deepcopy(rule), x.copy()
    advance(rule, x, 20, first=20)
    other = OPTIMIZERS[name](lr=lr).init(resumed, SHAPES).follow(saved)
    advance(other, resumed, 20, first=20)
    np.testing.assert_array_equal(resumed, x)
    assert repr(copy.deepcopy(other)) == repr(rule)


@rules
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_stack_equals_its_runs_alone_bitwise(name, dtype):
    """Every number of the rule differs from run to run; then one run leaves, and the others go on as if alone."""
    start, cls = noise(0, 3, P, dtype=dtype), OPTIMIZERS[name]
    hyper = {key: three_values(option) for key, option in cls.options().items() if isinstance(option, PerRun)}
    stack, mask = start.copy(), np.array([True, False, True])
    rule = cls(**hyper).init(stack, SHAPES)
    advance(rule, stack, 12)
    rule.keep(mask)
    stack = stack[mask]
    advance(rule, stack, 12, first=12)
    assert stack.dtype == dtype
    assert all(array.dtype in (dtype, "int64") or array.shape == (2, 1) for array in rule.buffer.values())
    for row, run in enumerate([0, 2]):
        alone = start[run].copy()
        single = cls(**{key: values[run] for key, values in hyper.items()}).init(alone, SHAPES)
        advance(single, alone, 24)
        np.testing.assert_array_equal(stack[row], alone)


def three_values(option):
    """Three different values in range for a number of a rule."""
    step = 1.05 if option.low >= 1 else 0.9
    return [option.default * step**i for i in range(3)] if option.default else [0.0, 0.1, 0.2]


@rules
def test_allocates_nothing_of_the_size_of_the_stack(name):
    x, g = noise(0, 128, 60 * 50), noise(1, 128, 60 * 50)
    rule = OPTIMIZERS[name]().init(x, [(60, 50)])
    rule.step(x, g)
    peaks = []
    for steps in (10, 10, 100):
        tracemalloc.start()
        for _ in range(steps):
            rule.step(x, g)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 5_000
    assert max(peaks) < x.nbytes / 2


@rules
def test_gradients_are_only_read(name):
    x, g = noise(0, P), noise(1, P)
    g.setflags(write=False)
    OPTIMIZERS[name]().init(x, SHAPES).step(x, g)


@rules
def test_giant_learning_rate_raises_nothing(name):
    x = noise(0, 2, P)
    rule = OPTIMIZERS[name](lr=1e6).init(x, SHAPES)
    with np.errstate(all="ignore"):
        for _ in range(300):
            rule.step(x, x**3)


@rules
@pytest.mark.parametrize("size", [1e200, 1e-300])
def test_extreme_gradients_leave_the_other_runs_finite(name, size):
    x = noise(0, 2, P)
    g = noise(1, 2, P)
    g[1] *= size
    rule = OPTIMIZERS[name]().init(x, SHAPES)
    for _ in range(3):
        rule.step(x, g)
    assert np.isfinite(x[0]).all()
    assert size > 1 or np.isfinite(x[1]).all()


def test_centered_rmsprop_survives_a_constant_gradient():
    """torch's turns NaN at update 331: v - a² rounds below 0; which constants do that depends on the rounding."""
    g = np.concatenate([[0.1, 1.0, 0.001], noise(0, 97)])
    x = np.zeros_like(g)
    rule = OPTIMIZERS["rmsprop"](lr=0.01, alpha=0.9, centered=True).init(x)
    for _ in range(5000):
        rule.step(x, g)
    assert np.isfinite(x).all()


@rules
@pytest.mark.parametrize("lr", [0, -1.0, np.nan, np.inf, "0.1", True, [0.1, np.nan], [[0.1, 0.2]], []])
def test_bad_learning_rate_is_refused(name, lr):
    with pytest.raises(InputError, match="lr"):
        OPTIMIZERS[name](lr=lr)


@rules
def test_learning_rate_is_checked_between_steps(name):
    x = noise(0, 3, P)
    rule = OPTIMIZERS[name]().init(x, SHAPES)
    for bad in (-0.1, np.nan, np.inf, "0.1", np.array([0.1, 0.2])):
        with pytest.raises(InputError, match="lr"):
            rule.lr = bad
    rule.lr = [0.1, 0.2, 0.3]
    rule.lr = 0.0  # where many schedules end
    before = x.copy()
    if OPTIMIZERS[name].lr_acts:
        rule.step(x, noise(1, 3, P))
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("name", "hyper"),
    [
        ("adam", {"beta1": 1.0}),
        ("adam", {"beta2": -0.1}),
        ("adam", {"eps": -1e-8}),
        ("adam", {"weight_decay": -1}),
        ("adam", {"amsgrad": True}),
        ("adam", {"beta_1": 0.9}),
        ("momentum", {"momentum": 1.0}),
        ("momentum", {"momentum": -0.1}),
        ("momentum", {"nesterov": True}),
        ("nesterov", {"momentum": 0.0}),
        ("rmsprop", {"centered": "yes"}),
        ("rprop", {"step_min": 60.0}),
        ("rprop", {"etaplus": 1.0}),
        ("adafactor", {"beta2_decay": 0.5}),
        ("muon", {"ns_steps": 2.5}),
        ("muon", {"ns_coefficients": (1.0, 2.0)}),
        ("muon", {"ns_coefficients": (1.0, 2.0, np.nan)}),
        ("muon", {"adjust_lr_fn": "other"}),
        ("lbfgs", {"history_size": 0}),
        ("lbfgs", {"line_search_fn": "wolfe"}),
    ],
)
def test_bad_hyper_parameters_are_refused_by_name(name, hyper):
    with pytest.raises(InputError, match=next(iter(hyper))):
        OPTIMIZERS[name](**hyper)


@st.composite
def any_rule(draw):
    """A rule with any hyper-parameters that it allows, the ends of their ranges among them."""
    cls = OPTIMIZERS[draw(st.sampled_from(sorted(OPTIMIZERS)))]
    hyper = {}
    for name, option in cls.options().items():
        if isinstance(option, Choice):
            hyper[name] = draw(st.sampled_from(option.allowed))
        elif isinstance(option, PerRun):
            ends = {"exclude_min": option.open_low, "exclude_max": option.open_high and option.high < np.inf}
            limits = {"min_value": max(option.low, -1e30), "max_value": min(option.high, 1e30)}
            hyper[name] = draw(st.floats(**limits, **ends) | st.just(option.default))
    hyper |= {"line_search_fn": None} if "line_search_fn" in hyper else {}
    if "step_min" in hyper:
        hyper["step_min"] = min(hyper["step_min"], hyper["step_max"])
    return cls(**hyper)


@given(any_rule(), st.sampled_from(["float64", "float32"]), st.integers(0, 3))
@settings(max_examples=500, derandomize=True, deadline=None)
def test_any_rule_in_range_steps_without_an_exception(rule, dtype, seed):
    x, g = noise(seed, 2, P, dtype=dtype), noise(seed + 1, 2, P, dtype=dtype)
    g[:, ::5] = 0
    rule.init(x, SHAPES)
    for _ in range(3):
        rule.lr = rule.lr
        rule.step(x, g)
    assert x.dtype == dtype


@pytest.mark.parametrize("table", [OPTIMIZERS, SCHEDULES, MINIMIZERS])
def test_colors_tell_apart_what_meets_in_a_chart(table):
    colors = [each.color for each in table.values() if each.color is not None]
    assert len(set(colors)) == len(colors)


def test_unknown_rule_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'adam'"):
        choose("optimizer", "adm", OPTIMIZERS)


def test_wrong_shapes_and_states_are_refused():
    x = noise(0, 2, P)
    rule = OPTIMIZERS["adam"]()
    rule.init(x)
    with pytest.raises(InputError, match="params"):
        rule.step(x[0], x[0])
    with pytest.raises(InputError, match="params"):
        rule.init(np.arange(3))
    for name in OPTIMIZERS:
        for wrong in ([1.0, 2.0], np.empty(0), np.empty((0, 3)), np.float64(1)):
            with pytest.raises(InputError, match="params must be a float array"):
                OPTIMIZERS[name]().init(wrong)
    with pytest.raises(InputError, match="mask"):
        rule.keep([True])
    with pytest.raises(InputError, match="m has shape"):
        rule.follow(OPTIMIZERS["adam"]().init(x[0]))
    with pytest.raises(InputError, match="shapes"):
        OPTIMIZERS["muon"]().init(x, [(2, 2)])
    with pytest.raises(InputError, match="beta1"):
        OPTIMIZERS["adam"](beta1=[0.1, 0.2, 0.3]).init(x)
    with pytest.raises(InputError, match="loss_and_gradient"):
        OPTIMIZERS["lbfgs"](line_search_fn="strong_wolfe").init(x).step(x, x)


@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.0, 3.0), (92.0, 0.001)])
def test_lbfgs_with_line_search_needs_few_evaluations(start):
    """Alone and, bitwise the same, beside another run in a stack."""
    seen = set()

    def loss_and_gradient(x):
        seen.add(x.tobytes())
        return ROSENBROCK.value(x), ROSENBROCK.gradient(x)

    def search(x):
        rule = OPTIMIZERS["lbfgs"](line_search_fn="strong_wolfe", tolerance_change=1e-16).init(x)
        for _ in range(400):
            grads = loss_and_gradient(x)[1]
            if np.abs(grads).max() < 1e-6:
                break
            rule.step(x, grads, loss_and_gradient)
        return x

    alone = search(np.array(start))
    assert np.abs(alone - 1).max() < 1e-5
    assert start != (-1.2, 1.0) or len(seen) <= 2 * 46  # scipy's L-BFGS-B needs 46 gradients from there
    np.testing.assert_array_equal(search(np.array([start, (1.0, 1.0)]))[0], alone)


def test_clipping_by_norm_is_per_run_and_survives_overflow():
    g = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0], [3e200, 4e200]])
    np.testing.assert_allclose(clip_by_norm(g, 1.0), [5.0, 0.5, 0.0, 5e200])
    np.testing.assert_allclose(g, [[0.6, 0.8], [0.3, 0.4], [0.0, 0.0], [0.6, 0.8]])
    single = np.array([3.0, 4.0], dtype="float32")
    assert clip_by_norm(single, 2.5) == 5.0
    np.testing.assert_allclose(single, [1.5, 2.0])
    for bad in (0, -1.0, np.nan):
        with pytest.raises(InputError, match="max_norm"):
            clip_by_norm(g, bad)
