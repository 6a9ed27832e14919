"""Every optimizer against torch's trajectories, and the promises all of them make."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.optimizers import OPTIMIZERS

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "optimizers.json").read_text())

# torch's class and switches -> our rule; the first whose switches agree.
RULES = [
    ("SGD", {"nesterov": True}, "nesterov"),
    ("SGD", {"momentum": 0}, "sgd"),
    ("SGD", {}, "momentum"),
    ("Adagrad", {}, "adagrad"),
    ("RMSprop", {}, "rmsprop"),
    ("Adam", {}, "adam"),
    ("AdamW", {}, "adamw"),
    ("AMSGrad", {}, "amsgrad"),
    *[(name, {}, name.lower()) for name in ("Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")],
    *[(name, {}, name.lower()) for name in ("Adafactor", "Muon", "Lion", "LBFGS")],
]
# torch's pairs -> our two names.
PAIRS = {
    "betas": ("beta1", "beta2"),
    "etas": ("etaminus", "etaplus"),
    "step_sizes": ("step_min", "step_max"),
    "eps": ("eps1", "eps2"),
}


def ours(case):
    """Our rule with the case's hyper-parameters under our names."""
    switches = case["hyper"].items()
    name = next(ours for theirs, need, ours in RULES if theirs == case["optimizer"] and need.items() <= switches)
    hyper = {}
    for key, value in case["hyper"].items():
        pair = key in PAIRS and isinstance(value, list)
        hyper.update(zip(PAIRS[key], value, strict=True) if pair else {key: value})
    return OPTIMIZERS[name](**hyper)


def gradient_of(problem):
    """The gradient as a function of (x, t), x in the problem's own shape."""
    if problem["kind"] == "gradient_tape":
        tape = np.array(problem["gradients"])
        return lambda x, t: tape[t - 1]
    if problem["kind"] == "quadratic":
        A, b = np.array(problem["A"]), np.array(problem["b"])
        return lambda x, t: A @ x - b
    if problem["kind"] == "matrix_quadratic":
        M, C = np.array(problem["M"]), np.array(problem["C"])
        return lambda W, t: M.T @ (M @ W - C)
    return lambda x, t: np.array([2 * (x[0] - 1) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)])


BINDING = [case for case in REFERENCE["cases"] if case.get("binding", True)]


@pytest.mark.parametrize("case", BINDING, ids=lambda case: case["id"])
def test_follows_the_reference_trajectory(case):
    problem = REFERENCE["problems"][case["problem"]]
    start = np.array(problem["x0"])
    gradient, x, rule = gradient_of(problem), start.ravel().copy(), ours(case)
    rule.init(x, shapes=[start.shape] if start.ndim == 2 else None)
    change = case.get("lr_change", {})
    for t in range(1, 51):
        if t == change.get("from_update"):
            rule.lr = change["lr"]
        rule.step(x, gradient(x.reshape(start.shape), t).ravel())
        for got, expected in [(x, case["x"]), (rule.buffer.get("averaged", x), case.get("averaged", {}))]:
            if str(t) in expected:
                want = np.array(expected[str(t)]).ravel()
                assert np.all(np.abs(got - want) <= case["tol_abs"] + case["tol_rel"] * np.abs(want)), t
