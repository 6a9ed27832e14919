"""Two facts on gradient descent: it is steepest in one norm only, and it is useful without a network."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.data import load_dataset, stream
from core.nn import Network
from core.nn.network import Pass, with_ones
from core.optimizers import OPTIMIZERS

RANDOM = 1000  # directions
AT_ONCE = 250  # directions in one pass
LENGTH = 1e-4  # length of every step: short enough for the slope to dominate
UPDATES = 4000  # updates of gradient descent on least squares
ROUNDING = 1e-13  # relative tolerance; for a distance, times the condition number
ROWS = 300  # of the diabetes data


@dataclass(frozen=True)
class Directions:
    """Decrease of one seed's training loss in a short step, relative to a step of the same length along -g."""

    random: np.ndarray  # (RANDOM,), steps of the same Euclidean length
    sign: float  # -sign(g), of the same largest component


LEVEL = Directions(np.zeros(RANDOM), 1.0)


def directions(network: Network, params: np.ndarray, x: np.ndarray, t: np.ndarray, seed: int) -> Directions:
    """Measure the loss after every step, at params (P,); x (1, features + 1, n), t (1, k, n)."""
    rng = stream(seed, 13)
    work = Pass(network, params[None], x.shape[-1])
    before = network.loss.values(work.forward(x), t)[0]
    g = work.backward(t)[0]
    if not np.any(g):  # no descent direction
        return LEVEL
    drawn = rng.standard_normal((RANDOM, len(g)))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    steps = np.vstack([-g / np.linalg.norm(g), -g / np.abs(g).max(), -np.sign(g), drawn])
    after = np.concatenate(
        [
            network.loss.values(Pass(network, params + LENGTH * part, x.shape[-1]).forward(x), t)
            for part in np.array_split(steps, RANDOM // AT_ONCE)
        ]
    )
    euclidean, largest, sign, *others = before - after
    if euclidean == 0.0 or largest == 0.0:  # too flat to measure a decrease
        return LEVEL
    return Directions(np.array(others) / euclidean, float(sign / largest))


@dataclass(frozen=True)
class LeastSquares:
    """What gradient descent leaves of the distance to the closed-form solution, and the condition numbers."""

    left: np.ndarray  # (seeds,), relative to the first distance
    conditions: np.ndarray  # (seeds,) largest over smallest curvature k

    @property
    def allowed(self) -> np.ndarray:
        """Distance (seeds,) that must be reached by theory: ((k - 1) / (k + 1)) per update."""
        k = self.conditions
        return np.maximum(((k - 1) / (k + 1)) ** UPDATES, ROUNDING * k)


def least_squares(seed: int, seeds: int) -> Iterator[LeastSquares | None]:
    """Fit a linear model to the diabetes data, from 0, at the optimal rate of theory; yields None on the way.

    f(w) = |Xw - y|² / 2n has the curvatures l1..ln of XᵀX/n. With lr = 2 / (l1 + ln) the error is multiplied by
    (k - 1) / (k + 1) each time.
    """
    H, c, w = _normal_equations(seed, seeds)
    curvatures = np.linalg.eigvalsh(H)
    low, high = curvatures[:, 0], curvatures[:, -1]
    params = np.zeros_like(w)
    rule = OPTIMIZERS["sgd"](lr=2 / (low + high)).init(params)
    for step in range(UPDATES):
        rule.step(params, (H @ params[..., None])[..., 0] - c)
        if step % 200 == 0:
            yield None
    yield LeastSquares(np.linalg.norm(params - w, axis=1) / np.linalg.norm(w, axis=1), high / low)


def _normal_equations(seed: int, seeds: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """H (seeds, P, P) and c (seeds, P) of the gradient Hw - c, and the least-squares solution w (seeds, P)."""
    parts = []
    for k in range(seeds):
        data = load_dataset("diabetes", train=ROWS, seed=seed + k)
        X = with_ones(data.X_train)
        parts.append((X.T @ X / len(X), X.T @ data.y_train / len(X), np.linalg.lstsq(X, data.y_train, rcond=None)[0]))
    H, c, w = (np.stack(each) for each in zip(*parts, strict=True))
    return H, c, w
