"""What a page makes, to its end and to the files taken from it, may not get lost on its way to the browser."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

PATIENCE = 10.0  # seconds, which only a server in trouble needs


def delivered() -> None:
    """Wait until the server has taken in what this run of the script has made.

    A late tick of the page before may begin a run of its own as soon as this one ends. From then on Streamlit ignores
    what it has not yet taken in of this one, and half a page would stand there for good.
    """
    if not runtime.exists():
        return
    taken_in = threading.Event()
    with contextlib.suppress(AttributeError):  # the server's loop has no public name
        loop = runtime.get_instance()._get_async_objs().eventloop
        if isinstance(loop, asyncio.AbstractEventLoop):  # Streamlit's tests of pages have none
            loop.call_soon_threadsafe(taken_in.set)
            taken_in.wait(PATIENCE)


def download(label: str, make: Callable[[], str | bytes], name: str, mime: str, **look: Any) -> None:
    """A button for a file that is written once somebody presses it.

    By itself Streamlit forgets such a file after two more runs of anybody's page, which among a class is sooner than
    the browser asks for it. So it is kept among the files of the visitor's page.
    """
    visitor = get_script_run_ctx()

    def written() -> bytes:
        made = make()
        data = made.encode() if isinstance(made, str) else made
        keep = runtime.get_instance().media_file_mgr.add
        thread = threading.Thread(target=keep, args=(data, mime, f"download {label}", name, True))
        add_script_run_ctx(thread, visitor).start()
        thread.join()
        return data

    st.download_button(label, written, name, mime, on_click="ignore", **look)
