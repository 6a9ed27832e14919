"""The trial's page: the article's outline with its claims, whose verdicts wait until the visitor has said or asked."""

import pytest
from visitor import experiment, finish, nobody_watching, opened

from core.studies import trial
from core.studies.claims import CLAIMS, RESULTS


@pytest.fixture
def veiled():
    with nobody_watching():
        yield finish(opened("trial", veiled=True))


def claims(at) -> list[str]:
    """What the outline says of each claim, in its order."""
    return [text.value for text in at.markdown if "." in text.value and text.value.split(".")[0].split()[-1].isdigit()]


def test_every_claim_has_its_place_and_no_verdict_before_the_visitor_has_said_what_to_expect(veiled):
    said = claims(veiled)
    numbers = [number for heading in trial.OUTLINE for number in heading.claims]
    assert [int(text.split(".")[0]) for text in said] == [*numbers, *RESULTS]  # which come last, apart
    assert not any("-badge[" in text.value or "hold," in text.value for text in veiled.markdown)
    headings = [text.value for text in veiled.markdown if text.value.startswith("##### ")]
    assert headings == [f"##### {heading.title}" for heading in trial.OUTLINE]
    assert len(veiled.get("page_link")) >= len(CLAIMS)


def test_a_verdict_has_a_word_and_a_shape_and_the_answer_counts_what_has_run(veiled):
    veiled.button_group(key="trial prediction").set_value("fewer than 14").run()
    said, result = claims(veiled), experiment(veiled).result
    assert any(":green-badge[✓ holds] 1." in text for text in said)
    waiting = sum("○ not tested yet" in text for text in said)
    assert waiting == trial.count(result)[trial.PENDING] + len(RESULTS) > len(RESULTS)
    assert f"**{trial.beyond(result)}**" in [text.value for text in veiled.markdown]
    assert f"### {trial.verdict(result)}" in [text.value for text in veiled.markdown]
    assert any("Counted from 1 of 14 experiments" in told.value for told in veiled.caption)
    assert not veiled.dataframe
    (measured,) = veiled.toggle
    measured.set_value(True).run()
    found = result.of(1)["question"].sentence.split("(")[0]
    assert any(found in text for text in claims(veiled))
