"""What a page makes, to its end and to the files taken from it, may not get lost on its way to the browser."""

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

PATIENCE = 10.0  # seconds, which only a server in trouble needs
MOMENT = 0.005  # seconds between two looks at whether all is sent


def delivered() -> None:
    """Wait until the server has sent what this run of the script has made.

    Among a class the next tick waits already when this one ends, and begins at once. From then on Streamlit throws away
    what it has not sent yet: of a tick its charts, of a page that has just ended half of it for good.
    """
    visitor = get_script_run_ctx()
    if visitor is None or not runtime.exists():
        return
    with contextlib.suppress(AttributeError, TimeoutError):  # the server's loop and queues have no public names
        server = runtime.get_instance()
        loop = server._get_async_objs().eventloop
        if isinstance(loop, asyncio.AbstractEventLoop):  # Streamlit's tests of pages have none
            asyncio.run_coroutine_threadsafe(_sent(server, visitor.session_id), loop).result(PATIENCE)


async def _sent(server: runtime.Runtime, visitor: str) -> None:
    while connected := server._session_mgr.get_active_session_info(visitor):
        if connected.session._browser_queue.is_empty():
            return
        await asyncio.sleep(MOMENT)


def download(label: str, make: Callable[[Any], str | bytes], of: object, name: str, mime: str, **look: Any) -> None:
    """A button for a file that `make` writes from `of` once somebody presses it.

    By itself Streamlit forgets such a file after two more runs of anybody's page, which among a class is sooner than
    the browser asks for it. So it is kept among the files of the visitor's page. But what a button was given Streamlit
    keeps for good, so it is given neither the visitor nor, but weakly, what the file is made of.
    """
    context = get_script_run_ctx()
    visitor: Any = SimpleNamespace(session_id=context.session_id if context else "")
    source = weakref.ref(of)

    def written() -> bytes:
        made = make(source())
        data = made.encode() if isinstance(made, str) else made
        keep = runtime.get_instance().media_file_mgr.add
        thread = threading.Thread(target=keep, args=(data, mime, f"download {label}", name, True))
        add_script_run_ctx(thread, visitor).start()
        thread.join()
        return data

    st.download_button(label, written, name, mime, on_click="ignore", **look)
