"""The docket is whole, and every study is found with the claims that it decides."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.studies import STUDIES, claims_of
from core.studies.claims import CLAIMS

ROOT = Path(__file__).parents[3]


def test_there_are_48_claims_each_with_what_is_right_and_a_source():
    assert list(CLAIMS) == list(range(1, 49))
    assert all(part.strip() for claim in CLAIMS.values() for part in claim)
    assert len({claim.text for claim in CLAIMS.values()}) == 48


def test_every_module_that_runs_and_judges_is_a_study():
    texts = {path.stem: path.read_text() for path in (ROOT / "core/studies").glob("*.py")}
    assert {name for name, text in texts.items() if "\ndef verdicts(" in text and "\ndef run(" in text} == set(STUDIES)
    assert {"optimizers", "depth", "trial"} <= set(STUDIES)
    assert {"base", "kinks", "claims"}.isdisjoint(STUDIES)
    with pytest.raises(KeyError):
        STUDIES["base"]


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_keeps_the_protocol_and_decides_claims_of_the_docket(name):
    module = STUDIES[name]
    assert all(hasattr(module, part) for part in ("Settings", "run", "verdicts", "table", "curves"))
    assert claims_of(name) <= set(CLAIMS)
    assert module.Settings().seeds >= 5 if "seeds" in module.Settings.model_fields else True


def test_claims_are_read_from_the_study_and_its_helpers_and_nowhere_else():
    assert {18, 19, 20} <= claims_of("optimizers")
    assert {37, 38, 39, 40, 47} == claims_of("activations")  # 37 to 39 come from its helper
    assert claims_of("trial") == frozenset()


def test_listing_the_studies_imports_none_of_them():
    code = "import json, sys; from core.studies import STUDIES; list(STUDIES); print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not [name for name in json.loads(ran.stdout) if name.startswith("core.studies.")]
