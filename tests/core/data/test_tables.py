"""A visitor's files: each accepted, accepted with a notice, or refused in one sentence, and never anything else."""

import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.data import Dataset, Table, read_table
from core.data.files import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS
from core.playground.playground import Playground, Settings
from pages.figures.playground.charts import answers, network

BAD = Path(__file__).parents[2] / "bad_files"
EXPECTED = json.loads((BAD / "expected.json").read_text(encoding="utf-8"))
SAYS = {  # what the sentence must name, of those that name something
    "bomb.xlsx": "an Excel or zip file",
    "duplicate_columns.csv": "'x1' is the name of 2 columns",
    "formula.csv": "'name' .* formula .* row 2",
    "gzip.csv": "gzip",
    "header_only.csv": "no rows of data",
    "html.csv": "web page",
    "huge_values.csv": "'x1' .* row 7",
    "inf_cells.csv": "'x1' .* rows 7 and 8",
    "long_header.csv": "column 1 has 100,000 characters",
    "nan_cells.csv": "3 of 60 rows .*7, 8 and 9; in 'x1'",
    "no_header.csv": "Row 1 holds numbers, so it was read as data",
    "one_class.csv": "'y' has one class only",
    "one_row.csv": "1 row of data, but at least 8",
    "ragged_long.csv": r"row 62 has 4 cells, but the header \(row 1\) has 3",
    "random.csv": "not a text table",
    "shifted.csv": "'y' has one class only",
    "text_feature.csv": "'x1' holds 'blue', 'red' in rows 3 and 4 among numbers",
    "thousands.csv": "thousands are dropped in 1 cell of 'x1' .'1,234' is 1234",
    "xlsx_named.csv": "an Excel or zip file",
}
PARTS = ("X_train", "y_train", "X_test", "y_test")


def lines(*rows, header="x1,x2,y", more=20):
    """A table of `rows` and then `more` good ones, as the bytes of a file."""
    good = [f"{k / 10},{k * 7 % 11},{k % 2}" for k in range(more)]
    return "\n".join([header, *rows, *good]).encode()


def read(file):
    """The table, its data set with y or the last column as the target, and the notices of both."""
    table = read_table(file)
    data = table.dataset("y" if "y" in table.columns else table.columns[-1])
    return table, data, [*table.notices, *data.notices]


def refused(file):
    with pytest.raises(InputError) as caught:
        read(file)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert 20 < len(sentence) < 400
    return sentence


@pytest.mark.parametrize("name", EXPECTED)
def test_every_bad_file_is_answered_as_listed(name):
    file, answer = (BAD / name).read_bytes(), EXPECTED[name]["answer"]
    if answer == "R":
        said = refused(file)
    else:
        _, data, notices = read(file)
        assert bool(notices) == (answer == "N")
        assert all(np.isfinite(getattr(data, part)).all() for part in PARTS)
        said = " ".join(notices)
    assert re.search(SAYS.get(name, ""), said)


@pytest.mark.parametrize("name", ["cr_only.csv", "semicolon.csv", "utf16.csv", "..%2f..%2fetc%2fpasswd.csv"])
def test_one_table_however_it_is_written(name):
    table = read_table((BAD / name).read_bytes(), name)
    assert table.name == name  # shown, never opened
    wanted = [(k / 10, k * 7 % 11, k % 2) for k in range(60)]
    np.testing.assert_array_equal(table.frame.to_numpy(), wanted)
    assert list(table.frame.index) == list(range(2, 62))  # rows as a spreadsheet counts them


