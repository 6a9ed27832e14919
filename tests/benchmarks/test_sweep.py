"""A sweep on one core and on two, what joblib costs, and 1,000 runs beside scikit-learn's one by one."""

import math
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from clock import show

from core.data import load_dataset
from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import sweep

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


def timed(work: Callable[[], object]) -> np.ndarray:
    """Seconds of the clock, and seconds of computing by this process and its workers, which others do not disturb."""
    started, computing = time.perf_counter(), _computing()
    work()
    return np.array([time.perf_counter() - started, _computing() - computing])


def _computing() -> float:
    each = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in each)


def swept(settings: SweepSettings) -> None:
    *_, state = sweep(Sweep(settings))
    assert len(state.table) == 1000


def plain(settings: SweepSettings) -> None:
    """The same tasks in a plain loop."""
    for task in Sweep(settings).waiting.values():
        task.done()


def test_cores():
    works = {
        "plain loop": lambda: plain(LONGER),
        "one process": lambda: swept(LONGER.replace(processes=1)),
        "two processes": lambda: swept(LONGER.replace(processes=2)),
    }
    swept(THOUSAND.replace(processes=2))  # starts the workers, which import what they need
    best = best_of(works)
    rows = [
        [name, wall, best["one process"][0] / wall, computing, f"{computing / best['plain loop'][1] - 1:+.1%}"]
        for name, (wall, computing) in best.items()
    ]
    title = f"1,000 runs of 2-8-8-2, 2,000 steps, 10 structures, workers warm; load {os.getloadavg()[0]:.1f}"
    show(title, ["", "wall s", "times one", "computing s", "more than plain"], rows)


def best_of(works: Mapping[str, Callable[[], object]]) -> dict[str, np.ndarray]:
    """The least of either time of each, over rounds in turn."""
    found = {name: np.full(2, np.inf) for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name] = np.minimum(found[name], timed(work))
    return found


def scikit_learn(batch: int, optimizer: str) -> int:
    """Train one run of about 500 steps in whole epochs; returns how many steps it took.

    Without an evaluation on held-out data, of which the sweep makes 6 for every run.
    """
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


def test_beside_scikit_learn():
    """Scikit-learn's time is that of one run of each structure, scaled to 500 steps and to 1,000 runs."""
    cases = [(batch, optimizer) for optimizer in THOUSAND.axes["optimizer"] for batch in THOUSAND.axes["batch_size"]]
    works = {f"scikit-learn {case}": partial(scikit_learn, *case) for case in cases}
    works |= {f"sweep, {n} warm": partial(swept, THOUSAND.replace(processes=n)) for n in (1, 2)}
    works |= {"command, 2 processes, cold": command}
    swept(THOUSAND.replace(processes=2))
    best = best_of(works)
    runs = [best.pop(f"scikit-learn {case}") * 500 / scikit_learn(*case) for case in cases]
    whole = 1000 * np.mean(runs, axis=0)
    rows = [["scikit-learn", whole[0], 1.0, whole[1], 1.0]]
    rows += [[name, each[0], whole[0] / each[0], each[1], whole[1] / each[1]] for name, each in best.items()]
    title = f"1,000 runs of 2-8-8-2, 500 steps, 10 structures; load {os.getloadavg()[0]:.1f}"
    show(title, ["", "wall s", "times faster", "computing s", "times less"], rows)


def command() -> None:
    """The command in a fresh process; what it computes is not counted."""
    subprocess.run([sys.executable, "-c", COMMAND], cwd=ROOT, check=True, capture_output=True)


COMMAND = f"""
import pathlib, tempfile
from core.sweep.__main__ import main
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder)
    (path / "settings.toml").write_text('''{THOUSAND.replace(processes=2).to_toml()}''')
    assert main([str(path / "settings.toml"), "--out", str(path / "table.parquet")]) == 0
"""
