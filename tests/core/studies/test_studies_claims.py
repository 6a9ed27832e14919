"""The docket is whole, and every study is found with the claims that it decides."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.studies import STUDIES
from core.studies.claims import CLAIMS
from core.studies.contract import DECLARED, claims_of

ROOT = Path(__file__).parents[3]


def test_there_are_48_claims_each_with_what_is_right_and_a_source():
    assert list(CLAIMS)[:48] == list(range(1, 49))
    assert all(part.strip() for claim in CLAIMS.values() for part in claim)
    assert len({claim.text for claim in CLAIMS.values()}) == len(CLAIMS)


def test_every_page_with_an_experiment_has_a_study_of_its_name():
    pages = {path.stem for path in (ROOT / "pages").glob("*.py") if "study=" in path.read_text()}
    assert pages == set(STUDIES)
    with pytest.raises(KeyError):
        STUDIES["base"]


def test_every_claim_is_decided_by_some_study():
    assert {number for study in STUDIES.values() for number in claims_of(study)} == set(DECLARED)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_keeps_the_protocol_and_decides_claims_of_the_docket(name):
    module = STUDIES[name]
    assert all(hasattr(module, part) for part in ("Settings", "RULES", "run", "findings", "table", "curves"))
    assert set(claims_of(module)) <= set(DECLARED)
    if "seeds" in module.Settings.model_fields and name != "trial":  # whose studies have their own
        assert module.Settings().seeds >= 5


def test_listing_the_studies_imports_none_of_them():
    code = "import json, sys; from core.studies import STUDIES; list(STUDIES); print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name for name in json.loads(ran.stdout) if name.startswith("core.studies.")}
    assert loaded == {f"core.studies.{name}" for name in ("claims", "contract", "wording")}
