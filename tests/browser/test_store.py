"""What a visitor keeps in the browser: a table that is there after a reload, taken by its link, and forgotten."""

from pathlib import Path

import pytest
from famous import FAMOUS

from browser.looks import button, healthy
from browser.test_own_tables import SHORT, opened, pasted, target_of

FIELD = Path(__file__).parents[1] / "field"
NAMES = """() => new Promise((resolve) => {
  const request = indexedDB.open("descent-lab", 1)
  request.onupgradeneeded = () => ["texts", "index"].forEach((name) => request.result.createObjectStore(name))
  request.onsuccess = () => {
    const keys = request.result.transaction("texts").objectStore("texts").getAllKeys()
    keys.onsuccess = () => { request.result.close(); resolve(keys.result) }
  }
})"""


def names(page):
    """The names of the texts in the browser's store."""
    return page.evaluate(NAMES)


def until_kept(page, expected):
    while names(page) != expected:
        page.wait_for_timeout(50)


@pytest.fixture
def emptied(server, visit):
    """Whatever other tests have kept in this profile is forgotten, before and after."""
    forget = "() => new Promise((r) => { const q = indexedDB.deleteDatabase('descent-lab'); q.onsuccess = r })"
    page = visit(f"{server}/glossary", charts=False)
    page.evaluate(forget)
    yield
    page.evaluate(forget)


def trained_on_penguins(server, visit):
    """The page of a run on a pasted table."""
    page, body = opened(server, visit, "Paste")
    pasted(body, FAMOUS["penguins"].text)
    button(body, "Train on it").wait_for()
    button(body, "Train on it").click()
    page.wait_for_url("**dataset=own**table=pasted.csv%2Cspecies%2C**")
    return page


@pytest.mark.slow
def test_a_table_is_kept_only_on_request_and_is_there_after_a_reload(server, visit, emptied):
    page = trained_on_penguins(server, visit)
    page.get_by_text("Training on").wait_for()
    assert names(page) == []
    page.reload()
    page.get_by_text("with 6 columns ('row', 'species', 'island' and 3 more) and the target 'species'").wait_for()
    page = trained_on_penguins(server, visit)
    button(page.get_by_test_id("stPopoverBody"), "Keep in this browser").click()
    until_kept(page, ["own table"])
    page.reload()
    page.get_by_text("Training on").wait_for()
    button(page, "Run again").wait_for()
    button(page, "Data").first.click()
    body = page.get_by_test_id("stPopoverBody")
    body.get_by_text("Kept in this browser: 'pasted.csv' with 6 columns").wait_for()
    body.get_by_text("Kept", exact=True).click()
    button(body, "Train on it").wait_for()
    assert target_of(body).input_value() == "species"
    button(body, "Forget").click()
    until_kept(page, [])
    assert not body.get_by_text("Kept in this browser").count()
    page.get_by_text("Training on").wait_for()  # until the visitor leaves
    healthy(page)


@pytest.mark.slow
def test_a_link_takes_the_table_it_asks_for_and_says_what_another_one_lacks(server, visit, emptied):
    address = trained_on_penguins(server, visit).url
    page = visit(address, charts=False)
    page.get_by_text("'pasted.csv' with 6 columns").wait_for()
    button(page, "Data").first.click()
    body = page.get_by_test_id("stPopoverBody")
    body.get_by_text("Paste", exact=True).click()
    pasted(body, (FIELD / "28_paste_A.tsv").read_text())
    body.get_by_text("The link asks for 'pasted.csv'").wait_for()
    body.get_by_text("this table has no 'row', 'species', 'island' and 3 more").wait_for()
    pasted(body, FAMOUS["penguins"].text)
    page.get_by_text("Training on").wait_for()
    page.wait_for_url("**table=pasted.csv%2Cspecies%2C**")
    healthy(page)


@pytest.mark.slow
def test_a_table_of_five_megabytes_comes_back_whole(server, visit, emptied):
    page, body = opened(server, visit)
    rows = "".join(f"{k},{k % 7},{k % 3},{'ab'[k % 2]}\n" for k in range(450_000))
    content = f"a,b,c,kind\n{rows}".encode()
    assert len(content) > 5 * 2**20
    cut = content[: 5 * 2**20].rpartition(b"\n")[0]
    body.locator("input[type=file]").set_input_files({"name": "large.csv", "mimeType": "text/csv", "buffer": cut})
    button(body, "Keep in this browser").click()
    until_kept(page, ["own table"])
    page.goto(f"{server}/{SHORT}")
    button(page, "Data").first.click()
    body = page.get_by_test_id("stPopoverBody")
    body.get_by_text("Kept", exact=True).click()
    body.get_by_text("rows, 4 columns").wait_for()
    healthy(page)
