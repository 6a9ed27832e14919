"""The trial's page: the article's outline with its claims, whose verdicts wait until the visitor has said or asked."""

from visitor import experiment, finish, nobody_watching, opened

from core.studies import trial
from core.studies.claims import CLAIMS, RESULTS


def claims(at) -> list[str]:
    """What the outline says of each claim, in its order."""
    return [text.value for text in at.markdown if "." in text.value and text.value.split(".")[0].split()[-1].isdigit()]


def test_every_claim_has_its_place_and_its_verdict_a_word_and_a_shape_once_the_visitor_has_said_what_to_expect():
    with nobody_watching():
        veiled = finish(opened("trial", veiled=True))
        _without_verdicts(veiled)
        _with_verdicts(veiled)


def _without_verdicts(veiled):
    said = claims(veiled)
    numbers = [number for heading in trial.OUTLINE for number in heading.claims]
    assert [int(text.split(".")[0]) for text in said] == [*numbers, *RESULTS]  # which come last, apart
    assert not any("-badge[" in text.value or "hold," in text.value for text in veiled.markdown)
    headings = [text.value for text in veiled.markdown if text.value.startswith("##### ")]
    assert headings == [f"##### {heading.title}" for heading in trial.OUTLINE]
    assert len(veiled.get("page_link")) >= len(CLAIMS)


def _with_verdicts(veiled):
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
