"""Every page, opened as a visitor's session without a browser: default run, controls, links, downloads."""

import re

import numpy as np
import pytest
from test_studies import well_put
from visitor import ROOT, charts, experiment, finish, nobody_watching, opened, press, told, unfold

from core.settings import extra
from core.studies import STUDIES
from core.studies.contract import claims_of
from pages.ui.frame.navigation import PAGES

SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "pages").glob("[a-z]*.py"))}
# What a page is follows from what it declares: the frame of an experiment or of a text, and whether it waits for a word
EXPERIMENTS = [page for page, text in SOURCES.items() if text.endswith(").show()\n") and "still=" not in text]
TEXTS = [page for page in SOURCES if page not in EXPERIMENTS]
BY_THEMSELVES = [page for page in EXPERIMENTS if "waits=" not in SOURCES[page]]
BROKEN = ["99", "inf", "１", "9" * 5000, "<script>", ""]


def holds_data(figure: dict) -> bool:
    if "drawing" in figure:  # of our own, not plotly's
        return bool(figure["columns"])
    return any(len(axis) > 0 for trace in figure["data"] for axis in (trace.get("y"), trace.get("z")) if axis)


def test_there_are_pages_and_all_are_in_the_navigation():
    assert len(SOURCES) >= 4
    assert {page for group in PAGES.values() for page in group} == set(SOURCES)


@pytest.mark.parametrize("page", TEXTS)
def test_a_page_without_an_experiment_is_there_at_once_and_every_control_works(page):
    at = opened(page)
    assert at.title[0].value.endswith("?")
    for widget in [*at.button_group, *at.selectbox, *at.slider]:
        assert widget.label
    assert sum(len(text.value) for text in at.markdown) > 200


LONG = {
    *("activations", "algorithms", "batch_size", "chain_rule", "critical_batch", "depth", "domains"),
    *("edge_of_stability", "random_labels", "restarts"),
    *("complexity", "learning_rate", "minima", "misconceptions", "optimizers", "question", "regularization", "sweeps"),
}


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] if page in LONG else []) for page in BY_THEMSELVES]
)
def test_the_default_runs_by_itself_to_charts_findings_and_a_table(page):
    study = STUDIES[page]
    with nobody_watching():
        at = finish(opened(page))
    assert experiment(at).status == "finished"
    findings = study.findings(experiment(at).result)
    assert set(claims_of(study)) <= {finding.number for finding in findings}
    assert all(map(well_put, findings))
    judged = [block.caption[0].value for block in at.expander if block.label == "How it was judged"]
    assert len(judged) == len(findings)
    assert all("Rule, fixed in advance: " in text for text in judged)
    assert any(text.value.startswith("**Takeaway:** ") for text in at.markdown) or not findings
    figures = charts(at).values()
    assert len(figures) >= 2
    assert all(holds_data(figure) for figure in figures)
    assert any("-badge[" in text.value for text in at.markdown)
    assert not any(re.search(r"\b(nan|inf)\b", text.value) for text in at.caption)
    assert told(at).startswith("finished, ")
    assert len(at.dataframe[0].value) >= 2
    assert len(unfold(at, "files").get("download_button")) >= 3


@pytest.mark.slow  # the trial, which runs all experiments
@pytest.mark.parametrize("page", sorted(set(EXPERIMENTS) - set(BY_THEMSELVES)))
def test_a_page_that_waits_goes_on_only_when_it_is_asked_to(page):
    with nobody_watching():
        at = finish(opened(page))
    assert experiment(at).status == "paused"
    assert 0 < experiment(at).progress < 1
    press(at, "running")
    assert experiment(at).status == "running"
    at.run()
    assert experiment(at).status == "running"
    assert not at.exception


@pytest.mark.usefixtures("short_ticks")
@pytest.mark.parametrize("page", EXPERIMENTS)
def test_pause_holds_step_moves_reset_and_a_changed_setting_start_over(page):
    at = opened(page)
    press(at, "paused")
    held = experiment(at).progress
    at.run()
    assert experiment(at).progress == held
    if any(button.key == f"{page} step" for button in at.button):  # one page has its steps in the browser
        press(at, "step")
        assert experiment(at).status == "paused"
        assert experiment(at).progress > held
    press(at, "reset")
    assert experiment(at).status == "paused"
    assert experiment(at).progress <= held
    press(at, "running")
    assert experiment(at).status == "running"
    before = experiment(at)
    at.number_input(key=f"{page}:seed").set_value(7).run()
    assert not at.exception
    assert experiment(at) is not before
    assert experiment(at).settings.seed == 7
    assert at.query_params["seed"] == "7"


@pytest.mark.usefixtures("short_ticks")
@pytest.mark.parametrize("place", range(len(EXPERIMENTS)), ids=EXPERIMENTS)
def test_l15_controls_keep_a_link_to_the_last_digit_have_help_and_what_it_cannot_say_is_named(place):
    """What goes wrong is another thing on each page: how a page takes a link is one way for all."""
    page, broken = EXPERIMENTS[place], BROKEN[place % len(BROKEN)]
    model = STUDIES[page].Settings
    choice = next(name for name, field in model.model_fields.items() if "options" in extra(field))
    digits = {}
    for name, field in model.model_fields.items():
        if isinstance(field.default, float):
            inwards = -np.inf if field.default == extra(field)["high"] else np.inf
            digits[name] = np.nextafter(field.default, inwards).item()
    link = {name: repr(value) for name, value in digits.items()} | {choice: "nonsense", "seeds": broken, "seed": "3"}
    at = opened(page, **link, rubbish="1", __proto__="x")
    assert experiment(at).settings == model(**digits, seed=3)
    named = [notice.value.split()[0] for notice in at.warning]
    assert sorted(named) == sorted([choice, *(["seeds"] if broken else [])])
    kinds = ("selectbox", "slider", "select_slider", "number_input", "multiselect", "toggle")
    widgets = [widget for kind in kinds for widget in at.get(kind) if (widget.key or "").startswith(f"{page}:")]
    made = {widget.key.split(":")[1] for widget in widgets}
    # a lesson begins above the charts, layers are for pictures, and the rest is changed on the drawing
    elsewhere = {"lesson", "layers", "dataset", "hidden", "inputs"} if page == "playground" else set()
    assert made == {
        name for name in model.model_fields if experiment(at).settings.matters(name) and name not in elsewhere
    }
    assert all(widget.proto.help for widget in widgets)


def test_no_text_in_a_link_breaks_the_settings():
    for study in STUDIES.values():
        for text in BROKEN if "seeds" in study.Settings.model_fields else ():
            settings, notices = study.Settings.from_text({"seeds": text})
            assert settings == study.Settings()
            assert len(notices) == (1 if text else 0)


def test_a_heavy_link_starts_nothing_until_the_button_is_pressed():
    at = opened("optimizers", seeds="40", epochs="100")
    assert experiment(at).settings.seeds == 40
    assert experiment(at).status == "paused"
    assert "20 times the work of the defaults: press Run" in told(at)
    press(at, "running")
    assert experiment(at).status == "running"
    assert "times the work" not in told(at)


def test_a_link_beyond_the_limit_is_refused_in_a_sentence():
    at = opened("optimizers", seeds="40", epochs="100", layers="8", width="128", seconds="1")
    assert experiment(at).settings == type(experiment(at).settings)()
    (notice,) = at.warning
    assert "about 8,533 times the work of the defaults, and at most 1,000 times is allowed" in notice.value
