"""Initializers: spread, bounds and orthogonality as in reference/initialization.json, and the seeds' promise."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.checks import InputError
from core.nn import ACTIVATIONS, INITIALIZERS

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "initialization.json").read_text())
every = pytest.mark.parametrize("name", list(INITIALIZERS))


@pytest.mark.parametrize("case", REFERENCE["schemes"], ids=lambda c: f"{c['scheme']}-{c['fan_in']}-{c['gain']:.2f}")
def test_spread_and_bounds(case):
    torch = case["scheme"] == "torch_linear_default_weight_and_bias"  # whose "gain" is 1/√3 over Kaiming's rule
    draw = INITIALIZERS["torch_linear" if torch else case["scheme"]]
    rng, size = np.random.default_rng(20), case["fan_in"] * case["fan_out"]
    gain = 1.0 if torch else case["gain"]
    weights = [draw(rng, case["fan_in"], case["fan_out"], gain=gain) for _ in range(-(-20_000 // size))]
    assert weights[0].shape == (case["fan_out"], case["fan_in"])
    w = np.ravel(weights)
    assert abs(w.mean()) <= 5 * case["std"] / w.size**0.5
    k = 2 if case["distribution"] == "normal" else 0.8
    assert abs(w.std() / case["std"] - 1) <= 5 * (k / (4 * w.size)) ** 0.5
    if case["bound"]:
        assert case["bound"] * (1 - 20 / w.size) <= np.abs(w).max() <= case["bound"]
    else:
        assert np.abs(w).max() > 3 * case["std"]  # not truncated at 2 σ


@pytest.mark.parametrize("case", REFERENCE["orthogonal"], ids=lambda c: str(c["shape"]))
def test_orthogonal(case):
    rows, columns = case["shape"]
    W = INITIALIZERS["orthogonal"](np.random.default_rng(3), columns, rows, gain=case["gain"])
    assert W.shape == (rows, columns)
    product = W @ W.T if rows <= columns else W.T @ W
    np.testing.assert_allclose(product, case["gain"] ** 2 * np.eye(min(rows, columns)), atol=1e-10)
    np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False), case["singular_values"], atol=1e-10)


def test_orthogonal_prefers_no_direction():
    rng = np.random.default_rng(4)
    draws = np.array([INITIALIZERS["orthogonal"](rng, 3, 3) for _ in range(4000)])
    assert np.abs(draws.mean(axis=0)).max() <= 5 / 3**0.5 / 4000**0.5
    np.testing.assert_allclose((draws**2).mean(axis=0), 1 / 3, atol=0.03)


def test_without_randomness():
    assert not INITIALIZERS["zeros"](np.random.default_rng(0), 3, 2).any()
    np.testing.assert_array_equal(
        INITIALIZERS["constant"](np.random.default_rng(0), 3, 2, gain=2.0), np.full((2, 3), 0.2)
    )
    small = INITIALIZERS["normal"](np.random.default_rng(0), 200, 100)
    assert small.std() == pytest.approx(0.01, rel=0.03)


@every
def test_seed_gain_and_shape(name):
    draw = INITIALIZERS[name]
    first, again = (draw(np.random.default_rng(7), 5, 3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (3, 5)
    assert first.dtype == np.float64
    np.testing.assert_allclose(draw(np.random.default_rng(7), 5, 3, gain=2.5), 2.5 * first, rtol=1e-14)
    assert np.isfinite(draw(np.random.default_rng(7), 1, 1)).all()


def test_schemes_that_were_derived_for_an_activation_follow_it():
    theirs = {name for name in INITIALIZERS if name.startswith("kaiming")} | {"orthogonal"}
    others = {name for name in INITIALIZERS if name.startswith(("xavier", "lecun"))} | {"zeros", "constant", "normal"}
    assert all(INITIALIZERS[name].for_activation for name in theirs)
    assert not any(INITIALIZERS[name].for_activation for name in others)


@every
def test_pages_find_formula_and_source(name):
    assert INITIALIZERS[name].__doc__


def test_recommended_gains():
    gains = REFERENCE["gains"]
    assert ACTIVATIONS["leaky_relu"]().gain == pytest.approx(gains.pop("leaky_relu(0.01)"), abs=1e-12)
    assert ACTIVATIONS["identity"]().gain == gains.pop("linear")
    for name, gain in gains.items():
        assert ACTIVATIONS[name]().gain == pytest.approx(gain, abs=1e-12)


@every
@pytest.mark.parametrize(
    ("fans", "gain", "message"),
    [
        ((0, 3), 1.0, "fan_in is 0"),
        ((3, 2.5), 1.0, "fan_out is 2.5"),
        ((3, 2), -1.0, "gain is -1"),
        ((3, 2), np.nan, "gain"),
    ],
)
def test_bad_input_is_named(name, fans, gain, message):
    with pytest.raises(InputError, match=message):
        INITIALIZERS[name](np.random.default_rng(0), *fans, gain=gain)
