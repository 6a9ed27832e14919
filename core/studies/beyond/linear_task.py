"""What a linear network can learn exactly: a linear map, from inputs that are white."""

import numpy as np

from core.data import stream

TASK = 106  # purpose of the stream that draws it
INPUTS = 4
SAMPLES = 4  # for each input
STRENGTHS = (3.0, 1.0)  # largest and smallest singular value of the map


def task(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs X (n, INPUTS), centred and white (mean x xᵀ = I), and targets A x; A has singular values 3 to 1."""
    rng = stream(seed, TASK)
    X = rng.standard_normal((SAMPLES * INPUTS, INPUTS))
    X = np.linalg.qr(X - X.mean(axis=0))[0] * np.sqrt(len(X))
    U, V = (np.linalg.qr(rng.standard_normal((INPUTS, INPUTS)))[0] for _ in range(2))
    return X, X @ (U * np.linspace(*STRENGTHS, INPUTS) @ V.T).T
