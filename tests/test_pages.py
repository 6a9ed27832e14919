"""Every page, opened as a visitor's session without a browser: default run, controls, links, downloads."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("[a-z]*.py"))


def opened(page: str, **query: str) -> AppTest:
    """A fresh session on the page."""
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    at.switch_page(page)
    for name, text in query.items():
        at.query_params[name] = text
    at.run()
    assert not at.exception
    at.page = Path(page).stem
    return at


def experiment(at: AppTest):
    """The experiment of the session, kept under the page's name."""
    return at.session_state[at.page]


def finish(at: AppTest) -> AppTest:
    """Let the page tick until its experiment has ended."""
    for _ in range(2000):
        if experiment(at).status != "running":
            return at
        at.run()
        assert not at.exception
    raise AssertionError("the experiment did not end")


def charts(at: AppTest) -> list[dict]:
    """The figures that the page shows."""
    (board,) = at.get("bidi_component")
    return [json.loads(panel["figure"]) for panel in json.loads(board.proto.json)["panels"]]


def holds_data(figure: dict) -> bool:
    return any(len(axis) > 0 for trace in figure["data"] for axis in (trace.get("y"), trace.get("z")) if axis)


def test_there_are_pages_and_all_are_in_the_navigation():
    text = (ROOT / "dashboard.py").read_text()
    assert len(PAGES) >= 4
    assert all(page in text for page in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_default_runs_by_itself_to_charts_a_verdict_and_a_table(page):
    at = finish(opened(page))
    assert experiment(at).status == "finished"
    figures = charts(at)
    assert len(figures) >= 4
    assert all(holds_data(figure) for figure in figures)
    assert any("-badge[" in text.value for text in at.markdown)
    assert len(at.dataframe[0].value) >= 2
    assert len(at.get("download_button")) == 3


@pytest.mark.parametrize("page", PAGES)
def test_pause_holds_step_moves_reset_starts_over(page):
    at = opened(page)
    next(button for button in at.button if button.label == "Pause").click().run()
    held = experiment(at).progress
    at.run()
    assert experiment(at).progress == held
    next(button for button in at.button if button.label == "Step").click().run()
    assert experiment(at).status == "paused"
    assert experiment(at).progress > held
    next(button for button in at.button if button.label == "Reset").click().run()
    assert experiment(at).status == "paused"
    assert experiment(at).progress <= held
    next(button for button in at.button if button.label == "Run").click().run()
    assert experiment(at).status == "running"
    assert not at.exception


@pytest.mark.parametrize("page", PAGES)
def test_a_changed_setting_starts_over_with_it_and_goes_into_the_link(page):
    at = opened(page)
    before = experiment(at)
    at.number_input(key=f"{Path(page).stem}:seed").set_value(7).run()
    assert experiment(at) is not before
    assert experiment(at).settings.seed == 7
    assert at.query_params["seed"] == "7"
    assert not at.exception


@pytest.mark.parametrize("page", PAGES)
def test_a_link_restores_settings_and_says_what_it_cannot_read(page):
    at = opened(page, seed="3", seeds="9", dataset="nonsense", rubbish="1", __proto__="x")
    settings = experiment(at).settings
    assert (settings.seed, settings.seeds) == (3, 9)
    assert settings.dataset == type(settings)().dataset
    (notice,) = at.warning
    assert "dataset is 'nonsense'" in notice.value


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("text", ["99", "inf", "nan", "-1", "１", "1_0", "2.7", "9" * 5000, "<script>", "", " 5", "1e400"])
def test_no_text_in_a_link_breaks_a_page(page, text):
    at = opened(page, seeds=text)
    assert experiment(at).settings == type(experiment(at).settings)()
    assert len(at.warning) == (1 if text else 0)


@pytest.mark.parametrize("page", PAGES)
def test_every_control_is_made_and_carries_help(page):
    at = opened(page)
    keys = {field for field in type(experiment(at).settings).model_fields}
    kinds = ("selectbox", "slider", "select_slider", "number_input", "multiselect", "toggle")
    widgets = [widget for kind in kinds for widget in at.sidebar.get(kind)]
    assert {widget.key.split(":")[1] for widget in widgets} == keys
    assert all(widget.proto.help for widget in widgets)
