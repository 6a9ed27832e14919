"""Baselines that any network must beat: the most frequent answer, and a linear model."""

import numpy as np

from core.data.dataset import Dataset


def baselines(data: Dataset) -> dict[str, float]:
    """Scores on the test part, accuracy or R²: `majority` and `linear`, both fitted to the training part.

    The majority's answer is the commonest class, or the mean in a regression; the linear model is logistic regression
    (with scikit-learn's L2 penalty) or least squares. NaN for a target that never varies, which has no R².
    """
    if data.task == "numbers" and np.ptp(data.y_test) == 0:
        return {"majority": np.nan, "linear": np.nan}
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression

    if data.task == "numbers":
        models = {"majority": DummyRegressor(), "linear": LinearRegression()}
    else:
        commonest = DummyClassifier(strategy="most_frequent")
        several = len(np.unique(data.y_train)) > 1  # logistic regression needs two classes
        models = {"majority": commonest, "linear": LogisticRegression(max_iter=1000) if several else commonest}
    fitted = {name: model.fit(data.X_train, data.y_train) for name, model in models.items()}
    return {name: float(model.score(data.X_test, data.y_test)) for name, model in fitted.items()}
