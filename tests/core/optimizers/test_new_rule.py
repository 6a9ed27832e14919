"""A new rule is one class: the example of CONTRIBUTING.md passes the tests of all rules, and can be exported."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import test_exports
import test_optimizer_promises as promises

from core.export.script import numpy_script
from core.optimizers import OPTIMIZERS, base, options
from core.settings import extra
from core.training import RunSettings
from pages.figures.common.formulas import behind

CONTRIBUTING = Path("CONTRIBUTING.md").read_text(encoding="utf-8")
SOURCE = re.search(r"```python\n(class QHM.*?)```", CONTRIBUTING, re.DOTALL)[1]
PROMISES = [
    promises.test_reaches_the_minimum_of_a_parabola_and_of_rosenbrock,
    promises.test_zero_gradient_moves_nothing,
    promises.test_saved_after_20_steps_the_next_20_are_the_same,
    promises.test_allocates_nothing_of_the_size_of_the_stack,
    promises.test_gradients_are_only_read,
    promises.test_learning_rate_is_checked_between_steps,
]


@pytest.fixture
def rule(monkeypatch, tmp_path):
    """The class, in a file like the one that would hold it, and entered where that file would enter it."""
    imports = "".join(f"from core.optimizers.{name} import *\n" for name in ("base", "options"))
    (tmp_path / "qhm.py").write_text(f"import numpy as np\n{imports}\n\n{SOURCE}", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("qhm", tmp_path / "qhm.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "qhm", module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(OPTIMIZERS, "qhm", module.QHM)
    monkeypatch.setitem(extra(RunSettings.model_fields["optimizer"]), "options", list(OPTIMIZERS))
    return module.QHM


@pytest.mark.parametrize("promise", PROMISES)
def test_it_keeps_the_promises_of_all_rules(rule, promise):
    promise("qhm")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_its_stack_equals_its_runs_alone(rule, dtype):
    promises.test_a_stack_equals_its_runs_alone_bitwise("qhm", dtype)


def test_a_script_holds_it(rule):
    run = test_exports.QUICK.replace(optimizer="qhm", hyper={"nu": 0.5})
    test_exports.agree(numpy_script(run), run, 1e-12)


def test_its_formula_is_shown(rule):
    assert "(ν m + (1-ν) g)" in behind(RunSettings(optimizer="qhm"))


def test_what_it_does_not_declare_has_a_default(rule):
    assert (rule.label, rule.color, rule.usual_rate) == ("QHM", None, base.Optimizer.usual_rate)


def test_a_rule_derived_from_it_has_a_label_of_its_own(rule):
    class Derived(rule):
        nu = options.share(0.5)

    assert (Derived.label, list(Derived.options())) == ("Derived", ["lr", "beta1", "nu"])
