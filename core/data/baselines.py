"""Baselines beside any network: the most frequent answer, a linear model, and the nearest neighbours."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from core.data.dataset import Dataset, standardize, stream
from core.statistics import interval

BASELINES = ("majority", "linear", "neighbours")
NEAREST = 10  # neighbours
BOOSTED_ROWS = 20_000  # at most, for gradient boosting
REPEATS = 10  # permutations of each column


def baselines(data: Dataset, wanted: Sequence[str] = BASELINES) -> dict[str, float]:
    """Scores on the test part, accuracy or R², of the baselines wanted, fitted to the standardized training part.

    majority: commonest class or mean; linear: logistic regression (with scikit-learn's penalty) or least squares;
    neighbours: NEAREST samples vote. NaN for a target that never varies.
    """
    if data.task == "numbers" and np.ptp(data.y_test) == 0:
        return dict.fromkeys(wanted, np.nan)
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    nearest = min(NEAREST, len(data.y_train))
    if data.task == "numbers":
        models = DummyRegressor(), LinearRegression(), KNeighborsRegressor(nearest)
    else:
        commonest = DummyClassifier(strategy="most_frequent")
        several = len(np.unique(data.y_train)) > 1  # logistic regression needs two classes
        linear = LogisticRegression(max_iter=1000) if several else commonest
        models = commonest, linear, KNeighborsClassifier(nearest)
    named = dict(zip(BASELINES, models, strict=True))
    X_train, X_test = standardize(data.X_train, data.X_test)
    fitted = {name: _fitted(named[name], X_train, data.y_train) for name in wanted}
    return {name: float(model.score(X_test, data.y_test)) for name, model in fitted.items()}


def _fitted(model: Any, X: np.ndarray, y: np.ndarray) -> Any:
    """The model fitted to (X, y); that classes are many for so few rows, a notice of the table says already."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return model.fit(X, y)


class Importance(NamedTuple):
    """How much the test score falls when a column's cells are shuffled: the mean, and its 95 % interval."""

    column: str
    mean: float
    low: float
    high: float


class Boosted(NamedTuple):
    """What gradient boosting reaches: its test score, the training rows used, and each column's importance."""

    score: float
    rows: int
    importance: list[Importance]


def boosted(data: Dataset, seed: int = 0) -> Boosted:
    """Gradient-boosted trees on the same split, and the permutation importance of each column (Breiman 2001).

    The inputs of one column are shuffled together; the interval covers the shuffles. At most BOOSTED_ROWS rows a part.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    rng = stream(seed, "data", 1)
    train, test = (rng.permutation(len(y))[:BOOSTED_ROWS] for y in (data.y_train, data.y_test))
    kind = HistGradientBoostingRegressor if data.task == "numbers" else HistGradientBoostingClassifier
    model = _fitted(kind(random_state=seed, early_stopping=False), data.X_train[train], data.y_train[train])
    X, y = data.X_test[test], data.y_test[test]
    score = float(model.score(X, y)) if data.task == "classes" or np.ptp(y) > 0 else np.nan
    sources = [column["of"] for column in data.encoding["inputs"]] if data.encoder else list(data.columns)
    found = []
    for name in dict.fromkeys(sources) if np.isfinite(score) else ():
        places = [place for place, source in enumerate(sources) if source == name]
        falls = []
        for _ in range(REPEATS):
            shuffled = X.copy()
            shuffled[:, places] = X[rng.permutation(len(X))][:, places]
            falls.append(score - float(model.score(shuffled, y)))
        fall = interval(np.array(falls))
        found.append(Importance(name, fall.mean, fall.low, fall.high))
    return Boosted(score, len(train), sorted(found, key=lambda each: -each.mean))
