"""Batch sizes reproduce the regimes of Shallue et al. 2019, and a gradient may be divided among workers."""

import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.studies import batch_size
from core.studies import timing as clock
from core.studies.batch_size import Result, Shared
from core.studies.contract import TOO_CLOSE
from pages.figures import batch_size as figures

FIGURES = [figures.updates, figures.price, figures.cost, figures.rates]
SMALL = batch_size.Settings(samples=64, factor=8, width=4, target=2.0, more=10, epochs=0.5, most=50)


def last_of(settings):
    return [*batch_size.run(settings)][-1]


@pytest.fixture(scope="module")
def last():
    return last_of(batch_size.Settings(factor=4))


def test_the_regimes_of_shallue(last):
    labels = list(last.sizes)
    assert [int(label) for label in labels] == [1, 4, 16, 64, 256, 512]
    assert last.reached(*labels) == labels
    first, end = (batch_size.slope(last, which).mean() for which in (labels[:2], labels[-2:]))
    assert -1.25 < first < -0.75
    assert -0.25 < end < 0.25
    steps = [last.steps(label).mean() for label in labels]
    assert steps[0] > 2.5 * steps[1] > 5 * steps[2]
    epochs = [last.epochs(label).mean() for label in labels]
    assert epochs[-1] > 4 * epochs[0]


def test_larger_batches_want_larger_rates_and_cost_less_a_sample(last):
    rates = [tuning.best for tuning in last.tuning.values()]
    assert rates[-1] >= 8 * rates[0]
    costs = [each.cost / each.samples for each in last.sizes.values()]
    assert costs[0] > 20 * costs[-1]


def test_the_findings(last):
    affects, parallel, speeds_up, regimes, fastest = batch_size.findings(last)
    assert [each.number for each in batch_size.findings(last)] == [46, 24, 55, 0, 0]
    assert (affects.outcome, parallel.outcome) == ("holds", "holds with caveats")
    assert "batches of 1 take" in affects.sentence
    assert regimes.outcome != "does not hold"
    assert fastest.answer != "one sample"
    assert speeds_up.outcome == "not decided by this run"  # no page starts processes
    assert "core.studies" in speeds_up.sentence


def taking(last, monkeypatch, times):
    """The result in which each size takes these seconds (seeds,) to the target: in the order of the sizes."""
    by_label = dict(zip(last.sizes, np.asarray(times, dtype=float), strict=True))
    monkeypatch.setattr(batch_size.Result, "seconds", lambda self, label: by_label[label])
    return last


NOISE = np.array([0.8, 0.9, 1.0, 1.1, 1.25])  # of seeds
EVEN, LONG = [[1.0] * 5] * 6, [10.0, 10.1, 9.9, 10.2, 9.8]


@pytest.mark.parametrize(
    ("first", "end", "outcome"),
    [
        (LONG, [1.0] * 5, "holds"),
        ([1.0] * 5, LONG, "holds"),
        (NOISE, NOISE[::-1], "not decided by this run"),
        ([1.0] * 5, [1.01, 0.99, 1.0, 1.02, 0.98], "does not hold"),
    ],
)
def test_whether_the_size_matters_follows_from_the_smallest_and_the_largest_over_the_middle(
    last, monkeypatch, first, end, outcome
):
    finding = Result._affects_time(taking(last, monkeypatch, [first, *EVEN[1:5], end]))
    assert finding.outcome == outcome
    assert "batches of 64" in finding.sentence  # the middle one of 1, 4, 16, 64, 256 and 512


def test_sizes_that_take_as_long_are_told_apart_at_most_once_in_twenty_times(last, monkeypatch):
    rng = np.random.default_rng(7)
    outcomes = [
        finding.outcome
        for _ in range(300)
        for draw in [np.exp(0.2 * rng.standard_normal((6, 5)))]
        for finding in (
            Result._affects_time(taking(last, monkeypatch, draw)),
            Result._fastest(taking(last, monkeypatch, draw)),
        )
    ]
    assert outcomes[::2].count("holds") <= 0.08 * 300  # 5 % and what chance adds to it
    assert outcomes[1::2].count("holds") <= 0.08 * 300


def test_shards_that_disagree_change_the_finding(last):
    wrong = batch_size.Result(last.settings, shards={2: np.array([1e-3])}, cut=np.array([0.0]))
    assert Result._parallel(wrong).outcome == "does not hold"
    assert "by up to 0.001 of the largest entry" in Result._parallel(wrong).sentence
    wrong.shards, wrong.cut = {2: np.array([1e-16])}, np.array([0.1])
    assert Result._parallel(wrong).outcome == "holds"


