"""The end of a page waits until the server has taken in what the page has made."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from streamlit import runtime

from pages.ui import delivery


@pytest.fixture
def loop(monkeypatch):
    """A server's loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = SimpleNamespace(_get_async_objs=lambda: SimpleNamespace(eventloop=loop))
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: server)
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_page_ends_only_when_the_loop_has_taken_in_what_came_before(loop):
    taken_in = []
    for part in range(3):
        loop.call_soon_threadsafe(lambda part=part: (time.sleep(0.05), taken_in.append(part)))
    delivery.delivered()
    assert taken_in == [0, 1, 2]


def test_a_loop_that_hangs_does_not_hold_the_page_for_ever(loop, monkeypatch):
    monkeypatch.setattr(delivery, "PATIENCE", 0.01)
    free = threading.Event()
    loop.call_soon_threadsafe(free.wait)
    delivery.delivered()
    free.set()


def test_without_a_server_there_is_nothing_to_wait_for(monkeypatch):
    monkeypatch.setattr(runtime, "exists", lambda: False)
    delivery.delivered()


def test_streamlit_still_has_the_loop_where_the_page_looks_for_it():
    assert callable(runtime.Runtime._get_async_objs)
    assert "eventloop" in runtime.runtime.AsyncObjects._fields
