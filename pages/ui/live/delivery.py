"""What a page makes may not get lost on its way to the browser."""

import asyncio
import contextlib

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

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
