"""Learning rate schedules against torch's numbers (reference/schedules.json) and their own promises."""

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from core.checks import InputError
from core.optimizers import SCHEDULES

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = json.loads((FOLDER / "schedules.json").read_text())
PLATEAUS = json.loads((FOLDER / "plateau.json").read_text())["cases"]
OURS = {kind.torch: name for name, kind in SCHEDULES.items() if kind.torch}
OURS |= {"LinearWarmup+Cosine": "warmup_cosine", "ReduceLROnPlateau": "reduce_on_plateau"}
every = pytest.mark.parametrize("name", list(SCHEDULES))


def fitted(name, base_lr=0.1, steps=100, **parameters):
    return SCHEDULES[name](base_lr, **{**SCHEDULES[name].fit(steps), **parameters})


@pytest.mark.parametrize("case", REFERENCE["schedules"], ids=lambda case: case["name"])
def test_torch_numbers(case):
    parameters = {name: value for name, value in case["params"].items() if name != "base_lr"}
    schedule = SCHEDULES[OURS[case["name"]]](case["base_lr"], **parameters)
    rates = [schedule(t) for t in range(REFERENCE["steps"])]
    np.testing.assert_allclose(rates, case["lr"], rtol=1e-9, atol=1e-12)
    assert all(type(rate) is float for rate in rates)


def test_reference_covers_what_torch_has():
    assert {case["name"] for case in REFERENCE["schedules"]} == OURS.keys()


def test_one_cycle_variants_by_hand():
    """Torch turns at pct_start * total_steps - 1 = 3, with three phases at 6 as well, and ends at 9."""
    shape = {"total_steps": 10, "max_lr": 1.0, "pct_start": 0.4, "div_factor": 10.0, "final_div_factor": 100.0}
    linear = SCHEDULES["one_cycle"](0.1, anneal_strategy="linear", **shape)
    down = 1 - 0.999 * np.arange(1, 7) / 6
    np.testing.assert_allclose([linear(t) for t in range(10)], [0.1, 0.4, 0.7, 1.0, *down], rtol=1e-12)
    three = SCHEDULES["one_cycle"](0.1, anneal_strategy="linear", three_phase=True, **shape)
    expected = [0.1, 0.4, 0.7, 1.0, 0.7, 0.4, 0.1, 0.067, 0.034, 0.001]
    np.testing.assert_allclose([three(t) for t in range(10)], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("mode", "rates"),
    [
        ("triangular", [1, 2, 3, 2.5, 2, 1.5, 1, 2, 3]),
        ("triangular2", [1, 2, 3, 2.5, 2, 1.5, 1, 1.5, 2]),
        ("exp_range", [1, 1.5, 1.5, 1 + 1.5 / 8, 1 + 1 / 16, 1 + 0.5 / 32, 1, 1 + 1 / 128, 1 + 2 / 256]),
    ],
)
def test_cyclic_modes(mode, rates):
    gamma = {"gamma": 0.5} if mode == "exp_range" else {}
    schedule = SCHEDULES["cyclic"](1.0, max_lr=3.0, step_size_up=2, step_size_down=4, mode=mode, **gamma)
    np.testing.assert_allclose([schedule(t) for t in range(9)], rates, rtol=1e-12)


@pytest.mark.parametrize("case", PLATEAUS, ids=lambda case: case["name"])
def test_plateau_of_torch(case):
    """Metrics below 0, that change their sign, are not numbers; cuts smaller than eps; a floor above the rate."""
    schedule = SCHEDULES["reduce_on_plateau"](case["base_lr"], **case["params"])
    for metric in case["metric"]:
        schedule.observe(math.nan if metric is None else metric)
    assert schedule.rates[1:] == case["lr"]


