"""What was learnt from a visitor's table is used on new rows, and what is kept comes back with all that was chosen."""

import json
from types import SimpleNamespace

import pytest
from famous import FAMOUS
from visitor import experiment, nobody_watching, opened, press, unfold, until

from core.data import OwnData, read_table
from core.data.kept import Wanted, kept_text
from pages.figures.common.words import plain
from pages.ui.frame.own_data import TABLE
from pages.ui.live import store
from pages.ui.playground.tools import _cell

SHORT = {"max_epochs": "2", "hidden": "3", "test_share": "0.25"}


@pytest.fixture(scope="module", autouse=True)
def hurry():
    with nobody_watching():
        yield


def text(at):
    return " ".join(
        each.value for kind in ("markdown", "subheader", "caption", "info", "warning", "error") for each in at.get(kind)
    )


def trained(name="penguins"):
    at = opened("playground", **SHORT)
    at.button_group(key="playground way").set_value("Paste").run()
    at.text_area(key="playground pasted").set_value(FAMOUS[name].text).run()
    press(at, "train own")
    until(at, lambda: experiment(at).status != "running").run()
    return unfold(at, "predict")


def test_a_row_typed_into_the_form_gets_the_networks_answer():
    at = trained()
    (length,) = [each for each in at.text_input if each.label == plain("bill_length")]
    length.set_value("44.1")
    (sex,) = [each for each in at.selectbox if each.label == "sex"]
    sex.set_value("male")
    next(each for each in at.button if each.label == "Predict").click().run()
    assert not at.exception
    result = experiment(at).result
    cells = {each.label: each.value for each in [*at.text_input, *at.selectbox]}
    (expected,) = result.answers([{each.name: cells[plain(each.name)] for each in result.source.encoder.features}])
    assert cells[plain("bill_length")] == "44.1"
    assert f"species: {expected['answer']}" in text(at)
    (shares,) = [each.value for each in at.dataframe if "probability" in each.value]
    assert dict(zip(shares["class"], shares["probability"], strict=True)) == pytest.approx(expected["probabilities"])
    assert not at.warning
    (length,) = [each for each in at.text_input if each.label == plain("bill_length")]
    length.set_value("4x4")
    next(each for each in at.button if each.label == "Predict").click().run()
    assert [each.value for each in at.warning] == [plain("Cannot be read, and counts as missing: 'bill_length'.")]


def test_a_category_of_numbers_is_offered_with_the_tables_own_decimal_sign():
    rows = "\n".join(f"{k % 3 + 0.5};{k / 7:.2f};{k % 2}".replace(".", ",") for k in range(60))
    encoder = read_table(f"size;x;y\n{rows}").with_roles({"size": "category"}).dataset("y").encoder
    offered = []
    place = SimpleNamespace(selectbox=lambda label, known, *rest, **more: offered.extend(known))
    _cell(place, "key", next(each for each in encoder.features if each.name == "size"), encoder)
    assert offered == ["0,5", "1,5", "2,5"]
    rows = encoder.transform([{"size": cell, "x": "1"} for cell in offered])
    assert (rows[:, :3].argmax(axis=1) == [0, 1, 2]).all()


def test_rows_that_are_pasted_get_an_answer_each_and_a_word_on_what_is_lost():
    at = trained("student-mat")
    at.button_group(key="playground new").set_value("Paste").run()
    rows = "school,sex,Mjob,age,internet,G1,G2\nGP,F,health,20,yes,17,1\nMS,M,other,,no,4,2\n"
    at.text_area(key="playground new pasted").set_value(rows).run()
    assert not at.exception
    (table,) = [each.value for each in at.dataframe if list(each.value)[:2] == ["row", "G3"]]
    assert list(table["row"]) == [2, 3]
    assert "1 cell of 'age' is empty" in text(at)
    assert plain("Not used, since nothing was learnt from it: 'G2'") in text(at)
    at.text_area(key="playground new pasted").set_value("a,b\n1,2\n").run()
    assert "is not in the new rows, but needed" in at.error[0].value


OWN = OwnData(read_table(FAMOUS["penguins"].text, "p.csv").with_roles({"island": "ignored"}), "sex", gaps="leave out")


def remembering(at, own=OWN, source=FAMOUS["penguins"].text):
    """As if the visitor's browser had told of a kept table, and sent it."""
    known = store.Store()
    known.index[TABLE] = store.Kept({"asked": Wanted.of(own).to_text(), "digest": own.table.digest}, 100)
    known.arrived[TABLE] = kept_text(own, source)
    at.session_state[f"{store.KEY} known"] = known
    return at


def test_a_kept_table_is_taken_by_its_link_with_all_that_was_chosen():
    at = opened("playground", dataset="own", table=Wanted.of(OWN).to_text(), **SHORT)
    assert "'p.csv' with 6 columns" in text(at)
    remembering(at).run()
    assert not at.exception
    own = at.session_state["own data"]
    assert (own.target, own.gaps, own.table.roles) == ("sex", "leave out", {"island": "ignored"})
    assert experiment(at).result.source.labels == ("NA", "male")
    at.button_group(key="playground way").set_value("Kept").run()
    assert next(each for each in at.selectbox if each.label.startswith("Target")).value == "sex"
    press(at, "train own")
    assert at.session_state["own data"].how == OWN.how


@pytest.mark.parametrize("spoilt", ["", "{", json.dumps({"version": 9}), kept_text(OWN, "a,b\n1")])
def test_a_kept_table_that_cannot_be_read_is_said_and_forgotten_by_a_click(spoilt):
    at = remembering(opened("playground", dataset="own", **SHORT))
    at.session_state[f"{store.KEY} known"].arrived[TABLE] = spoilt
    at.run()
    assert not at.exception
    assert sum("there is no table" not in each.value for each in at.error) == 1
    at.button(key=f"{TABLE} forget").click().run()
    assert not at.exception
    waiting = at.session_state[f"{store.KEY} known"].waiting
    assert [(each["what"], each["name"]) for each in waiting] == [("forget", TABLE)]


def test_where_things_are_kept_is_said_and_nothing_is_kept_unasked():
    at = trained()
    assert "stays in this browser and not on the server, until you press Forget" in text(at)
    assert at.session_state[f"{store.KEY} known"].waiting == []
    press(at, "keep own")
    (asked,) = at.session_state[f"{store.KEY} known"].waiting
    assert (asked["what"], asked["name"]) == ("put", TABLE)
    assert "Kept in this browser: 'pasted.csv'" in text(at)
