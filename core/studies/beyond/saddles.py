"""Saddle plateaus: a deep linear network waits before it learns, at a saddle and not a minimum."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.data import stream
from core.gradients import NetworkLoss, hessian
from core.nn import Network
from core.settings import choice, number, numbers
from core.statistics import interval, log_slope
from core.studies.beyond.descent import Descent, Watched, tidy
from core.studies.contract import TOO_CLOSE, Quantity, Told
from core.studies.race import Repeated, median
from core.studies.rules import Rules

TASK = 106  # purpose of the stream that draws the linear map
INPUTS = 4
SAMPLES = 4  # for each input
STRENGTHS = (3.0, 1.0)  # largest and smallest singular value of the map
LOOKS = 16  # at the Hessian along the way
PLATEAU = 0.9  # of the initial loss: above it nothing has been learnt yet
OFF = 0.3  # how far an exponent may lie from the predicted one
SADDLE, LEVEL = -0.1, -0.01  # lowest over largest eigenvalue: below is a saddle, above is none
SOLVED = 0.01  # of the initial loss: less is left in the end
NEGATIVE = 1e-6  # of the largest eigenvalue, by which one must be below 0 to count
WAITS = {1: "hardly any longer", 10: "about ten times as long", 100: "about a hundred times as long"}
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The network and its initial weights."""

    initializer: str = choice(
        "orthogonal",
        ["orthogonal", "xavier", "kaiming"],
        "Initializer",
        "Draws the weights before they are scaled.",
    )
    scales: tuple[float, ...] = numbers((0.03, 0.1, 0.3), 1e-3, 1, "Initial scales", "Multiply the initial weights.")
    hidden: int = number(2, 1, 4, "Hidden layers", "All linear. There is one more layer of weights.")
    width: int = number(8, 2, 12, "Hidden units", f"Of each layer, between {INPUTS} inputs and as many outputs.")
    lr: float = number(0.2, 1e-3, 1, "Learning rate", "Of full-batch gradient descent.", log=True)
    steps: int = number(1000, 50, 20_000, "Updates", "Of each training.", work=0.5)


class Result(Watched):
    """The trainings so far, by initial scales and seeds: seen are all P eigenvalues at each look, rising."""

    @property
    def wait(self) -> np.ndarray:
        """Updates (scales, seeds) until half of the initial loss is gone; infinite where it never was."""
        gone = self.losses <= self.losses[0] / 2
        return np.where(gone.any(axis=0), np.maximum(1, gone.argmax(axis=0)), np.inf)

    @property
    def heights(self) -> np.ndarray:
        """Losses at the looks over the first ones (looks, scales, seeds)."""
        return self.losses[np.minimum(self.looks, len(self.losses) - 1)] / self.losses[0]

    @property
    def relative(self) -> np.ndarray:
        """Eigenvalues over the largest (looks, scales, seeds, P)."""
        spectra = np.array(self.seen)
        return spectra / np.abs(spectra).max(axis=-1, keepdims=True)

    @property
    def lowest(self) -> np.ndarray:
        """The lowest of these (looks, scales, seeds)."""
        return self.relative[..., 0]

    @property
    def index(self) -> np.ndarray:
        """Share of the eigenvalues (looks, scales, seeds) that are negative."""
        return (self.relative < -NEGATIVE).mean(axis=-1)

    def on_the_plateau(self) -> np.ndarray:
        """The lowest eigenvalue over the largest (seeds,) at the last look on the plateau, from the smallest scale.

        NaN where training never waited.
        """
        place = int(np.argmin(self.settings.scales))
        waiting = self.heights[:, place] > PLATEAU
        last = len(waiting) - 1 - waiting[::-1].argmax(axis=0)
        return np.where(waiting.any(axis=0), self.lowest[last, place, np.arange(self.settings.seeds)], np.nan)

    @RULES.rule(
        "saddle",
        {
            "shallow": lambda s: s.hidden > 1,
            "narrow": lambda s: s.width > INPUTS,
            "scales": lambda s: max(s.scales) >= 3 * min(s.scales),
        },
    )
    def _saddle(self) -> Told:
        theory = 1.0 - self.settings.hidden
        exponent = interval(log_slope(np.array(self.settings.scales), self.wait.T))
        waits = {_wait(end) for end in (exponent.low, exponent.high)}
        few = "Too few trainings lost half of the initial loss: change the updates or the learning rate."
        yield Quantity.of("exponent", exponent, "", "between", (theory - OFF, theory + OFF))
        yield Quantity.of("on the plateau", interval(self.on_the_plateau()), "", "below", SADDLE)
        yield Quantity.of("at the end", interval(self.lowest[-1].min(axis=0)), "", "above", LEVEL)
        yield Quantity.of("left over", interval(self.heights[-1].max(axis=0)), "", "below", SOLVED)
        yield {"theory": theory, "wait": waits.pop() if len(waits) == 1 else TOO_CLOSE}
        yield {"missing": few if exponent.pairs < 2 else ""}


