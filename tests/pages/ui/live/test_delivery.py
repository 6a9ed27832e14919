"""Nothing that a page makes gets lost on its way to the browser, and nothing is kept for it too long."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime import app_session

from pages.ui.live import delivery


class Session:
    """A visitor of a server whose loop runs in a thread of its own; `waits` is what it has not sent yet."""

    def __init__(self, monkeypatch):
        self.loop, self.waits, self.there = asyncio.new_event_loop(), [], True
        queue = SimpleNamespace(is_empty=lambda: not self.waits)
        connected = SimpleNamespace(session=SimpleNamespace(_browser_queue=queue))
        server = SimpleNamespace(
            _get_async_objs=lambda: SimpleNamespace(eventloop=self.loop),
            _session_mgr=SimpleNamespace(get_active_session_info=lambda visitor: connected if self.there else None),
        )
        monkeypatch.setattr(runtime, "exists", lambda: True)
        monkeypatch.setattr(runtime, "get_instance", lambda: server)
        monkeypatch.setattr(delivery, "get_script_run_ctx", lambda: SimpleNamespace(session_id="visitor"))
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):  # that nobody waited for
            self.loop.run_until_complete(task)
        self.loop.close()

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture
def session(monkeypatch):
    session = Session(monkeypatch)
    yield session
    session.end()


def test_a_page_ends_only_when_all_that_came_before_is_sent(session):
    sent = []

    def take_in(part):
        session.waits.append(part)
        session.loop.call_later(0.05 * part, lambda: sent.append(session.waits.pop(0)))

    for part in (1, 2, 3):
        session.loop.call_soon_threadsafe(take_in, part)
    delivery.delivered()
    assert sent == [1, 2, 3]


def test_nobody_waits_for_a_visitor_who_has_left(session, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", None)
    session.waits.append("a chart")
    session.loop.call_soon_threadsafe(session.loop.call_later, 0.05, lambda: setattr(session, "there", False))
    delivery.delivered()
    assert session.waits


def test_a_loop_that_hangs_does_not_hold_the_page_for_ever(session, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.01)
    free = threading.Event()
    session.loop.call_soon_threadsafe(free.wait)
    delivery.delivered()
    free.set()


def test_without_a_server_there_is_nothing_to_wait_for(monkeypatch):
    monkeypatch.setattr(runtime, "exists", lambda: False)
    delivery.delivered()


class Thing:
    session_id = "visitor"


def test_streamlit_still_has_the_loop_and_the_queues_where_the_page_looks_for_them():
    assert callable(runtime.Runtime._get_async_objs)
    assert "eventloop" in runtime.runtime.AsyncObjects._fields
    assert "_session_mgr" in runtime.Runtime.__init__.__code__.co_names
    assert "_browser_queue" in app_session.AppSession.__init__.__code__.co_names
