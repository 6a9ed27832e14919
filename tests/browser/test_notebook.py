"""The notebook in the browser: two charts are kept, outlast a reload and another server, are edited and handed in."""

import json
import zipfile

import pytest

from browser.looks import QUICK, at_rest, button, ended, healthy, shown
from browser.test_store import emptied, names  # noqa: F401  (a fixture)
from core.export.notebook import Chart, Entry, Notebook, picture
from pages.figures.report import report


def kept(page, note, chart):
    """Keep the page with another chart beside its first, by its title, and a note."""
    page.get_by_text("Keep this in your notebook", exact=True).click()
    page.get_by_text("Charts to keep with it").wait_for()
    button(page, chart).click()
    at_rest(page)
    page.get_by_label("Your note").fill(note)
    button(page, "Keep").click()
    page.get_by_text("Your notebook: ").wait_for()


def saved(page, label, folder):
    with page.expect_download() as given:
        button(page, label).click()
    given.value.save_as(folder / given.value.suggested_filename)
    return folder / given.value.suggested_filename


@pytest.mark.slow
def test_two_charts_are_kept_edited_and_handed_in(server, fresh_server, visit, tab, tmp_path, emptied):  # noqa: F811
    page = shown(ended(visit(f"{server}/{QUICK}")))
    second = page.locator(".descent-lab-board h2").nth(1).inner_text()
    kept(page, "Deep is **not** <b>better</b>.", second)
    while len(names(page)) < 1:
        page.wait_for_timeout(50)
    page.goto(f"{server}/notebook")
    note = page.get_by_label("Note", exact=True)
    note.wait_for()
    assert note.input_value() == "Deep is **not** <b>better</b>."
    note.fill("Edited.")
    note.press("Control+Enter")
    at_rest(page)
    page.reload()
    page.get_by_text("What it holds").click()
    page.get_by_text(second).wait_for()
    assert page.get_by_label("Note", exact=True).input_value() == "Edited."
    button(page, "Make the files").click()
    button(page, "Report (HTML)").wait_for()
    wanted = ("Notebook file (JSON)", "Report (HTML)", "Markdown with pictures (ZIP)")
    file, html, folder = (saved(page, label, tmp_path) for label in wanted)
    with zipfile.ZipFile(folder) as held:
        assert held.namelist() == ["notebook.md", "pictures/1-1.png", "pictures/1-2.png"]
        pictures = [held.read(name) for name in held.namelist()[1:]]
    (tmp_path / "first.png").write_bytes(pictures[0])
    assert all(each.startswith(b"\x89PNG") and len(each) > 5000 for each in pictures)  # not empty paper
    (entry,) = json.loads(file.read_text())["entries"]
    assert (len(entry["charts"]), entry["note"]) == (2, "Edited.")
    read = tab()
    read.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    read.goto(html.as_uri())
    read.wait_for_function("() => document.querySelectorAll('figure .main-svg').length >= 2")
    assert read.get_by_role("link", name="run").count() > 3
    button(page, "Delete").click()
    page.get_by_text("Nothing is kept in this browser yet").wait_for()
    elsewhere = visit(f"{fresh_server}/notebook", charts=False)
    elsewhere.locator("input[type=file]").set_input_files(str(file))
    button(elsewhere, "Put its entries into this notebook").click()
    elsewhere.get_by_text("1. How deep can a network be").wait_for()
    elsewhere.reload()
    elsewhere.get_by_text("1. How deep can a network be").wait_for()
    for each in (page, elsewhere, read):
        healthy(each)


TEXT = """() => new Promise((resolve) => {
  const request = indexedDB.open("descent-lab", 1)
  request.onsuccess = () => {
    const all = request.result.transaction("texts").objectStore("texts").getAll()
    all.onsuccess = () => { request.result.close(); resolve(all.result[0]) }
  }
})"""


@pytest.mark.parametrize("address", ["chain_rule", "playground?max_epochs=1&samples=60"])
def test_a_drawing_of_our_own_is_kept_as_a_picture(server, visit, emptied, address):  # noqa: F811
    page = visit(f"{server}/{address}", charts=False)
    page.locator(".descent-lab-machine svg, .descent-lab-bench canvas").first.wait_for()
    page.get_by_text("Keep this in your notebook", exact=True).click()
    button(page, "Keep").click()
    page.get_by_text("Your notebook: ").wait_for()
    while not (text := page.evaluate(TEXT)):
        page.wait_for_timeout(50)
    drawn = picture(json.loads(text)["drawing"])
    assert len(drawn) > 10_000  # not empty paper
    healthy(page)


def test_a_report_draws_every_kind_of_chart_and_runs_nothing_of_a_hostile_one(tab, tmp_path):
    evil = "<img src=x onerror='window.broken = 1'></script><script>window.broken = 1</script>"
    grid = [[1, 2], [3, 4]]
    traces = [
        {"type": "surface", "z": grid},
        {"type": "heatmap", "z": grid, "text": [[evil, evil], [evil, evil]], "texttemplate": "%{text}"},
        {"type": "bar", "y": [1, 2], "name": evil},
        {"type": "scatter", "y": [1, 2], "name": evil, "showlegend": True},
    ]
    charts = [
        Chart(title=evil, caption=evil, data=[each], layout={"title": {"text": evil}}).cleaned() for each in traces
    ]
    page = tab()
    entry = Entry(page="depth", question=evil, kept="2026-11-29", note=evil, charts=charts)
    (tmp_path / "report.html").write_text(report(Notebook(entries=[entry]), "http://127.0.0.1"), encoding="utf-8")
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_function("() => document.querySelectorAll('figure .js-plotly-plot').length >= 4")
    page.wait_for_function("() => document.querySelectorAll('figure canvas').length >= 1")
    assert not page.locator("img").count()
    assert page.evaluate("() => window.broken") is None
    assert not page.faults
