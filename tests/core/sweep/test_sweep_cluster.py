"""A sweep on a real Dask scheduler with two worker processes on loopback, one of which is killed in the middle."""

import gc
import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import OwnData, Table
from core.studies.sweeps.over_study import StudySpace, StudySweep
from core.sweep.runs import Sweep
from core.sweep.settings import SweepSettings
from core.sweep.work import Parts, sweep

DASKS_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
pytestmark = [pytest.mark.slow, DASKS_OWN]

ROOT = Path(__file__).parents[3]
SETTINGS = SweepSettings(
    base={"dataset": "spirals", "hidden": [16, 16], "steps": 600, "batch_size": 64},
    axes={
        "optimizer": ["sgd", "adam"],
        "activation": ["relu", "tanh", "elu"],
        "batch_size": [16, 64],
        "lr": [0.01, 0.1],
    },
    seeds=3,
    processes=1,
)


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, and its two workers of one thread each."""
    pytest.importorskip("distributed")
    found, started = tmp_path / "scheduler.json", []

    def start(kind, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--host", "127.0.0.1", *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}
        files = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "env": environment}
        started.append(subprocess.Popen([*command, "--scheduler-file", str(found)], **files))

    start("scheduler", "--port", "0", "--no-dashboard")
    for _ in range(2):
        start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
    while not (found.exists() and found.read_text().rstrip().endswith("}")):  # there, and written to its end
        time.sleep(0.05)
    yield json.loads(found.read_text())["address"], started[1:]
    for process in reversed(started):
        process.kill()
        process.wait()
    gc.collect()  # what Dask leaves open, before it is found in a test that takes warnings for errors


def test_a_killed_worker_loses_nothing_doubles_nothing_and_changes_no_bit(cluster, tmp_path, monkeypatch):
    from dask.distributed import Client

    *_, alone = sweep(Sweep(SETTINGS))
    address, workers = cluster
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=20)
    kept = []
    keep = Parts.keep
    monkeypatch.setattr(Parts, "keep", lambda parts, task, found: (kept.append(task.name), keep(parts, task, found)))
    for state in sweep(Sweep(SETTINGS.replace(cluster=address)), tmp_path / "parts"):
        if len(kept) == 3 and workers[0].poll() is None:
            assert len(state.waiting) == 9  # so both workers are at work
            workers[0].kill()
            workers[0].wait()
    assert workers[0].poll() is not None
    assert workers[1].poll() is None
    assert len(kept) == len(set(kept)) == 12
    assert not state.table.duplicated(["point", "seed"]).any()
    assert state.table.to_parquet() == alone.table.to_parquet()


def test_a_table_of_ones_own_and_a_study_travel_to_the_workers(cluster):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=60), "y": rng.normal(size=60), "kind": rng.choice(["a", "b"], 60)})
    own = OwnData(Table("mine.csv", frame, []), "kind")
    networks = SweepSettings(data="mine.csv", target="kind", base={"steps": 20}, axes={"lr": [0.1, 0.5]}, processes=1)
    base = {"trials": 10, "steps": 50, "width": 4, "seeds": 5, "rate": "same"}
    study = StudySpace(study="minima", base=base, axes={"lr": [0.1, 1.0]}, seeds=1, processes=1)
    for kind, given in ((partial(Sweep, own=own), networks), (StudySweep, study)):
        *_, alone = sweep(kind(given))
        *_, there = sweep(kind(given.replace(cluster=cluster[0])))
        assert there.table.to_parquet() == alone.table.to_parquet()


def test_a_killed_process_of_this_machine_is_replaced(tmp_path):
    """The same on joblib's processes, of which one is killed while both are at work."""
    import psutil

    *_, alone = sweep(Sweep(SETTINGS))
    victims = []
    for state in sweep(Sweep(SETTINGS.replace(processes=2)), tmp_path / "parts"):
        if len(state.table) and not victims:
            victims = [each for each in psutil.Process().children() if "LokyProcess" in " ".join(each.cmdline())]
            victims[0].kill()
    assert len(victims) == 2
    assert not victims[0].is_running()
    assert state.table.to_parquet() == alone.table.to_parquet()
