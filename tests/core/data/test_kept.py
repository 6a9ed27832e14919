"""A table that a browser keeps comes back as it was; a link says which table it asks for, and other text is refused."""

import gc
import json
import weakref

import numpy as np
import pytest
from famous import FAMOUS
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.data import OwnData, read_table
from core.data.kept import LARGEST_KEPT, LONGEST_WANTED, Wanted, kept_text, read_kept

TEXT = FAMOUS["penguins"].text
OWN = OwnData(
    read_table(TEXT, "penguins.csv", separator=" ").with_roles({"sex": "category", "island": "ignored"}),
    "species",
    "classes",
    gaps="leave out",
)


@pytest.mark.parametrize("source", [TEXT, TEXT.encode()], ids=["text", "bytes"])
def test_a_kept_table_is_the_same_task_again(source):
    own = OwnData(read_table(source, "penguins.csv").with_roles(OWN.table.roles), "species", gaps="leave out")
    again, same = read_kept(kept_text(own, source))
    assert same == source
    assert again.table.digest == own.table.digest
    assert again.how == own.how
    first, second = own.dataset(), again.dataset()
    assert first.encoding == second.encoding
    np.testing.assert_array_equal(first.X_test, second.X_test)


def test_nothing_of_a_table_stays_once_nobody_uses_it():
    own, _ = read_kept(kept_text(OWN, TEXT))
    data = own.dataset(seed=7)
    assert own.dataset(seed=7) is data
    gone = weakref.ref(data)
    del data
    gc.collect()
    assert gone() is None


GOOD = json.loads(kept_text(OWN, TEXT))
BAD = [
    ("", "is no JSON"),
    ("[" * 100_000, "is no JSON"),
    ("[]", "another version"),
    (json.dumps(GOOD | {"version": 2}), "another version"),
    (json.dumps({"version": 1}), "lacks a part"),
    (json.dumps({key: value for key, value in GOOD.items() if key != "text"} | {"bytes": "%%%"}), "lacks a part"),
    (json.dumps(GOOD | {"gaps": 3}), "lacks a part"),
    (json.dumps(GOOD | {"choices": "separator"}), "lacks a part"),
    (json.dumps(GOOD | {"text": ["a"]}), "lacks a part"),
    (json.dumps(GOOD | {"choices": {"separator": "x"}}), "separator is 'x'"),
    (json.dumps(GOOD | {"roles": {"beak": "number"}}), "column is 'beak'"),
    (json.dumps(GOOD | {"target": "beak"}), "target is 'beak'"),
    (" " * 50_000_000, "at most 41,943,040 are read"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=range(len(BAD)))
def test_what_is_no_kept_table_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_kept(text)


def test_a_table_that_is_too_large_is_not_kept():
    with pytest.raises(InputError, match="at most 5 MB can be kept"):
        kept_text(OWN, "x" * (LARGEST_KEPT + 1))


names = st.text(max_size=60).map(lambda text: " ".join(text.split()))


@settings(max_examples=200, derandomize=True)
@given(names, names, st.lists(names, min_size=1, max_size=300))
def test_a_link_reads_back_the_table_that_it_asks_for(name, target, columns):
    text = Wanted(name, target, len(columns), tuple(columns)).to_text()
    assert len(text) <= LONGEST_WANTED
    again = Wanted.read(text)
    assert again[:3] == (name, target, len(columns))
    assert list(again.columns) == columns[: len(again.columns)]


@pytest.mark.parametrize("text", ["", "a", "a,b", "a,b,c,d", "a,b,-1,d", "a,b,٣,d", '"a', "a,b,3\nc,d", "\x00" * 9])
def test_a_link_that_names_no_table_asks_for_none(text):
    assert Wanted.read(text) is None


def test_a_table_says_what_it_lacks_of_the_one_asked_for():
    asked = Wanted.of(OWN)
    assert asked.lacking(OWN.table) == ""
    other = read_table(FAMOUS["crx"].text)
    assert "this table has no 'species'" in asked._replace(columns=("species",)).lacking(other)
    assert str(asked).startswith("'penguins.csv' with ")


def test_equal_contents_that_were_written_otherwise_are_read_otherwise():
    """New rows are read with the decimal sign of the table that they belong to."""
    rows = [f"{k / 7:.2f}" for k in range(40)]
    point = "x;y\n" + "\n".join(f"{cell};{k % 2}" for k, cell in enumerate(rows))
    first, second = (OwnData(read_table(text, "a.csv"), "y").dataset() for text in (point, point.replace(".", ",")))
    new = [float(data.encoder.transform([{"x": cell}])[0, 0]) for data, cell in ((first, "2.5"), (second, "2,5"))]
    assert new[0] == new[1] != 0
