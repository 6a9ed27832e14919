"""Every page, opened as a visitor's session without a browser: default run, controls, links, downloads."""

import gc
import itertools
import json
import re
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest
from test_studies import well_put

from core.studies import STUDIES, depth
from core.studies.contract import claims_of
from pages.ui.live import session
from pages.ui.playground.state import SPEEDS

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("[a-z]*.py"))
# What a page is follows from what it declares: the frame of an experiment or of a text, and whether it waits for a word
EXPERIMENTS = [page for page in PAGES if re.search(r"show\(\s*Page\(", (ROOT / page).read_text())]
TEXTS = [page for page in PAGES if page not in EXPERIMENTS]
BY_THEMSELVES = [page for page in EXPERIMENTS if "waits=" not in (ROOT / page).read_text()]


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


def press(at: AppTest, what: str) -> None:
    """Press a button of the frame by what it does: running, paused, step or reset."""
    at.button(key=f"{at.page} {what}").click().run()


def finish(at: AppTest) -> AppTest:
    """Let the page tick until its experiment has ended, or waits."""
    for _ in range(2000):
        if experiment(at).status != "running":
            return at.run()  # the page as it stands from now on
        at.run()
        assert not at.exception
        assert not any(re.search(r"\b(nan|inf)\b", text.value) for text in at.caption)
    raise AssertionError("the experiment did not end")


def charts(at: AppTest) -> list[dict]:
    """The figures that the page shows, each of whose properties has passed plotly's check."""
    panels = [panel for board in at.get("bidi_component") for panel in json.loads(board.proto.json)["panels"]]
    return [go.Figure(json.loads(panel["figure"])).to_plotly_json() for panel in panels]


def holds_data(figure: dict) -> bool:
    return any(len(axis) > 0 for trace in figure["data"] for axis in (trace.get("y"), trace.get("z")) if axis)


def test_there_are_pages_and_all_are_in_the_navigation():
    text = (ROOT / "dashboard.py").read_text()
    assert len(PAGES) >= 4
    assert all(f'{Path(page).stem}"' in text for page in PAGES)


@pytest.mark.parametrize("page", TEXTS)
def test_a_page_without_an_experiment_is_there_at_once_and_every_control_works(page):
    at = opened(page)
    assert at.title[0].value.endswith("?")
    for widget in [*at.button_group, *at.selectbox, *at.slider]:
        assert widget.label
    assert sum(len(text.value) for text in at.markdown) > 200


@pytest.mark.parametrize("page", BY_THEMSELVES)
def test_the_default_runs_by_itself_to_charts_a_verdict_and_a_table(page, monkeypatch):
    monkeypatch.setitem(SPEEDS, "watch", SPEEDS["fast"])  # nobody watches
    at = finish(opened(page))
    assert experiment(at).status == "finished"
    findings = STUDIES[at.page].findings(experiment(at).result)
    assert set(claims_of(STUDIES[at.page])) <= {finding.number for finding in findings}
    assert all(map(well_put, findings))
    figures = charts(at)
    assert len(figures) >= 4
    assert all(holds_data(figure) for figure in figures)
    assert any("-badge[" in text.value for text in at.markdown)
    standing = [text.value for text in at.caption if re.search(r"(moment|so far|median|Doubling).* [\d.]+", text.value)]
    assert standing or at.page in ("misconceptions", "sweeps", "playground")  # which tell it in their parts
    assert len(at.dataframe[0].value) >= 2
    assert len(at.get("download_button")) >= 3


@pytest.mark.parametrize("page", sorted(set(EXPERIMENTS) - set(BY_THEMSELVES)))
def test_a_page_that_waits_goes_on_only_when_it_is_asked_to(page):
    at = finish(opened(page))
    assert experiment(at).status == "paused"
    assert 0 < experiment(at).progress < 1
    press(at, "running")
    assert experiment(at).status == "running"
    at.run()
    assert experiment(at).status == "running"
    assert not at.exception


@pytest.mark.parametrize("page", EXPERIMENTS)
def test_pause_holds_step_moves_reset_starts_over(page):
    at = opened(page)
    press(at, "paused")
    held = experiment(at).progress
    at.run()
    assert experiment(at).progress == held
    press(at, "step")
    assert experiment(at).status == "paused"
    assert experiment(at).progress > held
    press(at, "reset")
    assert experiment(at).status == "paused"
    assert experiment(at).progress <= held
    press(at, "running")
    assert experiment(at).status == "running"
    assert not at.exception


