"""Every way to a gradient against torch's networks (reference/mlp.json), each other, and exact derivatives."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from core.checks import InputError
from core.gradients import GRADIENTS, NetworkLoss
from core.gradients.estimators import Traced
from core.minimizers import LANDSCAPES
from core.nn import ACTIVATIONS, LOSSES, Network
from core.nn.layers import Activate
from core.nn.network import Pass

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "mlp.json").read_text())["nets"]
NAMES = {"mse": "mean_squared_error", "bce": "binary_cross_entropy", "softmax": "softmax_cross_entropy"}
EXACT = {"backpropagation": 1e-9, "forward_mode": 1e-9, "complex_step": 1e-9}  # relative to the largest entry
APPROXIMATE = {"central_differences": 1e-8, "forward_differences": 1e-5}
DIFFERENTIABLE = [name for name in LANDSCAPES if name != "bukin6"]
X_AND_Y = np.array([0.7, -1.3])


def rng():
    return np.random.default_rng(0)


class Check(NamedTuple):
    """What a gradient check found: the largest difference, where (a parameter's number), and what is allowed."""

    difference: float
    worst: int
    allowed: float
    slope_difference: float  # along one random direction of length 1
    slope_allowed: float

    @property
    def passed(self):
        return self.difference <= self.allowed and self.slope_difference <= self.slope_allowed


def gradient_check(problem, params, rng):
    """Compare problem.gradient with central differences: every entry, and the slope along one random direction.

    Allowed are 1e-7 and 1e-6 times max(1, largest entry) in float64, tighter than torch's gradcheck (1e-5 + 1e-3
    relative) and JAX's check_grads (1e-5). A kink within 1e-4 of the way, as ReLU's, can fail it without an error.
    """
    exact, numeric = (GRADIENTS[name](problem, params).grads for name in ("backpropagation", "central_differences"))
    difference, largest = np.abs(exact - numeric), max(1.0, float(np.abs(exact).max()))
    direction = rng.standard_normal(params.size)
    direction *= 6e-6 / np.linalg.norm(direction)
    slope = (problem.value(params + direction) - problem.value(params - direction)) / (2 * 6e-6)
    slope_difference = abs(float(slope - exact @ direction / 6e-6))
    worst = int(np.argmax(difference))  # the first NaN, where there is one
    return Check(float(difference[worst]), worst, 1e-7 * largest, slope_difference, 1e-6 * largest)


def torch_problem(case):
    activation = case["hidden_activation"].replace("gelu_exact", "gelu")
    network = Network(case["sizes"], activation, NAMES[case["loss"]], l1=case["l1"], l2=case["l2"])
    params = network.pack(list(zip(case["W"], case["b"], strict=True)))
    grads = network.pack(list(zip(case["grad_total"]["W"], case["grad_total"]["b"], strict=True)))
    return NetworkLoss(network, case["X"], case["Y"]), params, grads, case["loss_total"]


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: case["id"])
@pytest.mark.parametrize("method", [*EXACT, *APPROXIMATE])
def test_torch_networks(case, method):
    problem, params, grads, loss = torch_problem(case)
    assert problem.value(params) == pytest.approx(loss, rel=1e-9, abs=1e-12)
    if method == "complex_step" and case["l1"]:
        with pytest.raises(InputError, match="not analytic"):
            GRADIENTS[method](problem, params)
        return
    estimate = GRADIENTS[method](problem, params)
    tolerance = {**EXACT, **APPROXIMATE}[method] * max(1, np.abs(grads).max())
    kinked = (params == 0) & (method == "forward_differences")  # |w| at 0 as seen from the right
    np.testing.assert_allclose(estimate.grads[~kinked], grads[~kinked], rtol=0, atol=tolerance)
    np.testing.assert_allclose(estimate.grads[kinked], grads[kinked] + case["l1"], rtol=0, atol=tolerance)


def test_price():
    problem, params, _, _ = torch_problem(REFERENCE[2])
    P = params.size
    prices = {name: GRADIENTS[name](problem, params, rng())[1:] for name in GRADIENTS}
    assert prices == {
        "backpropagation": (1, 1),
        "forward_mode": (P, 0),
        "complex_step": (P + 2, 0),
        "central_differences": (2 * P, 0),
        "forward_differences": (P + 1, 0),
        "spsa": (2, 0),
    }


class Counting:
    """A problem that counts the values it is asked for."""

    def __init__(self, problem):
        self.problem, self.count = problem, 0

    def value(self, params):
        self.count += int(np.prod(np.shape(params)[:-1]))
        return self.problem.value(params)


