"""Every minimizer: what it promises on quadratics, within a budget, from bad starts, and what it says when it stops."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from core.checks import InputError
from core.minimizers import LANDSCAPES, MINIMIZERS, Problem
from core.minimizers.methods import Reason
from core.optimizers.lbfgs import strong_wolfe

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "optimizers.json").read_text())
SCIPY = {(row["origin"], row["problem"]): row for row in REFERENCE["line_search_properties"]}
names = pytest.mark.parametrize("name", MINIMIZERS)
LONG = {"random_restarts", "annealing", "random_search"}


def on(landscape):
    """The problem and the start of a landscape, its box as wide as its plot."""
    land = LANDSCAPES[landscape]
    lower, upper = np.array(land.bounds, dtype=float).T
    return Problem(land.value, land.gradient, land.hessian, lower, upper), np.array(land.start, dtype=float)


def quadratic(n, seed=0, condition=100.0):
    """f = x'Ax/2 - b'x in n dimensions, and its minimum."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(n, n)))[0]
    A = axes * np.geomspace(1.0, condition, n) @ axes.T
    b = rng.normal(size=n)
    box = np.full(n, 50.0)
    problem = Problem(lambda x: x @ A @ x / 2 - b @ x, lambda x: A @ x - b, lambda x: A, -box, box)
    return problem, np.linalg.solve(A, b)


def run(name, problem, start, budget=2000, seed=0, **options):
    return MINIMIZERS[name](**options)(problem, start, budget, np.random.default_rng(seed))


@names
@pytest.mark.parametrize("landscape", ["sphere", "rosenbrock", "himmelblau", "rastrigin", "saddle", "monkey_saddle"])
@pytest.mark.parametrize("budget", [1, 7, 400])
def test_budget_path_and_report_agree(name, landscape, budget):
    problem, start = on(landscape)
    calls = {"value": 0, "gradient": 0, "hessian": 0}

    def counted(kind):
        def function(x):
            calls[kind] += 1
            return getattr(problem, kind)(x)

        return function

    counting = Problem(*(counted(kind) for kind in calls), problem.lower, problem.upper)
    found = run(name, counting, start, budget)
    assert found.spent == found.values + found.gradients + 2 * found.hessians <= budget
    assert (found.gradients, found.hessians) == (calls["gradient"], calls["hessian"])
    assert isinstance(found.reason, Reason)
    np.testing.assert_array_equal(found.path[0], start)
    assert np.all(np.diff(found.path_spent) >= 0)
    assert found.path_spent[-1] <= found.spent
    assert len(found.path) == len(found.path_values) == len(found.path_spent)
    expected = np.array([problem.value(x) for x in found.path])
    np.testing.assert_array_equal(found.path_values, np.where(np.isfinite(expected), expected, np.inf))
    assert found.value == problem.value(found.x) <= problem.value(start)
    again = run(name, problem, start, budget)
    np.testing.assert_array_equal(again.path, found.path)


# What each method reaches on the bowl and in the banana valley with 4,000 evaluations, from the landscape's own start.
REACHES = {
    "gradient_descent": ({"lr": 0.1}, 1e-8, {"lr": 1e-3}, 0.5),
    "momentum": ({"lr": 0.1}, 1e-8, {"lr": 1e-3}, 1e-6),
    "adam": ({"lr": 0.1}, 1e-6, {"lr": 0.01}, 1e-2),
    "newton": ({}, 1e-8, {}, 1e-8),
    "saddle_free_newton": ({}, 1e-8, {}, 1e-8),
    "conjugate_gradient": ({}, 1e-8, {}, 1e-6),
    "bfgs": ({}, 1e-8, {}, 1e-6),
    "lbfgs": ({}, 1e-8, {}, 1e-6),
    "nelder_mead": ({}, 1e-6, {}, 1e-6),
    "annealing": ({}, 0.1, {}, 0.5),
    "differential_evolution": ({}, 1e-4, {}, 1e-3),
    "evolution_strategy": ({}, 1e-6, {}, 1e-6),
    "particle_swarm": ({}, 1e-4, {}, 1e-2),
    "random_restarts": ({}, 1e-8, {}, 1e-6),
    "random_search": ({}, 0.2, {}, 0.5),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in MINIMIZERS]
)
def test_reaches_the_minimum_in_the_median_of_seeds(name):
    easy, near, hard, far = REACHES[name]
    for landscape, options, tolerance in [("sphere", easy, near), ("rosenbrock", hard, far)]:
        problem, start = on(landscape)
        seeds = range(20) if "rng" in MINIMIZERS[name].needs else range(1)
        distances = [
            np.abs(run(name, problem, start, 4000, seed, **options).x - LANDSCAPES[landscape].minima[0]).max()
            for seed in seeds
        ]
        assert np.median(distances) <= tolerance, landscape


