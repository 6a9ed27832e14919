"""What the page of sweeps has besides its charts, in a session without a browser."""

import tomllib

import pytest
import visitor
from streamlit.testing.v1 import AppTest
from visitor import charts, nobody_watching, unfold

from core.sweep.__main__ import read_work
from core.sweep.settings import SweepSettings

QUICK = {"steps": "20", "rates": "2", "optimizers": "sgd,adam", "activations": "relu,tanh", "layers": "1"}


def opened(**changes: str) -> AppTest:
    return visitor.opened("sweeps", **QUICK | changes)


def finish(at: AppTest) -> AppTest:
    with nobody_watching():
        visitor.finish(at)
    assert visitor.experiment(at).status == "finished"
    return at


def command(at: AppTest) -> str:
    """The settings that the page writes for the command."""
    unfold(at, "toml")
    (code,) = (block.value for block in at.code if "[axes]" in block.value)
    return code


@pytest.fixture(scope="module")
def finished():
    """The page after a run, which tests only read."""
    return finish(opened())


def test_the_map_follows_the_two_settings_chosen():
    at = finish(opened())
    at.selectbox(key="sweeps across").set_value("optimizer").run()
    at.selectbox(key="sweeps down").set_value("activation").run()
    assert not at.exception
    (cells,) = [*charts(at).values()][-1]["data"]
    assert list(cells["x"]) == ["sgd", "adam"]
    assert list(cells["y"]) == ["ReLU", "tanh"]


def test_every_point_shown_has_a_link_to_the_playground(finished):
    links = finished.dataframe[0].value["link"]
    assert len(links) == 8
    assert len(set(links)) == 8
    assert all("/playground?dataset=moons" in link for link in links)


def test_the_settings_shown_are_those_of_the_command(finished):
    assert SweepSettings(**tomllib.loads(command(finished))) == finished.session_state["sweeps"].result.sweep.settings


ROWS = [f"{x}\t{y}\t{'in' if x * x + y * y < 9 else 'out'}" for x in range(-4, 5) for y in range(-4, 5)]


def test_a_pasted_table_is_swept_and_goes_along_to_the_command(tmp_path):
    at = opened(dataset="own")
    assert "open Own data" in at.info[0].value
    at.button_group(key="sweeps way").set_value("Paste").run()
    at.text_area(key="sweeps pasted").set_value("\n".join(["x\ty\tkind", *ROWS])).run()
    at.button(key="sweeps train own").click().run()
    finish(at)
    assert at.query_params["dataset"] == "own"
    assert any("Predicting kind from pasted.csv" in each.value for each in at.caption)
    assert all("dataset=own" in link for link in at.dataframe[-2].value["link"])
    (tmp_path / "settings.toml").write_text(command(at))
    (tmp_path / "pasted.csv").write_text(at.session_state["own data"].table.frame.to_csv(index=False))
    assert read_work(tmp_path / "settings.toml").hash == at.session_state["sweeps"].result.sweep.hash
