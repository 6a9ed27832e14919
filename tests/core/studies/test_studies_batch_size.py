"""Batch sizes reproduce the regimes of Shallue et al. 2019, and a gradient may be divided among workers."""

import time
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.studies import batch_size
from core.studies import timing as clock
from core.studies.batch_size import study
from core.studies.batch_size.findings import _fastest, _parallel, _regimes
from core.studies.contract import TOO_CLOSE
from pages.figures import batch_size as figures

FIGURES = [figures.updates, figures.loss, figures.price, figures.cost, figures.rates, figures.shards]
SMALL = batch_size.Settings(samples=64, factor=8, width=4, target=2.0, more=10, epochs=0.5, most=50)


def last_of(settings):
    return [*batch_size.run(settings)][-1]


@pytest.fixture(scope="module")
def last():
    return last_of(batch_size.Settings(factor=4))


def test_the_regimes_of_shallue(last):
    labels = list(last.sizes)
    assert [int(label) for label in labels] == [1, 4, 16, 64, 256, 512]
    assert last.reached() == labels
    first, end = (study.slope(last, which).mean() for which in (labels[:2], labels[-2:]))
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
    affects, parallel, regimes, fastest = batch_size.findings(last)
    assert [affects.number, parallel.number, regimes.number, fastest.number] == [46, 24, 0, 0]
    assert (affects.outcome, parallel.outcome) == ("holds", "holds with caveats")
    assert "batches of 1 take" in affects.sentence
    assert regimes.outcome in ("holds", "holds with caveats")
    assert fastest.answer != "one sample"


def test_shards_that_disagree_change_the_finding(last):
    wrong = batch_size.Result(last.settings, shards={2: np.array([1e-3])}, cut=np.array([0.0]))
    assert _parallel(wrong).outcome == "does not hold"
    assert "by up to 0.001 of the largest entry" in _parallel(wrong).sentence
    wrong.shards, wrong.cut = {2: np.array([1e-16])}, np.array([0.1])
    assert _parallel(wrong).outcome == "holds"


def test_sizes_that_all_take_as_many_updates_show_no_regimes(last, monkeypatch):
    monkeypatch.setattr(study.Result, "steps", lambda self, label: np.full(5, 100.0))
    assert _regimes(last).outcome == "does not hold"
    assert "did not detectably save less and less" in _regimes(last).sentence


def test_a_target_out_of_reach_decides_nothing():
    last = last_of(SMALL.replace(target=0.01))
    affects, _, regimes, fastest = batch_size.findings(last)
    assert {each.outcome for each in (affects, regimes, fastest)} == {"not decided by this run"}
    assert {each.sentence for each in (affects, fastest)} == {
        f"Every seed reached the target at 0 of {len(last.sizes)} sizes only: it takes more updates or a higher target."
    }
    assert fastest.answer == TOO_CLOSE
    assert batch_size.table(last)["ms to target"].isna().all()
    assert all(draw(last).data for draw in FIGURES)


def test_the_standing_names_all_sizes_that_take_about_the_least_time(last):
    factors = dict(zip(last.reached(), [1.0, 1.3, 1.1, *[2.0] * 9], strict=False))
    sizes = {
        label: replace(last.sizes[label], seconds=np.full(3, factor) / last.steps(label).mean())
        for label, factor in factors.items()
    }
    first, _, third, *_ = last.reached()
    assert f"least time, 1,000 ms, at batches of {first} or {third};" in figures.standing(replace(last, sizes=sizes))


def test_only_a_clear_winner_wins(last):
    def answer(first):
        """Where the first size takes so many seconds in each measurement, and every other takes one."""
        times = {label: first if label == last.reached()[0] else np.ones(3) for label in last.reached()}
        sizes = {
            label: replace(last.sizes[label], seconds=np.array(each) / last.steps(label).mean())
            for label, each in times.items()
        }
        return _fastest(replace(last, sizes=sizes)).answer

    assert answer([0.25, 0.3, 0.3]) == "one sample"
    assert answer([0.25, 1.1, 1.1]) == TOO_CLOSE


def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    first, again, other = last_of(SMALL), last_of(SMALL), last_of(SMALL.replace(seed=50))
    timed = ["ms to target", "µs per update", "µs per sample"]
    assert batch_size.curves(first).equals(batch_size.curves(again))
    assert batch_size.table(first).drop(columns=timed).equals(batch_size.table(again).drop(columns=timed))
    assert _parallel(first) == _parallel(again)
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
    assert study.batch_sizes(512, 2) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert study.batch_sizes(100, 8) == [1, 8, 64, 100]


def test_a_setting_out_of_bounds_is_refused():
    with pytest.raises(InputError, match="factor is 1"):
        batch_size.Settings(factor=1)


def test_charts_draw_at_every_moment():
    for place, result in enumerate(batch_size.run(SMALL)):
        if place % 5 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)


def test_the_clock_makes_up_for_calls_that_were_disturbed():
    calls, waits = [], {3: 0.001, 8: 0.0}

    def work():
        calls.append(0)
        time.sleep(waits.get(len(calls), 0.008))  # by the eighth call the span is used up

    assert clock.seconds_of(work, 0.02) < 0.001


def test_the_clock_calls_slow_work_a_few_times_only():
    calls = []
    assert clock.seconds_of(lambda: calls.append(time.sleep(0.01))) >= 0.01
    assert len(calls) == 1 + clock.FEWEST


def test_the_middle_of_timings_is_covered_by_its_interval_and_not_moved_by_a_few(rng):
    found = [clock.middle(values) for values in rng.exponential(size=(1000, 25))]
    assert 0.94 <= np.mean([each.low <= np.log(2) <= each.high for each in found]) <= 0.98
    disturbed = clock.middle(np.array([2.0] * 18 + [500.0] * 7))
    assert (disturbed.mean, disturbed.low, disturbed.high, disturbed.pairs) == (2.0, 2.0, 2.0, 25)
    few = clock.middle(np.array([3.0, 1.0, 2.0]))
    assert (few.mean, few.low, few.high) == (2.0, 1.0, 3.0)
