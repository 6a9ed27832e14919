"""Activations against torch's numbers (reference/activations.json), finite differences and each other."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.nn import ACTIVATIONS

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "activations.json").read_text())
X = np.array(REFERENCE["x"])
PARAMETERS = {"threshold": {"threshold": 0.5, "value": -0.25}, "elu": {"alpha": 1.7}, "celu": {"alpha": 0.6}}
ALL = [ACTIVATIONS[name](**PARAMETERS.get(name, {})) for name in ACTIVATIONS]
SMOOTH_POINTS = np.array([-7.3, -2.71, -1.3, -0.77, -0.31, -0.05, 0.03, 0.4, 0.9, 1.41, 2.3, 3.3, 5.2, 7.7])

every = pytest.mark.parametrize("f", ALL, ids=list(ACTIVATIONS))


def near(got, want, absolute):
    return np.all(np.abs(got - want) <= absolute + 1e-9 * np.abs(want))


@pytest.mark.parametrize("case", REFERENCE["functions"], ids=lambda case: case["name"])
def test_torch_numbers(case):
    f = ACTIVATIONS["gelu" if case["name"] == "gelu_exact" else case["name"]](**case["params"])
    with np.errstate(over="raise", invalid="raise"):
        y, dy = f.value(X), f.derivative(X)
    assert near(y, np.array(case["y"]), 1e-12)
    smooth = ~np.isin(X, [kink["x"] for kink in case["kinks"]])
    assert near(dy[smooth], np.array(case["dy"])[smooth], 1e-11)
    for kink in case["kinks"]:
        low, high = sorted((kink["left"], kink["right"]))
        assert low - 1e-6 <= dy[kink["x"] == X][0] <= high + 1e-6
    different = [kink["x"] for kink in case["kinks"] if kink["left"] != kink["right"]]
    assert list(f.kinks) == different


def test_all_of_the_reference_is_there():
    """An activation that torch does not have is judged by its slope."""
    names = {case["name"] for case in REFERENCE["functions"]} - {"gelu_exact"}
    assert names | {"gelu", "step"} <= set(ACTIVATIONS)


@every
def test_derivative_is_the_slope(f):
    h = 1e-6
    slope = (f.value(SMOOTH_POINTS + h) - f.value(SMOOTH_POINTS - h)) / (2 * h)
    np.testing.assert_allclose(f.derivative(SMOOTH_POINTS), slope, rtol=0, atol=1e-8)


@every
def test_in_place_given_y_and_strided_change_nothing(f):
    x = np.random.default_rng(1).normal(size=(4, 5, 6)) * 3
    before = x.copy()
    y, dy = f.value(x), f.derivative(x)
    wide = np.full((4, 6, 6), 7.0)
    out = wide[:, :-1]
    assert f.value(x, out=out) is out
    np.testing.assert_array_equal(out, y)
    assert (wide[:, -1] == 7).all()
    assert f.derivative(x, y, out=out) is out
    np.testing.assert_array_equal(out, dy)
    other = np.asfortranarray(x)
    other.flags.writeable = False
    np.testing.assert_array_equal(f.value(other), y)
    np.testing.assert_array_equal(f.derivative(other[:, ::-1]), dy[:, ::-1])
    np.testing.assert_array_equal(x, before)


@every
def test_types(f):
    x = np.array([-3, -2, -1, 2, 4])
    assert f.value(x).dtype == f.derivative(x).dtype == np.float64
    np.testing.assert_array_equal(f.value(x), f.value(x.astype(float)))
    single = SMOOTH_POINTS.astype(np.float32)
    assert f.value(single).dtype == f.derivative(single).dtype == np.float32
    np.testing.assert_allclose(f.value(single), f.value(SMOOTH_POINTS), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(f.derivative(single), f.derivative(SMOOTH_POINTS), rtol=1e-5, atol=1e-6)
    assert f.value(0.3).shape == f.derivative([[0.3]])[0, 0].shape == ()
    for wrong in ("0.3", [1j], None):
        with pytest.raises(InputError, match="real numbers"):
            f.value(wrong)


@every
@settings(max_examples=60, deadline=None, derandomize=True)
@given(x=st.floats(-1e300, 1e300))
def test_any_number_is_safe(f, x):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y, dy = f.value(np.array([x])), f.derivative(np.array([x]))
    assert np.isfinite([y, dy]).all()
    assert np.abs(dy) <= 2


@every
def test_far_out_and_float32(f):
    for x in (np.array([-1e300, 1e300, -5e-324, 0.0]), np.array([-1e38, 1e38, -100, 100], np.float32)):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            assert np.isfinite(f.value(x)).all()
            assert np.isfinite(f.derivative(x)).all()


@every
def test_pages_find_what_they_show(f):
    assert f.formula
    assert vars(type(f))["__doc__"]
    assert f.gain > 0


def test_colors_and_labels_tell_activations_apart():
    colors = [kind.color for kind in ACTIVATIONS.values() if kind.color is not None]
    labels = [kind.label or name.replace("_", " ") for name, kind in ACTIVATIONS.items()]
    assert len(set(colors)) == len(colors)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("name", "gain"), [("identity", 1), ("sigmoid", 1), ("tanh", 5 / 3), ("relu", 2**0.5), ("selu", 0.75)]
)
def test_gain(name, gain):
    assert ACTIVATIONS[name]().gain == pytest.approx(gain, abs=1e-15)
    assert ACTIVATIONS["leaky_relu"](negative_slope=0.2).gain == pytest.approx((2 / 1.04) ** 0.5)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.3, 1.0, 2.5])
def test_leaky_slopes_of_any_size(slope):
    f = ACTIVATIONS["prelu"](weight=slope)
    np.testing.assert_array_equal(f.value(np.array([-2.0, 0.0, 3.0])), [-2 * slope, 0, 3])
    np.testing.assert_array_equal(f.derivative(np.array([-2.0, 3.0])), [slope, 1])


def test_options():
    at = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    assert not ACTIVATIONS["step"]().derivative(at).any()
    straight = ACTIVATIONS["step"](surrogate="straight_through")
    np.testing.assert_array_equal(straight.derivative(at), [0, 1, 1, 1, 1, 1, 0])
    np.testing.assert_array_equal(ACTIVATIONS["step"]().value(at), [0, 0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(ACTIVATIONS["relu"](derivative_at_zero=0.5).derivative(at), [0, 0, 0, 0.5, 1, 1, 1])
    assert np.isnan(ACTIVATIONS["relu"]().value(np.nan))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("elu", {"alpha": -1}),
        ("elu", {"alpha": np.nan}),
        ("elu", {"alpha": "1"}),
        ("elu", {"alpha": [1.0, 2.0]}),
        ("celu", {"alpha": 0}),
        ("selu", {"scale": 0}),
        ("softplus", {"beta": 0}),
        ("softplus", {"threshold": -1}),
        ("relu", {"derivative_at_zero": 1.5}),
        ("hardtanh", {"max_val": -2.0}),
        ("softshrink", {"lambd": -0.1}),
        ("hardshrink", {"lambd": np.inf}),
        ("threshold", {"value": np.inf}),
        ("leaky_relu", {"negative_slope": True}),
        ("step", {"surrogate": "straight"}),
    ],
)
def test_bad_parameters_are_named(name, parameters):
    with pytest.raises(InputError, match=next(iter(parameters))):
        ACTIVATIONS[name](**parameters)
