"""An experiment: what the worker does for it, clicks, and what is forgotten."""

import gc
import itertools
import threading
import time
import weakref
from types import SimpleNamespace

import pytest
from visitor import experiment, finish, opened, press, told

from core.studies import STUDIES
from pages.figures.common.plots import plot
from pages.figures.common.traces import line
from pages.ui.live import session
from pages.ui.live.board import MISSING
from pages.ui.live.session import Panel, Worker

depth = STUDIES["depth"]


@pytest.fixture
def worker(monkeypatch):
    """A worker of the test's own, on a server where nobody else is."""
    own = Worker()
    monkeypatch.setattr(session, "WORKER", own)
    return own


def begun(**changes):
    return session.Experiment(depth.run, depth.Settings(**changes))


def endless(settings):
    """A study without an end, in small steps."""
    for step in itertools.count():
        time.sleep(0.001)
        yield SimpleNamespace(progress=step / 10_000, step=step, phase="")


def until(seen):
    deadline = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_is_trained_as_long_as_its_page_renews_its_lease(worker, monkeypatch):
    monkeypatch.setattr("pages.ui.live.session.LEASE", 0.2)
    held = session.Experiment(endless, None)
    until(lambda: held.renew() or held.result.step > 20)
    time.sleep(0.5)
    left = held.result.step
    time.sleep(0.3)
    assert held.result.step == left
    held.renew()
    until(lambda: held.result.step > left)


def test_pause_stops_it_at_once(worker):
    held = session.Experiment(endless, None)
    held.renew()
    until(lambda: held.result.step > 3)
    with held.lock:
        held.status = "paused"
        stopped = held.result.step
    held.renew()
    time.sleep(0.2)
    assert held.result.step == stopped
    assert held not in worker.leases


def test_the_first_picture_waits_for_what_a_new_server_loads_but_not_for_a_long_study(monkeypatch):
    clock = {"now": 0.0}
    monkeypatch.setattr(session.time, "perf_counter", lambda: clock["now"])

    def slow(lasts):
        for step, seconds in enumerate([0.0, *lasts]):
            clock["now"] += seconds
            yield SimpleNamespace(progress=0.0, step=step, phase="")

    panel = Panel("?", lambda result: plot([line([0, 1], [1, 2], "a")] if result.step == 4 else []))
    assert session.Experiment(slow, [30.0, 0.1, 0.1, 0.1]).first_picture(panel, 0.5)
    assert session.Experiment(slow, [0.3, 0.3, 0.3, 0.3]).first_picture(panel, 0.5) is None


def test_it_goes_no_further_than_its_share_between_two_ticks(worker, monkeypatch):
    monkeypatch.setattr(session, "SHARE", 0.002)
    held = session.Experiment(endless, None)
    held.renew()
    until(lambda: held.progress >= 0.002)
    time.sleep(0.1)
    assert held.progress == pytest.approx(0.002, abs=1e-9)


def test_it_waits_where_its_page_says_so_until_the_button_is_pressed(worker):
    held = session.Experiment(endless, None, waits=lambda result: result.step >= 5)
    held.renew()
    until(lambda: held.result.step == 5)
    time.sleep(0.1)
    assert held.result.step == 5
    held.renew()
    assert held.status == "paused"
    held.status, held.asked = "running", True
    held.renew()
    until(lambda: held.result.step > 5)


def test_the_worker_films_the_first_chart_at_the_pace_of_the_pictures(worker):
    drawn = []

    def draw(result):
        drawn.append(time.perf_counter())
        return SimpleNamespace(layout={}, title="", caption="", to_json=lambda: f"picture {result.step}")

    panel = Panel("How far?", draw, "")
    held = session.Experiment(endless, None)
    held.renew(panel)
    until(lambda: len(held.film) == session.PICTURES)
    gaps = [later - sooner for sooner, later in itertools.pairwise(drawn)]
    assert min(gaps) >= 0.9 * session.PACE
    (drawing,) = held.draw([panel], everything=False)
    assert held.film == []
    assert 2 <= len(drawing.film) <= session.PICTURES
    assert [moment for moment, *_ in drawing.film] == sorted(moment for moment, *_ in drawing.film)


def test_a_page_waits_for_the_turn_under_way():
    """What ends the experiment while the page is being drawn would leave it with buttons of another state."""
    at, working = opened("depth", steps="20"), threading.Event()
    held = experiment(at)

    def turn():
        with held.lock:
            working.set()
            time.sleep(0.3)
            held.status = "paused"

    thread = threading.Thread(target=turn)
    thread.start()
    working.wait()
    at.run()
    thread.join()
    assert "depth running" in [button.key for button in at.button]


def test_two_threads_never_work_on_an_experiment_at_once(worker):
    held = begun(steps=20)
    held.goal = 1.0
    threads = [threading.Thread(target=held.work, args=(0.3,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held.status in ("running", "finished")
    assert held.message == ""


def test_a_crowd_lets_go_of_its_buffers(worker):
    held = begun(steps=1000)
    held.goal = 1.0

    def bound():
        return any(trainer.batches.buffers for trainer in held.result.trials.trainers.values())

    while not bound():
        held.work(0.01)
    held.work(0.01, crowded=True)
    assert not bound()


@pytest.mark.slow
def test_s12_an_experiment_that_another_has_replaced_is_forgotten():
    at = opened("depth", steps="2000", depths="1", rate="same", initializers="kaiming")
    for what in ("paused", "running", "paused"):  # Streamlit keeps what a button was given after it has gone
        press(at, what)
    runs = [weakref.ref(experiment(at))]
    for steps in (10, 11, 12):
        finish(at.number_input(key="depth:steps").set_value(steps).run())
        runs.append(weakref.ref(experiment(at)))
    until(lambda: gc.collect() >= 0 and [run() is None for run in runs] == [True, True, True, False])


def test_a_full_server_says_so_and_tells_the_place_in_the_queue(worker, monkeypatch):
    monkeypatch.setattr("pages.ui.live.session.MOST", 0)
    at = opened("depth", seed="77", steps="20", depths="1", rate="same")
    assert "this server is full, and your run is number 1 in the queue" in told(at)
    assert experiment(at).status == "running"
    monkeypatch.undo()
    finish(at)
    assert experiment(at).status == "finished"


def test_a_browser_that_cannot_change_charts_gets_streamlits_own_and_is_told():
    at = opened("depth", steps="20", depths="1", rate="same", initializers="kaiming")
    before = len(at.get("plotly_chart"))
    at.session_state[MISSING] = True
    at.run()
    assert not at.exception
    assert any("cannot update charts in place" in each.value for each in at.caption)
    assert not at.get("bidi_component")
    assert len(at.get("plotly_chart")) >= before + 3