REFUSED = {  # what is wrong, and the sentence
    "F1 empty": (b"", "is empty"),
    "F1 newlines": (b"\n\r\n\n", "is empty"),
    "F3 one column": (b"x\n" + b"1\n" * 20, "one column only, 'x'"),
    "F10 short row": (lines("1,2,0", "1,2"), r"row 3 has 2 cells"),
    "F10 two bad rows": (lines("1,2,0,4", "1,2"), "row 2 has 4 cells.*1 more row does not fit"),
    "F11 every row longer": (b"x1,x2,y\n" + b"1,2,3,0\n" * 20, "every row has 4 cells, but the header .* has 3"),
    "F18 zip": (b"PK\x03\x04" + bytes(99), "an Excel or zip file"),
    "F17 nul": (lines("1,2,0").replace(b"7", b"\0"), "not a text table"),
    "F17 SPSS": (b"$FL2@(#) SPSS DATA FILE" + bytes(99), "is an SPSS file and not a text table; save it as CSV"),
    "F17 Stata": (b"<stata_dta><header>" + bytes(99), "is a Stata file"),
    "F17 SQLite": (b"SQLite format 3\0" + bytes(99), "is an SQLite database"),
    "F17 png": (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG picture"),
    "F17 gz": (gzip.compress(lines()), "gzip"),
    "F8 broken utf-16": (b"\xff\xfe\x00\xd8", "utf-16"),
    "F10 open quotation mark": (b'a,b\n1,"2\n' + b"3,4\n" * 40_000, "row 2 .* quotation mark"),
    "F20 wide": (lines(header=",".join(f"x{k}" for k in range(5000)), more=0), r"5,000 columns, but at most 1,000"),
    "F20 wider": (b",".join([b"1"] * 100_000), r"100,000 columns"),
    "F21 large": (b"1" * (LARGEST_FILE + 1), "has 20.0 MB, but at most 20 MB"),
    "F12 all columns empty but one": (b"a,b\n" + b"1,\n" * 20, "'a' is constant"),
    "F17 broken parquet": (b"PAR1" + bytes(50) + b"PAR1", "Parquet file cannot be read"),
    "F7 constant": (b"a,b\n" + b"1,0\n1,1\n" * 20, "no column is left to predict 'b' from .'a' is constant"),
    "F6 every row a class": (b"a,b\n" + b"".join(b"%d,t%d\n" % (k, k) for k in range(40)), "40 different values"),
    "F12 few rows with a target": (b"a,b\n" + b"1,0\n2,1\n" * 3 + b"1,\n" * 9, "6 of 15 rows are complete"),
    "F13 target of vanishing squares": (
        b"a,b\n" + b"1,1e-200\n2,2e-200\n3,5e-200\n" * 9,
        "target 'b' hardly varies",
    ),
    "F7 constant target": (b"a,b\n" + b"1,0.5\n2,0.5\n" * 9, "target 'b' is 0.5 in every"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_learnt_from_is_refused(what):
    file, sentence = REFUSED[what]
    assert re.search(sentence, refused(file))


ACCEPTED = {  # what is unusual, and the notice, or "" for none
    "F4 text target": (b"a,y\n" + b"1,yes\n2,no\n" * 20, ""),
    "F5 text among numbers": (lines("blue,1,0"), "'x1' holds 'blue' in row 2 among numbers, missing in 1 cell"),
    "F5 text alone": (b"a,b\n" + b"u,0\nv,1\n" * 20, ""),
    "F14 thousands": (lines('"1,234",2,0', '"5,678",2,0'), "2 cells of 'x1' .'1,234' is 1234"),
    "F14 ambiguous": (b"a;b\n1,234;1\n3,234;0\n" + b"2;1\n" * 9, "decimal sign in 2 cells of 'a' .'1,234' is 1.234"),
    "F14 spaced": (lines(*["1 234,2,0"] * 20), "thousands are dropped in 20 cells"),
    "F8 bom": (b"\xef\xbb\xbf" + lines(), ""),
    "F8 utf-16 big endian": ("\ufeff" + lines().decode()).encode("utf-16-be"),
    "F8 latin-1": (lines(header="gr\u00f6\u00dfe,x2,y").decode().encode("latin-1"), "read as Latin-1"),
    "F9 tabs": (lines().replace(b",", b"\t"), ""),
    "F9 bars": (lines().replace(b",", b"|"), ""),
    "F9 windows": (lines().replace(b"\n", b"\r\n"), ""),
    "F1 blank rows": (lines("", "", "1,2,0"), ""),
    "F9 quoted": (lines('"1","2","0"'), ""),
    "F9 decimal commas": (
        lines().replace(b",", b";").replace(b".", b","),
        "comma is read as the decimal sign in 20 cells of 'x1'",
    ),
    "F2 no header": (lines()[8:], "Row 1 holds numbers"),
    "F2 no name": (lines(header="x1,,y"), ""),
    "F7 constant feature": (lines(*["1,2,0"] * 5, more=0) + b"\n" + b"3,2,1\n" * 5, "'x2' is 2 in every row"),
    "F12 missing": (lines("NA,2,0", "3,null,1"), r"2 of 22 rows have missing cells \(rows 2 and 3; in 'x1', 'x2'\)"),
    "F12 empty column": (
        lines("1,,0", header="x1,x2,y", more=0) + b"\n2,,1" * 9,
        "'x2' is left out of the features .every cell is empty",
    ),
    "F14 huge integer": (lines("12345678901234567890123,2,0"), "'x1' holds whole numbers above 2.53 .* in row 2"),
    "F13 infinity": (lines("inf,2,0", "1e400,2,1"), "'x1' holds infinite numbers .* rows 2 and 3"),
    "F14 dates": (lines(header="day,x2,y", more=0) + b"\n2024-01-01,1,0\n2024-01-02,2,1" * 9, "'day' holds dates"),
    "F6 rare class": (lines("1,2,7"), "fewer than 5 rows can hardly be learnt: '7'"),
    "F6 many classes": (
        b"a,y\n" + b"".join(b"%d,c%d\n" % (k, k % 500) for k in range(1500)),
        "500 classes, 3 rows each",
    ),
    "F16 markup": (lines(header="<script>alert(1)</script>,$x^2$,y"), ""),
    "F15 formula in a header": (lines(header="=1+1,x2,y"), ""),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_can_be_learnt_from_is_accepted_and_said(what):
    file, sentence = ACCEPTED[what] if isinstance(ACCEPTED[what], tuple) else (ACCEPTED[what], "")
    _, data, notices = read(file)
    said = [notice for notice in notices if "text are left out" not in notice]
    assert re.search(sentence, " ".join(said))
    assert bool(sentence) == bool(said)
    assert all(np.isfinite(getattr(data, part)).all() for part in PARTS)


def test_a_path_is_read_from_disk_and_a_string_is_always_text(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_bytes(lines())
    table = read_table(file)
    pd.testing.assert_frame_equal(table.frame, read_table(lines()).frame)
    assert (table.name, read_table(file, "other").name, read_table(lines()).name) == ("mine.csv", "other", "")
    assert "the table has one column only" in refused(str(file))


@pytest.mark.parametrize("name", ["missing.csv", "", "a\0b.csv"])
def test_a_file_that_cannot_be_read_is_named(name, tmp_path):
    assert re.search(r"^data is '.*', but cannot be read: \w", refused(tmp_path / name))


@pytest.mark.parametrize("source", [None, 3, ["a,b"], io.BytesIO(b"a,b")])
def test_what_is_no_table_at_all_is_named(source):
    assert "must be a path, bytes or text" in refused(source)


def test_f16_headers_are_kept_as_typed():
    assert read_table(lines(header="<b>bold</b>,=1+1,y")).columns == ["<b>bold</b>", "=1+1", "y"]
    assert read_table(lines(header="a,a,a")).columns == ["a", "a (2)", "a (3)"]
    assert read_table(lines(header="a (2),a,a")).columns == ["a (2)", "a", "a (3)"]


def test_f16_charts_show_names_as_typed():
    """Plotly takes <i> for italics unless it is written otherwise."""
    rows = "\n".join(f"{k / 2},{k % 5},{k % 3},{'<i>u</i>' if k % 2 else 'v'}" for k in range(40))
    data = read_table(f"<b>a</b>,x2,x3,y\n{rows}").dataset("y")
    played = Playground(Settings(dataset="own"), data)
    assert network(played).to_dict()["columns"][0]["names"][0] == "<b>a</b>"  # drawn as a text
    shown = answers(played).to_json()
    assert "&lt;i&gt;u" in shown
    assert "<i>u" not in shown


def test_f19_too_many_rows_are_sampled_and_said():
    text = "x,y\n" + "\n".join(f"{k},{k % 2}" for k in range(200_000))
    table, again = read_table(text), read_table(text)
    assert table.rows == MOST_ROWS
    assert "200,000 rows, of which 50,000" in table.notices[0]
    pd.testing.assert_frame_equal(table.frame, again.frame)
    assert abs(table.frame["x"].mean() - 100_000) < 5 * 2e5 / np.sqrt(12 * MOST_ROWS)  # from everywhere
    np.testing.assert_array_equal(table.frame.index, table.frame["x"] + 2)


def test_parquet():
    frame = pd.DataFrame({"x": np.arange(20) / 3, "n": range(20), "kind": ["a", "b"] * 10, "gap": [None, 1.5] * 10})
    file = io.BytesIO()
    frame.to_parquet(file)
    table = read_table(file.getvalue())
    assert table.columns == ["x", "n", "kind", "gap"]
    assert [column.role for column in table.columns] == ["number", "identifier", "category", "category"]
    np.testing.assert_array_equal(table.frame[["x", "n"]], frame[["x", "n"]])
    assert "10 of 20 rows have missing cells" in " ".join(table.notices)
    assert table.dataset("kind", features=["x", "n"]).labels == ("a", "b")
    spark = pa.table({"word": pa.array([b"rouge", b"d\xc3\xa9j\xc3\xa0"] * 10, pa.binary()), "x": np.arange(20) / 3})
    file = io.BytesIO()
    pq.write_table(spark, file)
    assert read_table(file.getvalue()).dataset("word").labels == ("déjà", "rouge")
    odd = {"date": [pd.Timestamp(2024, 1, 1)] * 20, "list": [[1, 2]] * 20, "yes": [True, None] * 10, "n": range(20)}
    file = io.BytesIO()
    pd.DataFrame(odd | {"kind": pd.Categorical(frame["kind"])}).to_parquet(file, compression="zstd")
    table = read_table(file.getvalue())
    roles = {column.name: column.role for column in table.columns}
    assert roles == {"date": "constant", "yes": "category", "n": "identifier", "kind": "category"}
    assert table.recognized_task("kind") == "classes"
    assert "1 columns of lists and structures are left out" in table.notices[0]
    wide = io.BytesIO()
    pd.DataFrame(np.zeros((9, MOST_COLUMNS + 1))).rename(columns=str).to_parquet(wide)
    assert "1,001 columns" in refused(wide.getvalue())


def test_parquet_files_that_unpack_to_a_multiple_are_refused():
    """Less than 1 MB that holds a million letters three million times, and 80 million zeros."""
    letters = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3_000_000, np.int32)), pa.array(["x" * 1_000_000]))
    columns = {"a": letters, "b": pa.array(np.zeros(3_000_000, np.int8))}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    assert len(file.getvalue()) < 1_000_000
    assert "'a' has 1,000,000 characters in row" in refused(file.getvalue())
    file = io.BytesIO()
    zeros = pa.array(np.zeros(40_000_000))
    pq.write_table(pa.table({"a": zeros, "b": zeros}), file, compression="zstd", use_dictionary=False)
    assert "unpacks to 611 MB, but at most 200 MB" in refused(file.getvalue())


@given(
    st.binary(max_size=300) | st.sampled_from(["PAR1", "x,y\n"]).flatmap(lambda s: st.binary().map(s.encode().__add__))
)
@example(b"\xff\xfe\x00\x00")
@example(b'"')
@settings(max_examples=100)
def test_any_bytes_give_a_table_or_one_sentence(file):
    try:
        table = read_table(file)
    except InputError as error:
        table = error
    assert isinstance(table, Table) or "\n" not in str(table)


CELLS = st.sampled_from(
    ["1", "-2.5", "0", "7", "1e3", "1e29", "-1e-300", "", "NA", "inf", "a", "1,5", "=1", " 3 ", "ü"]
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=8, max_size=30), st.sampled_from(",;\t|"), st.data())
@settings(max_examples=75)
def test_any_cells_give_a_finite_data_set_or_one_sentence(rows, separator, data):
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in [["p", "q", "r"], *rows])
    try:
        table = read_table(text)
        made = table.dataset(data.draw(st.sampled_from(table.columns)))
    except InputError:
        return
    assert isinstance(made, Dataset)
    assert all(np.isfinite(getattr(made, part)).all() for part in PARTS)
    assert len(made.y_test) >= 1


