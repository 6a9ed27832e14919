"""A class in a session without a browser: every page takes a teacher's link, and nothing on it gets out of that."""

from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit as st
from test_pages import SOURCES
from visitor import charts, experiment, finish, nobody_watching, opened, press, unfold

from core.classroom import ClassLink, ClassPage, joined
from core.studies import STUDIES, depth, sure
from pages.figures.common.words import plain
from pages.ui.frame import controls
from pages.ui.frame.ends import AUTHORS, VERSION, YEAR
from pages.ui.frame.navigation import TITLES
from pages.ui.playground import bench

STUDIED = [page for page in SOURCES if page in STUDIES]
QUICK = {"steps": "20", "samples": "40", "depths": "1,2", "rate": "same"}
SMALL = {"samples": "60", "hidden": "3,2", "max_epochs": "400"}
HOSTILE = "![x](https://x.org/a.png) <script>b</script> **a** $x$ [a](javascript:b) www.x.org"


def text_of(*pages: ClassPage) -> str:
    return joined(pages, VERSION).to_text()


def of_class(page: str, veiled: bool = False, query=(), **contents):
    """A session opened with a teacher's link for this page."""
    mine = ClassPage(page=page, **contents)
    return opened(page, veiled, **{"class": text_of(mine), **dict(query)})


def said(at) -> str:
    return "\n".join(each.value for each in [*at.markdown, *at.caption, *at.warning])


def labels(at) -> set[str]:
    popovers = {each.proto.popover.label for each in at.get("popover")}
    return {each.label for each in [*at.button, *at.expander]} | popovers


@pytest.fixture
def widgets_that_lock_nothing(monkeypatch):
    """As if a widget took any value from any browser: what is fixed has to hold without them."""
    widget = controls.widget
    monkeypatch.setattr(controls, "widget", lambda key, field, start, *_: widget(key, field, start))


@pytest.mark.usefixtures("short_ticks")
@pytest.mark.parametrize("page", SOURCES)
def test_every_page_says_who_set_it_in_the_teachers_own_words_and_stays_so(page):
    texts = {"title": HOSTILE, "task": f"1. Look.\n{HOSTILE}", "question": "Why?"}
    at = of_class(page, **texts)
    assert "**Set by a teacher**, code **" in said(at)
    assert [each.value for each in at.text][:3] == [HOSTILE, f"Task: {texts['task']}", "Question: Why?"]
    assert not any(HOSTILE in each.value or "x.org" in each.value for each in at.markdown)
    assert "Open the free page →" in {each.proto.label for each in at.get("link_button")}
    assert "Make a link for a class" not in labels(at)
    assert at.query_params["class"] == text_of(ClassPage(page=page, **texts))
    at.run()
    assert "**Set by a teacher**" in said(at)


@pytest.mark.usefixtures("short_ticks", "widgets_that_lock_nothing")
@pytest.mark.parametrize("page", STUDIED)
def test_no_address_widget_or_reset_moves_what_is_fixed(page):
    model = STUDIES[page].Settings
    name, kind, held, other = ("first", "slider", 1901, 1930) if page == "history" else ("seed", "number_input", 7, 9)
    at = of_class(page, query={name: str(other), "v": VERSION}, fixed={name: str(held)}, paused=True)
    assert experiment(at).settings == model(**{name: held})
    assert f"{name} is fixed for this class" in said(at)
    assert name not in at.query_params
    (widget,) = [each for each in at.sidebar.get(kind) if each.key == f"{page}:{name}"]
    widget.set_value(other).run()
    assert at.session_state[f"{page} settings"] == model(**{name: held})
    assert getattr(experiment(at).settings, name) == held
    if "still=" not in SOURCES[page]:
        assert experiment(at).status == "paused"
        press(at, "reset")
        press(at, "running")
        assert experiment(at).status == "running"
    assert getattr(experiment(at).settings, name) == held
    assert "**Set by a teacher**" in said(at)


