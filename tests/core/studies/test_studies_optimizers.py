"""The race of the optimizers: what its findings say, and that another result gives another outcome."""

from dataclasses import replace

import numpy as np
import pytest

from core.studies import optimizers
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.studies.optimizers import EQUAL
from core.studies.race import Race
from pages.figures import optimizers as figures

SMALL = optimizers.Settings(layers=1, width=6, epochs=8, rate="same", lr=0.3, seeds=5)
DRAWN = [figures.loss, figures.score, figures.surface, figures.maps]


@pytest.fixture(scope="module")
def last():
    return [*optimizers.run(SMALL)][-1]


class Doctored(Race):
    """A finished race in which some training losses go from `start` times these values (seeds,) to them."""

    def __init__(self, race: Race, ends: dict[str, list[float]], start: object = 2.0):
        self.__dict__ |= vars(race)
        self.ends, self.start = ends, np.asarray(start)

    def values(self, label, name):
        if name == "train_loss" and label in self.ends:
            return np.linspace(self.start * np.ones(5), np.ones(5), len(self.steps(label))) * self.ends[label]
        return super().values(label, name)


def doctored(last, start=2.0, **ends):
    """The result with these losses at the end, and in the tuning as well."""
    equal = {EQUAL: ends["batch"]} if "batch" in ends else {}
    tuning = dict(last.tuning)
    for label, losses in ends.items():
        winner = tuning[label].winner
        tuning[label] = replace(tuning[label], finals={winner: np.array(losses)})
    race, equal = Doctored(last.race, ends, start), Doctored(last.equal, equal, start)
    return replace(last, race=race, equal=equal, tuning=tuning)


def outcomes(result):
    return [each.outcome for each in optimizers.findings(result)]


def test_the_paths_grow_with_the_run_and_end_whole():
    steps = optimizers.run(optimizers.Settings(seeds=5, epochs=1))
    result = next(each for each in steps if len(each.paths) == len(each.settings.contestants))
    drawn = []
    for result.progress in (0.0, 0.3, 1.0):
        drawn.append([len(trace["x"]) for trace in figures.surface(result).data[1:]])
    early, later, whole = drawn
    assert early == [1] * len(whole)
    assert all(a <= b <= c for a, b, c in zip(early, later, whole, strict=True))
    assert sum(early) < sum(later) < sum(whole)


def test_every_finding_says_what_it_found(last):
    found = optimizers.findings(last)
    assert [each.number for each in found] == [18, 19, 20, 49, 50, 0, 0]
    assert all(each.sentence and each.claim for each in found)
    assert all(draw(last).data or draw(last).layout["annotations"] for draw in DRAWN)


def test_a_loss_of_0_has_no_factor(last):
    """Its pair is left out, without a warning."""
    *_, best, _ = optimizers.findings(doctored(last, adam=[0.0, 0.0, 1e-9, 1e-9, 1e-9]))
    assert {each.pairs for each in best.evidence.values()} == {3}
    assert best.sentence.startswith("adam")


def test_a_variant_that_does_not_learn_changes_the_finding(last):
    assert outcomes(last)[0] == HOLDS
    assert outcomes(doctored(last, start=0.5, batch=[0.5] * 5))[0] == FAILS
    assert outcomes(doctored(last, start=[0.5, 2, 1, 0.7, 1.5], batch=[0.5] * 5))[0] == UNDECIDED


def test_updates_and_epochs_to_the_target_decide_on_smaller_batches(last):
    target = last.settings.target
    fast, slow = [0.001 * target] * 5, [0.9 * target] * 5
    assert outcomes(doctored(last, batch=slow, mini_batch=slow))[1] == CAVEATS  # the more passes, the larger the batch
    never = optimizers.findings(doctored(last, batch=[9] * 5, mini_batch=[9] * 5))[1]
    assert (never.outcome, never.sentence[:26]) == (UNDECIDED, "Choose a target that mini-")
    late = optimizers.findings(doctored(last, batch=[9] * 5, mini_batch=slow))[1].sentence
    assert late.endswith("as many updates (5 of 10 runs did not get there and count at their end).")
    few = doctored(last, batch=[9] * 5, mini_batch=[9, 9, 9, 9, 0.9 * target])
    assert outcomes(few)[1] == UNDECIDED
    assert outcomes(doctored(last, start=1001, batch=fast, mini_batch=slow))[1] == FAILS
    easy = optimizers.findings(doctored(last, batch=fast, mini_batch=slow))[1]
    assert (easy.outcome, easy.sentence[-22:]) == (UNDECIDED, "choose a lower target.")


def test_the_losses_after_equal_passes_and_after_equal_updates_decide_on_convergence(last):
    for batch, mini, equal, outcome in (
        ([1] * 5, [0.5] * 5, [0.9] * 5, HOLDS),
        ([1] * 5, [0.5] * 5, [0.4] * 5, CAVEATS),
        ([0.5] * 5, [1] * 5, [0.4] * 5, FAILS),
        ([1] * 5, [0.5, 2, 1, 0.9, 1.1], [1] * 5, UNDECIDED),
    ):
        result = doctored(last, batch=batch, mini_batch=mini)
        result.equal.ends = {EQUAL: equal}
        assert outcomes(result)[4] == outcome


def test_the_price_of_a_pass_and_of_an_update_decides_on_the_cost(last):
    whole = last.contestants["batch"]
    for price, outcome in ((2.0, HOLDS), (0.5, CAVEATS), (0.1 / whole.samples, FAILS)):
        contestants = last.contestants | {
            "stochastic": replace(last.contestants["stochastic"], times=price * whole.times)
        }
        found = optimizers.findings(replace(last, contestants=contestants))[2]
        assert (found.number, found.outcome) == (20, outcome)


def test_two_losses_are_compared_only_where_they_can_be(last):
    assert optimizers.findings(last)[3].number == 49
    *_, numbers = optimizers.run(SMALL.replace(dataset="wave", epochs=1))
    assert optimizers.findings(numbers)[3].sentence == "Choose data with classes to compare the two losses."


@pytest.mark.parametrize(
    ("ends", "best", "kind", "answer"),
    [
        ({"adam": [1e-3] * 5, "rmsprop": [2e-3] * 5}, HOLDS, HOLDS, "one of the other rules"),
        ({"adam": [1e-3] * 5, "rmsprop": [1e-3] * 5}, UNDECIDED, HOLDS, "one of the other rules"),
        ({"mini_batch": [1e-3] * 5}, HOLDS, HOLDS, "mini-batch"),
        ({"mini_batch": [1e-3] * 5, "adam": [1e-3] * 5}, UNDECIDED, UNDECIDED, TOO_CLOSE),
    ],
)
def test_the_kind_that_ends_lowest_answers_the_prediction(last, ends, best, kind, answer):
    found = optimizers.findings(doctored(last, **ends))
    assert (found[5].outcome, found[6].outcome, found[6].answer) == (best, kind, answer)


def test_without_rivals_nothing_is_decided():
    *_, alone = optimizers.run(SMALL.replace(contestants=("adam",), epochs=1))
    found = optimizers.findings(alone)
    asked = [each for each in found if each.number != 49]  # which has a race of its own
    assert {each.outcome for each in asked} == {UNDECIDED}
    assert all(each.sentence.startswith("Choose ") for each in asked)
