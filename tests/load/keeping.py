"""Visitors who keep an experiment in their notebook and reopen it, `python -m tests.load.keeping --visitors 20`.

Every visitor opens a page, waits for its end, keeps it with its first chart, comes back in a new session to the
notebook, opens the entry, and makes the files to hand in. The browser's part, its store and the pictures it draws, is
played here.
"""

import argparse
import asyncio
import json
import time
from typing import Any

import numpy as np

from tests.load.client import Visitor
from tests.load.server import Server, serving

PAGE, QUERY = "depth", "steps=20&depths=1,3&initializers=kaiming&rate=same"
PICTURE = "data:image/png;base64,iVBORw0KGgo" + 80_000 * "A" + "="  # as large as that of a chart
STORE = "descent-lab-store component"


class Keeper(Visitor):
    """A visitor whose browser keeps texts: `kept` is what it holds, of this session and of earlier ones."""

    def __init__(self, address: str, page: str, kept: dict[str, tuple[str, dict[str, Any]]], query: str = ""):
        super().__init__(address, page, query)
        self.kept, self.done = kept, 0
        self.answered: set[str] = set()  # sessions of the server that know what is kept
        self.opened: set[str] = set()  # boxes

    def _finished(self, message: Any) -> None:
        """After every run of the script the store answers what it was asked."""
        super()._finished(message)
        stores = [each for each in self.widgets("bidi_component") if each.id.endswith(STORE)]
        if stores and (reply := self._replied(json.loads(stores[-1].json))):
            rerun = self._rerun()
            trigger = f"$$STREAMLIT_INTERNAL_KEY_{stores[-1].id}__events"
            state = rerun.rerun_script.widget_states.widgets.add(id=trigger)
            state.json_trigger_value = json.dumps([{"event": "answer", "value": reply}])
            self.under_way = True
            self.sending = asyncio.create_task(self.socket.send(rerun.SerializeToString()))

    def _replied(self, data: dict[str, Any]) -> dict[str, Any] | None:
        asked = [each for each in data["asked"] if each["number"] > self.done]
        fresh = data["session"] not in self.answered and self.kept
        if not asked and not fresh:
            return None
        self.answered.add(data["session"])
        texts = {}
        for each in asked:
            if each["what"] == "put":
                self.kept[each["name"]] = each["text"], each["about"]
            else:
                texts[each["name"]] = PICTURE if each["what"] == "draw" else self.kept[each["name"]][0]
            self.done = each["number"]
        index = [{"name": name, "about": about, "size": len(text)} for name, (text, about) in self.kept.items()]
        return {"session": data["session"], "done": self.done, "fault": "", "index": index, "texts": texts}

    def _rerun(self) -> Any:
        message = super()._rerun()
        for box in self.opened:
            message.rerun_script.widget_states.widgets.add(id=box).bool_value = True
        return message

    async def unfold(self, end: str, seen: Any) -> float:
        """Open the box whose name ends so, and wait until the page shows what is wanted."""
        self.opened |= {each for each in self.boxes if each.endswith(end)}
        return await self._ask(seen)

    def labels(self, kind: str) -> set[str]:
        return {each.label for each in self.widgets(kind)}

    async def click(self, label: str, seen: Any) -> float:
        """Press the button of this label, and wait until the page shows what is wanted."""
        button = next(each for each in self.widgets("button") if each.label == label)
        return await self._ask(seen, button.id)


async def visit(server: Server, opened: list[float], answers: list[float], faults: list[str]) -> None:
    """One visitor's story."""
    kept: dict[str, tuple[str, dict[str, Any]]] = {}
    async with Keeper(server.address, PAGE, kept, QUERY) as visitor:
        opened.append(await visitor.open())
        await visitor.finish()
        await visitor.reveal()
        answers.append(await visitor.unfold(f"-{PAGE} keeping", lambda: "Keep" in visitor.labels("button")))
        answers.append(await visitor.click("Keep", lambda: bool(kept)))
        faults += visitor.faults
    async with Keeper(server.address, "notebook", kept) as visitor:
        opened.append(await visitor.open())
        await visitor.until(lambda: "Make the files" in visitor.labels("button"))
        boards = visitor.boards
        answers.append(await visitor.unfold(" open", lambda: visitor.boards > boards))
        answers.append(await visitor.click("Make the files", lambda: len(visitor.widgets("download_button")) == 4))
        faults += visitor.faults


async def crowd(server: Server, visitors: int) -> str:
    """What so many visitors at once measured, in a line."""
    opened, answers, faults, most = list[float](), list[float](), list[str](), 0.0
    visits = asyncio.gather(*(visit(server, opened, answers, faults) for _ in range(visitors)))
    while not visits.done():
        most = max(most, server.memory)
        await asyncio.sleep(0.1)
    await visits
    times = [f"{q:.2f}" for each in (opened, answers) for q in np.percentile(each, [50, 95])]
    return f"{visitors:8} | {times[0]} {times[1]} | {times[2]} {times[3]} | {most:.0f} | {len(faults) + server.faults}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 20])
    print("visitors | open p50 p95 | answer p50 p95 s | memory at most MB | faults")
    with serving() as server:
        for visitors in parser.parse_args().visitors:
            started = time.perf_counter()
            print(asyncio.run(crowd(server, visitors)), f"  ({time.perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
