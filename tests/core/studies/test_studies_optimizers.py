"""The race of the optimizers: what its findings say, and that another result gives another outcome."""

from dataclasses import replace

import numpy as np
import pytest

from core.studies import optimizers
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.studies.race import Race
from pages.figures import optimizers as figures

SMALL = optimizers.Settings(layers=1, width=6, epochs=8, rate="same", lr=0.3)
DRAWN = [figures.loss, figures.score, figures.tuning, figures.surface, figures.maps, figures.time_to_target]


@pytest.fixture(scope="module")
def last():
    return [*optimizers.run(SMALL)][-1]


class Doctored(Race):
    """A finished race in which some training losses fall from twice these values (seeds,) to them."""

    def __init__(self, race: Race, ends: dict[str, list[float]]):
        self.__dict__ |= vars(race)
        self.ends = ends

    def values(self, label, name):
        if name == "train_loss" and label in self.ends:
            return np.linspace(2, 1, len(self.steps(label)))[:, None] * self.ends[label]
        return super().values(label, name)


def doctored(last, **ends):
    return replace(last, race=Doctored(last.race, ends))


def outcomes(result):
    return [each.outcome for each in optimizers.findings(result)]


def test_every_finding_says_what_it_found(last):
    found = optimizers.findings(last)
    assert [each.number for each in found] == [18, 19, 20, 0, 0]
    assert all(each.sentence and each.claim for each in found)
    assert all(draw(last).data or draw(last).layout["annotations"] for draw in DRAWN)


def test_a_variant_that_does_not_learn_changes_the_finding(last):
    assert outcomes(last)[0] == HOLDS
    assert outcomes(doctored(last, batch=[-0.1, 0.1, -0.2, 0.2, 0.1]))[0] == FAILS


def test_updates_and_epochs_to_the_target_decide_on_smaller_batches(last):
    target = last.settings.target
    fast, slow = [0.3 * target] * 5, [0.9 * target] * 5
    assert outcomes(doctored(last, batch=slow, mini_batch=slow))[1] == CAVEATS  # as many epochs, but more updates
    assert outcomes(doctored(last, batch=[9] * 5, mini_batch=[9] * 5))[1] == UNDECIDED
    assert outcomes(doctored(last, batch=fast, mini_batch=slow))[1] == FAILS


def test_the_price_of_an_update_decides_on_its_cost(last):
    contestants = dict(last.contestants)
    contestants["stochastic"] = replace(contestants["stochastic"], microseconds=1e9)
    found = optimizers.findings(replace(last, contestants=contestants))[2]
    assert found.outcome == HOLDS
    assert "longer" in found.sentence


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
    assert (found[3].outcome, found[4].outcome, found[4].answer) == (best, kind, answer)


def test_without_rivals_nothing_is_decided():
    *_, alone = optimizers.run(SMALL.replace(contestants=("adam",), epochs=1))
    found = optimizers.findings(alone)
    assert {each.outcome for each in found} == {UNDECIDED}
    assert all(each.sentence.startswith("It takes") for each in found)
