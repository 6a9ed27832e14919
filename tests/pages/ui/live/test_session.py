"""An experiment and the worker that all experiments of a server share: turns, clicks, and what is forgotten."""

import gc
import itertools
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest
from visitor import experiment, finish, opened, press

from core.studies import STUDIES
from pages.ui.live import session

depth = STUDIES["depth"]
AGES = 60.0  # seconds that no test takes: work ends by other means


@pytest.fixture
def worker(monkeypatch):
    """A worker of the test's own, on a server where nobody else is."""
    with ThreadPoolExecutor(1) as workers:
        monkeypatch.setattr(session, "WORKER", workers)
        monkeypatch.setattr(session, "TURNS", {})
        yield workers


def begun(**changes):
    return session.Experiment(depth.run, depth.Settings(**changes))


def halfway(settings):
    """A study without an end."""
    return itertools.repeat(SimpleNamespace(progress=0.5))


def test_experiments_share_the_server_and_those_whose_visitor_left_do_not_count(monkeypatch):
    clock = iter([0.0, 0.1, 0.2, 10.0, 10.1])
    monkeypatch.setattr(session.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(session, "TURNS", {})
    three = [begun() for _ in range(3)]
    assert [each._take_turn() for each in three] == [1, 2, 3]
    assert three[0]._take_turn() == 1
    three[1].status = "paused"
    assert three[1]._take_turn() == 1


def test_a_turn_is_cut_short_where_the_visitor_wants_something_else(worker):
    class Clicked(BaseException):
        pass

    def interrupt():
        raise Clicked

    held = begun()
    with pytest.raises(Clicked):
        held.tick(AGES, 3, None, interrupt)
    assert held.status == "running"
    held.step()
    assert held.progress > 0


def test_an_experiment_waits_for_the_worker_unless_a_page_waits_for_it(worker):
    free, looks = threading.Event(), []
    held = begun()
    worker.submit(free.wait)
    before = held.seconds
    held.tick(0.01)
    assert held.seconds == before

    def interrupt():
        looks.append(held.seconds)
        if len(looks) == 2:
            free.set()

    held.tick(AGES, interrupt=interrupt, share=1e-6)
    assert looks[:2] == [before, before]
    assert held.seconds > before


def test_nobody_trains_while_another_does(worker):
    """What is timed meanwhile would be found to take longer than it does."""
    at_work, seen = [], []

    def run(settings):
        for step in range(100):
            at_work.append(settings)
            time.sleep(0.002)
            seen.append([*at_work])
            at_work.remove(settings)
            yield SimpleNamespace(progress=step / 100)

    three = [session.Experiment(run, k) for k in range(3)]
    threads = [threading.Thread(target=partial(each.tick, AGES, interrupt=bool, share=0.1)) for each in three]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {k for each in seen[3:] for k in each} == {0, 1, 2}
    assert all(len(each) == 1 for each in seen)


def test_the_worker_that_turns_to_another_experiment_leaves_the_race_it_had_before_alone(worker, monkeypatch):
    """Which a click may have at work in another thread by now."""
    first = begun(steps=1000)

    def bound():
        return any(trainer.batches.buffers for trainer in first.result.trials.trainers.values())

    while not bound():
        first.tick(AGES, interrupt=bool, share=0.01)
    monkeypatch.setattr(session, "GONE", AGES)
    monkeypatch.setattr(session, "TURNS", dict.fromkeys(range(-9, 0), time.monotonic()))  # a crowd
    session.Experiment(halfway, None).tick(0.01, interrupt=bool)
    assert bound()
    first.tick(AGES, interrupt=bool, share=1e-6)
    assert not bound()


def test_a_page_waits_for_the_tick_that_a_click_cut_short():
    """What ends the experiment while the page is being drawn would leave it with buttons of another state."""
    at, working = opened("depth", steps="20"), threading.Event()
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
    held = begun(steps=20)
    threads = [threading.Thread(target=held.tick, args=(0.3,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held.status in ("running", "finished")
    assert held.message == ""


def test_s12_an_experiment_that_another_has_replaced_is_forgotten():
    at = opened("depth", steps="2000", depths="1", rate="same", initializers="kaiming")
    for what in ("paused", "running", "paused"):  # Streamlit keeps what a button was given after it has gone
        press(at, what)
    runs = [weakref.ref(experiment(at))]
    for steps in (10, 11, 12):
        finish(at.number_input(key="depth:steps").set_value(steps).run())
        runs.append(weakref.ref(experiment(at)))
    gc.collect()
    assert [run() is None for run in runs] == [True, True, True, False]
