"""The worker that trains for all visitors: turns, leases, the queue of a full server."""

import threading
import time
from itertools import pairwise

import pytest

from pages.ui.live import session as live
from pages.ui.live.session import Worker


class Job:
    """Notes its turns in a diary, under its name."""

    def __init__(self, name, diary, seconds=0.002):
        self.name, self.diary, self.seconds, self.wants_work = name, diary, seconds, True
        self.crowded = []

    def work(self, seconds, crowded):
        self.diary.append((self.name, "begins"))
        time.sleep(self.seconds)
        self.diary.append((self.name, "ends"))
        self.crowded.append(crowded)


@pytest.fixture
def quick(monkeypatch):
    """Leases that end while a test waits."""
    monkeypatch.setattr(live, "LEASE", 0.2)


def until(seen):
    deadline = time.monotonic() + 10
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def turns(diary):
    return [name for name, what in diary if what == "begins"]


def test_jobs_take_turns_and_never_two_at_once(quick):
    worker, diary = Worker(), []
    jobs = [Job(name, diary) for name in "abc"]
    assert [worker.renew(job) for job in jobs] == [0, 0, 0]
    until(lambda: len(turns(diary)) > 12)
    assert all(first[0] == second[0] for first, second in pairwise(diary) if first[1] == "begins")
    assert sorted(turns(diary)[6:12]) == ["a", "a", "b", "b", "c", "c"]


def test_nobody_works_for_a_page_that_has_gone(quick):
    worker, diary = Worker(), []
    stays, leaves = Job("stays", diary), Job("leaves", diary)
    worker.renew(leaves)
    for _ in range(20):
        worker.renew(stays)
        time.sleep(0.02)
    first = len(diary)
    for _ in range(5):
        worker.renew(stays)
        time.sleep(0.02)
    assert {name for name, _ in diary[first:]} == {"stays"}
    assert "leaves" in turns(diary)


def test_the_thread_ends_when_nobody_is_there_and_begins_again(quick):
    worker, diary = Worker(), []
    worker.renew(Job("first", diary))
    thread = worker.thread
    thread.join(5)
    assert not thread.is_alive()
    worker.renew(Job("second", diary))
    until(lambda: "second" in turns(diary))


def test_a_job_that_wants_nothing_is_passed_over(quick):
    worker, diary = Worker(), []
    idle, busy = Job("idle", diary), Job("busy", diary)
    idle.wants_work = False
    worker.renew(idle)
    worker.renew(busy)
    until(lambda: len(turns(diary)) > 3)
    assert set(turns(diary)) == {"busy"}
    idle.wants_work = True
    worker.renew(idle)
    until(lambda: "idle" in turns(diary))


def test_a_full_server_tells_the_place_in_the_queue_and_the_next_moves_up(quick, monkeypatch):
    monkeypatch.setattr(live, "MOST", 2)
    worker, diary = Worker(), []
    jobs = [Job(name, diary) for name in "abcd"]
    assert [worker.renew(job) for job in jobs] == [0, 0, 1, 2]
    until(lambda: len(turns(diary)) > 4)
    assert set(turns(diary)) == {"a", "b"}
    worker.drop(jobs[0])
    assert [worker.renew(job) for job in jobs[1:]] == [0, 0, 1]
    until(lambda: "c" in turns(diary))


def test_many_are_told_that_they_are_many(quick, monkeypatch):
    monkeypatch.setattr(live, "CROWD", 1)
    worker, diary = Worker(), []
    first, second = Job("a", diary), Job("b", diary)
    worker.renew(first)
    until(lambda: first.crowded)
    assert not first.crowded[0]
    worker.renew(second)
    until(lambda: second.crowded)
    assert second.crowded[0]


def test_renewing_from_many_threads_keeps_one_worker(quick):
    worker, diary = Worker(), []
    jobs = [Job(str(k), diary) for k in range(8)]
    threads = [threading.Thread(target=worker.renew, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: len(set(turns(diary))) == 8)
    assert all(first[0] == second[0] for first, second in pairwise(diary) if first[1] == "begins")


def test_a_job_that_fails_takes_nobody_elses_turn(quick):
    worker, diary = Worker(), []
    fails, goes_on = Job("fails", diary), Job("goes on", diary)

    def work(seconds, crowded):
        diary.append(("fails", "begins"))
        raise RuntimeError("a chart that cannot be drawn")

    fails.work = work
    worker.renew(fails)
    until(lambda: "fails" in turns(diary))
    worker.renew(goes_on)
    until(lambda: turns(diary).count("goes on") > 2)
    assert turns(diary).count("fails") == 1