@pytest.mark.usefixtures("short_ticks")
def test_what_is_hidden_has_no_widget_and_stands_nowhere_in_the_address():
    at = of_class("depth", fixed={"seeds": "8", "width": "16"}, hidden=("seeds", "width"), start={"steps": "40"})
    keys = {each.key for kind in ("slider", "number_input") for each in at.sidebar.get(kind)}
    assert not {"depth:seeds", "depth:width"} & keys
    assert (experiment(at).settings.seeds, experiment(at).settings.width) == (8, 16)
    assert sorted(at.query_params) == ["class", "steps"]
    link = next(each.value for each in at.text_input if each.label == "Copy this address")
    assert parse_qs(urlsplit(link).query).keys() == {"v", "class", "steps"}


@pytest.mark.usefixtures("short_ticks")
def test_a_range_bounds_the_widget_the_address_and_what_a_browser_sends():
    at = of_class(
        "depth",
        query={"width": "100"},
        ranges={"width": (4, 8), "lr": (0.01, 0.1)},
        fixed={"rate": "same", "seed": "7"},
    )
    assert experiment(at).settings.width == 8
    assert at.number_input(key="depth:seed").disabled
    slider = at.slider(key="depth:width")
    assert (slider.min, slider.max) == (4, 8)
    assert at.select_slider(key="depth:lr").options[0] == "0.01"
    assert at.select_slider(key="depth:lr").options[-1] == "0.1"
    slider.set_value(5).run()
    assert experiment(at).settings.width == 5
    assert at.query_params["width"] == "5"


@pytest.mark.usefixtures("short_ticks")
def test_options_and_several_numbers_are_offered_within_their_limits_only():
    limits = {"activation": ("tanh", "relu"), "initializers": ("zeros", "kaiming"), "depths": (2, 8)}
    at = of_class("depth", query={"activation": "gelu", "depths": "1,3,30"}, ranges=limits, start={"rate": "same"})
    assert (experiment(at).settings.activation, experiment(at).settings.depths) == ("tanh", (3,))
    assert at.selectbox(key="depth:activation").options == ["tanh", "ReLU"]
    assert set(at.multiselect(key="depth:initializers").options) == {"zeros", "Kaiming"}
    assert at.multiselect(key="depth:depths").options == [str(each) for each in range(2, 9)]
    at.multiselect(key="depth:depths").set_value([4, 8]).run()
    assert experiment(at).settings.depths == (4, 8)
    assert not at.exception


@pytest.mark.usefixtures("short_ticks", "widgets_that_lock_nothing")
def test_a_value_outside_its_range_is_brought_into_it_whatever_the_widget_takes():
    at = of_class("depth", ranges={"width": (4, 8)})
    at.slider(key="depth:width").set_value(100).run()
    assert experiment(at).settings.width == 8
    at.slider(key="depth:width").set_value(2).run()
    assert experiment(at).settings.width == 4


def test_the_drawing_keeps_within_the_limits_of_a_class_and_says_so(monkeypatch):
    asked = iter([("units", {"layer": 1, "by": 1}), ("units", {"layer": 1, "by": 1}), ("dataset", "spirals")])

    def drawing(key, data, on_acts_change):
        assert data["fixed"] == ["inputs"]
        if act := next(asked, None):
            st.session_state[key] = {"acts": [{"kind": act[0], "value": act[1], "at": data["done"] + 1}]}
            on_acts_change()

    monkeypatch.setattr(bench, "component", lambda *files: drawing)
    ranges = {"hidden": (2, 4), "activations": ("relu", "tanh"), "dataset": ("moons", "xor")}
    at = of_class("playground", ranges=ranges, fixed={"inputs": "x1,x2"}, start=SMALL, paused=True)
    assert at.selectbox(key="playground:activations").options == ["ReLU", "tanh", "one for each layer"]
    said = []
    for _ in range(3):
        at.run()
        said += [each.value for each in at.toast]
    assert experiment(at).settings.hidden == (4, 2)
    assert experiment(at).settings.dataset == "moons"
    assert said == [
        "the teacher's link allows 2 to 4 for Hidden layers. Nothing was changed.",
        "the teacher's link allows moons, XOR for Data. Nothing was changed.",
    ]