@pytest.mark.parametrize("landscape", ["styblinski_tang", "six_hump_camel", "mccormick"])
def test_restarts_find_the_lowest_bottom_in_the_box(landscape):
    """Where L-BFGS from one start ends in another one, or where the surface falls without end outside the box."""
    problem, start = on(landscape)
    once, again = (run(name, problem, start, 1000) for name in ("lbfgs", "random_restarts"))
    lowest = LANDSCAPES[landscape].lowest
    assert again.value == pytest.approx(lowest, abs=1e-6)
    assert once.value > lowest + 0.1 or landscape == "mccormick"
    assert again.reason == Reason.BUDGET
    np.testing.assert_array_equal(again.path[-1], again.x)


def test_newton_needs_one_step_on_a_quadratic():
    problem, minimum = quadratic(6)
    found = run("newton", problem, np.ones(6))
    assert (found.reason, found.hessians, len(found.path)) == (Reason.CONVERGED, 1, 2)
    np.testing.assert_allclose(found.x, minimum, atol=1e-10)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_conjugate_gradient_needs_n_steps_on_a_quadratic(n):
    problem, minimum = quadratic(n, condition=10.0)  # from 100 on, rounding costs even the textbook's form a few more
    found = run("conjugate_gradient", problem, np.ones(n))
    assert np.abs(found.path[: n + 1][-1] - minimum).max() <= 1e-8
    assert found.reason == Reason.CONVERGED


@pytest.mark.parametrize(("name", "theirs"), [("bfgs", "scipy BFGS"), ("lbfgs", "scipy L-BFGS-B")])
@pytest.mark.parametrize("landscape", ["rosenbrock", "quadratic6"])
def test_quasi_newton_needs_at_most_twice_the_gradients_of_the_reference(name, theirs, landscape):
    row, given = SCIPY[theirs, landscape], REFERENCE["problems"][landscape]
    if landscape == "rosenbrock":
        problem, _ = on(landscape)
    else:
        A, b = np.array(given["A"]), np.array(given["b"])
        problem = Problem(lambda x: x @ A @ x / 2 - b @ x, lambda x: A @ x - b)
    found = run(name, problem, np.array(given["x0"]))
    assert found.gradients <= 2 * row["gradient_evaluations"]
    assert np.abs(found.x - given["minimum"]).max() <= 1e-5


@pytest.mark.parametrize(
    ("name", "hessian", "reason"),
    [
        ("newton", [[1.0, 0.0], [0.0, 0.0]], Reason.SINGULAR),
        ("newton", [[0.0, 0.0], [0.0, 0.0]], Reason.SINGULAR),
        ("newton", [[1.0, 0.0], [0.0, -1.0]], Reason.INDEFINITE),
        ("newton", [[1.0, np.nan], [np.nan, 1.0]], Reason.NOT_FINITE),
        ("saddle_free_newton", [[0.0, 0.0], [0.0, 0.0]], Reason.SINGULAR),
    ],
)
def test_c27_useless_hessians_are_named(name, hessian, reason):
    problem = Problem(lambda x: x @ x, lambda x: 2 * x, lambda x: np.array(hessian))
    assert run(name, problem, np.ones(2)).reason == reason


