"""Seconds until the first chart of a fresh browser, two versions of the app in turn on one machine.

Run as `python tests/benchmarks/first_picture.py OLDER NEWER`, the folders of two checkouts. `--slow` limits the network
to 1.6 Mbit/s and the processor to a quarter; `--chart` waits for plotly's own chart and not for its sketch. Prints each
visit, the medians and their ratio.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, sync_playwright

CHART = ".scatterlayer .trace path, .heatmaplayer image, .barlayer .point"
SKETCH = ".descent-lab-sketch path:not(.frame)"
DRAWN = """(what) => [...document.querySelectorAll('.js-plotly-plot, .descent-lab-chart, .descent-lab-first')].some(
  (chart) => chart.getClientRects().length && chart.querySelector(what))"""
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}


@contextmanager
def serving(folder: str) -> Iterator[str]:
    """The app of this folder on a port of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": folder}, **quiet)
    try:
        for _ in range(100):
            time.sleep(0.2)
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health").close()
                break
            except OSError:
                continue
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def visit(browser: Browser, address: str, slow: bool, what: str) -> float:
    """Seconds from the request to the first chart in which there is data, found by its CSS selector."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    if slow:
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", SLOW)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    started = time.perf_counter()
    page.goto(address, wait_until="commit", timeout=240_000)
    page.wait_for_function(DRAWN, arg=what, timeout=240_000)
    seconds = time.perf_counter() - started
    context.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs=2)
    parser.add_argument("--page", default="depth")
    parser.add_argument("--visits", type=int, default=6)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--chart", action="store_true")
    asked = parser.parse_args()
    what = CHART if asked.chart else f"{CHART}, {SKETCH}"
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(os.path.abspath(folder))) for folder in asked.folders]
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        for server in servers:  # a server reads its modules for the first visitor
            visit(browser, f"{server}/{asked.page}", False, what)
        times: list[list[float]] = [[], []]
        for _ in range(asked.visits):
            for each, server in zip(times, servers, strict=True):
                each.append(visit(browser, f"{server}/{asked.page}", asked.slow, what))
    for folder, each in zip(asked.folders, times, strict=True):
        print(folder, " ".join(f"{seconds:.2f}" for seconds in each), f"median {statistics.median(each):.2f} s")
    ratios = [new / old for old, new in zip(*times, strict=True)]
    print(f"newer / older: median of the pairs {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
