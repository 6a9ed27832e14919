"""A click on a cell of a sweep's map opens its network in the playground."""

from urllib.parse import parse_qs, urlparse

QUICK = "steps=20&rates=2&optimizers=sgd,adam&activations=relu&layers=1&confirm=0"


def test_a_cell_opens_its_network_in_the_playground(server, visit):
    page = visit(f"{server}/sweeps?{QUICK}")
    page.get_by_text("finished,").wait_for()
    page.get_by_text("Any two settings").wait_for()
    page.wait_for_timeout(1000)  # until the page has come to rest
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    with page.context.expect_page() as opened:
        page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    address = urlparse(opened.value.url)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.path == "/playground"
    assert query["optimizer"] == "adam"  # the lower right cell
    assert float(query["lr"]) == 1.0
    assert query["hidden"] == "8"
    opened.value.locator("h1").wait_for()
    assert not page.faults
