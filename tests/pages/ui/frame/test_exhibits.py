"""What single pages show of their own."""

from threading import Lock
from types import SimpleNamespace

from pages.ui.frame import exhibits


def test_a_click_that_is_told_twice_begins_one_start(monkeypatch):
    experiment = SimpleNamespace(number=1, lock=Lock(), result=SimpleNamespace(tuning=True))
    offered = []
    page = SimpleNamespace(session_state={"minima": experiment}, button=lambda label, **how: offered.append(how))
    monkeypatch.setattr(exhibits, "st", page)
    monkeypatch.setattr(exhibits, "attempt", lambda result, number: number)
    for clicks in (2, 1):
        exhibits.another_start(experiment)
        for _ in range(clicks):
            offered[-1]["on_click"](*offered[-1]["args"])
    assert exhibits._tried() == [0, 1]
