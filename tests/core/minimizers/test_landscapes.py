"""Landscapes against torch's derivatives (reference/landscapes.json), scipy, finite differences and their minima."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize

from core.checks import InputError
from core.minimizers import LANDSCAPES

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "landscapes.json").read_text())["functions"]
WITHOUT_GRADIENT_AT_THE_MINIMUM = ("ackley", "bukin6")
every = pytest.mark.parametrize("name", list(LANDSCAPES))
of_torch = pytest.mark.parametrize("case", REFERENCE, ids=lambda case: case["name"])


def near(got, want, tolerance):
    want = np.asarray(want)
    return np.all(np.abs(got - want) <= tolerance * np.maximum(1, np.abs(want)))


@of_torch
def test_torch_numbers(case):
    landscape, points = LANDSCAPES[case["name"]], case["points"]
    x = np.array([point["x"] for point in points])
    assert near(landscape.value(x), [point["f"] for point in points], 1e-9)
    assert near(landscape.gradient(x), [point["grad"] for point in points], 1e-9)
    assert near(landscape.hessian(x), [point["hessian"] for point in points], 1e-8)


@of_torch
def test_minima(case):
    landscape = LANDSCAPES[case["name"]]
    assert near(np.array(landscape.minima), case["global_minima"], 1e-9)
    assert landscape.lowest == pytest.approx(case["f_min"], abs=1e-12)
    for minimum in landscape.minima:
        assert near(landscape.value(minimum), landscape.lowest, 1e-9)
        assert np.isfinite(landscape.gradient(minimum)).all()
        assert np.isfinite(landscape.hessian(minimum)).all()
        if case["name"] not in WITHOUT_GRADIENT_AT_THE_MINIMUM:
            assert np.abs(landscape.gradient(minimum)).max() <= 1e-5
            assert np.linalg.eigvalsh(landscape.hessian(minimum)).min() > 0


def test_reference_covers_everything():
    assert {case["name"] for case in REFERENCE} | {"quadratic"} == set(LANDSCAPES)


@every
def test_derivatives_are_the_slopes(name):
    landscape = LANDSCAPES[name]
    (x_low, x_high), (y_low, y_high) = landscape.bounds
    x = np.random.default_rng(5).uniform((x_low, y_low), (x_high, y_high), (50, 2))
    if name == "bukin6":
        x = x[np.abs(x[:, 1] - 0.01 * x[:, 0] ** 2) > 0.05]
    h = 1e-5 * np.eye(2)[:, None]
    slopes = (landscape.value(x + h) - landscape.value(x - h)) / 2e-5
    scale = np.abs(landscape.value(x)).max() + np.abs(landscape.hessian(x)).max() + 1
    np.testing.assert_allclose(landscape.gradient(x), slopes.T, atol=1e-8 * scale)
    bends = (landscape.gradient(x + h) - landscape.gradient(x - h)) / 2e-5
    np.testing.assert_allclose(landscape.hessian(x), bends.transpose(1, 0, 2), atol=1e-7 * scale)


@every
def test_any_shape_and_number(name):
    landscape = LANDSCAPES[name]
    x = np.random.default_rng(6).normal(size=(3, 4, 2))
    kept = x.copy()
    assert landscape.value(x).shape == (3, 4)
    assert landscape.gradient(x).shape == (3, 4, 2)
    assert landscape.hessian(x).shape == (3, 4, 2, 2)
    for method in (landscape.value, landscape.gradient, landscape.hessian):
        np.testing.assert_allclose(method(x)[1, 2], method(list(x[1, 2])), rtol=1e-12)
        np.testing.assert_array_equal(method(np.array([1, 2])), method(np.array([1.0, 2.0])))
        method(np.array([[1e200, -1e200], [1e308, 1e308], [0.0, 0.0], [np.nan, 1.0]]))
    np.testing.assert_array_equal(x, kept)
    for wrong in (1.0, [1.0, 2.0, 3.0], ["a", "b"], [True, False]):
        with pytest.raises(InputError, match="shape"):
            landscape.value(wrong)


@every
def test_pages_find_what_they_show(name):
    landscape = LANDSCAPES[name]
    assert landscape.about
    assert landscape.formula
    (x_low, x_high), (y_low, y_high) = landscape.bounds
    for x, y in (landscape.start, *landscape.minima):
        assert x_low <= x <= x_high
        assert y_low <= y <= y_high
    assert np.linalg.norm(landscape.gradient(landscape.start)) > 1e-3
    assert (landscape.lowest is None) == (landscape.minima == ())


@every
def test_nothing_on_the_plot_is_lower(name):
    landscape = LANDSCAPES[name]
    x, y = (np.linspace(*bound, 201) for bound in landscape.bounds)
    if landscape.lowest is not None:
        assert landscape.value(np.stack(np.meshgrid(x, y), axis=-1)).min() >= landscape.lowest - 1e-9


def test_rosenbrock_of_scipy():
    x = np.random.default_rng(7).normal(size=(10, 2))
    rosenbrock = LANDSCAPES["rosenbrock"]
    np.testing.assert_allclose(rosenbrock.value(x), scipy.optimize.rosen(x.T), rtol=1e-12)
    np.testing.assert_allclose(rosenbrock.gradient(x), scipy.optimize.rosen_der(x.T).T, rtol=1e-12)
