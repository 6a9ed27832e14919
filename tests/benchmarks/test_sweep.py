"""A sweep on one core and on two, what joblib costs, and 1,000 runs beside scikit-learn's one by one."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import psutil
import pytest
from clock import show

from core.datasets import load_dataset
from core.sweep import sweep
from core.sweep_runs import Sweep, trained
from core.sweep_settings import SweepSettings

ROOT = Path(__file__).parents[2]
ROUNDS = 3
BASE = {"hidden": [8, 8], "activation": "relu", "steps": 500, "train": 300, "test": 300, "frames": 5}
THOUSAND = SweepSettings(  # 10 structures x 20 rates x 5 seeds
    base=BASE,
    axes={
        "optimizer": ["sgd", "adam"],
        "batch_size": [16, 24, 32, 48, 64],
        "lr": {"low": 1e-3, "high": 1.0, "log": True, "points": 20},
    },
)
LONGER = THOUSAND.replace(base=THOUSAND.base.replace(steps=2000).model_dump())


@pytest.fixture(autouse=True)
def two_cores(one_core):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    yield
    os.sched_setaffinity(0, before)


def swept(settings: SweepSettings) -> tuple[float, float]:
    """Wall seconds of a sweep, and seconds of computing by this process and its workers."""
    started, computing = time.perf_counter(), _computing()
    *_, state = sweep(settings)
    assert len(state.table) == 1000
    return time.perf_counter() - started, _computing() - computing


def _computing() -> float:
    each = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in each)


def plain(settings: SweepSettings) -> tuple[float, float]:
    """The same tasks in a plain loop."""
    started, computing = time.perf_counter(), _computing()
    for task in Sweep(settings).waiting.values():
        trained(task, settings.metric)
    return time.perf_counter() - started, _computing() - computing


def test_cores():
    works = {
        "plain loop": lambda: plain(LONGER),
        "one process": lambda: swept(LONGER.replace(processes=1)),
        "two processes": lambda: swept(LONGER.replace(processes=2)),
    }
    swept(THOUSAND.replace(processes=2))  # starts the workers, which import what they need
    found = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name].append(work())
    best = {name: [min(column) for column in zip(*each, strict=True)] for name, each in found.items()}
    rows = [
        [name, wall, best["one process"][0] / wall, computing, f"{computing / best['plain loop'][1] - 1:+.1%}"]
        for name, (wall, computing) in best.items()
    ]
    title = f"1,000 runs of 2-8-8-2, 2,000 steps, 10 structures, workers warm; load {os.getloadavg()[0]:.1f}"
    show(title, ["", "wall s", "times one", "computing s", "more than plain"], rows)


def scikit_learn(optimizer: str, batch: int, lr: float, seed: int) -> float:
    """Seconds of 500 steps of one run; its epochs are whole, so the time is scaled to 500.

    Without an evaluation on held-out data, of which the sweep makes 6 for every run.
    """
    from sklearn.neural_network import MLPClassifier

    data = load_dataset("moons", 300, 300, seed=seed)
    per_epoch = -(-300 // batch)
    model = MLPClassifier(
        (8, 8),
        activation="relu",
        solver=optimizer,
        alpha=0.0,
        batch_size=batch,
        learning_rate_init=lr,
        max_iter=round(500 / per_epoch),
        n_iter_no_change=10**6,
        tol=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=seed,
    )
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data.X_train, data.y_train)
    return (time.perf_counter() - started) * 500 / (per_epoch * model.n_iter_)


def test_beside_scikit_learn():
    swept(THOUSAND.replace(processes=2))
    ours = {processes: float("inf") for processes in (1, 2)}
    theirs: dict[tuple[str, int], float] = {}
    for place in range(ROUNDS):
        for processes in ours:
            ours[processes] = min(ours[processes], swept(THOUSAND.replace(processes=processes))[0])
        for optimizer in THOUSAND.axes["optimizer"]:
            for batch in THOUSAND.axes["batch_size"]:
                key = optimizer, batch
                theirs[key] = min(theirs.get(key, float("inf")), scikit_learn(*key, 0.01, place))
    whole = 1000 * sum(theirs.values()) / len(theirs)
    rows: list[list[object]] = [["scikit-learn, one by one (10 runs, the fastest of 3 each, x 100)", whole, 1.0]]
    rows += [[f"sweep, {processes} warm processes", wall, whole / wall] for processes, wall in ours.items()]
    rows += [["command, 2 processes, from a cold start", cold := _command(), whole / cold]]
    title = f"1,000 runs of 2-8-8-2, 500 steps, 10 structures: seconds; load {os.getloadavg()[0]:.1f}"
    show(title, ["", "wall s", "times faster"], rows)


def _command() -> float:
    """Seconds of the command from a fresh process, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", COMMAND], cwd=ROOT, check=True, capture_output=True)
        best = min(best, time.perf_counter() - started)
    return best


COMMAND = f"""
import pathlib, tempfile
from core.sweep import main
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder)
    (path / "settings.toml").write_text('''{THOUSAND.replace(processes=2).to_toml()}''')
    assert main([str(path / "settings.toml"), "--out", str(path / "table.parquet")]) == 0
"""
