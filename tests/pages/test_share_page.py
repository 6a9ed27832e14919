"""The permanent link below a page, and how to cite it."""

import tomllib
from urllib.parse import parse_qs, urlsplit

import pytest
from visitor import ROOT, experiment, opened

from core.studies import STUDIES
from pages.ui.frame.ends import AUTHORS, VERSION, YEAR


@pytest.mark.usefixtures("short_ticks")
def test_the_permanent_link_names_version_seed_and_every_setting_and_restores_them():
    at = opened("depth", seeds="6")
    link = next(each.value for each in at.text_input if each.label == "Copy this address")
    query = {name: text[0] for name, text in parse_qs(urlsplit(link).query).items()}
    assert query.keys() == {"v", *STUDIES["depth"].Settings.model_fields}
    assert (query["v"], query["seed"], query["seeds"]) == (VERSION, "0", "6")
    assert len(link) < 2000
    again = opened("depth", **query)
    assert not again.warning
    assert experiment(again).settings == experiment(at).settings
    other = opened("depth", **query | {"v": "0.0.9 <b>"})
    assert [each.value for each in other.warning] == [
        f"This link was made with version 0.0.9 \\<b>, and this is {VERSION}\\: the numbers may differ."
    ]
    assert experiment(other).settings == experiment(at).settings


def test_the_citation_names_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {project['version']}" in lines
    assert f"license: {project['license']}" in lines
    assert f"  - name: {AUTHORS}" in lines
    assert any(line.startswith(f"date-released: {YEAR}-") for line in lines)
    assert project["version"] == VERSION
