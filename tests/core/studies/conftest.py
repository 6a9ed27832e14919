"""Light runs of the studies, each made once and read by all tests that need its result."""

from functools import cache

import pytest

from core.settings import extra
from core.studies import STUDIES


def _light(study) -> dict:
    """A quarter of all that makes work, so that a run takes little time."""
    changes = {}
    for name, field in study.Settings.model_fields.items():
        declared, value = extra(field), field.default
        if declared.get("work") and isinstance(value, int | float) and name != "seeds":
            changes[name] = max(type(value)(declared["low"]), type(value)(value / 4))
    return changes


@cache
def _finished(name: str, dataset: str):
    study = STUDIES[name]
    changes = _light(study) | ({"dataset": dataset} if dataset else {})
    *_, result = study.run(study.Settings(**changes))
    return result


def _quick(name: str) -> str:
    """The data of the run that most tests share: small where the study takes any."""
    field = STUDIES[name].Settings.model_fields.get("dataset")
    return "moons" if field and "moons" in extra(field)["options"] else ""


@pytest.fixture(scope="session")
def finished():
    """finished(name, dataset="") -> the result of a light run, which no test may change."""
    return lambda name, dataset="": _finished(name, dataset or _quick(name))


@pytest.fixture(scope="session")
def light():
    """light(study) -> changes to its settings that leave a quarter of the work."""
    return _light
