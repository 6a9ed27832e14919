"""Clicks that Streamlit tells of twice, where another run of the page comes between."""

from threading import Lock
from types import SimpleNamespace
from unittest.mock import MagicMock

from pages.ui.frame import exhibits, notebook, own_data


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


def test_a_click_to_keep_or_to_draw_a_point_counts_once_too(monkeypatch):
    kept = {}
    session = {"depth": SimpleNamespace(lock=Lock())}
    monkeypatch.setattr(notebook, "st", SimpleNamespace(session_state=session))
    monkeypatch.setattr(notebook, "entries", lambda: kept)
    monkeypatch.setattr(notebook, "put", lambda entry: kept.update({entry: entry}))
    monkeypatch.setattr(notebook, "_offered", lambda *_: [])
    monkeypatch.setattr(notebook, "entry_of", lambda *_: f"entry {len(kept)}")
    for _ in range(2):
        notebook._keep(SimpleNamespace(key="depth"), None, True, "charts", "note", 0)
    assert list(kept) == ["entry 0"]

    told = {}
    page = MagicMock(session_state={"own points": [(0.0, 0.0, "a")]})
    page.segmented_control.return_value = "b"
    page.button.side_effect = lambda label, **how: told.update({label: how})
    monkeypatch.setattr(own_data, "st", page)
    own_data._clicked("own")
    add = page.plotly_chart.call_args.kwargs["on_select"]
    page.session_state["own canvas 1"] = SimpleNamespace(selection=SimpleNamespace(points=[{"x": 1, "y": 2}]))
    for _ in range(2):
        add()
    assert page.session_state["own points"] == [(0.0, 0.0, "a"), (1.0, 2.0, "b")]
    own_data._clicked("own")
    for _ in range(2):
        told["Undo"]["on_click"](*told["Undo"]["args"])
    assert page.session_state["own points"] == [(0.0, 0.0, "a")]
