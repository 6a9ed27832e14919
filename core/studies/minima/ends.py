"""Where XOR runs end: at a solution, in a poor minimum, on a saddle, or still moving; and descent into two wells.

L loss, g gradient, H Hessian with eigenvalues l_i and eigenvectors v_i, at the final weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.data import Dataset
from core.gradients import NetworkLoss, hessian
from core.nn import ACTIVATIONS, Network
from core.nn.network import Pass, with_ones
from core.optimizers import OPTIMIZERS
from core.statistics import Share

SOLVED = 1e-3  # a loss below it counts as the lowest, 0
REST = 1e-4  # a run is at rest if its slope could lower the loss by at most this much
STRIDE = 1e-3  # step along the direction of lowest curvature, which is measured again
LEAST = 1e-6  # smallest curvature by which a slope is divided
FLAT = 1e-5  # a curvature this small cannot be distinguished from rounding
STARTS, STEPS, RATE = 200, 400, 0.02  # of the descents into the wells
REACH = 2.0  # starts lie from -REACH to REACH
ARRIVED = 0.01  # distance that counts as the bottom of a well

CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
TABLE = Dataset("xor", "classes", 2, *(CORNERS, np.array([0, 1, 1, 0])) * 2)
TARGETS = np.eye(2)[TABLE.y_train]


@dataclass(frozen=True)
class Ends:
    """The outcome of each run (trials,) of one network."""

    losses: np.ndarray  # infinite if it diverged
    gains: np.ndarray  # loss that a step against the slope could still remove; 0 if it diverged
    curvatures: np.ndarray  # the lowest in any direction; NaN if not needed
    slopes: np.ndarray  # length of the gradient

    @property
    def solved(self) -> np.ndarray:
        return self.losses < SOLVED

    @property
    def resting(self) -> np.ndarray:
        """Whether it has come to rest, at any loss."""
        return np.isfinite(self.losses) & (self.gains <= REST)

    @property
    def saddle(self) -> np.ndarray:
        """Whether it rests although some direction leads down, as on a saddle."""
        return ~self.solved & self.resting & (self.curvatures < -np.maximum(self.slopes, FLAT))

    @property
    def trapped(self) -> np.ndarray:
        """Whether it rests above the lowest loss with no way down: in a minimum, or on flat ground."""
        return ~self.solved & self.resting & (self.curvatures >= -FLAT)

    @property
    def moving(self) -> np.ndarray:
        """Whether it was still moving at the end, or not near enough to classify."""
        return ~self.solved & ~self.trapped & ~self.saddle


def look(network: Network, params: np.ndarray, losses: np.ndarray) -> Iterator[Ends | None]:
    """Examine runs that ended at params (trials, P) one by one; the last yield is the result."""
    gains, curvatures, slopes = np.zeros(len(losses)), np.full(len(losses), np.nan), np.zeros(len(losses))
    for k in np.flatnonzero(np.isfinite(losses)):
        gains[k], curvatures[k], slopes[k] = examine(network, params[k])
        yield None
    yield Ends(losses, gains, curvatures, slopes)


@np.errstate(all="ignore")
def examine(network: Network, params: np.ndarray) -> tuple[float, float, float]:
    """Possible gain by the slope at params (P,), the lowest curvature, and the length of the gradient.

    The gain is half the sum of (g·v_i)² / |l_i|. The lowest curvature is taken from three losses along its direction:
    at a kink of the activation, differences of gradients do not give a derivative.
    """
    problem = NetworkLoss(network, CORNERS, TARGETS)
    g, H = problem.gradient(params), hessian(problem, params)
    if not np.isfinite(H).all():
        return np.inf, np.nan, float(np.linalg.norm(g))
    curvatures, axes = np.linalg.eigh(H)
    gain = np.sum((axes.T @ g) ** 2 / np.maximum(np.abs(curvatures), LEAST)) / 2
    along = params + STRIDE * np.array([[0.0], [1.0], [-1.0]]) * axes[:, 0]
    here, ahead, behind = network.data_loss(along, CORNERS, TARGETS)
    return float(gain), float((ahead + behind - 2 * here) / STRIDE**2), float(np.linalg.norm(g))


def by_hand(activation: str) -> float:
    """Loss of hand-written weights for two hidden units f; infinite if the formulas give none.

    With s = x + y, f(s + 1) + f(1 - s) is a where x = y and b where not; "equal" is that minus b, over a - b.
    """
    f = ACTIVATIONS[activation]().value
    a, b = float(f(np.array(3.0)) + f(np.array(-1.0))), 2 * float(f(np.array(1.0)))
    if abs(a - b) < SOLVED:
        return np.inf
    network, unit = Network([2, 2, 2], activation, "mean_squared_error"), 1 / (a - b)
    W1, W2 = np.array([[1.0, 1.0], [-1.0, -1.0]]), np.array([[unit, unit], [-unit, -unit]])
    params = network.pack([(W1, [1, 1]), (W2, [-b * unit, 1 + b * unit])])
    return float(network.data_loss(params, CORNERS, TARGETS))


def moved_by_backward(network: Network, params: np.ndarray) -> int:
    """Number of weights (trials, P) that backpropagation changes by itself, without an update."""
    before, kept = params.copy(), params.copy()
    work = Pass(network, kept, len(CORNERS))
    work.forward(with_ones(CORNERS).T[None])
    work.backward(TARGETS.T[None])
    return int(np.count_nonzero(kept != before))


@dataclass(frozen=True)
class Well:
    """Gradient descent on one curve f(x) from many starts."""

    x: np.ndarray  # (200,) of the curve
    y: np.ndarray
    lowest: float  # where f is lowest
    bottoms: np.ndarray  # (STARTS,) of the valley that each start lies in
    starts: np.ndarray  # (STARTS,)
    ends: np.ndarray

    @property
    def share(self) -> Share:
        """Number of starts that ended at the lowest point."""
        return Share.of(np.abs(self.ends - self.lowest) <= ARRIVED)

    @property
    def strays(self) -> int:
        """Number of starts that did not end at the bottom of their own valley."""
        return int((np.abs(self.ends - self.bottoms) > ARRIVED).sum())


def wells(tilt: float, seed: int) -> dict[str, Well]:
    """A bowl and a double well f(x) = (x² - 1)² + tilt x, lowest at the same point, from the same starts."""
    lowest, ridge, other = np.sort(np.real(np.roots([4, 0, -4, tilt])))  # the deeper well is on the left
    starts, x = np.random.default_rng(seed).uniform(-REACH, REACH, STARTS), np.linspace(-REACH, REACH, 200)
    bowl = _descend(starts, lambda x: 4 * (x - lowest))
    double = _descend(starts, lambda x: 4 * x**3 - 4 * x + tilt)
    own = np.where(starts < ridge, lowest, other)
    return {
        "a bowl": Well(x, 2 * (x - lowest) ** 2, lowest, np.full(STARTS, lowest), starts, bowl),
        "a double well": Well(x, (x**2 - 1) ** 2 + tilt * x, lowest, own, starts, double),
    }


def _descend(starts: np.ndarray, slope: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    x = starts[:, None].copy()
    rule = OPTIMIZERS["sgd"](lr=RATE).init(x)
    for _ in range(STEPS):
        rule.step(x, slope(x))
    return x[:, 0]
