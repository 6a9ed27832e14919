"""The end of a page: nothing of it may get lost on its way to the browser."""

import asyncio
import contextlib
import threading

from streamlit import runtime

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
