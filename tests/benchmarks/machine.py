"""The machine in headless Chromium: frames a second while it plays, milliseconds from a click on Step to its picture.

Run as `python -m tests.benchmarks.machine [page ...]`; a page is opened on a server of its own. The drawings of the
lessons' pages are measured once their experiment has ended or waits, so that nothing trains; the playground's also
while it trains, with the work of the server for one picture.
"""

import shutil
import sys
import time

import numpy as np
from playwright.sync_api import sync_playwright

from core.playground.playground import Playground
from core.playground.settings import Settings
from pages.figures.playground.network import network
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
CHART = "document.querySelector('.descent-lab-chart')"
PICTURES = f"""async (seconds) => {{
  const [before, began] = [{CHART}.frames, performance.now()]
  await new Promise((over) => setTimeout(over, 1000 * seconds))
  return 1000 * ({CHART}.frames - before) / (performance.now() - began)
}}"""
# From a press to the new picture, and frames a second of the motion that it starts
PRESS = f"""(label) => new Promise((over) => {{
  const [button] = [...document.querySelectorAll('button')].filter((each) => each.innerText === label)
  const chart = {CHART}
  const [began, step] = [performance.now(), chart.bench.spec.phase.at]
  let shown
  const look = () => {{
    if (shown === undefined && chart.bench.spec.phase.at !== step) shown = [performance.now(), chart.bench.moves || 0]
    const over_now = shown && !chart.bench.motion.queue.length && chart.bench.motion.share === 1
    if (over_now || performance.now() - began > 8000)
      return over([shown[0] - began, 1000 * (chart.bench.moves - shown[1]) / (performance.now() - shown[0])])
    requestAnimationFrame(look)
  }}
  button.click()
  requestAnimationFrame(look)
}})"""


def told(milliseconds: list[float]) -> str:
    median, late, longest = np.percentile(milliseconds, (50, 90, 100))
    return f"click to picture {median:.0f}, {late:.0f}, {longest:.0f} ms (median, p90, longest)"


def drawing(page) -> str:
    """A machine whose numbers are all in the browser."""
    page.get_by_role("button", name="Run again").or_(page.get_by_role("button", name="Run every")).wait_for()
    page.wait_for_timeout(3000)
    frames, clicks = page.evaluate(COUNT, SECONDS), []
    for _ in range(CLICKS):
        clicks.append(page.evaluate(CLICK))
        page.wait_for_timeout(700)
    return f"{frames:.0f} frames a second; {told(clicks)}"


def playground(page) -> str:
    """The playground, whose pictures come from the server."""
    page.wait_for_function(f"() => {CHART}?.frames > 3")
    training = page.evaluate(PICTURES, SECONDS)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Run", exact=True).wait_for()
    page.wait_for_timeout(1500)
    steps = []
    for _ in range(CLICKS):
        steps.append(page.evaluate(PRESS, "Step"))
        page.wait_for_timeout(700)
    clicks, frames = zip(*steps, strict=True)
    return (
        f"{np.median(frames):.0f} frames a second of an update step by step, {training:.1f} pictures a second while it "
        f"trains; {told(clicks)}; server {work():.1f} ms a picture"
    )


def work() -> float:
    """Milliseconds of the server for one picture of the default network: median of many."""
    run, spent = Playground(Settings()), []
    for _ in range(100):
        run.update()
        began = time.process_time()
        network(run, acts=True).to_json()
        spent.append(1000 * (time.process_time() - began))
    return float(np.median(spent))


def main() -> None:
    pages = sys.argv[1:] or ["", "question", "chain_rule", "playground"]
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for name in pages:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(f"http://{server.address}/{name}")
            print(f"/{name}: {playground(page) if name == 'playground' else drawing(page)}", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
