"""The end of a page: nothing of it may get lost on its way to the browser."""

import contextlib
import threading

from streamlit import runtime

PATIENCE = 1.0  # seconds


def delivered() -> None:
    """Wait until the server has taken in what this run of the script has made.

    A late tick of the page before may begin a run of its own as soon as this one ends. From then on Streamlit ignores
    what it has not yet taken in of this one, and half a page would stand there for good.
    """
    if runtime.exists():
        taken_in = threading.Event()
        with contextlib.suppress(AttributeError):  # the server's loop has no public name
            runtime.get_instance()._get_async_objs().eventloop.call_soon_threadsafe(taken_in.set)
            taken_in.wait(PATIENCE)