def _wait(exponent: float) -> str:
    """How much longer a training waits whose initial scale is a tenth, in words."""
    return WAITS[min(WAITS, key=lambda times: abs(np.log10(times) + exponent))]


def task(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs X (n, INPUTS), centred and white (mean x xᵀ = I), and targets A x; A has singular values 3 to 1."""
    rng = stream(seed, TASK)
    X = rng.standard_normal((SAMPLES * INPUTS, INPUTS))
    X = np.linalg.qr(X - X.mean(axis=0))[0] * np.sqrt(len(X))
    U, V = (np.linalg.qr(rng.standard_normal((INPUTS, INPUTS)))[0] for _ in range(2))
    return X, X @ (U * np.linspace(*STRENGTHS, INPUTS) @ V.T).T


def run(settings: Settings) -> Iterator[Result]:
    """Train from every scale side by side, with looks at the Hessian."""
    result = Result(settings, "training")
    yield result
    network = Network([INPUTS, *[settings.width] * settings.hidden, INPUTS], "identity", "mean_squared_error")
    X, y = (np.array(each) for each in zip(*map(task, result.seeds), strict=True))
    problems = [NetworkLoss(network, *each) for each in zip(X, y, strict=True)]
    first = np.array([network.initial(stream(seed, "weights"), settings.initializer) for seed in result.seeds])

    def spectrum(place: int, params: np.ndarray) -> np.ndarray:
        H = hessian(problems[place % len(problems)], params)
        return np.linalg.eigvalsh(H) if np.isfinite(H).all() else np.full(len(H), np.nan)

    descent = Descent(network, np.concatenate([scale * first for scale in settings.scales]), X, y, settings.lr)
    steps = np.unique(np.geomspace(1, settings.steps, LOOKS).astype(int)).tolist()
    yield from result.watch(descent, steps, spectrum, network.parameters)


def table(result: Result) -> pd.DataFrame:
    """One row for each initial scale: the wait, the losses, and the Hessian; medians over seeds."""
    return pd.DataFrame(
        {
            "initial scale": scale,
            "updates to half of the loss": median(result.wait[place]),
            "last loss over the initial": round(float(np.median(result.heights[-1, place])), 6),
            "lowest eigenvalue over the largest, first look": float(np.median(result.lowest[0, place])),
            "last look": round(float(np.median(result.lowest[-1, place])), 6),
        }
        for place, scale in enumerate(result.settings.scales)
    )


def curves(result: Result) -> pd.DataFrame:
    """One row for each scale, seed and look."""
    axes = {"step": result.looks, "initial scale": result.settings.scales, "seed": result.seeds}
    named = {"loss over the initial": result.heights, "lowest over largest": result.lowest, "negative": result.index}
    return tidy(axes, **named)
