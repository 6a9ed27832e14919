"""Two visitors at once, over the real protocol: each sees bitwise what he would see alone, and nothing of the other."""

import asyncio
import csv
import urllib.request

import pytest
from client import Visitor
from server import serving

pytestmark = pytest.mark.slow

QUICK = "steps=10&depths=1&initializers=kaiming"


@pytest.fixture(scope="module")
def server():
    with serving() as started:
        yield started


async def finished(server, query):
    """The visitor of a link, when his run has ended."""
    async with Visitor(server.address, "depth", query) as visitor:
        await visitor.open()
        await visitor.finish()
        await visitor.reveal()
        assert not visitor.faults
        return visitor


def together(server, *queries):
    """The visitors of these links at once."""

    async def all_of_them():
        return await asyncio.gather(*(finished(server, query) for query in queries))

    return asyncio.run(all_of_them())


def test_s6_s11_two_visitors_see_what_each_sees_alone(server):
    # settings that differ in the last digit only, and in a name inside of them
    queries = [f"{QUICK}&rate=same&lr=0.1", f"{QUICK}&rate=same&lr=0.1000001", f"{QUICK}&optimizer=adam"]
    alone = [together(server, query)[0].results() for query in queries]
    assert [visitor.results() for visitor in together(server, *queries)] == alone
    assert len({each["chart Does the deepest network still learn?"] for each in alone}) == len(queries)
    assert not server.faults


def test_s11_every_tick_of_a_class_brings_its_charts(server):
    """Ticks that take longer than the pause between them follow each other at once."""
    for visitor in together(server, *(f"steps=20&rate=same&seed={seed}" for seed in range(6))):
        assert visitor.ticks > 10
        assert visitor.boards >= visitor.ticks


def test_s16_a_file_waits_for_its_visitor_whatever_others_do_meanwhile(server):
    async def fetched():
        async with Visitor(server.address, "depth", f"{QUICK}&rate=same") as visitor:
            await visitor.open()
            await visitor.finish()
            await visitor.reveal()
            address = await visitor.file("files", "Table (CSV)")
            assert not visitor.faults
            async with Visitor(server.address, "depth", QUICK) as other:  # each run of his page clears away
                await other.open()
                for seed in (1, 2, 3):
                    await other.change("seed", seed)
            with urllib.request.urlopen(address) as answer:
                return answer.read().decode().splitlines()

    rows = list(csv.reader(asyncio.run(fetched())))
    assert len(rows) == 2  # one network
    assert len(rows[0]) == len(rows[1])