@pytest.mark.parametrize("page", EXPERIMENTS)
def test_a_changed_setting_starts_over_with_it_and_goes_into_the_link(page):
    at = opened(page)
    before = experiment(at)
    at.number_input(key=f"{Path(page).stem}:seed").set_value(7).run()
    assert experiment(at) is not before
    assert experiment(at).settings.seed == 7
    assert at.query_params["seed"] == "7"
    assert not at.exception


@pytest.mark.parametrize("page", EXPERIMENTS)
def test_a_link_restores_settings_and_says_what_it_cannot_read(page):
    fields = STUDIES[Path(page).stem].Settings.model_fields
    name = next(name for name in fields if "options" in fields[name].json_schema_extra)
    at = opened(page, seed="3", seeds="9", rubbish="1", __proto__="x", **{name: "nonsense"})
    settings = experiment(at).settings
    assert (settings.seed, settings.seeds) == (3, 9)
    assert getattr(settings, name) == getattr(type(settings)(), name)
    (notice,) = at.warning
    assert f"{name} is 'nonsense'" in notice.value


BROKEN = ["99", "inf", "１", "9" * 5000, "<script>", ""]


@pytest.mark.parametrize("study", [name for name in STUDIES if "seeds" in STUDIES[name].Settings.model_fields])
@pytest.mark.parametrize("text", BROKEN)
def test_no_text_in_a_link_breaks_the_settings(study, text):
    study = STUDIES[study]
    settings, notices = study.Settings.from_text({"seeds": text})
    assert settings == study.Settings()
    assert len(notices) == (1 if text else 0)


@pytest.mark.parametrize(("page", "text"), [(page, BROKEN[k % len(BROKEN)]) for k, page in enumerate(EXPERIMENTS)])
def test_no_text_in_a_link_breaks_a_page(page, text):
    """Each page with one of them: how a page takes a link is one way for all, and above are all of them for each."""
    at = opened(page, seeds=text)
    assert experiment(at).settings == type(experiment(at).settings)()
    assert len(at.warning) == (1 if text else 0)


@pytest.mark.parametrize("page", EXPERIMENTS)
def test_every_control_is_made_and_carries_help(page):
    at = opened(page)
    keys = set(type(experiment(at).settings).model_fields)
    kinds = ("selectbox", "slider", "select_slider", "number_input", "multiselect", "toggle")
    widgets = [widget for kind in kinds for widget in at.sidebar.get(kind)]
    assert {widget.key.split(":")[1] for widget in widgets} == keys - {"lesson"}  # which begins above the charts
    assert all(widget.proto.help for widget in widgets)


def test_a_finished_run_says_what_was_learnt_and_how_each_verdict_was_judged():
    at = finish(opened("pages/question.py", steps="10"))
    assert any(text.value.startswith("**What was learnt:** ") for text in at.markdown)
    judged = [block for block in at.expander if block.label == "How it was judged"]
    assert len(judged) == len(STUDIES[at.page].findings(experiment(at).result))
    assert all(
        block.caption[0].value.startswith(("An identity, checked. Rule, fixed", "Measured by this run. Rule, fixed"))
        for block in judged
    )


def test_a_heavy_link_starts_nothing_until_the_button_is_pressed():
    at = opened("pages/optimizers.py", seeds="20", epochs="100")
    assert experiment(at).settings.seeds == 20
    assert experiment(at).status == "paused"
    assert "20 times the work of the defaults" in at.info[0].value
    press(at, "running")
    assert experiment(at).status == "running"
    assert not at.info


def test_a_link_beyond_the_limit_is_refused_in_a_sentence():
    at = opened("pages/optimizers.py", seeds="20", epochs="100", layers="8", width="128", seconds="1")
    assert experiment(at).settings == type(experiment(at).settings)()
    (notice,) = at.warning
    assert "about 8,533 times the work of the defaults, and at most 1,000 times is allowed" in notice.value


