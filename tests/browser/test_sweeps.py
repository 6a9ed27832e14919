"""A sweep in a real browser: from a cell of its map to the playground, and on a visitor's file."""

from urllib.parse import parse_qs, urlparse

import pytest

from browser.looks import at_rest, ended, healthy
from core.sweep.__main__ import read_work

QUICK = "steps=20&rates=2&optimizers=sgd,adam&activations=relu&layers=1&confirm=0"


@pytest.mark.slow
def test_a_cell_opens_its_network_and_a_file_is_swept_whose_settings_come_as_a_file(server, visit, tmp_path):
    page = ended(visit(f"{server}/sweeps?{QUICK}"))
    box = at_rest(page).locator(".descent-lab-chart .nsewdrag").first.bounding_box()
    with page.context.expect_page() as opened:
        page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    address = urlparse(opened.value.url)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.path == "/playground"
    assert query["optimizer"] == "adam"  # the lower right cell
    assert float(query["lr"]) == 1.0
    assert query["hidden"] == "8"
    opened.value.locator("h1").wait_for()
    opened.value.close()

    rows = [f"{x},{y},{'in' if x * x + y * y < 9 else 'out'}" for x in range(-4, 5) for y in range(-4, 5)]
    (tmp_path / "mine.csv").write_text("\n".join(["x,y,kind", *rows]))
    page.get_by_role("button", name="Own data").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.csv")
    page.get_by_role("button", name="Train on it").click()
    page.get_by_text("Predicting kind from mine.csv").wait_for()
    page.wait_for_url("**dataset=own**")
    ended(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="settings.toml").click()
    download.value.save_as(tmp_path / "settings.toml")
    assert len(read_work(tmp_path / "settings.toml").waiting) == 2  # one stack for each optimizer
    healthy(page)
