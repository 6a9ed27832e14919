"""The document on how claims are judged says what the rules say."""

import re
from pathlib import Path

from core.studies import __main__
from core.studies.claims import CLAIMS
from core.studies.contract import DECLARED, STUDIES
from core.studies.trial import HEARD

ROOT = Path(__file__).parents[3]


def test_the_document_is_the_one_that_the_rules_give(capsys):
    assert __main__.main(["--rules"]) == 0
    printed = capsys.readouterr().out
    kept = (ROOT / "docs/judged.md").read_text(encoding="utf-8")
    assert printed == kept, "out of date: python -m core.studies --rules > docs/judged.md"
    assert [int(each) for each in re.findall(r"^## (\d+)\.", kept, re.MULTILINE)] == list(DECLARED)
    rules = [rule for name in HEARD for rule in STUDIES[name].RULES if rule.claim in CLAIMS]
    assert kept.count("\n- **") == len(rules)
    assert all(rule.text in kept for name in HEARD for rule in STUDIES[name].RULES if rule.claim)
