"""The history: entries in order and with a source, a finding that follows from their dates, charts of any choice."""

import pytest

from core.checks import InputError
from core.studies import history
from core.studies.contract import CAVEATS, FAILS, HOLDS
from pages.figures import history as figures


def shown(**changes):
    return [*history.run(history.Settings(**changes))][-1]


def test_every_entry_has_a_source_and_they_are_in_order():
    years = [each.year for each in history.TIMELINE]
    assert years == sorted(years)
    assert {"Rosenblatt", "Widrow & Hoff", "Speelpenning"} <= {each.who for each in history.TIMELINE}
    assert all(each.who and each.what and each.source for each in history.TIMELINE)
    assert {each.thread for each in history.TIMELINE} == set(history.THREADS)
    assert {each.reading for each in history.TIMELINE} == {"", *history.READINGS}
    assert {each.contested for each in history.TIMELINE} <= {"", *history.READINGS}


def test_the_finding_follows_from_the_dates(monkeypatch):
    (found,) = history.findings(shown())
    assert (found.number, found.outcome, found.answer) == (43, CAVEATS, "1960s")
    assert "idea 1960 (Kelley)" in found.sentence
    assert "Contested: Werbos 1974 for networks." in found.sentence
    assert [each.value for each in found.evidence.values()] == [10, 0, 3, 7]  # years outside the decade
    moved = {"idea": 1971, "networks": 1972, "popular": 1979}
    all_in = [each._replace(year=moved.get(each.reading, each.year)) for each in history.TIMELINE]
    monkeypatch.setattr(history, "TIMELINE", all_in)
    assert history.findings(shown())[0].outcome == HOLDS
    assert history.findings(shown())[0].answer == "1970s"
    monkeypatch.setattr(history, "TIMELINE", [each._replace(year=each.year + 200) for each in all_in])
    assert history.findings(shown())[0].outcome == FAILS


def test_settings_choose_what_is_shown_and_not_what_is_judged():
    result = shown(threads=("networks",), first=1980, last=1990)
    assert {each.who for each in result.entries} >= {"Werbos", "Parker"}
    assert all(1980 <= each.year <= 1990 for each in result.entries)
    assert len(history.table(result)) == len(result.entries)
    assert len(history.curves(result)) == len(history.TIMELINE)
    assert history.findings(result) == history.findings(shown())
    with pytest.raises(InputError):
        history.Settings(threads=("cooking",))


@pytest.mark.parametrize("draw", [figures.timeline, figures.readings], ids=lambda draw: draw.__name__)
def test_charts_of_much_and_of_nothing(draw):
    assert draw(shown()).data
    nothing = draw(shown(first=2025, last=1840))
    assert nothing.data or nothing.layout["annotations"][0]["text"]
