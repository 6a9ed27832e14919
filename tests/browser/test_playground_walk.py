"""The playground in a real browser: a walk through each thing that its users asked for.

What needs no browser, such as a teacher's link, the doctor's cures and the pinned run, is in test_playground_page.py.
"""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from browser.looks import at_rest, button, healthy, paused

SMALL = "samples=60&hidden=3,2&max_epochs=10000"
SAID = ("samples go through", "for this batch. No weight has moved", "Backpropagation: dL/dw on the links")


def press(page, label: str) -> None:
    button(page, label).click()


def open_tool(page, name: str):
    """Open one of the tools above the charts; returns what it shows."""
    page.get_by_test_id("stPopover").get_by_role("button", name=name).click()
    body = page.get_by_test_id("stPopoverBody")
    body.wait_for()
    return body


def close_tool(page) -> None:
    page.keyboard.press("Escape")
    page.get_by_test_id("stPopoverBody").wait_for(state="hidden")


def drawn_in(page, file) -> str:
    """What the drawing in a saved page says of its run."""
    saved = page.context.new_page()
    saved.goto(file.as_uri())
    saved.locator(".descent-lab-bench .link").first.wait_for(state="attached")
    told = saved.locator(".descent-lab-bench .told").inner_text()
    saved.close()
    return told


def at_its_start(page):
    """The page paused, before the first step."""
    press(paused(page), "Reset")
    page.get_by_text("step 0, epoch 0").wait_for()
    return page


def shown_step(page) -> int:
    (step,) = re.findall(r"step ([\d,]+)", page.locator(".descent-lab-strip").first.inner_text())
    return int(step.replace(",", ""))


@pytest.mark.slow
def test_a_network_is_stepped_at_four_grains(server, visit):
    page = at_its_start(visit(f"{server}/playground?{SMALL}"))
    for said in (*SAID, "SGD: how far each weight has moved"):
        press(page, "Operation")
        page.locator(".descent-lab-bench").get_by_text(said).wait_for()
    assert shown_step(page) == 1
    press(page, "Step")
    page.get_by_text("step 2,").wait_for()
    press(page, "Epoch")
    page.get_by_text("step 3,").wait_for()
    press(page, "Run")
    button(page, "Pause").wait_for()
    page.wait_for_function("() => document.querySelector('.descent-lab-strip').innerText.match(/step [0-9]{2}/)")
    healthy(page)


@pytest.mark.slow
def test_a_file_of_ones_own_is_trained_on_and_points_are_clicked_into_the_plane(server, visit, tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f};{b:.3f};{c:.3f};{'in' if a * a + b * b < 1 else 'out'}" for a, b, c in rng.normal(size=(120, 3))]
    file = tmp_path / "rings.csv"
    file.write_text("left;right;noise;place\n" + "\n".join(rows) + "\n")
    page = visit(f"{server}/playground?{SMALL}")
    body = open_tool(page, "Data")
    body.locator("input[type=file]").set_input_files(file)
    body.get_by_text("120 rows, 4 columns, 0 missing cells").wait_for()
    body.get_by_text("3 inputs from 3 columns").wait_for()
    body.get_by_role("button", name="Train on it").click()
    page.wait_for_url("**dataset=own**")
    page.wait_for_function("() => document.querySelector('.descent-lab-chart').frames > 2")
    close_tool(page)
    page.get_by_text("a linear model reaches").first.wait_for()

    body = open_tool(paused(page), "Data")
    body.get_by_text("Click points", exact=True).click()
    plane = body.locator(".js-plotly-plot")
    for count, (x, y) in enumerate([(0.4, 0.3), (0.6, 0.5)], start=1):
        box = plane.locator(".nsewdrag").first.bounding_box()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_function("plane => plane._hoverdata?.length", arg=plane.element_handle())  # it knows where
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        body.get_by_text(f"{count} points;").wait_for()
    healthy(page)