@pytest.mark.parametrize(
    ("alone", "together", "outcome"),
    [
        ((2.0, 2.0), (1.0, 1.0), "holds"),
        ((2.0, 1.0), (1.0, 2.0), "holds with caveats"),
        ((1.0, 1.0), (2.0, 2.0), "does not hold"),
        ((1.0, 1.0), (1.0, 1.0), "not decided by this run"),
    ],
)
def test_whether_processes_save_time_follows_from_their_times(last, alone, together, outcome):
    spread = np.linspace(0.95, 1.05, 10)
    shared = {
        name: Shared(a * spread, b * spread[::-1], 0.0, 1.0)
        for name, a, b in zip(batch_size.SIZES, alone, together, strict=True)
    }
    assert Result._speeds_up(replace(last, shared=shared)).outcome == outcome
    busy = {name: each._replace(granted=0.5) for name, each in shared.items()}
    told = "Other programs took 50\N{NO-BREAK SPACE}% of the cores during the measurement."
    assert Result._speeds_up(replace(last, shared=busy)).sentence == told


def test_parts_of_a_gradient_add_up_to_all_of_it_and_no_process_is_started_by_default():
    name = "a small network"
    params = batch_size._problem(name)[0].initial(np.random.default_rng(1), "kaiming")
    parts = [batch_size.part_of_gradient(name, params, k, 3)[0] for k in range(3)]
    whole = batch_size.part_of_gradient(name, params, 0, 1)[0]
    np.testing.assert_allclose(np.sum(parts, axis=0), whole, rtol=1e-10, atol=1e-15)
    assert not [*batch_size.measure()]


def test_two_processes_find_the_gradient_of_one(monkeypatch):
    small = {"a small network": batch_size.SIZES["a small network"]}
    monkeypatch.setattr(batch_size, "SIZES", small)
    monkeypatch.setattr(batch_size, "REPETITIONS", 2)
    with batch_size.processes(2):
        ((name, shared),) = batch_size.measure()
    assert name in small
    assert shared.difference < 1e-14
    assert len(shared.alone) == len(shared.together) == 2
    assert (shared.alone < shared.together).all()  # half a millisecond of work, and two processes to be told


def test_sizes_that_all_take_as_many_updates_show_no_regimes(last, monkeypatch):
    counts = dict(zip(last.sizes, np.random.default_rng(0).uniform(80, 120, (6, 5)), strict=True))
    monkeypatch.setattr(batch_size.Result, "steps", lambda self, label: counts[label])
    assert Result._regimes(last).outcome == "not decided by this run"
    assert "too close to tell" in Result._regimes(last).sentence
    scaling = {label: 10 / size.samples * counts[label] for label, size in last.sizes.items()}
    monkeypatch.setattr(batch_size.Result, "steps", lambda self, label: scaling[label])
    assert Result._regimes(last).outcome == "not decided by this run"  # halved everywhere: the slope stays
    floor = {label: 10 / min(size.samples, 16) * counts[label] for label, size in last.sizes.items()}
    monkeypatch.setattr(batch_size.Result, "steps", lambda self, label: floor[label])
    assert Result._regimes(last).outcome == "holds"


def test_a_target_out_of_reach_decides_nothing():
    last = last_of(SMALL.replace(target=0.01))
    affects, _, _, regimes, fastest = batch_size.findings(last)
    assert {each.outcome for each in (affects, regimes, fastest)} == {"not decided by this run"}
    assert affects.sentence == (
        "At 0 of the 3 sizes compared every seed reached the target, too few to compare: "
        "allow more updates or choose a higher target."
    )
    assert fastest.sentence.startswith("At 0 of the ")
    assert fastest.answer == TOO_CLOSE
    assert batch_size.table(last)["ms to target"].isna().all()
    assert all(draw(last).data for draw in FIGURES)


def test_only_a_clear_winner_wins(last, monkeypatch):
    def answer(first, others):
        """The size expected to be fastest takes these seconds (seeds,), and every other those."""
        favourite = min(last.sizes, key=last.expected)
        times = [first if label == favourite else others for label in last.sizes]
        return Result._fastest(taking(last, monkeypatch, times)).answer

    assert answer([0.25] * 5, [1.0, 1.1, 0.9, 1.0, 1.0]) in ("2 to 16", "more than 16")
    assert answer(NOISE, NOISE[::-1]) == TOO_CLOSE
    assert answer([1.0, 1.1, 0.9, 1.0, 1.0], [0.25] * 5) == TOO_CLOSE  # the expected one lost


def test_the_size_expected_to_be_fastest_is_chosen_by_other_seeds_and_other_timings(last):
    seeds = {run.seed for runs in last.trials.runs.values() for run in runs}
    assert not seeds & {run.seed for runs in last.race.runs.values() for run in runs}
    size = next(iter(last.sizes.values()))
    later = replace(size, seconds=np.array([1.0, 2, 3, 4, 5, 16, 17, 18, 19, 20]))
    assert (later.cost_to_choose_by, later.cost) == (1.0, 16.0)


