"""A visitor's own tables in the browser: from the text to a trained network in three clicks, roles changed by hand."""

import re
from pathlib import Path

import pytest
from famous import FAMOUS

from browser.looks import at_rest, button, chosen, ended, healthy

FIELD = Path(__file__).parents[1] / "field"
SHORT = "playground?max_epochs=30&hidden=8&optimizer=adam&lr=0.01&test_share=0.25"
NUMBER = r"(-?\d+(?:\.\d+)?(?:e-\d+)?)"
SCORES = re.compile(rf"Test (?:accuracy|R²) {NUMBER},.*the best constant answer {NUMBER}")


def opened(server, visit, way="File"):
    """The page, and its tool for data of one's own; runs are fast."""
    page = visit(f"{server}/{SHORT}")
    page.get_by_text("fast", exact=True).click()
    at_rest(ended(page))
    button(page, "Data").first.click()
    body = page.get_by_test_id("stPopoverBody")
    if way != "File":
        body.get_by_text(way, exact=True).click()
    return page, body


def pasted(body, text):
    """Paste a text, as a person does, and leave the field."""
    area = body.get_by_label("Cells copied from a spreadsheet")
    area.fill(text)
    area.press("Control+Enter")


def given(body, name, content):
    """Choose a file of this name."""
    body.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def target_of(body):
    return body.get_by_role("combobox", name="Target, the column to predict")


# How far the names beside the units are from the edges of the drawing
AIR = """() => {
  const { left, right } = document.querySelector('svg.lines').getBoundingClientRect()
  const names = [...document.querySelectorAll('svg.lines .name')].map((name) => name.getBoundingClientRect())
  return names.flatMap((name) => [name.left - left, right - name.right])
}"""
QUICK = ("titanic",)  # the others take as long again, and .ci/run runs them


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FAMOUS]
)
def test_a_famous_table_is_pasted_and_learnt_in_three_clicks(server, visit, name):
    famous = FAMOUS[name]
    page, body = opened(server, visit, "Paste")
    pasted(body, famous.text)
    button(body, "Train on it").wait_for()
    body.get_by_text("To beat, on the test rows").wait_for()
    if target_of(body).input_value() != famous.target:
        target_of(body).scroll_into_view_if_needed()
        at_rest(page)  # what moves the page closes an open list
        target_of(body).click()  # one click, and a second on the name
        page.get_by_role("option", name=famous.target, exact=True).click()
        at_rest(page)
    button(body, "Train on it").click()
    page.wait_for_url("**dataset=own**")
    page.keyboard.press("Escape")
    page.get_by_text("Training on 'pasted.csv'").wait_for()
    ended(at_rest(page))  # not the run before it, which is over as well
    page.get_by_text("training").and_(page.get_by_text("the best constant answer")).first.wait_for(state="attached")
    reached, majority = map(float, SCORES.search(page.get_by_test_id("stMain").text_content()).groups())
    assert reached > majority + 0.05
    assert min(page.evaluate(AIR)) >= 0
    healthy(page)


@pytest.mark.slow
def test_another_paste_and_a_file_of_the_same_name_bring_their_own_columns(server, visit):
    page, body = opened(server, visit, "Paste")
    for name, columns, task in (
        ("28_paste_A.tsv", 3, "2 inputs from 2 columns"),
        ("28_paste_B_one_column_more.tsv", 4, "3 inputs from 3 columns"),
        ("28_paste_C_other_columns.tsv", 3, "2 inputs from 2 columns"),
    ):
        pasted(body, (FIELD / name).read_text())
        body.get_by_text(f"24 rows, {columns} columns").wait_for()
        body.get_by_text(task).wait_for()
    body.get_by_text("File", exact=True).first.click()
    given(body, "data.csv", (FIELD / "28b_same_name_other_columns_1.csv").read_bytes())
    body.get_by_text("3 inputs from 3 columns").wait_for()
    given(body, "data.csv", (FIELD / "28c_same_name_other_columns_2.csv").read_bytes())
    body.get_by_text("2 inputs from 2 columns").wait_for()
    assert target_of(body).input_value() == "y"
    healthy(page)


@pytest.mark.slow
def test_a_role_is_changed_in_the_table_of_columns_and_a_decision_in_the_line_above(server, visit):
    page, body = opened(server, visit)
    given(body, "iris.csv", (FIELD / "11_id_leak.csv").read_bytes())
    body.get_by_text("2 inputs from 2 columns").wait_for()
    body.get_by_text("'Id' is left out of the features").wait_for()
    columns = body.get_by_test_id("stDataFrame").first
    columns.scroll_into_view_if_needed()
    box = columns.bounding_box()
    page.mouse.click(box["x"] + 150, box["y"] + 52)
    page.mouse.dblclick(box["x"] + 150, box["y"] + 52)
    page.get_by_role("option", name="number", exact=True).click()
    body.get_by_text("3 inputs from 3 columns").wait_for()
    assert not body.get_by_text("'Id' is left out of the features").count()
    body.get_by_text("Read as: commas, decimal point, first row is a header").click()
    chosen(page, body.get_by_role("combobox", name="First row"), "holds data")
    body.get_by_text("151 rows, 4 columns").wait_for()
    body.get_by_text("Read as: commas, decimal point, no header").wait_for()
    healthy(page)


@pytest.mark.slow
def test_markdown_and_scripts_in_cells_and_headers_are_shown_as_typed(server, visit):
    page, body = opened(server, visit, "Paste")
    rows = "\n".join(f"{k / 3:.2f},=1+{k % 7},{k % 5},{'<b>u</b>' if k % 2 else '**v**'}" for k in range(40))
    pasted(body, f"<img src=x onerror=window.broken=1>,# head,$x^2$,**kind**\n{rows}")
    button(body, "Train on it").wait_for()
    assert target_of(body).input_value() == "**kind**"
    body.get_by_text("would run as a formula").wait_for()
    assert not body.locator("img, h1, .katex, b").count()
    assert not page.evaluate("() => window.broken")
    healthy(page)
