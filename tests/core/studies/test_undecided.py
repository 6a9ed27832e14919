"""What settings leave open is said before anything is run, in the words that the finding has afterwards."""

import pytest

from core.studies import STUDIES
from core.studies.contract import UNDECIDED, undecided_by

OPEN = {
    "optimizers": {"contestants": ("adam",), "epochs": 1},
    "depth": {"depths": (1,), "initializers": ("kaiming",), "steps": 10, "samples": 40},
    "activations": {"activations": ("gelu",), "steps": 10, "depth": 3},
    "minima": {"widths": (2,), "trials": 10, "seeds": 5},
}


@pytest.mark.parametrize("name", OPEN)
def test_what_the_settings_leave_open_is_told_before_and_after(name):
    study = STUDIES[name]
    settings = study.Settings(**OPEN[name])
    told = undecided_by(study, settings)
    assert told
    *_, last = study.run(settings)
    found = {finding.sentence: finding.outcome for finding in study.findings(last)}
    assert {found[sentence] for sentence in told} == {UNDECIDED}


@pytest.mark.parametrize("name", STUDIES)
def test_the_defaults_leave_nothing_open(name):
    assert undecided_by(STUDIES[name], STUDIES[name].Settings()) == []