def test_no_lesson_new_data_own_data_or_pinned_run_moves_what_is_fixed():
    at = of_class("playground", fixed={"lr": "0.5", "data_seed": "4", "max_epochs": "77"}, start=SMALL, paused=True)
    assert experiment(at).status == "paused"
    press(at, "lesson xor")  # which begins with 100 epochs
    assert (experiment(at).settings.lesson, experiment(at).settings.lr) == ("xor", 0.5)
    assert experiment(at).settings.data_seed == 4
    assert [each.value for each in at.sidebar.number_input if each.key.endswith(":max_epochs")] == [77]
    assert at.button(key="playground new data").disabled
    press(at, "step")
    press(at, "beside pinned")
    for step in ("hint xor 0", "hint xor 1", "solve xor", "beside solution"):
        press(at, step)
    assert (experiment(at).settings.hidden, experiment(at).settings.lr) == ((4,), 0.5)
    at.button_group(key="playground way").set_value("Paste").run()
    rows = "\n".join(f"{k}\t{k * 7 % 11}\t{'ab'[k % 2]}" for k in range(40))
    at.text_area(key="playground pasted").set_value(f"left\tright\tkind\n{rows}").run()
    press(at, "train own")
    assert experiment(at).settings.dataset == "own"
    assert (experiment(at).settings.lr, experiment(at).settings.data_seed) == (0.5, 4)
    assert "**Set by a teacher**" in said(at)


@pytest.mark.usefixtures("short_ticks")
@pytest.mark.parametrize("page", ["playground", "depth", "sweeps", "trial"])
def test_no_button_at_all_moves_what_is_fixed(page):
    at, pressed = of_class(page, fixed={"seed": "7"}, start=SMALL if page == "playground" else {}), set()
    while left := [each for each in at.button if each.key not in pressed and not each.disabled]:
        pressed.add(left[0].key)
        left[0].click().run()
        assert not at.exception
        assert experiment(at).settings.seed == 7
        assert "**Set by a teacher**" in said(at)
    assert len(pressed) >= (25 if page == "playground" else 3)


def test_what_a_class_cannot_do_is_not_offered():
    at = of_class("playground", fixed={"dataset": "xor", "lesson": "xor", "hidden": "1"}, start={"max_epochs": "50"})
    for step in ("hint xor 0", "hint xor 1", "solve xor"):
        press(at, step)
    assert not {"Lessons", "Leave", "Next lesson", "Run the solution beside this run"} & labels(at)
    assert any(text.value.startswith("**Solution.**") for text in at.markdown)
    assert not at.get("file_uploader")
    at = of_class("sweeps", fixed={"dataset": "digits"})
    assert "Own data" not in labels(at)


def test_a_button_that_contradicts_the_class_starts_nothing_and_says_so():
    at = of_class("playground", fixed={"momentum": "0.0"}, start=SMALL, paused=True)
    before = experiment(at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            __import__("core.studies.playground", fromlist=["LESSONS"]).LESSONS["xor"].start,
            "optimizer",
            "nesterov",
        )
        press(at, "lesson xor")
    assert experiment(at) is before
    assert ["momentum is 0" in each.value and "nothing was started" in each.value for each in at.toast] == [True]
    assert not at.run().toast


@pytest.fixture
def short_depth(monkeypatch):
    """The page of depth without the long part of its run that no setting shortens."""
    monkeypatch.setattr(depth, "MATCHED", {task: (shapes, 5) for task, (shapes, _) in depth.MATCHED.items()})


