"""Edge of stability: full-batch gradient descent lets the curvature grow until its own step is almost too large."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.data import DATASETS, load_dataset, stream
from core.gradients import NetworkLoss, extreme_curvature
from core.nn import ACTIVATIONS, INITIALIZERS, Network
from core.settings import choice, number, numbers
from core.statistics import interval
from core.studies.beyond.descent import Descent, Watched, tidy
from core.studies.contract import TOO_CLOSE, Quantity, Told
from core.studies.race import Repeated
from core.studies.rules import Rules
from core.studies.wording import listed

LOOKS = 40  # measurements of the sharpness along the way
LATE = 0.75  # share of the training after which a run is judged that never got to the edge
EDGE = (0.9, 1.2)  # "right at, or just above" 1, in units of 2 / learning rate
TIME = 100  # updates times learning rate that sharpening takes at least
AT, BELOW, ABOVE = "at 2 / learning rate", "clearly below it", "clearly above it"
RULES = Rules(__name__)
findings = RULES.findings


class Settings(Repeated):
    """The network and the learning rates."""

    dataset: str = choice("moons", DATASETS, "Data", "What the network learns, by squared error.")
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Of both hidden layers.")
    initializer: str = choice(
        "torch_linear", INITIALIZERS, "Initializer", "The initial weights are the same for all rates."
    )
    rates: tuple[float, ...] = numbers((0.3, 0.6), 0.01, 5, "Learning rates", "Each has an edge of its own, at 2/lr.")
    width: int = number(16, 2, 64, "Units per layer", "Of both hidden layers.", work=1)
    samples: int = number(100, 20, 500, "Training samples", "All of them are in every step.", work=1)
    steps: int = number(4000, 100, 20_000, "Updates", "Of each training.", work=1)
    seeds: int = number(10, 5, 40, "Seeds", "Each draws its own samples and initial weights.", work=1)


class Result(Watched):
    """The trainings so far, by rates and seeds: seen is the sharpness at each look."""

    @property
    def scaled(self) -> np.ndarray:
        """Sharpness times learning rate over 2: 1 at the edge."""
        return np.array(self.seen) * np.array(self.settings.rates)[:, None] / 2

    @property
    def uphill(self) -> np.ndarray:
        """Whether each step (steps - 1, rates, seeds) raised the loss."""
        return self.losses[1:] > self.losses[:-1]

    @property
    def arrival(self) -> np.ndarray:
        """The look (rates, seeds) at which the sharpness first was at the edge, or the first of the last quarter."""
        there = self.scaled >= EDGE[0]
        late = int(np.searchsorted(self.looks, LATE * self.looks[-1]))
        return np.where(there.any(axis=0), np.minimum(there.argmax(axis=0), late), late)

    @np.errstate(all="ignore")
    def at_the_edge(self) -> np.ndarray:
        """Since the arrival (3, rates, seeds): mean scaled sharpness, share of steps uphill, ln of the loss at last."""
        found = np.empty((3, *self.arrival.shape))
        for k, seed in np.ndindex(self.arrival.shape):
            look = self.arrival[k, seed]
            losses = self.losses[self.looks[look] :, k, seed]
            tenth = max(1, len(losses) // 10)
            change = np.log(losses[-tenth:].mean() / losses[:tenth].mean())
            found[:, k, seed] = self.scaled[look:, k, seed].mean(), (np.diff(losses) > 0).mean(), change
        return found

    @RULES.rule("edge", lambda s: min(s.rates) * s.steps >= TIME)
    def _edge(self) -> Told:
        settings, (ends, uphill, change) = self.settings, self.at_the_edge()
        edges = [
            Quantity.of(f"rate {rate:g}", interval(end), "", "between", EDGE)
            for rate, end in zip(settings.rates, ends, strict=True)
        ]
        yield from edges
        yield Quantity.of("start", interval(self.scaled[0].max(axis=0)), "", "below", 1)
        yield Quantity.of("uphill", interval(uphill.min(axis=0)), "share", "above", 0)
        yield Quantity.factor("fall", interval(change.max(axis=0)), "below", 1)
        yield {"ends": listed([f"{each:value} at {each.name}" for each in edges])}
        below, above = all(each.high < EDGE[0] for each in edges), all(each.low > EDGE[1] for each in edges)
        lost = [each.name for each in edges if each.pairs < 2]
        yield {"missing": f"Nearly all trainings at {listed(lost)} diverged: choose lower rates." if lost else ""}
        yield {"side": BELOW if below else ABOVE if above else TOO_CLOSE}


def run(settings: Settings) -> Iterator[Result]:
    """Train every rate from the same initial weights, and measure the sharpness on the way."""
    result = Result(settings, "training")
    yield result
    tables = [load_dataset(settings.dataset, settings.samples, 20, seed=seed) for seed in result.seeds]
    X = np.array([data.X_train for data in tables])
    y = np.array([np.eye(d.outputs)[d.y_train] if d.task == "classes" else d.y_train[:, None] for d in tables])
    sizes = [X.shape[-1], settings.width, settings.width, y.shape[-1]]
    network = Network(sizes, settings.activation, "mean_squared_error")
    problems = [NetworkLoss(network, *each) for each in zip(X, y, strict=True)]
    first = np.array([network.initial(stream(seed, "weights"), settings.initializer) for seed in result.seeds])
    rates = np.repeat(settings.rates, settings.seeds)
    axes: dict[int, np.ndarray] = {}  # of the largest curvature, by run: the next search begins there

    def sharpness(place: int, params: np.ndarray) -> float:
        for start in (axes.get(place), None):
            largest, axes[place] = extreme_curvature(problems[place % len(problems)], params, start=start)
            if np.isfinite(largest):
                break
        return largest

    descent = Descent(network, np.tile(first, (len(settings.rates), 1)), X, y, rates)
    yield from result.watch(descent, np.linspace(0, settings.steps, LOOKS + 1).astype(int).tolist(), sharpness)


def table(result: Result) -> pd.DataFrame:
    """One row a learning rate: its edge, the sharpness on the way, steps uphill and losses; medians over seeds."""
    ends, uphill, _ = np.median(result.at_the_edge(), axis=-1)
    return pd.DataFrame(
        {
            "learning rate": rate,
            "2 / learning rate": 2 / rate,
            "sharpness at the start": float(np.median(result.seen[0][place])),
            "at the edge": 2 / rate * ends[place],
            "updates before the edge": result.looks[int(np.median(result.arrival[place]))],
            "steps uphill since": uphill[place],
            "last loss": float(np.median(result.losses[-1, place])),
        }
        for place, rate in enumerate(result.settings.rates)
    )


def curves(result: Result) -> pd.DataFrame:
    """One row for each rate, seed and look: update, sharpness, and times learning rate over 2."""
    axes = {"step": result.looks, "learning rate": result.settings.rates, "seed": result.seeds}
    return tidy(axes, sharpness=np.array(result.seen), **{"times learning rate / 2": result.scaled})
