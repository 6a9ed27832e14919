"""The lessons of the playground: what each of them says happens, does happen, over several seeds."""

import numpy as np
import pytest

from core.checks import InputError
from core.playground.playground import Playground
from core.studies.playground.lessons import LESSONS, MEASURES
from core.studies.playground.study import Settings, compare, compared, differing

SEEDS = 5


def measured(lesson, seed, **changes) -> float:
    """The lesson's measure at the end of a run."""
    run = Playground(Settings(**lesson.start | changes, seed=seed, data_seed=seed))
    while not run.ended:
        run.update()
    return MEASURES[lesson.measure](run)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_the_solution_has_the_effect_that_the_lesson_teaches(lesson):
    """In the median over the seeds, so that the first three of five that show it decide."""
    moved = []
    for seed in range(SEEDS):
        moved.append((measured(lesson, seed, **lesson.change) - measured(lesson, seed)) / lesson.effect)
        if np.sum(np.array(moved) >= 1) > SEEDS / 2:
            return
    pytest.fail(f"moved by {moved} times the effect")


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_a_lesson_is_complete_and_fits_into_a_link(lesson):
    assert all(len(text) > 20 for text in (lesson.prediction, lesson.task, lesson.look, lesson.solution))
    assert lesson.title.endswith("?")
    settings = Settings(**lesson.start, lesson=next(name for name, each in LESSONS.items() if each is lesson))
    assert Settings.from_text(settings.to_text()) == (settings, [])


def both(pinned, now, seeds=5, epochs=3):
    return list(compare(pinned, now, seeds, epochs))[-1]


def test_equal_settings_make_no_difference_and_other_ones_a_detected_one():
    settings = Settings(samples=60, hidden=(3,), inputs=("x1_squared", "x2_squared"), lr=0.1)
    same = both(settings, settings, epochs=30)
    assert np.array_equal(same.losses[0], same.losses[1])
    assert compared(same).outcome == "does not hold"
    other = both(settings, settings.replace(lr=1e-6), epochs=30)
    assert (other.losses[1] > other.losses[0]).all()
    assert compared(other).outcome == "holds"
    assert differing(settings, settings.replace(lr=1e-6)) == {"lr": (0.1, 1e-6)}


def test_a_comparison_gives_each_seed_what_a_run_of_its_own_gives():
    settings = Settings(samples=60, hidden=(3,), lr=0.1, batch_size=10)
    result = both(settings, settings.replace(hidden=(2, 2)), epochs=2)
    for place, each in enumerate(result.pair):
        for seed, loss in enumerate(result.losses[place]):
            run = Playground(each.replace(seed=seed, data_seed=seed))
            run.epoch_()
            run.epoch_()
            assert run.present.test_loss[0] == pytest.approx(loss, rel=1e-12)


def test_pairs_of_which_one_diverged_are_left_out_and_counted():
    settings = Settings(dataset="wave", samples=60, hidden=(3,), activations=("relu",))
    finding = compared(both(settings, settings.replace(lr=100.0), epochs=5))
    assert "left out" in finding.sentence


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="loss"):
        both(Settings(dataset="wave"), Settings(dataset="wave", loss="softmax_cross_entropy"))