def test_experiments_share_the_server_and_those_whose_visitor_left_do_not_count(monkeypatch):
    clock = iter([0.0, 0.1, 0.2, 10.0, 10.1])
    monkeypatch.setattr(session.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(session, "TURNS", {})
    three = [session.Experiment(depth.run, depth.Settings()) for _ in range(3)]
    assert [each._take_turn() for each in three] == [1, 2, 3]
    assert three[0]._take_turn() == 1
    three[1].status = "paused"
    assert three[1]._take_turn() == 1


def test_a_turn_is_cut_short_where_the_visitor_wants_something_else():
    class Clicked(BaseException):
        pass

    def interrupt():
        raise Clicked

    held = session.Experiment(depth.run, depth.Settings())
    with pytest.raises(Clicked):
        held.tick(60, 3, None, interrupt)
    assert held.status == "running"
    held.step()
    assert held.progress > 0


def test_an_experiment_waits_for_the_worker_unless_a_page_waits_for_it(monkeypatch):
    workers, free, looks = ThreadPoolExecutor(1), threading.Event(), []
    monkeypatch.setattr(session, "WORKER", workers)
    held = session.Experiment(depth.run, depth.Settings())
    workers.submit(free.wait)
    before = held.seconds
    held.tick(0.01)
    assert held.seconds == before

    def interrupt():
        looks.append(held.seconds)
        if len(looks) == 2:
            free.set()

    held.tick(0.01, interrupt=interrupt)
    assert looks[:2] == [before, before]
    assert held.seconds > before
    workers.shutdown()


def test_nobody_trains_while_another_does(monkeypatch):
    """What is timed meanwhile would be found to take longer than it does."""
    monkeypatch.setattr(session, "TURNS", {})
    at_work, seen = [], []

    def run(settings):
        while True:
            at_work.append(settings)
            time.sleep(0.002)
            seen.append([*at_work])
            at_work.remove(settings)
            yield SimpleNamespace(progress=0.5)

    ticks = [partial(session.Experiment(run, k).tick, 0.1, interrupt=bool) for k in range(3)]
    threads = [threading.Thread(target=tick) for tick in ticks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {k for each in seen[3:] for k in each} == {0, 1, 2}
    assert all(len(each) == 1 for each in seen)


def test_the_worker_that_turns_to_another_experiment_leaves_the_race_it_had_before_alone(monkeypatch):
    """Which a click may have at work in another thread by now."""
    workers = ThreadPoolExecutor(1)
    monkeypatch.setattr(session, "WORKER", workers)
    monkeypatch.setattr(session, "TURNS", {})  # whoever was there before
    first = session.Experiment(depth.run, depth.Settings(steps=1000))
    while not any(trainer.batches.buffers for trainer in first.result.trials.trainers.values()):
        first.tick(0.01, interrupt=bool)
    monkeypatch.setattr(session, "TURNS", dict.fromkeys(range(-9, 0), time.monotonic()))  # a crowd
    without_a_race = itertools.repeat(SimpleNamespace(progress=0.5))
    session.Experiment(lambda settings: without_a_race, None).tick(0.01, interrupt=bool)
    assert any(trainer.batches.buffers for trainer in first.result.trials.trainers.values())
    first.tick(0.01, interrupt=bool)
    assert not any(trainer.batches.buffers for trainer in first.result.trials.trainers.values())
    workers.shutdown()


def test_a_page_waits_for_the_tick_that_a_click_cut_short():
    """What ends the experiment while the page is being drawn would leave it with buttons of another state."""
    at, working = opened("pages/depth.py", steps="20"), threading.Event()
    held = experiment(at)

    def tick():
        with held.lock:
            working.set()
            time.sleep(0.3)
            held.status = "paused"

    thread = threading.Thread(target=tick)
    thread.start()
    working.wait()
    at.run()
    thread.join()
    assert "depth running" in [button.key for button in at.button]


def test_two_threads_of_one_visitor_never_work_on_an_experiment_at_once():
    """A click begins a new run of the page while the one before it still works."""
    held = session.Experiment(depth.run, depth.Settings(steps=20))
    threads = [threading.Thread(target=held.tick, args=(0.3,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held.status in ("running", "finished")
    assert held.message == ""


def test_an_experiment_that_another_has_replaced_is_forgotten():
    at = opened("pages/depth.py", steps="2000", depths="1", rate="same")
    for what in ("paused", "running", "paused"):  # Streamlit keeps what a button was given after it has gone
        press(at, what)
    gone = weakref.ref(experiment(at))
    finish(at.number_input(key="depth:steps").set_value(10).run())
    gc.collect()
    assert gone() is None