@given(
    st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=8, max_size=40), st.sampled_from([",", ";", "\t", "|"])
)
@settings(max_examples=50)
def test_what_was_written_is_read(rows, separator):
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    for encoding in ("utf-8", "utf-16"):
        table = read_table(frame.to_csv(sep=separator, index=False).encode(encoding))
        np.testing.assert_allclose(table.frame.to_numpy(), frame.to_numpy(), rtol=1e-15, atol=1e-300)
    assert table.columns == ["a", "b", "c"]


def test_the_task_is_recognized_and_can_be_changed(rng):
    frame = {"x": rng.normal(size=90), "few": np.arange(90) % 3, "many": np.arange(90), "half": np.arange(90) % 3 / 2}
    table = read_table(pd.DataFrame(frame | {"word": ["u", "v", "w"] * 30}).to_csv(index=False))
    tasks = {name: table.recognized_task(name) for name in table.columns}
    assert tasks == {"x": "numbers", "few": "classes", "many": "numbers", "half": "numbers", "word": "classes"}
    assert table.dataset("few", "numbers").task == "numbers"
    assert table.dataset("half", "classes").labels == ("0", "0.5", "1")
    with pytest.raises(InputError, match=r"'word' holds text \('u' in row 2\), so it can be taken as classes only"):
        table.dataset("word", "numbers")