@pytest.mark.parametrize("method", ["central_differences", "forward_differences", "complex_step", "spsa"])
def test_the_price_is_what_was_computed(method):
    network = Network([5, 30, 4], "tanh", "softmax_cross_entropy")  # more parameters than fit in one stack
    data = rng()
    problem = Counting(NetworkLoss(network, data.normal(size=(6, 5)), [0, 1, 2, 3, 0, 1]))
    assert GRADIENTS[method](problem, network.initial(data), data).evaluations == problem.count


def kink_distance(network, params, problem):
    """How near a pre-activation, a weight under L1 or an error comes to a point without a derivative."""
    work = Pass(network, params[None], problem.x.shape[-1])
    errors = work.forward(problem.x) - problem.t
    active = [leaf for leaf in work.leaves if isinstance(leaf, Activate)]
    distances = [np.abs(leaf.below.values - kink).min() for leaf in active for kink in leaf.function.kinks]
    at_errors = {"mean_absolute_error": np.abs(errors), "huber": np.abs(np.abs(errors) - 1)}
    distances += [at_errors[name].min() for name, loss in LOSSES.items() if loss is network.loss and name in at_errors]
    if network.penalty.l1 is not None:
        distances += [np.abs(W).min() for W, _ in network.unpack(params)]
    return min(distances, default=1.0)


def random_problem(activation, loss, penalty, depth, seed):
    """A small network of `depth` layers and data for it, redrawn until it is not nearer than 1e-4 to a kink."""
    draws = np.random.default_rng([seed, depth])
    for _ in range(200):
        k = 1 if loss == "binary_cross_entropy" else 2
        network = Network([2, *[3] * (depth - 1), k], activation, loss, **penalty)
        X, y = draws.normal(size=(4, 2)), draws.normal(size=(4, k))
        targets = [0, 1, 1, 0] if LOSSES[loss].task == "classes" else y
        problem, params = NetworkLoss(network, X, targets), draws.normal(size=network.parameters) * 0.7
        if kink_distance(network, params, problem) > 1e-4:
            return problem, params
    raise AssertionError("no point away from the kinks")


PENALTIES = ({}, {"l1": 0.01}, {"l2": 0.1}, {"l1": 0.02, "l2": 0.01})


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation_loss_penalty_and_depth(activation, loss):
    for depth in range(1, 7):
        penalty = PENALTIES[(depth + len(activation) + len(loss)) % 4]
        problem, params = random_problem(activation, loss, penalty, depth, seed=len(activation) * len(loss))
        found = gradient_check(problem, params, rng())
        assert found.passed, (depth, penalty, found)
        exact = GRADIENTS["backpropagation"](problem, params).grads
        forward = GRADIENTS["forward_mode"](problem, params).grads
        np.testing.assert_allclose(forward, exact, rtol=0, atol=1e-12 * max(1, np.abs(exact).max()))


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("loss", list(LOSSES))
def test_complex_step_is_right_or_refuses(activation, loss):
    problem, params = random_problem(activation, loss, {"l2": 0.1}, 3, seed=1)
    exact = GRADIENTS["backpropagation"](problem, params).grads
    with_absolute_value = activation == "softsign" or loss in ("mean_absolute_error", "huber")
    try:
        found = GRADIENTS["complex_step"](problem, params).grads
    except InputError:
        assert with_absolute_value
    else:
        assert not with_absolute_value or activation == "step"  # whose errors may balance, so that |x| does no harm
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-13)


@pytest.mark.parametrize("fault", ["sign", "factor", "one entry", "NaN"])
def test_gradient_check_finds_faults(fault):
    problem, params, grads, _ = torch_problem(REFERENCE[1])
    wrong = {"sign": -grads, "factor": grads * 6, "one entry": grads.copy(), "NaN": grads.copy()}[fault]
    if fault in ("one entry", "NaN"):
        wrong[3] = np.nan if fault == "NaN" else wrong[3] + 1e-5
    problem.gradient = lambda params: wrong
    found = gradient_check(problem, params, rng())
    assert not found.passed
    if fault in ("one entry", "NaN"):
        assert found.worst == 3


def test_difference_errors_make_a_v():
    problem, params, grads, _ = torch_problem(REFERENCE[3])
    errors = [
        np.abs(GRADIENTS["central_differences"](problem, params, step=step).grads - grads).max()
        for step in (1e-2, 1e-5, 1e-12)
    ]
    assert errors[1] < 1e-3 * errors[0]
    assert errors[1] < 1e-3 * errors[2]