@pytest.mark.slow
def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    first, again, other = last_of(SMALL), last_of(SMALL), last_of(SMALL.replace(seed=50))
    timed = ["ms to target", "µs per update", "µs per sample"]
    assert batch_size.curves(first).equals(batch_size.curves(again))
    assert batch_size.table(first).drop(columns=timed).equals(batch_size.table(again).drop(columns=timed))
    assert Result._parallel(first) == Result._parallel(again)
    assert not batch_size.curves(first).equals(batch_size.curves(other))


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "wave", "layers": 4, "activation": "gelu"},
        {"dataset": "iris", "samples": 1024, "factor": 2},
        {"dataset": "spirals", "samples": 32, "seeds": 20},
    ],
)
def test_it_runs_on_other_data_and_draws(changes):
    last = last_of(SMALL.replace(**changes))
    assert last.progress == 1
    assert all(finding.sentence and finding.answer for finding in batch_size.findings(last))
    assert len(batch_size.findings(last)) == len(batch_size.RULES)
    assert all(draw(last).data for draw in FIGURES)


def test_sizes_end_with_all_rows():
    assert batch_size.batch_sizes(512, 2) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert batch_size.batch_sizes(100, 8) == [1, 8, 64, 100]


def test_a_setting_out_of_bounds_is_refused():
    with pytest.raises(InputError, match="factor is 1"):
        batch_size.Settings(factor=1)


def test_charts_draw_at_every_moment():
    for place, result in enumerate(batch_size.run(SMALL)):
        if place % 5 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)


def test_the_clock_makes_up_for_calls_that_were_disturbed(monkeypatch):
    calls, waits, now = [], {3: 0.001, 8: 1e-6}, [0.0]
    monkeypatch.setattr(clock, "clock", lambda: now[0])

    def work():
        calls.append(0)
        now[0] += waits.get(len(calls), 0.008)  # by the eighth call the span is used up

    assert clock.seconds_of(work, 0.02) == pytest.approx(1e-6)


def test_the_clock_calls_slow_work_a_few_times_only(monkeypatch):
    calls, now = [], [0.0]
    monkeypatch.setattr(clock, "clock", lambda: now[0])

    def work():
        calls.append(0)
        now[0] += 0.01

    assert clock.seconds_of(work) == pytest.approx(0.01)
    assert len(calls) == 1 + clock.FEWEST


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts a thread's time in steps of 16 ms")
def test_the_clock_stands_still_while_others_have_the_processor():
    assert clock.seconds_of(lambda: time.sleep(0.02)) < 0.01


def test_the_middle_of_timings_is_covered_by_its_interval_and_not_moved_by_a_few(rng):
    found = [clock.middle(values) for values in rng.exponential(size=(1000, 25))]
    assert 0.94 <= np.mean([each.low <= np.log(2) <= each.high for each in found]) <= 0.98
    disturbed = clock.middle(np.array([2.0] * 18 + [500.0] * 7))
    assert (disturbed.mean, disturbed.low, disturbed.high, disturbed.pairs) == (2.0, 2.0, 2.0, 25)
    few = clock.middle(np.array([3.0, 1.0, 2.0]))
    assert (few.mean, few.low, few.high) == (2.0, 1.0, 3.0)


@pytest.mark.parametrize("edges", [(), (1,), (1, 4)])
def test_a_rate_at_the_edge_of_the_grid_is_marked_and_named(edges):
    sizes = {str(samples): SimpleNamespace(samples=samples) for samples in (1, 4)}
    tuning = {label: SimpleNamespace(best=0.1, at_edge=size.samples in edges) for label, size in sizes.items()}
    traces = figures.rates(SimpleNamespace(sizes=sizes, tuning=tuning)).data
    marked = [list(trace["x"]) for trace in traces if trace.get("name") == figures.EDGE]
    assert marked == ([list(edges)] if edges else [])


def test_the_noise_scale_is_that_of_the_gradients_of_single_samples(last):
    result = last
    middle = list(result.race.runs)[len(result.race.runs) // 2]
    run, params = result.race.runs[middle][0], result.race.params(middle)[0]
    network, data = result.race.network(middle), run.data()
    pairs = zip(data.X_train, data.y_train, strict=True)
    each = np.array([network.loss_and_gradient(params, x[None], [t])[1] for x, t in pairs])
    mean = each.mean(axis=0)
    assert result.noise[0] == pytest.approx(((each - mean) ** 2).sum(axis=1).mean() / (mean @ mean), rel=1e-6)
    assert f"noise scale of {np.median(result.noise):,.0f} samples" in figures.noise(result)
