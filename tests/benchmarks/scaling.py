"""How time grows with the network, whether memory does with the steps, and how long whole experiments take."""

import math
import os
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
from functools import partial
from pathlib import Path

import numpy as np

from core.data import load_dataset
from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import sweep
from tests.benchmarks import contestants as by
from tests.benchmarks.clock import fastest, race
from tests.benchmarks.report import Section, Target, installed
from tests.benchmarks.steps import sizes_of

ROOT = Path(__file__).parents[2]
GROWTH = {  # what grows: what it is a part of, the power of the work, and the cases (amount, sizes, batch, runs)
    "width": ("n-n-n-10, batch 64", 2, [(n, [n, n, n, 10], 64, 1) for n in (32, 64, 128, 256, 512)]),
    "depth": ("hidden layers of 64, batch 64", 1, [(n, [64] * (n + 2), 64, 1) for n in (1, 2, 4, 8, 16)]),
    "batch": ("64-64-64-10", 1, [(n, [64, 64, 64, 10], n, 1) for n in (16, 64, 256, 1024, 4096)]),
    "runs": ("64-64-64-10, batch 32", 1, [(n, [64, 64, 64, 10], 32, n) for n in (1, 4, 16, 64, 256)]),
    "runs of a small network": ("2-8-8-2, batch 32", 1, [(n, [2, 8, 8, 2], 32, n) for n in (1, 4, 16, 64, 256)]),
}
MEMORY = {"2-8-8-2": (32, 64), "64-64-10": (32, 8), "784-256-128-10": (128, 1)}  # batch and runs
STEPS = (100, 1_000, 10_000)
FLAT = 1.01  # the most by which the peak of the last steps may exceed that of the steps before
SLOW_ROUNDS = 3  # of work that takes seconds
THOUSAND = SweepSettings(  # 10 structures x 20 rates x 5 seeds
    base={"hidden": [8, 8], "activation": "relu", "steps": 500, "train": 300, "test": 300, "frames": 5},
    axes={
        "optimizer": ["sgd", "adam"],
        "batch_size": [16, 24, 32, 48, 64],
        "lr": {"low": 1e-3, "high": 1.0, "log": True, "points": 20},
    },
)


def growth(rounds: int) -> Section:
    rows = []
    for what, (where, power, cases) in GROWTH.items():
        amounts = [amount for amount, *_ in cases]
        times = race({str(amount): by.trainer(*case) for amount, *case in cases}, rounds)
        us = list(times.values())
        slope, error = slope_of(amounts, us)
        last = math.log(us[-1] / us[-2]) / math.log(amounts[-1] / amounts[-2])
        span = f"{amounts[0]} to {amounts[-1]}"
        rows.append([what, where, span, us[0], us[-1], power, f"{slope:.2f} ± {error:.2f}", f"{last:.2f}"])
    how = (
        "Microseconds of one `Trainer.update` at five sizes. *Exponent* is the slope of a straight line through the "
        "logarithms with the 95 % interval of the fit, which is wide where the line bends; *at the end* is the slope "
        "between the last two sizes, where fixed costs matter least. *Work* is the exponent of the multiplications in "
        "the matrix products."
    )
    header = ["size", "network", "range", "first us", "last us", "work", "exponent", "at the end"]
    return Section("Exponents of growth", how, header, rows)


def slope_of(x: list[float], y: list[float]) -> tuple[float, float]:
    """Slope of log y over log x, and half the width of its 95 % interval."""
    from scipy import stats

    fit = stats.linregress(np.log(x), np.log(y))
    return float(fit.slope), float(fit.stderr * stats.t.ppf(0.975, len(x) - 2))


def memory(steps: tuple[int, ...] = STEPS) -> tuple[Section, list[Target]]:
    """The peaks, and the target that they do not grow."""
    rows, targets = [], []
    for net, (batch, runs) in MEMORY.items():
        peaks = peaks_of(net, batch, runs, steps)
        ratio = peaks[-1] / peaks[-2]
        rows.append([net, runs, *peaks, f"{ratio:.4f}"])
        targets.append(Target(f"peak memory to step {steps[-1]:,} / {steps[-2]:,}", net, runs, FLAT, ratio))
    how = (
        "The most memory that Python and numpy hold for a training, in MiB, as tracemalloc finds it: from the start, "
        f"which prepares the data, to step {steps[0]:,}, and then between the steps named."
    )
    header = ["network", "runs", *[f"to step {each:,}" for each in steps], f"{steps[-1]:,} / {steps[-2]:,}"]
    return Section("Peak of memory", how, header, rows), targets