def test_spsa_is_right_on_average():
    problem, params, grads, _ = torch_problem(REFERENCE[2])
    one = GRADIENTS["spsa"](problem, params, rng()).grads
    np.testing.assert_array_equal(one, GRADIENTS["spsa"](problem, params, rng()).grads)
    assert np.allclose(np.abs(one), np.abs(one[0]))  # one slope, given to all parameters with random signs
    samples = 20_000
    many = GRADIENTS["spsa"](problem, params, rng(), samples=samples)
    spread = np.linalg.norm(grads) / samples**0.5
    assert many.evaluations == 2 * samples
    assert np.abs(many.grads - grads).max() <= 5 * spread


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@pytest.mark.parametrize("method", [*EXACT, *APPROXIMATE])
def test_formulas_without_a_network(name, method):
    landscape = LANDSCAPES[name]
    problem, exact = Traced(landscape.f), landscape.gradient(X_AND_Y)
    assert problem.value(X_AND_Y) == landscape.value(X_AND_Y)
    estimate = GRADIENTS[method](problem, X_AND_Y)
    tolerance = {**EXACT, **APPROXIMATE}[method] * (1 + np.abs(landscape.hessian(X_AND_Y)).max())
    np.testing.assert_allclose(estimate.grads, exact, rtol=0, atol=tolerance)
    if method in ("backpropagation", "complex_step", "central_differences"):
        np.testing.assert_array_equal(GRADIENTS[method](landscape, X_AND_Y).grads.shape, (2,))


def test_the_tape_knows_its_operations():
    def formula(a, b, c):
        inner = np.log(np.sqrt(a) + np.square(b)) - np.log1p(a / b) * -np.abs(c)
        return np.maximum(inner * np.exp(-c), np.tanh(b)) ** 3 + 2.0 / a - (1 - b)

    point = np.array([0.8, 1.7, -0.4])
    problem = Traced(formula)
    differences = GRADIENTS["central_differences"](problem, point).grads
    np.testing.assert_allclose(GRADIENTS["backpropagation"](problem, point).grads, differences, rtol=1e-8)
    np.testing.assert_allclose(GRADIENTS["forward_mode"](problem, point).grads, differences, rtol=1e-8)
    unused = Traced(lambda a, b: 3 * a)
    np.testing.assert_array_equal(GRADIENTS["backpropagation"](unused, [1.0, 2.0]).grads, [3, 0])
    with pytest.raises(InputError, match="operation is arctan"):
        Traced(lambda a: np.arctan(a)).gradient([1.0])
    with pytest.raises(InputError, match="exponent"):
        Traced(lambda a, b: a**b).gradient([1.0, 2.0])


def test_bad_input_is_named():
    problem, params, _, _ = torch_problem(REFERENCE[0])
    bare = Counting(LANDSCAPES["bukin6"])
    for call, message in (
        (lambda: GRADIENTS["central_differences"](problem, params, step=0), "step is 0"),
        (lambda: GRADIENTS["spsa"](problem, params), "rng is None"),
        (lambda: GRADIENTS["spsa"](problem, params, rng(), samples=0), "samples is 0"),
        (lambda: GRADIENTS["forward_mode"](bare, X_AND_Y), "no slope"),
        (lambda: GRADIENTS["backpropagation"](bare, X_AND_Y), "no gradient"),
        (lambda: GRADIENTS["complex_step"](bare, X_AND_Y), "complex numbers"),
        (lambda: GRADIENTS["forward_differences"](problem, [[np.nan]]), "params has 2 dimensions"),
        (lambda: NetworkLoss(problem.network, [[1.0, 2.0]], [1.0]), "X has 2 features"),
        (lambda: NetworkLoss(problem.network, [[1.0, 2.0, 3.0]], [1.0, 2.0]), "y has 2 rows"),
    ):
        with pytest.raises(InputError, match=message):
            call()


@pytest.mark.parametrize("name", GRADIENTS)
def test_parameters_of_another_network_are_refused(name):
    problem = NetworkLoss(Network([2, 3, 1], "tanh", "mean_squared_error"), np.ones((4, 2)), np.ones(4))
    with pytest.raises(InputError, match=r"params has shape .*, but must be \(..., 13\)"):
        GRADIENTS[name](problem, np.ones(2), np.random.default_rng(0))
