"""Baselines beside any network: the most frequent answer, a linear model, and the nearest neighbours."""

import numpy as np

from core.data.dataset import Dataset, standardize

NEAREST = 10  # neighbours


def baselines(data: Dataset) -> dict[str, float]:
    """Scores on the test part, accuracy or R²: `majority`, `linear` and `neighbours`, all fitted to the training part.

    The majority's answer is the commonest class, or the mean in a regression; the linear model is logistic regression
    (with scikit-learn's L2 penalty) or least squares; the NEAREST training samples vote, or are averaged. Inputs are
    standardized. NaN for a target that never varies, which has no R².
    """
    if data.task == "numbers" and np.ptp(data.y_test) == 0:
        return dict.fromkeys(("majority", "linear", "neighbours"), np.nan)
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    nearest = min(NEAREST, len(data.y_train))
    if data.task == "numbers":
        models = {
            "majority": DummyRegressor(),
            "linear": LinearRegression(),
            "neighbours": KNeighborsRegressor(nearest),
        }
    else:
        commonest = DummyClassifier(strategy="most_frequent")
        several = len(np.unique(data.y_train)) > 1  # logistic regression needs two classes
        linear = LogisticRegression(max_iter=1000) if several else commonest
        models = {"majority": commonest, "linear": linear, "neighbours": KNeighborsClassifier(nearest)}
    X_train, X_test = standardize(data.X_train, data.X_test)
    fitted = {name: model.fit(X_train, data.y_train) for name, model in models.items()}
    return {name: float(model.score(X_test, data.y_test)) for name, model in fitted.items()}
