"""Looking again until a question is decided: how often that errs where there is nothing to find."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.statistics import confidence, paired
from core.studies import STUDIES, sure
from core.studies.contract import HOLDS, UNDECIDED, Quantity, Rule

RULE = Rule(
    0,
    "a difference",
    lambda evidence: HOLDS if evidence["lead"].low > 0 or evidence["lead"].high < 0 else UNDECIDED,
    {HOLDS: "{lead}", UNDECIDED: "{lead}"},
    key="lead",
)


class Drawn:
    """A study whose pairs are drawn at once: their mean difference is `shift`, in units of their spread."""

    def __init__(self, shift: float, seed: int):
        self.values, self.shift = np.random.default_rng(seed).standard_normal((2, sure.LOOKS[-1])), shift

    def run(self, settings):
        for progress in (0.5, 1.0):
            yield SimpleNamespace(settings=settings, progress=progress)

    def findings(self, result):
        first, second = self.values[:, : result.settings.seeds]
        return [RULE.find(Quantity.of("lead", paired(first + self.shift, second), "", "above", 0))]


class Seeds(SimpleNamespace):
    def replace(self, seeds):
        return Seeds(seeds=seeds)


def looked(shift, seed):
    """Pairs at the last look, and whether the question was decided then."""
    study = Drawn(shift, seed)
    first = SimpleNamespace(settings=Seeds(seeds=sure.LOOKS[0]))
    if not sure.open_still(study, first, "lead"):
        return sure.LOOKS[0], True
    *_, last = sure.make_sure(study, first.settings, "lead")
    return last.settings.seeds, not sure.open_still(study, last, "lead")


def test_it_errs_at_most_five_times_in_a_hundred_where_there_is_no_difference():
    wrong = sum(looked(0.0, seed)[1] for seed in range(2000))
    assert wrong <= 2000 * 0.05 + 3 * np.sqrt(2000 * 0.05 * 0.95)
    assert wrong >= 2000 * 0.02  # the looks are not much stricter than they have to be


def test_looks_at_the_usual_level_would_err_far_more_often():
    wrong = 0
    for seed in range(1000):
        study = Drawn(0.0, seed)
        with confidence(0.95):
            wrong += any(
                study.findings(SimpleNamespace(settings=Seeds(seeds=pairs)))[0].outcome == HOLDS for pairs in sure.LOOKS
            )
    assert wrong > 1000 * 0.08


@pytest.mark.parametrize(("shift", "pairs"), [(10.0, 5), (0.0, 40)])
def test_it_stops_as_soon_as_the_question_is_decided(shift, pairs):
    seed = next(seed for seed in range(100) if looked(shift, seed)[1] == (shift > 0))
    assert looked(shift, seed)[0] == pairs


def test_progress_is_that_of_all_looks_and_the_study_keeps_its_own():
    seen = [result.progress for result in sure.make_sure(Drawn(0.0, 1), Seeds(seeds=10), "lead")]
    assert seen == [0.25, 0.5, 0.75, 1.0, 1.0]


@pytest.mark.slow
def test_a_real_study_goes_on_with_the_pairs_that_it_had():
    study = STUDIES["depth"]
    settings = study.Settings(depths=(1, 2), steps=10, samples=40, rate="same", initializers=("xavier", "kaiming"))
    *_, few = study.run(settings)
    *_, many = sure.make_sure(study, settings, "initializer")
    label = next(iter(few.race.runs))
    final = many.race.final(label, "train_loss")
    assert len(final) in sure.LOOKS[1:]
    assert np.array_equal(final[:5], few.race.final(label, "train_loss"))
    assert sure.told(study, many, "initializer").startswith(f"Look {sure.LOOKS.index(len(final)) + 1} of 4, with")


def test_more_pairs_are_offered_only_where_the_question_hangs_on_them():
    study = Drawn(0.0, next(seed for seed in range(100) if looked(0.0, seed)[0] == sure.LOOKS[-1]))
    assert sure.open_still(study, SimpleNamespace(settings=Seeds(seeds=5)), "lead")
    trials = SimpleNamespace(findings=lambda result: Drawn.findings(study, SimpleNamespace(settings=Seeds(seeds=10))))
    assert not sure.open_still(trials, SimpleNamespace(settings=Seeds(seeds=5)), "lead")