@pytest.mark.slow
def test_every_export_arrives_the_script_prints_the_curve_and_two_runs_are_compared(server, visit, tmp_path):
    page = at_its_start(visit(f"{server}/playground?{SMALL}"))
    press(page, "Epoch")
    page.get_by_text("step 3,").wait_for()
    body = open_tool(at_rest(page), "Export")
    files = {}
    labels = ("numpy script", "PyTorch script", "Weights (NPZ)", "Run (JSON)", "Run (CSV)", "Charts (HTML)")
    for label in labels:
        with page.expect_download() as arriving:
            body.get_by_role("button", name=label).click()
        files[label] = tmp_path / arriving.value.suggested_filename
        arriving.value.save_as(files[label])
    run = json.loads(files["Run (JSON)"].read_text())
    script = [sys.executable, str(files["numpy script"])]
    printed = subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()
    step, train_loss, _ = printed[-1].split(",")
    assert int(step) == 3
    assert float(train_loss) == pytest.approx(run["history"]["train_loss"][-1][0], rel=1e-12)
    assert "import torch" in files["PyTorch script"].read_text()
    with np.load(files["Weights (NPZ)"]) as weights:
        assert weights["W1"].shape == (3, 2)
    assert len(files["Run (CSV)"].read_text().splitlines()) == 1 + len(run["history"]["step"])
    charts = files["Charts (HTML)"].read_text()
    assert charts.count("Plotly.newPlot(") >= 5
    assert drawn_in(page, files["Charts (HTML)"]).startswith("Epoch 1 ")
    close_tool(page)
    at_rest(page).locator(".descent-lab-chart").first.hover()
    with page.expect_download() as arriving:
        page.locator(".descent-lab-chart .modebar-btn[data-title*=PNG]").first.click()
    assert arriving.value.suggested_filename.endswith(".png")

    open_tool(page, "Compare").get_by_role("button", name="Pin this run and restart").click()
    page.get_by_text("Pinned: the network and its predictions").wait_for()
    close_tool(page)
    units = page.get_by_role("textbox", name="Units in layer 1").first
    units.fill("6")
    units.press("Enter")
    page.wait_for_url(re.compile("hidden=6(,|%2C)2"))
    body = open_tool(page, "Compare")
    body.get_by_text("Hidden layers: 3, 2 → 6, 2").wait_for()
    body.get_by_role("button", name=re.compile("Is the difference real")).click()
    close_tool(page)
    page.get_by_text("How it was judged").first.click()
    page.get_by_text(re.compile(r"n = 5")).first.wait_for()
    both = "() => [...document.querySelectorAll('.descent-lab-chart')].filter(c => /pinned: /.test(c.newest)).length"
    assert page.evaluate(both) == 4  # loss, scores, norms and idle units; the others have a chart of the pinned run
    healthy(page)


@pytest.mark.slow
def test_a_lesson_stands_beside_the_network_and_is_checked_by_the_run(server, visit):
    page = visit(f"{server}/playground?{SMALL}", width=1280)
    open_tool(page, "Lessons").get_by_role("button", name="Which step moves the weights?").click()
    page.wait_for_url("**lesson=two_halves**")
    page.keyboard.press("Escape")
    lesson, chart = page.locator(".st-key-lesson"), page.locator(".descent-lab-chart").first
    lesson.get_by_text("Lesson 1 of 8").wait_for()
    beside, drawn = lesson.bounding_box(), chart.bounding_box()
    assert drawn["x"] + drawn["width"] <= beside["x"]
    assert beside["y"] < drawn["y"] + drawn["height"] < 720
    lesson.get_by_text("none", exact=True).click()
    for said in SAID:
        press(page, "Operation")
        page.locator(".descent-lab-bench").get_by_text(said).wait_for()
    lesson.get_by_text("Done: the gradient is known").wait_for()
    lesson.get_by_text("You saw it coming").wait_for()
    button(page, "Next lesson").click()
    lesson.get_by_text("Lesson 2 of 8").wait_for()
    healthy(page)