def test_plateau_by_hand():
    metric = [1.0, 1.0, 1.0, 0.5, 0.6, 0.6, 0.6, 0.6, 0.4]
    schedule = SCHEDULES["reduce_on_plateau"](1.0, factor=0.1, patience=1, cooldown=2, min_lr=0.05)
    for value in metric:
        schedule.observe(value)
    # cut after two bad ones; the cooldown swallows the next two, then two bad ones cut again, down to min_lr
    np.testing.assert_allclose([schedule(t) for t in range(10)], [1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05])
    resumed = SCHEDULES["reduce_on_plateau"](1.0, factor=0.1, patience=1, cooldown=2, min_lr=0.05, metric=metric)
    assert resumed.rates == schedule.rates
    rising = SCHEDULES["reduce_on_plateau"](1.0, patience=0, mode="max", threshold=0.1, threshold_mode="abs")
    for value in (1.0, 1.2, 1.25, np.nan):
        rising.observe(value)
    np.testing.assert_allclose(rising.rates, [1, 1, 1, 0.1, 0.01])


def test_plateau_of_each_run():
    together = SCHEDULES["reduce_on_plateau"](np.array([1.0, 2.0]), patience=1)
    for pair in ([3, 3], [2, 3], [1, 3], [1, 2], [1, 2]):
        together.observe(pair)
    np.testing.assert_allclose(together.rates[-1], [0.1, 0.2])
    np.testing.assert_allclose(together(4), [1.0, 0.2])


@every
def test_each_run_its_rate(name):
    rates = np.array([0.1, 0.02])
    stack = fitted(name, rates, **({"max_lr": 10 * rates} if name == "cyclic" else {}))
    alone = [fitted(name, rate) for rate in rates]
    for t in (0, 3, 50, 99):
        np.testing.assert_allclose(stack(t) * np.ones(2), [schedule(t) for schedule in alone], rtol=1e-12)
    np.testing.assert_array_equal(rates, [0.1, 0.02])


@every
def test_giant_steps_short_runs_and_saving(name):
    for steps in (0, 1, 2, 3, 1000):
        schedule = fitted(name, steps=steps)
        with np.errstate(all="raise"):
            rates = [schedule(t) for t in (0, 1, steps, 10**6, 10**12, 10**15 + 1)]
        assert np.isfinite(rates).all()
        assert min(rates) >= 0
        assert max(rates) <= 1.0 + 1e-12
        again = pickle.loads(pickle.dumps(schedule))
        assert [again(t) for t in (0, 1, steps, 10**6, 10**12, 10**15 + 1)] == rates


def test_after_its_end_one_cycle_keeps_the_last_rate():
    schedule = SCHEDULES["one_cycle"](0.1, total_steps=20)
    assert schedule(19) == schedule(20) == schedule(10**9) == pytest.approx(0.1 / 25 / 1e4)


BAD = [
    ("step", {"step_size": 0}),
    ("step", {"step_size": 2.5}),
    ("step", {"gamma": 0}),
    ("multi_step", {"milestones": [-1]}),
    ("exponential", {"gamma": 1.5}),
    ("cosine_annealing", {"T_max": 0}),
    ("cosine_annealing", {"eta_min": -1}),
    ("cosine_warm_restarts", {"T_0": 0}),
    ("cosine_warm_restarts", {"T_mult": 0}),
    ("one_cycle", {"pct_start": 2}),
    ("one_cycle", {"total_steps": 0}),
    ("one_cycle", {"anneal_strategy": "cosine"}),
    ("one_cycle", {"div_factor": 0}),
    ("linear", {"total_iters": 0}),
    ("linear", {"start_factor": 0}),
    ("polynomial", {"power": -1}),
    ("constant", {"factor": np.nan}),
    ("cyclic", {"step_size_up": 0}),
    ("cyclic", {"mode": "triangle"}),
    ("cyclic", {"max_lr": 0}),
    ("warmup_cosine", {"warmup": 1000}),
    ("warmup_cosine", {"warmup": -1}),
    ("reduce_on_plateau", {"factor": 1.0}),
    ("reduce_on_plateau", {"patience": -1}),
    ("reduce_on_plateau", {"eps": -1e-9}),
    ("reduce_on_plateau", {"threshold_mode": "relative"}),
]


@pytest.mark.parametrize(("name", "parameters"), BAD, ids=str)
def test_bad_parameters_are_named(name, parameters):
    with pytest.raises(InputError, match=next(iter(parameters))):
        fitted(name, **parameters)


@every
@pytest.mark.parametrize("base_lr", [0, -1, np.nan, np.inf, "0.1", None])
def test_bad_rates_are_named(name, base_lr):
    with pytest.raises(InputError, match="base_lr"):
        fitted(name, base_lr)
