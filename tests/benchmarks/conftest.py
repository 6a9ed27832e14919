"""One core for all contestants, and no complaint about warnings of other people's libraries."""

import os

import pytest

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"


@pytest.fixture(autouse=True, scope="session")
def one_core():
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everything)})
    yield
    os.sched_setaffinity(0, everything)


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore"))
