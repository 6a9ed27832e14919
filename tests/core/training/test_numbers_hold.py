"""One seed, one history: bitwise the same whenever, wherever, however many threads, and after export and import."""

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_exports import QUICK, RUNS
from threadpoolctl import threadpool_limits

from core.training import History, train
from core.training.history import MEASURES

# Every kind of run, and one whose products are large enough for a second thread to take its share
KINDS = [QUICK.replace(**changes) for changes in RUNS]
WIDE = QUICK.replace(dataset="digits", train=None, test=None, hidden=(400, 400), batch_size=None, steps=2, frames=1)
SINGLE = QUICK.replace(dtype="float32", dropout=0.2, l2=0.1)
ALL = [*KINDS, WIDE, SINGLE]


def digits(history, run=0):
    """All that a history tells of one run, but for the time it took, as bytes."""
    names = sorted(MEASURES | {"diverged", "stopped"})
    return history.step.tobytes() + b"".join(getattr(history, name)[:, run].tobytes() for name in names)


def hashed(run):
    return hashlib.sha256(digits(History.of(train(run)))).hexdigest()


def fingerprint():
    """A line for every kind of run, to compare between processes."""
    return "\n".join(map(hashed, ALL))


@pytest.fixture(scope="module")
def first():
    return [hashed(run) for run in ALL]


def test_runs_differ(first):
    kinds = set(first)
    assert len(kinds) > 0.8 * len(ALL)  # some name the same thing twice, as xavier and xavier_normal do


def test_again_after_all_the_others_in_another_order(first):
    assert [hashed(run) for run in reversed(ALL)][::-1] == first


@pytest.mark.parametrize("threads", [1, 2])
def test_with_more_threads(first, threads):
    with threadpool_limits(threads, user_api="blas"):
        assert [hashed(run) for run in ALL[-20:]] == first[-20:]


@pytest.mark.slow
@pytest.mark.parametrize(("hash_seed", "threads"), [("1", "1"), ("2", "2")])
def test_in_another_process(first, hash_seed, threads):
    path = "tests/core/training:tests/core/export:."
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": path}
    command = [sys.executable, "-c", "import test_numbers_hold; print(test_numbers_hold.fingerprint())"]
    root = Path(__file__).parents[3]
    out = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.split() == first


@pytest.mark.parametrize("run", KINDS, ids=range(len(KINDS)))
def test_beside_others_in_a_stack(run):
    others = [run.replace(seed=run.seed + k, data_seed=k % 2, lr=run.lr * k, l2=run.l2 + 0.01 * k) for k in (1, 2)]
    alone = History.of(train(run))
    together = History.of(itertools.islice(train([others[0], run, others[1]]), len(alone)))
    assert digits(together, 1) == digits(alone)
