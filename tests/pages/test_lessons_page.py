"""The lessons as a visitor's session: predicted, driven to their checked end, left and taken up again."""

import pytest
import visitor
from streamlit.testing.v1 import AppTest
from test_playground_page import control, press, text
from visitor import charts, experiment, finish, nobody_watching

from core.studies.playground import LESSONS, PATH, Settings
from pages.ui.frame.exhibits import DOORS


def opened(name: str) -> AppTest:
    return visitor.opened("playground", **Settings(**LESSONS[name].start, lesson=name).to_text())


def predict(at: AppTest, name: str, choice: str) -> None:
    at.button_group(key=f"lesson {name} prediction").set_value(choice).run()
    assert not at.exception


def successes(at: AppTest) -> list[str]:
    return [each.value for each in at.success]


def where(at: AppTest) -> str:
    return at.get("progress")[0].proto.text


@pytest.mark.parametrize("name", [name for name, lesson in LESSONS.items() if lesson.change])
def test_a_lesson_is_driven_to_its_checked_end(name):
    """Predicted and run as it starts, then with its solution beside it."""
    lesson = LESSONS[name]
    at = opened(name)
    assert (experiment(at).status, experiment(at).result.step) == ("paused", 0)
    assert lesson.task in text(at)
    assert not successes(at)
    wrong = lesson.choices[0]
    predict(at, name, wrong)
    with nobody_watching():
        press(at, "running")
        finish(at)
        (told,) = [each.value for each in at.info if "you expected" in each.value]
        measured = lesson.measured(experiment(at).result)
        assert told.startswith("You saw it coming" if wrong == measured else "It turned out differently")
        assert told.endswith(f"The run shows “{measured}”.")
        assert any(each.value.startswith("Not yet: ") for each in at.caption)
        for count, hint in enumerate(lesson.hints):
            assert hint not in text(at)
            press(at, f"hint {name} {count}")
            assert hint in text(at)
        assert lesson.solution not in text(at)
        press(at, f"solve {name}")
        assert lesson.solution in text(at)
        before = experiment(at).result
        press(at, "beside solution")
        assert at.session_state["playground pinned"] is before
        finish(at)
    if "lesson" in lesson.change:  # its solution leaves it
        assert experiment(at).settings.lesson == "none"
        return
    (done,) = successes(at)
    assert done.startswith("Done: ")
    names = {trace["name"] for trace in charts(at)["Is it learning?"]["data"]}
    assert {"training", "pinned: training"} <= names


def test_the_first_lesson_ends_when_the_gradient_is_known():
    at = opened("two_halves")
    assert where(at) == f"Lesson 1 of 8: {LESSONS['two_halves'].heading}"
    predict(at, "two_halves", "none")
    for _ in range(3):
        assert not successes(at)
        press(at, "operation")
    assert successes(at)[0].startswith("Done: the gradient is known")
    assert any(each.value.startswith("You saw it coming") for each in at.info)
    press(at, "operation")
    assert successes(at) == ["Done, earlier in this visit."]
    press(at, "lesson next")
    assert where(at).startswith("Lesson 2 of 8: ")
    press(at, "lesson before")
    assert successes(at) == ["Done, earlier in this visit."]
    assert at.button_group(key="lesson two_halves prediction").proto.disabled


def test_an_error_is_stopped_by_hand():
    at = opened("going_back")
    predict(at, "going_back", "0")
    run = experiment(at).result
    for output in range(2):
        run.set_weight(1, output, 0, 0.0)
    for _ in range(3):
        press(at, "operation")
    assert successes(at)[0].startswith("Done: no error comes back to unit 1")
    assert any("You saw it coming" in each.value for each in at.info)


def test_biases_are_unfrozen_until_the_ring_is_fenced_in():
    at = opened("biases")
    run = experiment(at).result
    assert run.frozen.sum() == 10
    run.freeze_layer(0, False)
    with nobody_watching():
        press(at, "running")
        finish(at)
    assert experiment(at).result is run
    assert successes(at)[0].startswith("Done: ")


def test_a_lesson_is_left_with_its_network_and_taken_up_again():
    at = opened("xor")
    press(at, "hint xor 0")
    press(at, "epoch")
    run = experiment(at).result
    press(at, "leave")
    assert experiment(at).result is run
    assert at.query_params.get("lesson") is None
    assert LESSONS["xor"].task not in text(at)
    assert at.button(key="playground take up").label == "Take up lesson 6 of 8"
    control(at, "select_slider", "lr").set_value("0.3").run()
    assert experiment(at).result is run
    press(at, "take up")
    assert experiment(at).settings == Settings(**LESSONS["xor"].start, lesson="xor")
    assert experiment(at).status == "paused"
    assert LESSONS["xor"].hints[0] in text(at)


def test_the_list_begins_a_lesson_and_marks_those_that_are_done():
    at = opened("two_halves")
    for _ in range(3):
        press(at, "operation")
    assert at.button(key="playground lesson two_halves").label.startswith("✓ ")
    *_, last = LESSONS
    press(at, f"lesson {last}")
    further = len(LESSONS) - len(PATH)
    assert where(at).startswith(f"Further lesson {further} of {further}: ")
    assert not [button for button in at.button if button.key == "playground lesson next"]


def test_the_door_for_learners_opens_the_first_lesson_at_its_start():
    ((page, link),) = DOORS["I am learning"].values()
    at = visitor.opened(page, **link)
    assert experiment(at).settings == Settings(**LESSONS[PATH[0]].start, lesson=PATH[0])
    assert experiment(at).status == "paused"


def test_a_link_to_a_page_that_was_visited_before_is_followed_and_the_menu_leads_back_to_what_was_there():
    def go(page, **query):
        at.switch_page(f"pages/{page}.py")
        at.query_params.clear()
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception

    ((page, link),) = DOORS["I am learning"].values()
    at = visitor.opened(page, samples="60", max_epochs="2")
    before = experiment(at)
    go("history")
    go(page)
    assert experiment(at) is before
    go("history")
    go(page, **link)
    assert experiment(at).settings == Settings(**LESSONS[PATH[0]].start, lesson=PATH[0])
    assert (experiment(at).status, experiment(at).result.step) == ("paused", 0)
    press(at, "lesson next")
    at.run()  # the address of a run that comes too early is the one before
    assert experiment(at).settings.lesson == PATH[1]
