"""What the page of sweeps has besides its charts, in a session without a browser."""

import json
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.sweep_settings import SweepSettings

ROOT = Path(__file__).parents[1]
QUICK = {"steps": "20", "rates": "2", "optimizers": "sgd,adam", "activations": "relu,tanh", "layers": "1"}


@pytest.fixture(scope="module")
def finished():
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    at.switch_page("pages/sweeps.py")
    for name, text in QUICK.items():
        at.query_params[name] = text
    at.run()
    while at.session_state["sweeps"].status == "running":
        at.run()
    assert not at.exception
    return at


def shown(at: AppTest) -> dict:
    """The figure of the map of any two settings."""
    (*_, board) = at.get("bidi_component")
    return json.loads(json.loads(board.proto.json)["panels"][0]["figure"])


def test_the_map_follows_the_two_settings_chosen(finished):
    finished.selectbox(key="sweeps across").set_value("optimizer").run()
    finished.selectbox(key="sweeps down").set_value("activation").run()
    assert not finished.exception
    (cells,) = shown(finished)["data"]
    assert cells["x"] == ["sgd", "adam"]
    assert cells["y"] == ["ReLU", "tanh"]


def test_every_point_shown_has_a_link_to_the_playground(finished):
    links = finished.dataframe[0].value["link"]
    assert len(links) == 8
    assert len(set(links)) == 8
    assert all("/playground?dataset=moons" in link for link in links)


def test_the_settings_shown_are_those_of_the_command(finished):
    (code,) = (block.value for block in finished.code if "[axes]" in block.value)
    assert SweepSettings(**tomllib.loads(code)) == finished.session_state["sweeps"].result.sweep.settings
