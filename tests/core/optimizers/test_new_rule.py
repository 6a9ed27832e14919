"""A new rule is one class: the example of CONTRIBUTING.md passes the tests of all rules and is written as a script."""

import re
from pathlib import Path

import pytest
import test_exports
import test_optimizer_promises as promises

from core.checks import InputError
from core.export.files import numpy_script, torch_script
from core.optimizers import OPTIMIZERS, base, descent, options, scripts
from core.settings import extra
from core.training import RunSettings
from pages.figures.common.formulas import behind

SOURCE = re.search(r"```python\n(class QHM.*?)```", Path("CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)[1]
PROMISES = [
    promises.test_reaches_the_minimum_of_a_parabola_and_of_rosenbrock,
    promises.test_zero_gradient_moves_nothing,
    promises.test_saved_after_20_steps_the_next_20_are_the_same,
    promises.test_allocates_nothing_of_the_size_of_the_stack,
    promises.test_gradients_are_only_read,
    promises.test_learning_rate_is_checked_between_steps,
]


@pytest.fixture
def rule(monkeypatch):
    """The class, entered where the file that holds it would enter it."""
    names: dict = {}
    exec(SOURCE, vars(descent) | vars(base) | vars(options) | vars(scripts), names)
    monkeypatch.setitem(OPTIMIZERS, "qhm", names["QHM"])
    monkeypatch.setitem(extra(RunSettings.model_fields["optimizer"]), "options", list(OPTIMIZERS))
    return names["QHM"]


@pytest.mark.parametrize("promise", PROMISES)
def test_it_keeps_the_promises_of_all_rules(rule, promise):
    promise("qhm")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_its_stack_equals_its_runs_alone(rule, dtype):
    promises.test_a_stack_equals_its_runs_alone_bitwise("qhm", dtype)


def test_its_script_prints_its_losses_and_torch_writes_it_out(rule):
    run = test_exports.QUICK.replace(optimizer="qhm", hyper={"nu": 0.5})
    test_exports.agree(numpy_script(run), run, 1e-12)
    assert "x -= lr * (nu * m + (1 - nu) * g)" in torch_script(run)


def test_its_formula_is_shown(rule):
    assert "(ν m + (1-ν) g)" in behind(RunSettings(optimizer="qhm"))


def test_what_it_does_not_declare_has_a_default(rule):
    assert (rule.label, rule.color, rule.usual_rate) == ("QHM", None, base.Optimizer.usual_rate)


def test_a_rule_derived_from_it_needs_a_script_of_its_own(rule):
    class Derived(rule):
        nu = options.share(0.5)

    assert (Derived.label, Derived.script, list(Derived.options())) == ("Derived", None, ["lr", "beta1", "nu"])


def test_without_a_script_it_is_refused_in_a_sentence(rule, monkeypatch):
    monkeypatch.setattr(rule, "script", None)
    for make in (numpy_script, torch_script):
        with pytest.raises(InputError, match="optimizer is qhm, which has no script: nothing declares how"):
            make(test_exports.QUICK.replace(optimizer="qhm"))