@pytest.mark.slow
@pytest.mark.usefixtures("short_depth")
def test_more_pairs_are_not_offered_where_their_number_is_fixed(monkeypatch):
    monkeypatch.setattr(sure, "open_still", lambda *_: True)
    with nobody_watching():
        assert "Make sure" in labels(finish(of_class("depth", start=QUICK)))
        assert "Make sure" not in labels(finish(of_class("depth", start=QUICK, fixed={"seeds": "5"})))
        assert "Make sure" not in labels(finish(of_class("depth", start=QUICK, ranges={"seeds": (5, 8)})))


@pytest.mark.slow
@pytest.mark.usefixtures("short_depth")
def test_parts_single_charts_and_the_way_around_a_prediction_are_left_out():
    with nobody_watching():
        at = finish(of_class("depth", start=QUICK))
        every = charts(at)
        assert any("Takeaway" in each.value for each in at.markdown)
        assert any("-badge[" in each.value for each in at.markdown)
        one = list(every)[1]
        at = finish(of_class("depth", start=QUICK, left_out=("findings", one)))
        assert charts(at).keys() == every.keys() - {one}
        assert not any("Takeaway" in each.value or "-badge[" in each.value for each in at.markdown)
        assert {each.label for each in unfold(at, "files").get("download_button")} == {"Table (CSV)", "Curves (CSV)"}
        at = finish(of_class("depth", veiled=True, start=QUICK, left_out=("charts", "numbers", "solutions")))
        assert list(charts(at)) == list(every)[:1]
        assert "Show me" not in labels(at)
        at.button_group(key="depth prediction").set_value("kaiming").run()
        assert any("Takeaway" in each.value for each in at.markdown)
        assert not at.dataframe


@pytest.mark.slow
def test_sections_solutions_and_tools_are_left_out():
    titles = [each.label.strip("*") for each in opened("misconceptions").expander if each.label.startswith("**")]
    with nobody_watching():
        at = finish(of_class("misconceptions", left_out=(titles[0], titles[2])))
    assert [each.label.strip("*") for each in at.expander if each.label.startswith("**")] == [titles[1], *titles[3:]]
    assert len(at.dataframe) == 1  # the numbers wait for what is asked, and nothing is asked that is not there
    start = {"lesson": "xor", "dataset": "xor", "hidden": "1"}
    assert "Solution" not in labels(of_class("playground", start=start, left_out=("solutions",)))
    at = of_class("playground", left_out=("tools",))
    assert not at.get("popover")


@pytest.mark.usefixtures("short_ticks")
@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: text[:9] + "A" + text[9:], lambda text: "A" * 9000]
)
def test_a_changed_link_is_visibly_none(change):
    at = opened("depth", **{"class": change(text_of(ClassPage(page="depth", fixed={"seeds": "8"})))})
    (notice,) = at.warning
    assert notice.value.startswith("This is not a complete class link")
    assert "Set by a teacher" not in said(at)
    assert experiment(at).settings == STUDIES["depth"].Settings()
    assert "class" not in at.query_params
    assert len(at.run().warning) == 1


@pytest.mark.usefixtures("short_ticks")
def test_a_link_that_this_version_cannot_hold_is_visibly_none():
    for contents in ({"fixed": {"colour": "red"}}, {"fixed": {"seeds": "99"}}, {"ranges": {"width": (4, 4000)}}):
        at = of_class("depth", **contents)
        assert "does not fit this version" in at.warning[0].value
        assert "Set by a teacher" not in said(at)
    heavy = {"seeds": "20", "epochs": "100", "layers": "8", "width": "128", "seconds": "1"}
    assert "at most 1,000 times is allowed" in of_class("optimizers", fixed=heavy).warning[0].value
    other = opened("depth", **{"class": joined([ClassPage(page="depth")], "0.0.9").to_text()})
    assert "Made with version 0.0.9" in said(other)
    hostile = opened("depth", **{"class": text_of(ClassPage(page="[a](https://x.org)"))})
    assert f"{plain('[a](https://x.org)')} → (not in the navigation)" in said(hostile)


