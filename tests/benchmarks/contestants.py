"""One training step of R networks on one batch (Adam, softmax, float32, ReLU), by us and by everyone else installed.

Each function returns a callable that does one step, or several where it says so; None stands for "not installed".
"""

import contextlib
import os
import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from core.data import Dataset
from core.nn import Network
from core.nn.network import Pass
from core.optimizers import OPTIMIZERS
from core.training import RunSettings, Trainer
from tests.benchmarks.clock import EPOCH, Work
from tests.benchmarks.report import installed

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

BATCHES = 64  # that scikit-learn goes through in one call
SCANNED = {1: 64, 8: 32, 64: 16}  # steps in one call of the compiled JAX loop, by runs


def samples(sizes: list[int], n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, sizes[0])).astype(np.float32), np.arange(n) % sizes[-1]


def ours(sizes: list[int], batch: int, runs: int) -> Work:
    """Forward, backward and Adam of the flat stack on one batch."""
    X, y = samples(sizes, batch)
    network, rng = Network(sizes, "relu", "softmax_cross_entropy"), np.random.default_rng(0)
    pairs = list(pairwise(sizes))

    def drawn() -> np.ndarray:
        return network.pack([(rng.normal(size=(n_out, n_in)) * (2 / n_in) ** 0.5, 0.0) for n_in, n_out in pairs])

    params = np.stack([drawn() for _ in range(runs)]).astype(np.float32)
    x = np.vstack([X.T, np.ones((1, batch), np.float32)])[None]
    t = np.ascontiguousarray(np.eye(sizes[-1], dtype=np.float32)[y].T)[None]
    work, rule = Pass(network, params, batch), OPTIMIZERS["adam"](lr=1e-3).init(params)

    def step() -> None:
        work.forward(x)
        rule.step(params, work.backward(t))

    return step


def trainer(sizes: list[int], batch: int, runs: int) -> Work:
    """A step as an experiment takes it: with gathered mini-batches, for each seed its own."""
    X, y = samples(sizes, batch * EPOCH)
    data = Dataset("made up", "classes", sizes[-1], X, y, X[:32], y[:32])
    settings = RunSettings(
        dataset="own",
        hidden=tuple(sizes[1:-1]),
        activation="relu",
        optimizer="adam",
        lr=1e-3,
        batch_size=batch,
        dtype="float32",
    )
    return Trainer([settings.replace(seed=seed) for seed in range(runs)], data).update


def bare_products(sizes: list[int], batch: int, runs: int) -> Work:
    """The floor: only the matrix products that a step cannot do without."""
    rng, products = np.random.default_rng(0), []
    for n_in, n_out in pairwise(sizes):
        shapes = [(n_out, n_in), (n_in, batch), (n_out, batch)]
        W, a, delta = (rng.normal(size=(runs, *shape)).astype(np.float32) for shape in shapes)
        products += [(W, a, delta.copy()), (delta, a.swapaxes(1, 2), W.copy())]
        if n_in != sizes[0]:
            products.append((W.swapaxes(1, 2), delta, a.copy()))
    if runs == 1:
        products = [tuple(each[0] for each in product) for product in products]

    def step() -> None:
        for left, right, out in products:
            np.matmul(left, right, out=out)

    return step


def scikit_learn(sizes: list[int], batch: int) -> Work:
    """One epoch of MLPClassifier's own loop, BATCHES steps of one run."""
    from sklearn.neural_network import MLPClassifier

    X, y = samples(sizes, batch * BATCHES)
    model = MLPClassifier(tuple(sizes[1:-1]), batch_size=batch, alpha=0.0, random_state=0)
    model.partial_fit(X, y, classes=np.arange(sizes[-1]))
    return lambda: model.partial_fit(X, y)


def torch_eager(sizes: list[int], batch: int) -> Work | None:
    """nn.Sequential with fused Adam."""
    if not installed("torch"):
        return None
    import torch

    with contextlib.suppress(RuntimeError):
        torch.set_num_threads(1)
    X, y = (torch.from_numpy(each) for each in samples(sizes, batch))
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()

    return step


def jax_compiled(sizes: list[int], batch: int, runs: int) -> Work | None:
    """jit of a scan over SCANNED[runs] steps of a vmap over runs."""
    if not installed("jax"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jax

    X, y = samples(sizes, batch)
    keys = jax.random.split(jax.random.PRNGKey(0), len(sizes) - 1)
    params = [
        (jax.random.normal(key, (runs, n_in, n_out)) * (2 / n_in) ** 0.5, np.zeros((runs, n_out), np.float32))
        for key, (n_in, n_out) in zip(keys, pairwise(sizes), strict=True)
    ]
    zeros = jax.tree.map(lambda each: 0 * each, params)
    state = (params, zeros, zeros, np.float32(0))
    loop = jax.jit(jax_loop(X, y, SCANNED[runs]))

    def steps() -> None:
        nonlocal state
        state = jax.block_until_ready(loop(state))

    return steps


def jax_loop(X: np.ndarray, y: np.ndarray, steps: int) -> Callable[[tuple], tuple]:
    """A function of (params, m, v, t) that takes some steps of Adam for all runs at once."""
    import jax
    import jax.numpy as jnp

    targets = jnp.eye(int(y.max()) + 1, dtype=np.float32)[y]

    def loss(params: list) -> object:
        a = X
        for W, b in params[:-1]:
            a = jax.nn.relu(a @ W + b)
        W, b = params[-1]
        return -(targets * jax.nn.log_softmax(a @ W + b)).sum(axis=1).mean()

    gradient = jax.vmap(jax.grad(loss))

    def step(state: tuple, _: None) -> tuple:
        params, m, v, t = state
        g, t = gradient(params), t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate, scale = 1e-3 / (1 - 0.9**t), 1 / (1 - 0.999**t)
        params = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v * scale) + 1e-8), params, m, v)
        return (params, m, v, t), None

    return lambda state: jax.lax.scan(step, state, None, length=steps)[0]
