"""The machine in headless Chromium: frames a second while it plays, milliseconds from a click on Step to its picture.

Run as `python -m tests.benchmarks.machine [page ...]`; a page is opened on a server of its own, and measured once its
experiment has ended or waits, so that nothing trains.
"""

import shutil
import sys

import numpy as np
from playwright.sync_api import sync_playwright

from tests.load.server import serving

SECONDS, CLICKS = 10, 20
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
MACHINE = "document.querySelector('.descent-lab-machine')"
COUNT = f"""async (seconds) => {{
  const {{ player }} = {MACHINE}
  player.pace = 1
  if (!player.playing) player.play(true)
  const [before, began] = [player.frames, performance.now()]
  await new Promise((over) => setTimeout(over, 1000 * seconds))
  return 1000 * (player.frames - before) / (performance.now() - began)
}}"""
CLICK = f"""() => new Promise((over) => {{
  const root = {MACHINE}
  const [step] = [...root.querySelectorAll('.controls button')].filter((each) => each.textContent === 'Step')
  if (step.disabled) root.player.go(0)
  const [began, at] = [performance.now(), root.player.at]
  step.click()
  requestAnimationFrame(() => setTimeout(() => over(root.player.at !== at ? performance.now() - began : Infinity)))
}})"""


def main() -> None:
    pages = sys.argv[1:] or ["", "question", "chain_rule"]
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for name in pages:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(f"http://{server.address}/{name}")
            page.get_by_role("button", name="Run again").or_(page.get_by_role("button", name="Run every")).wait_for()
            page.wait_for_timeout(3000)
            frames = page.evaluate(COUNT, SECONDS)
            clicks = []
            for _ in range(CLICKS):
                clicks.append(page.evaluate(CLICK))
                page.wait_for_timeout(700)
            told = ", ".join(f"{np.percentile(clicks, share):.0f}" for share in (50, 90, 100))
            print(f"/{name}: {frames:.0f} frames a second; click to picture {told} ms (median, p90, longest)")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
