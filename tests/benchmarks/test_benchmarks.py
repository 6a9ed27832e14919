"""The benchmark counts, judges and times as it says; how fast anything is, no test says."""

from collections import Counter
from itertools import count

import numpy as np
import pytest

from tests.benchmarks import anatomy, clock, contestants, scaling, steps
from tests.benchmarks.report import Section, Target

SIZES = [2, 4, 3]


def test_a_target_is_judged_by_what_was_reached():
    def verdict(reached, at_most):
        return Target("", "", 1, 1.5, reached, at_most).verdict

    assert [verdict(x, True) for x in (1.4, 1.5, 1.501, None)] == ["met", "met", "missed", "not measured"]
    assert [verdict(x, False) for x in (1.4, 1.5, 1.501, None)] == ["missed", "met", "met", "not measured"]


def test_a_section_is_a_table_of_markdown():
    lines = str(Section("Title", "How.", ["net", "us"], [["2-8-2", 1234.5], ["a", None]])).splitlines()
    assert lines == [
        "## Title", "", "How.", "", "|   net |    us |", "| ----: | ----: |", "| 2-8-2 | 1,234 |", "|     a |     - |"
    ]  # fmt: skip


def test_a_race_keeps_the_fastest_slice(monkeypatch):
    now, costs = [0.0], {"steady": iter(lambda: 2e-2, None), "noisy": (1e-2 * (1 + k % 5) for k in count())}
    monkeypatch.setattr(clock.time, "process_time", lambda: now[0])

    def work(name):
        now[0] += next(costs[name])

    best = clock.race({name: lambda name=name: work(name) for name in costs}, rounds=10)
    assert best == pytest.approx({"steady": 20_000, "noisy": 10_000})


def test_arrays_report_each_numpy_call_on_them(monkeypatch):
    seen = Counter()
    monkeypatch.setattr(anatomy.Seen, "report", staticmethod(lambda name, size: seen.update([(name, size)])), False)
    a = np.zeros((2, 3)).view(anatomy.Seen)
    b = np.empty_like(a)
    np.multiply(a, 2, out=b)
    b += 1
    b[0] = a[1] + 1
    total = np.take(np.sqrt(a + b), [0, 1], axis=0).sum()
    assert total == pytest.approx(3 + 3)
    expected = {("empty_like", 6): 1, ("multiply", 6): 1, ("add", 6): 3, ("add", 3): 1, ("copyto", 3): 1}
    assert seen == Counter(expected | {("sqrt", 6): 1, ("take", 6): 1})


@pytest.mark.parametrize("runs", [1, 3])
def test_the_calls_of_an_update_are_those_of_backpropagation_and_adam(runs):
    number, elements = anatomy.calls(SIZES, 5, runs)
    assert set(number) <= set(anatomy.KINDS)
    assert number["products"] == 3 * 2 - 1  # forward, gradient, and back, save to the inputs
    assert number["gathering"] == 2  # inputs and targets
    assert elements["optimizer"] == number["optimizer"] * runs * ((2 + 1) * 4 + (4 + 1) * 3)


def test_every_part_has_a_share_of_the_time():
    shares = anatomy.shares(SIZES, 5, 3, updates=1, rounds=1)
    assert sum(shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in shares.values())


def test_the_exponent_of_a_power_is_found_with_its_interval():
    x = [1, 2, 4, 8, 16]
    assert scaling.slope_of(x, [3 * n**1.7 for n in x]) == pytest.approx((1.7, 0), abs=1e-6)
    slope, error = scaling.slope_of(x, [1, 2, 3, 9, 15])  # by hand: residuals over log 2
    assert slope - error < 1 < slope + error


def test_memory_that_grows_misses_its_target(monkeypatch):
    _, flat = scaling.memory((20, 40))
    assert {target.verdict for target in flat} == {"met"}
    kept = []
    monkeypatch.setattr(contestants, "trainer", lambda *_, **__: lambda: kept.append(np.zeros(1000)))
    _, growing = scaling.memory((20, 40))
    assert {target.verdict for target in growing} == {"missed"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of libraries that are not ours
def test_all_contestants_are_in_the_table_and_under_the_targets():
    times = steps.measured({"2-8-8-2": 4}, rounds=1)
    table = steps.section(times, steps.NETS)
    assert [row[2] for row in table.rows] == [1, 8, 64]
    for name, there in (("scikit-learn", True), ("torch", contestants.installed("torch"))):
        assert all((row[table.header.index(name)] is not None) == bool(there) for row in table.rows)
    found = times["2-8-8-2"]
    ratio = found[64]["with batches"] / min(found[1]["with batches"], found[8]["with batches"])
    (over,) = [target for target in steps.targets(times) if target.what == "64 runs / best of 1 and 8"]
    assert over.reached == table.rows[-1][table.header.index("64 / best")] == pytest.approx(ratio)
