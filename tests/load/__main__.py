"""Measure the app with many visitors, `python -m tests.load --pages depth --visitors 20`, over a long day, `--soak`, or
what a tick of a running page costs, `--ticks`.

Of several pages each visitor has the next one. Every visitor opens the page, which starts the default experiment;
pauses and goes on; waits for the end; changes the seed, and waits again. What all of them see in the end is compared
with what a visitor alone sees, digit by digit. Parts of a page on which two visitors alone disagree, such as times, are
left out of that.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np

from tests.load.client import Visitor
from tests.load.server import Server, serving

SEED = 1  # that visitors change to
GONE = 70.0  # seconds after which the server gives up a session that hung up
REST = 2.0  # seconds after which nothing more is at work
SETTLED = 20  # runs of a soak, after which memory should stand still

Results = list[dict[str, str]]  # of one visitor: of the default, and of the changed seed


@dataclass
class Day:
    """What a number of visitors measured: seconds to open a page and to answer each click, boards a second, faults."""

    opened: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    boards: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    results: list[tuple[str, Results]] = field(default_factory=list)  # with the page


async def visit(server: Server, page: str, day: Day) -> None:
    """One visitor's story."""
    async with Visitor(server.address, page) as visitor:
        try:
            day.opened.append(await visitor.open())
            started = time.perf_counter()
            await asyncio.sleep(1)
            for what in ("paused", "running"):
                if visitor.shows("button", f"{page} {what}"):  # unless it has ended before
                    day.answers.append(await visitor.press(what))
            await visitor.finish()
            await visitor.reveal()
            day.boards.append(visitor.boards / (time.perf_counter() - started))
            results = [visitor.results()]
            day.answers.append(await visitor.change("seed", SEED))
            await visitor.finish()
            day.results.append((page, [*results, visitor.results()]))
        except (TimeoutError, ConnectionError, StopIteration) as error:
            day.faults.append(f"{type(error).__name__}: {error}")
        day.faults += visitor.faults


async def crowd(server: Server, pages: list[str], visitors: int) -> tuple[Day, float]:
    """What so many visitors at once measured, and the most memory that the server had meanwhile, in MB."""
    day, most = Day(), 0.0
    visits = asyncio.gather(*(visit(server, page, day) for page in islice(cycle(pages), visitors)))
    while not visits.done():
        most = max(most, server.memory)
        await asyncio.sleep(0.1)
    await visits
    return day, most


def kept(first: Results, second: Results) -> Results:
    """The parts of two visitors' results on which they agree."""
    return [dict(a.items() & b.items()) for a, b in zip(first, second, strict=True)]


def differing(wanted: Results, found: Results) -> set[str]:
    """What a visitor saw otherwise than one alone."""
    return {
        f"{name}: {alone[name]} but {seen.get(name)}"
        for alone, seen in zip(wanted, found, strict=True)
        for name in alone
        if seen.get(name) != alone[name]
    }


def measure(pages: list[str], numbers: list[int]) -> Iterator[str]:
    """The table's lines, one for each number of visitors, all on one server."""
    yield "visitors | open p50 p95 | answer p50 p95 s | boards/s | memory before, peak, after MB | faults | as alone"
    with serving() as server:
        wanted = {}
        for page in pages:
            alone = [asyncio.run(crowd(server, [page], 1))[0].results[0][1] for _ in range(2)]
            wanted[page] = kept(*alone)
            parts, all_parts = (sum(map(len, each)) for each in (wanted[page], alone[0]))
            yield f"{parts} of {all_parts} parts of {page} are the same for two visitors alone"
        after = _settled(server, pages)
        for visitors in numbers:
            before, tracebacks = after, server.faults
            day, most = asyncio.run(crowd(server, pages, visitors))
            after = _settled(server, pages)
            others = [differing(wanted[page], results) for page, results in day.results]
            faults = len(day.faults) + server.faults - tracebacks
            times = [f"{q:.2f}" for each in (day.opened, day.answers) for q in np.percentile(each, [50, 95])]
            yield (
                f"{visitors:8} | {times[0]} {times[1]} | {times[2]} {times[3]} | {np.median(day.boards):.1f} | "
                f"{before:.0f} {most:.0f} {after:.0f} | {faults} | {others.count(set())} of {visitors}"
            )
            yield from sorted(set(day.faults) | {f"not as alone: {name}" for name in set().union(*others)})


def _settled(server: Server, pages: list[str]) -> float:
    """Memory in MB once all have gone: Streamlit forgets who left when the next one comes, and then it rests."""
    time.sleep(GONE)
    asyncio.run(crowd(server, pages, 1))
    time.sleep(2 * REST)
    return server.memory


async def soak(server: Server, page: str, query: str, runs: int) -> list[float]:
    """Memory in MB of the server at rest after the first run of one session, after SETTLED and after all of them.

    Each run has a seed of its own.
    """
    memory = []
    async with Visitor(server.address, page, query) as visitor:
        await visitor.open()
        for seed in range(runs):
            if seed:
                await visitor.change("seed", seed)
            await visitor.finish()
            if seed + 1 in (1, SETTLED, runs):
                await asyncio.sleep(2 * REST)
                memory.append(server.memory)
        assert not visitor.faults
    return memory


async def ticking(server: Server, page: str) -> str:
    """What a tick of the page's default run brings to one visitor, and what a picture of its first chart costs."""
    async with Visitor(server.address, page) as visitor:
        await visitor.open()
        began = server.work
        await visitor.until(lambda: visitor.ticks >= 20 or visitor.shows("button", f"{page} run"))
        ticks, pictures = max(visitor.ticks, 1), max(visitor.pictures, 1)
        return (
            f"{page:16} | {visitor.tick_messages / ticks:5.1f} | {visitor.tick_bytes / ticks / 1e3:6.1f} | "
            f"{visitor.pictures / ticks:4.1f} | {1e3 * (server.work - began) / pictures:5.0f}"
        )


@contextmanager
def said(text: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{text}, {time.perf_counter() - started:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--pages", nargs="+", default=["depth"])
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 5, 20, 50])
    parser.add_argument("--soak", type=int, metavar="RUNS", help="so many runs in one session on the first page")
    parser.add_argument("--ticks", action="store_true", help="what ticks and pictures of these pages cost")
    parser.add_argument("--query", default="steps=10&rate=same", help="settings of the soak")
    given = parser.parse_args()
    if given.ticks:
        print("page | messages a tick | kB a tick | pictures a tick | ms of the processor a picture, with its training")
        with serving() as server:
            asyncio.run(ticking(server, given.pages[0]))  # what a first visitor waits for
            for page in given.pages:
                print(asyncio.run(ticking(server, page)), flush=True)
        return
    if not given.soak:
        for line in measure(given.pages, given.visitors):
            print(line, flush=True)
        return
    page = given.pages[0]
    with serving() as server, said(f"{given.soak} runs of {page}?{given.query}"):
        memory = asyncio.run(soak(server, page, given.query, given.soak))
        print(f"MB after 1, {SETTLED} and all runs: {', '.join(f'{each:.0f}' for each in memory)}")


if __name__ == "__main__":
    main()
