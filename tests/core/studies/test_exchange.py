"""Each pair of halves at work: the walk of the study, with the gradient behind each step."""

import numpy as np
import pytest

from core.checks import InputError
from core.data import stream
from core.gradients import GRADIENTS
from core.optimizers import OPTIMIZERS
from core.studies.question.exchange import RATE, SOURCES, USES, at_work, exchanged
from core.studies.question.matrix import CELLS, begin
from core.studies.question.study import Settings

SETTINGS = Settings()


def test_all_sources_and_uses_of_the_study_can_be_drawn():
    assert {(source, use) for source in SOURCES for use in USES} >= {*CELLS}
    assert {source for source, _ in CELLS} == {*SOURCES}
    assert {use for _, use in CELLS} == {*USES}


@pytest.mark.parametrize("source", [name for name in SOURCES if name != "none"])
@pytest.mark.parametrize("use", ["sgd", "momentum", "adam"])
def test_steps_are_those_of_the_rule_on_the_gradients_of_the_source(source, use):
    _, walk = begin(SETTINGS, 0)
    x, rng = walk.start.copy(), stream(0, CELLS.index((source, use)))
    rule = OPTIMIZERS[use](lr=RATE).init(x)
    for update in at_work(SETTINGS, (source, use)).updates:
        assert update.before == tuple(x)
        gradient = GRADIENTS[source](walk.problem, x, rng).grads
        assert update.gradients == tuple(gradient)
        rule.step(x, gradient)
        assert update.after == tuple(x)


def test_annealing_moves_without_a_gradient_and_nothing_moves_nothing():
    tried = at_work(SETTINGS, ("none", "annealing"))
    assert not any(update.gradients for update in tried.updates)
    assert any(update.before != update.after for update in tried.updates)
    for source in SOURCES:
        (update,) = at_work(SETTINGS, (source, "nothing")).updates
        assert update.before == update.after
        assert bool(update.gradients) == (source != "none")


def test_a_pair_that_does_not_go_together_is_refused():
    with pytest.raises(InputError, match="annealing asks for no gradient, so it does not go together with SPSA"):
        at_work(SETTINGS, ("spsa", "annealing"))
    with pytest.raises(InputError, match="SGD has nothing to follow, so it does not go together with no gradient"):
        at_work(SETTINGS, ("none", "sgd"))


SENTENCES = {
    (("backpropagation", "sgd"), ("forward_mode", "sgd")): ["the source", "gradient is the same", "step is the same"],
    (("backpropagation", "sgd"), ("backpropagation", "adam")): ["the use", "gradient is the same to the last bit"],
    (("backpropagation", "sgd"), ("spsa", "sgd")): ["the source", "gradient is different, by", "times its length"],
    (("backpropagation", "sgd"), ("none", "annealing")): ["the source and the use", "Only one of the two has"],
    (("none", "nothing"), ("none", "annealing")): ["the use", "Neither of the two has", "step is different."],
}


@pytest.mark.parametrize("pair", SENTENCES, ids=str)
def test_what_an_exchange_changed_is_said_from_the_numbers(pair):
    before, after = (at_work(SETTINGS, cell) for cell in pair)
    said = exchanged(before, after)
    assert all(part in said for part in SENTENCES[pair])
    steps = [np.subtract(each.updates[0].after, each.updates[0].before) for each in (before, after)]
    assert ("step is the same" in said) == np.allclose(*steps, rtol=1e-6, atol=1e-9)


def test_a_step_after_which_squares_overflow_is_still_shown():
    settings = Settings(seed=6797, dataset="wave", samples=50, layers=2, width=12, activation="selu")
    shown = at_work(settings, ("spsa", "sgd"))
    assert all(np.isfinite(each.activations).all() for each in shown.updates)