def test_saddle_free_newton_leaves_a_saddle_that_newton_refuses():
    problem = Problem(
        lambda x: x[0] ** 2 + (x[1] ** 2 - 1) ** 2,
        lambda x: np.array([2 * x[0], 4 * x[1] * (x[1] ** 2 - 1)]),
        lambda x: np.array([[2.0, 0.0], [0.0, 12 * x[1] ** 2 - 4]]),
    )
    assert run("newton", problem, [1.0, 0.01]).reason == Reason.INDEFINITE
    found = run("saddle_free_newton", problem, [1.0, 0.01])
    assert found.reason == Reason.CONVERGED
    np.testing.assert_allclose(found.x, [0.0, 1.0], atol=1e-8)


@pytest.mark.parametrize("first", [1e-3, 0.5, 1.0, 30.0, 1e4])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
        (lambda t: (t - 1) ** 4, lambda t: 4 * (t - 1) ** 3),
        (lambda t: -t / (t**2 + 2), lambda t: (t**2 - 2) / (t**2 + 2) ** 2),  # Moré & Thuente 1994, 5.1
        (lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
        (lambda t: np.exp(t) - 2 * t, lambda t: np.exp(t) - 2),
    ],
)
@np.errstate(all="ignore")
def test_line_search_meets_the_strong_wolfe_conditions(f, slope, first):
    search = strong_wolfe(f(0.0), slope(0.0), first, c1=1e-4, c2=0.1)
    t = next(search)
    try:
        while True:
            t = search.send((f(t), slope(t)))
    except StopIteration as end:
        t = end.value
    assert t > 0
    assert f(t) <= f(0.0) + 1e-4 * t * slope(0.0)
    assert abs(slope(t)) <= 0.1 * abs(slope(0.0))


@names
def test_c27_bad_starts_are_refused_or_named(name):
    problem, start = on("rosenbrock")
    for bad in ([np.nan, 1.0], [np.inf, 1.0], [[0.0, 1.0]], [], "here"):
        with pytest.raises(InputError, match="start"):
            run(name, problem, bad)
    if "lower" in MINIMIZERS[name].needs:
        with pytest.raises(InputError, match="box"):
            run(name, problem, [1e308, 1e308])
    else:
        assert run(name, problem, [1e308, 1e308]).reason == Reason.NOT_FINITE
    for budget in (0, -1, 1.5, "10"):
        with pytest.raises(InputError, match="budget"):
            run(name, problem, start, budget)
    for need in MINIMIZERS[name].needs:
        poor = problem if need == "rng" else dataclasses.replace(problem, **{need: None})
        with pytest.raises(InputError, match=need):
            MINIMIZERS[name]()(poor, start, 10)


@names
def test_c27_functions_that_break_are_named(name):
    """NaN everywhere but at the start; a cliff without a bottom; a plain."""
    start = np.array([1.0, 1.0])
    box = np.array([2.0, 2.0])

    def lonely(x):
        return 0.0 if (x == start).all() else np.nan

    for value, gradient in [
        (lonely, lambda x: np.ones(2) * (1.0 if (x == start).all() else np.nan)),
        (lambda x: -(np.exp(x).sum() ** 9), lambda x: -9 * np.exp(x).sum() ** 8 * np.exp(x)),
        (lambda x: 0.0, np.zeros_like),
    ]:
        problem = Problem(value, gradient, lambda x: np.eye(2), -box, box)
        found = run(name, problem, start, 300)
        assert isinstance(found.reason, Reason)
        assert np.isfinite(found.x).all()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("annealing", {"temperature": 0}),
        ("annealing", {"temperature": np.nan}),
        ("evolution_strategy", {"children": 1}),
        ("evolution_strategy", {"sigma": 0.0}),
        ("particle_swarm", {"particles": 1}),
        ("particle_swarm", {"inertia": 1.0}),
        ("differential_evolution", {"members": 4}),
        ("gradient_descent", {"lr": -1.0}),
        ("momentum", {"momentum": 1.0}),
        ("newton", {"tolerance": [1e-8, 1e-9]}),
        ("bfgs", {"tolerence": 1e-8}),
    ],
)
def test_bad_options_are_refused_by_name(name, options):
    with pytest.raises(InputError, match=next(iter(options))):
        MINIMIZERS[name](**options)
