"""Microseconds per training step and run, beside scikit-learn, torch, JAX and the bare matrix products."""

import contestants as by
import pytest
from clock import race, show

NETS = {"2-8-8-2": 32, "64-64-10": 32, "64-128-64-10": 64, "784-256-128-10": 128}
RUNS = (1, 8, 64)
HEADER = ["net", "batch", "runs", "ours", "with batches", "bare products", "scikit-learn", "torch", "JAX"]
HEADER += ["ours/bare", "sklearn/ours", "torch/ours", "JAX/ours"]
ROWS: list[list[object]] = []


@pytest.mark.parametrize("name", list(NETS))
def test_steps(name):
    sizes, batch = [int(n) for n in name.split("-")], NETS[name]
    work, steps = {}, {}
    for label, each, count in (
        ("scikit-learn", by.scikit_learn(sizes, batch), by.BATCHES),
        ("torch", by.torch_eager(sizes, batch), 1),
    ):
        if each:
            work[label], steps[label] = each, count
    for runs in RUNS:
        for label, each, count in (
            (f"ours {runs}", by.ours(sizes, batch, runs), runs),
            (f"with batches {runs}", by.trainer(sizes, batch, runs), runs),
            (f"bare products {runs}", by.bare_products(sizes, batch, runs), runs),
            (f"JAX {runs}", by.jax_compiled(sizes, batch, runs), runs * by.SCANNED[runs]),
        ):
            if each:
                work[label], steps[label] = each, count
    times = {label: found / steps[label] for label, found in race(work).items()}
    for runs in RUNS:
        columns = [times.get(label, times.get(f"{label} {runs}")) for label in HEADER[3:9]]
        own, _, bare, *others = columns
        ROWS.append([name, str(batch), str(runs), *columns, own / bare, *[each and each / own for each in others]])
    if name == list(NETS)[-1]:
        show("Microseconds per step and run: Adam, softmax, ReLU, float32, one core (minima)", HEADER, ROWS)
