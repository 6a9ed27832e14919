"""What a picture of a running page costs the browser, two versions of the app in turn on one machine.

Run as `python tests/benchmarks/live_picture.py OLDER NEWER`, the folders of two checkouts. Prints for each visit the
pictures a second, and the milliseconds of processor time of the browser's main thread for each, of which styles.
"""

import argparse
import os
import statistics
from contextlib import ExitStack

from first_picture import serving
from playwright.sync_api import Browser, sync_playwright

PICTURES = "() => document.querySelector('.st-key-stage .descent-lab-chart')?.frames ?? 0"


def visit(browser: Browser, address: str, seconds: float) -> tuple[float, float, float]:
    """Pictures a second, and milliseconds of all tasks and of styles for each, once the first ones were drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now() -> list[float]:
        known = {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
        return [page.evaluate(PICTURES), known["TaskDuration"], known["RecalcStyleDuration"]]

    page.goto(address, timeout=240_000)
    page.wait_for_function(f"() => ({PICTURES})() > 5", timeout=240_000)
    before = now()
    page.wait_for_timeout(1000 * seconds)
    pictures, tasks, styles = (late - early for early, late in zip(before, now(), strict=True))
    context.close()
    return pictures / seconds, 1000 * tasks / pictures, 1000 * styles / pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs=2)
    parser.add_argument("--page", default="playground")
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    asked = parser.parse_args()
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(os.path.abspath(folder))) for folder in asked.folders]
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        seen: list[list[tuple[float, float, float]]] = [[], []]
        for _ in range(asked.visits):
            for each, server in zip(seen, servers, strict=True):
                each.append(visit(browser, f"{server}/{asked.page}", asked.seconds))
    for folder, each in zip(asked.folders, seen, strict=True):
        print(folder, *(f"{rate:.1f}/s {tasks:.1f} ms, styles {styles:.1f} ms;" for rate, tasks, styles in each))
    ratios = [new[1] / old[1] for old, new in zip(*seen, strict=True)]
    print(f"newer / older, processor time for a picture: median of the pairs {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
