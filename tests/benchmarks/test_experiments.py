"""A whole experiment from a cold start, how the time of a step grows with the network, and whether memory does."""

import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import contestants as by
import numpy as np
from clock import race, show

HERE = Path(__file__).parent
GROWTH = {
    "depth (layers of 64, batch 64)": [([64] * (n + 2), 64, 1) for n in (1, 2, 4, 8, 16)],
    "width (2 layers, batch 64)": [([n, n, n, 10], 64, 1) for n in (64, 128, 256, 512)],
    "batch (64-64-64-10)": [([64, 64, 64, 10], n, 1) for n in (32, 128, 512, 2048)],
    "runs (64-64-64-10, batch 32)": [([64, 64, 64, 10], 32, n) for n in (1, 4, 16, 64)],
    "runs (2-8-8-2, batch 32)": [([2, 8, 8, 2], 32, n) for n in (1, 4, 16, 64)],
}


def test_cold_start():
    environment = os.environ | {"PYTHONPATH": str(HERE.parent.parent)}
    names = ["ours", "jax"] if by.installed("jax") else ["ours"]
    best, inside = dict.fromkeys(names, float("inf")), dict.fromkeys(names, float("inf"))
    losses = {}
    for _ in range(3):
        for name in names:
            started = time.perf_counter()
            command = [sys.executable, str(HERE / "cold.py"), name]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            best[name] = min(best[name], time.perf_counter() - started)
            losses[name], seconds = done.stdout.split()
            inside[name] = min(inside[name], float(seconds))
    rows = [
        [name, best[name], best[name] / best["ours"], inside[name], inside[name] / inside["ours"], losses[name][:5]]
        for name in names
    ]
    title = "Seconds from a fresh process to a figure: 64 runs x 500 steps of 2-8-8-2"
    show(title, ["", "with imports", "times ours", "without", "times ours", "final loss"], rows)


def test_growth():
    rows = []
    for name, cases in GROWTH.items():
        amounts = [_amount(name, *case) for case in cases]
        times = list(race({str(n): by.ours(*case) for n, case in zip(amounts, cases, strict=True)}, rounds=6).values())
        whole = np.polyfit(np.log(amounts), np.log(times), 1)[0]
        last = np.log(times[-1] / times[-2]) / np.log(amounts[-1] / amounts[-2])
        rows.append([name, f"{amounts[0]} to {amounts[-1]}", times[0], times[-1], float(whole), float(last)])
    show("Growth of the time of a step: exponents", ["", "range", "first us", "last us", "fitted", "at the end"], rows)


def _amount(name, sizes, batch, runs):
    return {"depth": len(sizes) - 2, "width": sizes[0], "batch": batch, "runs": runs}[name.split(maxsplit=1)[0]]


def test_memory():
    rows = []
    for sizes, batch, runs in (([2, 8, 8, 2], 32, 64), ([64, 64, 10], 32, 8), ([784, 256, 128, 10], 128, 1)):
        step = by.trainer(sizes, batch, runs, batches=4)
        for _ in range(9):  # the first epochs make the buffers
            step()
        peaks = []
        for steps in (10, 100):
            tracemalloc.start()
            for _ in range(steps):
                step()
            peaks.append(tracemalloc.get_traced_memory()[1] / 1024)
            tracemalloc.stop()
        rows.append(["-".join(map(str, sizes)), str(runs), *peaks])
    show("Peak of memory allocated during training, KiB", ["net", "runs", "10 steps", "100 steps"], rows)