def test_the_data_set_is_split_by_class_and_scaled_on_its_training_part(rng):
    frame = pd.DataFrame(
        {"a": rng.normal(5, 3, 200), "b": rng.normal(-2, 0.1, 200), "y": ["no", "no", "no", "yes"] * 50}
    )
    data = read_table(frame.to_csv(index=False)).dataset("y", test_share=0.2, seed=3)
    assert (len(data.y_train), len(data.y_test), data.outputs, data.columns) == (160, 40, 2, ("a", "b"))
    assert (data.y_train.mean(), data.y_test.mean()) == (0.25, 0.25)
    np.testing.assert_allclose(data.X_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.X_train.std(axis=0), 1)
    both = np.vstack([data.X_train, data.X_test])  # every row once, and each with its own class
    order, wanted = np.argsort(both[:, 0]), np.argsort(frame["a"])
    np.testing.assert_array_equal(np.r_[data.y_train, data.y_test][order], (frame["y"] == "yes")[wanted])
    assert not data.X_train.flags.writeable


def test_a_class_of_one_row_is_there_to_be_learnt():
    for seed in range(8):
        data = read_table(lines("1,2,7")).dataset("y", seed=seed)
        assert (len(data.y_train), len(data.y_test)) == (16, 5)
        np.testing.assert_array_equal(np.unique(data.y_train), [0, 1, 2])
        np.testing.assert_array_equal(np.unique(data.y_test), [0, 1])


def test_features_are_the_chosen_columns_in_their_order():
    table = read_table(lines(header="a,b,y"))
    both, turned = table.dataset("y", features=["a", "b"]), table.dataset("y", features=["b", "a"])
    np.testing.assert_array_equal(both.X_train, turned.X_train[:, ::-1])
    assert turned.columns == ("b", "a")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"target": "z"}, "target is 'z', but must be one of a, b, y"),
        ({"features": ["A"]}, "features is 'A'.*did you mean 'a'"),
        ({"features": ["y"]}, "features holds 'y'"),
        ({"features": ["a", "a"]}, "features holds 'a'"),
        ({"features": []}, "no column is left"),
        ({"task": "ranks"}, "task is 'ranks'"),
        ({"test_share": 0.9}, r"test_share is 0.9, but must be in \[0.05, 0.5\]"),
        ({"test_share": np.nan}, "test_share is nan"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_choices_are_named(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        read_table(lines(header="a,b,y")).dataset(**({"target": "y"} | wrong))
