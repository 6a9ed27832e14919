"""A cold experiment: 64 networks 2-8-8-2, 500 steps of Adam each, from a fresh process to a plotly figure.

Run as `python cold.py ours` or `python cold.py jax`; prints the mean final loss and the seconds without the imports,
which a server pays once. Both evaluate all samples 50 times.
"""

import sys
import time
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split  # noqa: F401  (part of what our data need)

if sys.argv[1] == "ours":
    from core.training import History, RunSettings, train
else:
    import jax
    import jax.numpy as jnp

go.Figure(go.Scatter(y=[0])).to_json()  # plotly loads its schema when it is first used

RUNS, STEPS, FRAMES, BATCH, SAMPLES = 64, 500, 50, 32, 320


def moons() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_moons(SAMPLES, noise=0.2, random_state=0)
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32), y


def ours() -> np.ndarray:
    """Losses (frames, runs) by this project."""
    runs = [
        RunSettings(
            train=SAMPLES, test=4, activation="relu", optimizer="adam", lr=1e-2, batch_size=BATCH, steps=STEPS,
            frames=FRAMES, seed=seed, dtype="float32",
        )
        for seed in range(RUNS)
    ]  # fmt: skip
    return History.of(train(runs)).train_loss


def by_jax() -> np.ndarray:
    """Losses (frames, runs) by JAX: a compiled scan over the steps between two frames of a vmap over the runs."""
    X, y = moons()
    rng = np.random.default_rng(0)
    batches = np.stack([rng.permutation(SAMPLES) for _ in range(RUNS * STEPS * BATCH // SAMPLES)])
    batches = batches.reshape(FRAMES, STEPS // FRAMES, RUNS, BATCH)
    sizes = [2, 8, 8, 2]
    params = [
        (rng.normal(size=(RUNS, n_in, n_out)).astype(np.float32) * (2 / n_in) ** 0.5, np.zeros((RUNS, n_out), "f"))
        for n_in, n_out in pairwise(sizes)
    ]
    targets = np.eye(2, dtype=np.float32)[y]

    def loss(params, X, t):
        a = X
        for W, b in params[:-1]:
            a = jax.nn.relu(a @ W + b)
        W, b = params[-1]
        return -(t * jax.nn.log_softmax(a @ W + b)).sum(axis=1).mean()

    def step(state, index):
        params, m, v, t = state
        g, t = jax.vmap(jax.grad(loss))(params, X[index], targets[index]), t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate, scale = 1e-2 / (1 - 0.9**t), 1 / (1 - 0.999**t)
        params = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v * scale) + 1e-8), params, m, v)
        return (params, m, v, t), None

    @jax.jit
    def frame(state, indices):
        state = jax.lax.scan(step, state, indices)[0]
        return state, jax.vmap(loss, in_axes=(0, None, None))(state[0], X, targets)

    X, targets = jnp.asarray(X), jnp.asarray(targets)
    zeros = jax.tree.map(lambda each: 0 * each, params)
    state, losses = (params, zeros, zeros, np.float32(0)), []
    for indices in batches:
        state, each = frame(state, indices)
        losses.append(np.asarray(each))
    return np.array(losses)


def figure(losses: np.ndarray) -> str:
    """Every run's curve, as the JSON that a browser would get."""
    return go.Figure([go.Scatter(y=each) for each in losses.T]).to_json()


if __name__ == "__main__":
    started = time.perf_counter()
    found = ours() if sys.argv[1] == "ours" else by_jax()
    assert len(figure(found)) > 10_000
    print(found[-1].mean(), time.perf_counter() - started)