@pytest.mark.usefixtures("short_ticks")
def test_a_path_leads_through_its_pages_and_back_to_them():
    link = text_of(ClassPage(page="minima"), ClassPage(page="depth", fixed={"seeds": "8"}), ClassPage(page="glossary"))
    at = opened("minima", **{"class": link})
    assert "page 1 of 3" in said(at)
    assert [each.proto.label for each in at.get("page_link")][-2] == f"**Next:** {TITLES['depth']} →"
    at.switch_page("pages/depth.py").run()
    at.page = "depth"
    assert "page 2 of 3" in said(at)
    assert experiment(at).settings.seeds == 8
    assert at.query_params["class"] == link
    at.switch_page("pages/complexity.py").run()
    assert "This page is free: your teacher's link is for another." in said(at)
    at.switch_page("pages/glossary.py").run()
    assert "page 3 of 3" in said(at)
    assert not any("Next:" in each.proto.label for each in at.get("page_link"))


def test_a_link_of_before_with_hide_or_lock_says_that_nothing_is_held():
    at = opened("playground", lock="lr", hide="seed", lr="0.5")
    assert "no longer supported" in at.warning[0].value
    assert not at.sidebar.select_slider(key="playground:lr").disabled
    assert experiment(at).settings.lr == 0.5


@pytest.mark.usefixtures("short_ticks")
def test_a_teacher_makes_a_path_of_two_pages_that_a_class_can_open():
    at = unfold(opened("depth", width="16", steps="40"), "class builder")
    at.multiselect(key="depth class fixed").set_value(["seeds"])
    at.multiselect(key="depth class hidden").set_value(["width"])
    at.multiselect(key="depth class ranges").set_value(["samples", "width", "activation"])
    at.multiselect(key="depth class left out").set_value(["solutions"])
    at.toggle(key="depth class paused").set_value(True)
    at.text_input(key="depth class title").set_value("Depth <b>")
    at.text_area(key="depth class task").set_value("First\nthen").run()
    at.number_input(key="depth class samples to").set_value(300).run()
    at.multiselect(key="depth class activation options").set_value([]).run()
    assert [each.value for each in at.error] == ["no option of activation is left, but one must be."]
    at.multiselect(key="depth class activation options").set_value(["relu", "tanh"]).run()
    assert not at.exception
    press(at, "class add")
    at.switch_page("pages/history.py").run()
    at = unfold_on(at, "history")
    at.text_input(key="history class question").set_value("When?").run()
    link = next(each.value for each in at.text_input if each.label == "The link for your class")
    found = ClassLink.from_text(parse_qs(urlsplit(link).query)["class"][0])
    assert urlsplit(link).path.endswith("/depth")
    assert found.path == ["depth", "history"]
    assert found.on("depth") == ClassPage(
        page="depth",
        start={"steps": "40"},
        fixed={"seeds": "5", "width": "16"},
        hidden=("width",),
        ranges={"samples": (20, 300), "activation": ("relu", "tanh")},
        left_out=("solutions",),
        paused=True,
        title="Depth <b>",
        task="First\nthen",
    )
    assert found.on("history").question == "When?"
    assert at.get("image")
    student = opened("depth", **{"class": found.to_text()})
    assert experiment(student).status == "paused"
    assert (experiment(student).settings.width, experiment(student).settings.steps) == (16, 40)


def unfold_on(at, page: str):
    at.page = page
    return unfold(at, "class builder")


def test_every_page_offers_to_make_a_link_and_says_how_to_cite_it():
    for page in ("glossary", "history"):
        at = unfold(opened(page), "class builder")
        link = next(each.value for each in at.text_input if each.label == "The link for your class")
        assert ClassLink.from_text(parse_qs(urlsplit(link).query)["class"][0]).path == [page]
        cited = next(each.value for each in at.text_input if each.label == "How to cite it")
        assert f"{AUTHORS} ({YEAR})" in cited
        assert f"version {VERSION}" in cited