def peaks_of(net: str, batch: int, runs: int, steps: tuple[int, ...]) -> list[float]:
    """Peak of traced memory, MiB, up to each of these steps since the one before."""
    tracemalloc.start()
    try:
        step, done, peaks = by.trainer(sizes_of(net), batch, runs), 0, []
        for until in steps:
            for _ in range(until - done):
                step()
            done = until
            peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
            tracemalloc.reset_peak()
    finally:
        tracemalloc.stop()
    return peaks


def thousand_runs() -> Section:
    cores = os.cpu_count() or 1
    cases = [(batch, rule) for rule in THOUSAND.axes["optimizer"] for batch in THOUSAND.axes["batch_size"]]
    works = {f"scikit-learn {case}": partial(scikit_learn, *case) for case in cases}
    works |= {
        f"core.sweep, {n} of {cores} cores": partial(swept, THOUSAND.replace(processes=n)) for n in sorted({1, cores})
    }
    works |= {f"python -m core.sweep, {cores} of {cores} cores": command}
    swept(THOUSAND.replace(processes=cores))  # starts the processes, which import what they need
    best = fastest(works, SLOW_ROUNDS)
    one = [best.pop(f"scikit-learn {case}") * 500 / scikit_learn(*case) for case in cases]
    best = {"scikit-learn, one by one": 1000 * float(np.mean(one))} | best
    rows = [[name, wall, 1000 / wall, best["scikit-learn, one by one"] / wall] for name, wall in best.items()]
    how = (
        "`core.sweep` trains 1,000 networks 2-8-8-2 for 500 steps each, with 6 evaluations: 2 optimizers x 5 batch "
        "sizes x 20 learning rates x 5 seeds. Wall time, the best of three. The worker processes are already running, "
        "except for `python -m core.sweep`, whose time includes the start of Python. scikit-learn: one network for "
        "each optimizer and batch size, without evaluations, scaled to 1,000 networks and 500 steps."
    )
    return Section("A sweep of 1,000 runs", how, ["", "seconds", "runs a second", "times scikit-learn"], rows)


def swept(settings: SweepSettings) -> None:
    *_, state = sweep(Sweep(settings))
    assert len(state.table) == 1000


def scikit_learn(batch: int, optimizer: str) -> int:
    """Train one run of about 500 steps in whole epochs; returns how many steps it took."""
    from sklearn.neural_network import MLPClassifier

    data, per_epoch = load_dataset("moons", 300, 300), math.ceil(300 / batch)
    model = MLPClassifier(
        (8, 8),
        activation="relu",
        solver=optimizer,
        alpha=0.0,
        batch_size=batch,
        learning_rate_init=0.01,
        max_iter=round(500 / per_epoch),
        n_iter_no_change=10**6,
        tol=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data.X_train, data.y_train)
    return per_epoch * model.n_iter_


def command() -> None:
    """`python -m core.sweep` in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.toml"
        settings.write_text(THOUSAND.to_toml(), encoding="utf-8")
        words = ["-m", "core.sweep", str(settings), "--out", f"{folder}/table.parquet"]
        subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)


def cold_start() -> Section:
    names = ["ours", "jax"] if installed("jax") else ["ours"]
    inside, losses = dict.fromkeys(names, math.inf), {}

    def run(name: str) -> None:
        words = [sys.executable, str(Path(__file__).parent / "cold.py"), name]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        losses[name], seconds = map(float, done.stdout.split())
        inside[name] = min(inside[name], seconds)

    whole = fastest({name: partial(run, name) for name in names}, SLOW_ROUNDS)
    rows = [[name, whole[name], inside[name], losses[name]] for name in names]
    how = (
        "64 runs of 2-8-8-2, 500 steps with mini-batches and 50 evaluations, drawn as a Plotly figure: seconds of a "
        "new process with its imports and without them, the best of three. JAX has to compile in either case."
    )
    return Section("From a new process to a figure", how, ["", "with imports", "without", "mean final loss"], rows)
