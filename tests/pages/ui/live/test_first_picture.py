"""The sketch of a page's first chart: when it is sent, and that a name in it stays a name."""

from streamlit.testing.v1 import AppTest


def _page():
    from pages.figures.common.plots import plot
    from pages.figures.common.traces import line
    from pages.ui.live import board

    chart = plot([line([0, 1], [1, 2], "</script><img src=x onerror=alert(1)>")])
    board.first_picture(board.Drawing.of(chart, "<b>A title</b>", ""))


def test_names_in_a_sketched_chart_are_no_markup():
    body = AppTest.from_function(_page).run().get("html")[0].proto.body
    assert body.count("<script") == body.count("</script") == 1
    assert "\\u003cimg" in body
    assert "<img" not in body
    assert "<b>" not in body
