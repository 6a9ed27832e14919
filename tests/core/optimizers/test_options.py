"""Options: whatever name and value somebody gives, it is taken, or refused in a sentence that names what is allowed."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.export.script import numpy_script, torch_script
from core.minimizers import MINIMIZERS
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.training import RunSettings, Trainer

KINDS = [*OPTIMIZERS.values(), *SCHEDULES.values(), *MINIMIZERS.values()]
NAMES = sorted({name for kind in KINDS for name in kind.declared()} | {"base_lr", "self", "typo", ""})
RUN = {"train": 8, "test": 4, "hidden": (2,), "steps": 3, "frames": 1}
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(10**400)
anything = plain | st.lists(plain, max_size=3) | st.lists(st.lists(st.floats(), max_size=2), max_size=2)


def given_names(values):
    return st.dictionaries(st.sampled_from(NAMES), values, max_size=3)


def refused(make, *arguments, names=()):
    """Call `make`, which may refuse one of the names in one sentence."""
    try:
        make(*arguments)
    except InputError as refusal:
        sentence = str(refusal)
        assert "\n" not in sentence
        assert len(sentence) > 10
        assert not names or any(name in sentence for name in names)


def build(kind, options):
    return kind(0.1, **options) if kind in SCHEDULES.values() else kind(**options)


@given(st.sampled_from(KINDS), given_names(anything))
@settings(max_examples=300, derandomize=True)
def test_any_option_is_taken_or_refused_by_name(kind, options):
    refused(build, kind, options, names=[*options, *kind.declared()])


@given(
    st.sampled_from(list(OPTIMIZERS)),
    st.sampled_from(list(SCHEDULES)),
    st.lists(given_names(plain), min_size=1, max_size=2),
    given_names(plain),
)
@example("adam", "constant", [{"beta1": 0.5, "eps": 0.0}, {"eps": 0.1, "beta1": 0.9}], {})
@example("adam", "constant", [{"beta1": 0.5}, {"eps": 0.1}], {})
@example("rmsprop", "constant", [{"centered": 1.5}], {})
@example("adam", "step", [{"lr": 0.5}], {})
@example("adam", "one_cycle", [{}], {"total_steps": 10**400})
@settings(max_examples=300, derandomize=True, deadline=None)
def test_any_run_is_trained_and_written_or_refused_in_a_sentence(optimizer, schedule, hypers, schedule_hyper):
    common = RUN | {"optimizer": optimizer, "schedule": schedule, "schedule_hyper": schedule_hyper}
    runs = [RunSettings(**common, hyper=hyper) for hyper in hypers]

    def train():
        trainer = Trainer(runs)
        trainer.update()
        trainer.change(runs)

    refused(train)
    for script in (numpy_script, torch_script):
        refused(script, runs[0])


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name_is_answered_with_the_nearest_and_all_that_are_allowed(kind):
    for name in kind.options():
        with pytest.raises(InputError) as refusal:
            build(kind, {f"{name}_": 1})
        assert f"has no '{name}_', only {', '.join(kind.options())} (did you mean" in str(refusal.value)


@pytest.mark.parametrize("name", SCHEDULES)
def test_what_a_schedule_needs_is_asked_for(name):
    needed = [each for each, option in SCHEDULES[name].options().items() if option.default is ...]
    if needed:
        with pytest.raises(InputError, match=f"{needed[0]} is missing, but {SCHEDULES[name].__name__} needs it"):
            SCHEDULES[name](0.1)


def test_a_stack_varies_numbers_and_no_switches():
    run = RunSettings(**RUN, optimizer="rmsprop", hyper={"alpha": 0.9, "momentum": 0.5})
    other = run.replace(hyper={"momentum": 0.1, "alpha": 0.5})
    assert Trainer([run, other]).rule.hyper["alpha"].tolist() == [[0.9], [0.5]]
    for changes in ({"centered": True}, {"alpha": 0.9}, {"alpha": 0.9, "momentum": True}):
        with pytest.raises(InputError, match="same structure"):
            Trainer([run, run.replace(hyper=changes)])
        with pytest.raises(InputError, match="same structure"):
            Trainer([run, other]).change([run, run.replace(hyper=changes)])
