"""A visitor without a browser: Streamlit's protocol over a websocket, with fragments that tick as they do in one."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

PATIENCE = 600.0  # seconds to wait for an answer before the server counts as hung
TIMES = re.compile(r"[\d.e+]+(?: \[[^]]*])? (?:µs|ms|s|times as long)\b")  # that the server measured
SILENCE = 1.0  # seconds without a word, after which nothing more comes


def panels(board: Any) -> list[dict[str, Any]]:
    """The charts of a board as the server sent them."""
    return json.loads(board.json or board.mixed.json).get("panels", [])


class Visitor:
    """One session on one page. What it sees is in `elements`: for each place of the page the newest element there.

    faults: what no visitor should see. ticks: runs of the live fragment so far. boards: states of the charts so far.
    tick_messages, tick_bytes: what came with those runs. pictures: figures of the first chart so far.
    """

    def __init__(self, address: str, page: str, query: str = ""):
        self.address, self.page, self.query = address, page, query
        self.elements: dict[tuple[int, ...], tuple[str, str, Any]] = {}  # place -> run, fragment, element
        self.blocks: dict[tuple[int, ...], str | None] = {}  # place -> kind of the block there
        self.figures: dict[str, str] = {}  # title of a chart -> plotly's JSON, of its newest picture
        self.boxes: set[str] = set()  # blocks that can be opened
        self.run, self.under_way = "", False  # the newest run of the script
        self.script = ""  # the server's name for the page, once it has said so
        self.faults: list[str] = []
        self.ticks = self.boards = self.tick_messages = self.tick_bytes = self.pictures = 0
        self.in_tick = False
        self.changed = asyncio.Event()  # set at the end of every run of the script
        self.timers: dict[str, asyncio.Task] = {}

    async def __aenter__(self) -> "Visitor":
        self.socket = await connect(
            f"ws://{self.address}/_stcore/stream", subprotocols=["streamlit"], max_size=None, compression=None
        )
        self.listener = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop_ticking()
        self.listener.cancel()
        await self.socket.close()

    async def open(self) -> float:
        """Ask for the page; returns the seconds until it was there whole."""
        return await self._ask(lambda: bool(self.widgets("button")))

    async def press(self, what: str) -> float:
        """Press a button of the frame by what it does, and wait until another stands in its place."""
        button = self.widget("button", f"{self.page} {what}")
        return await self._ask(lambda: button.id not in {each.id for each in self.widgets("button")}, button.id)

    async def change(self, setting: str, value: float) -> float:
        """Type a number into a setting's field, and wait until the link of the page has it."""
        widget = self.widget("number_input", f"{self.page}:{setting}")
        words = f"{setting}={value}"
        return await self._ask(
            lambda: any(words in each.default for each in self.widgets("text_input")), widget.id, value
        )

    async def reveal(self) -> None:
        """Ask to be shown the answer of a finished run, where the page keeps it back."""
        if self.shows("button", f"{self.page} show") and not self.widget("button", f"{self.page} show").disabled:
            button = self.widget("button", f"{self.page} show")
            await self._ask(lambda: self.widget("button", f"{self.page} show").disabled, button.id)

    async def file(self, box: str, label: str) -> str:
        """Open a box of files; returns the address where the browser is to fetch the one of this label."""
        (expander,) = (each for each in self.boxes if each.endswith(f"-{self.page} {box}"))
        message = self._rerun()
        message.rerun_script.widget_states.widgets.add(id=expander).bool_value = True
        await self.socket.send(message.SerializeToString())
        await self.until(lambda: label in {each.label for each in self.widgets("download_button")})
        (button,) = (each for each in self.widgets("download_button") if each.label == label)
        return f"http://{self.address}{button.url}"

    async def finish(self) -> None:
        """Wait until the experiment has ended and the page is drawn: a late tick may draw its charts once more."""
        await self.until(lambda: self.shows("button", f"{self.page} run") and bool(self.widgets("bidi_component")))
        while True:
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), SILENCE)
            except TimeoutError:
                if not self.under_way:
                    return

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until the page shows it, at the end of some run of the script."""
        async with asyncio.timeout(PATIENCE):
            while self.under_way or not seen():
                if self.listener.done():
                    raise ConnectionError(f"no more is heard of {self.page}") from self.listener.exception()
                self.changed.clear()
                await self.changed.wait()

    def widgets(self, kind: str) -> list[Any]:
        """All elements of a kind on the page, from top to bottom."""
        elements = [element for _, (_, _, element) in sorted(self.elements.items())]
        return [getattr(each, kind) for each in elements if each.WhichOneof("type") == kind]

    def shows(self, kind: str, key: str) -> bool:
        return any(each.id.endswith(f"-{key}") for each in self.widgets(kind))

    def widget(self, kind: str, key: str) -> Any:
        """The widget with this key, which is the end of its id."""
        return next(each for each in self.widgets(kind) if each.id.endswith(f"-{key}"))

    def results(self) -> dict[str, str]:
        """Every chart, table and text on the page by name: a hash of all its digits, or the text.

        Times that a text names are left out, and how many times as long one is as another.
        """
        titles = [panel["title"] for board in self.widgets("bidi_component") for panel in panels(board)]
        parts = {f"chart {title}": self.figures[title].encode() for title in titles}
        parts |= {
            f"table {n}": table.arrow_data.SerializeToString() for n, table in enumerate(self.widgets("dataframe"))
        }
        texts = {f"text {n}": TIMES.sub("", text.body) for n, text in enumerate(self.widgets("markdown"))}
        return {name: hashlib.sha256(content).hexdigest()[:16] for name, content in parts.items()} | texts

    async def _ask(self, seen: Callable[[], bool], widget: str = "", value: float | None = None) -> float:
        started = time.perf_counter()
        message = self._rerun()
        if widget:
            state = message.rerun_script.widget_states.widgets.add(id=widget)
            if value is None:
                state.trigger_value = True
            else:
                state.double_value = value
        await self.socket.send(message.SerializeToString())
        await self.until(seen)
        return time.perf_counter() - started

    def _rerun(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.page_name = "" if self.script else self.page
        message.rerun_script.page_script_hash = self.script
        message.rerun_script.query_string = self.query
        return message

    async def _listen(self) -> None:
        try:
            async for data in self.socket:
                message = ForwardMsg()
                message.ParseFromString(data)
                self._take(message)
                self.tick_messages += self.in_tick
                self.tick_bytes += self.in_tick * len(data)
        finally:
            self.changed.set()

    def _take(self, message: ForwardMsg) -> None:
        kind, run = message.WhichOneof("type"), message.metadata.run
        if kind == "new_session":
            self.run, self.under_way, self.in_tick = run.script_run_id, True, bool(run.fragment_ids)
            if not run.fragment_ids:
                self._stop_ticking()
        elif kind == "navigation":
            self.script = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._tick_every(message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_ticking(fragment)
        elif kind == "delta":
            self._place(tuple(message.metadata.delta_path), message.delta)
        elif kind == "page_not_found":
            self.faults.append(f"no page {self.page}")
        elif kind == "script_finished":
            self._finished(message)

    def _place(self, place: tuple[int, ...], delta: Any) -> None:
        """Put an element into its place; what was inside of what stood there goes, unless a like block takes over."""
        kind = delta.WhichOneof("type")
        if kind == "new_transient":  # shown with what stands there
            return
        block = delta.add_block.WhichOneof("type") if kind == "add_block" else None
        if block is None or self.blocks.get(place) != block:
            for inside in [each for each in self.elements if each[: len(place)] == place]:
                del self.elements[inside]
        self.blocks[place] = block
        if kind == "add_block":
            self.boxes |= {delta.add_block.id} if delta.add_block.id else set()
            return
        element = delta.new_element
        self.elements[place] = self.run, delta.fragment_id, element
        if element.WhichOneof("type") == "exception":
            self.faults.append(element.exception.message)
        elif element.WhichOneof("type") == "bidi_component" and panels(
            element.bidi_component
        ):  # a panel without a figure keeps the one before
            self.boards += 1
            first = next(iter(panels(element.bidi_component)), {"figure": None})
            if first["figure"] not in (None, self.figures.get(first["title"])):
                self.pictures += 1 + len(first.get("film", ()))
            self.figures |= {each["title"]: each["figure"] for each in panels(element.bidi_component) if each["figure"]}

    def _finished(self, message: ForwardMsg) -> None:
        """Take away what stands there from an earlier run, as a browser does, and wake up who waits."""
        run, self.under_way = message.metadata.run, False
        whole = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        self.ticks += bool(run.fragment_ids)
        if whole or message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            for place, (then, fragment, _) in list(self.elements.items()):
                if then != run.script_run_id and (whole or fragment in run.fragment_ids):
                    del self.elements[place]
        elif message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.faults.append("the script does not compile")
        self.changed.set()

    def _tick_every(self, seconds: float, fragment: str) -> None:
        async def tick() -> None:
            message = self._rerun()
            message.rerun_script.fragment_id, message.rerun_script.is_auto_rerun = fragment, True
            while True:
                await asyncio.sleep(seconds)
                await self.socket.send(message.SerializeToString())

        self._stop_ticking(fragment)
        self.timers[fragment] = asyncio.create_task(tick())

    def _stop_ticking(self, fragment: str | None = None) -> None:
        for each in [fragment] if fragment else list(self.timers):
            if each in self.timers:
                self.timers.pop(each).cancel()
