"""How files are written in the world: their form is found out, what is done to cells is said, the rest is refused."""

import re

import numpy as np
import pandas as pd
import pytest

from core.checks import InputError
from core.data import read_table
from core.data.roles import ROLES

NUMBERS = [f"{k / 7:.3f}" for k in range(1, 21)]
FORMS = {  # a file, its columns, and what is said of it
    "R with names of rows": (
        "x y\n" + "\n".join(f'"row {k}" {n} {k % 2}' for k, n in enumerate(NUMBERS)),
        ["row", "x", "y"],
        "as R writes it",
    ),
    "a trailing separator": (
        "x,y,\n" + "\n".join(f"{n},{k % 2}," for k, n in enumerate(NUMBERS)),
        ["x", "y"],
        "ends with a separator",
    ),
    "a trailing separator below": (
        "x,y\n" + "\n".join(f"{n},{k % 2}," for k, n in enumerate(NUMBERS)),
        ["x", "y"],
        "ends with a separator",
    ),
    "a title and a note": (
        "Sales of 2020\n\nx,y,z\n"
        + "\n".join(f"{n},{k % 2},{k % 3}" for k, n in enumerate(NUMBERS))
        + "\nSource: us\n",
        ["x", "y", "z"],
        "rows 1 and 24 hold one cell",
    ),
    "a title and a note of a narrow table": (
        "Sales of 2020\n\nx,y\n" + "\n".join(f"{n},{k % 2}" for k, n in enumerate(NUMBERS)) + "\nSource: us\n",
        ["x", "y"],
        "rows 1 and 24 hold one cell",
    ),
    "Markdown": (
        "| x | y |\n|:--|--:|\n" + "\n".join(f"| {n} | {k % 2} |" for k, n in enumerate(NUMBERS)),
        ["x", "y"],
        "begins with a separator",
    ),
    "printed by a database": (
        " x | y \n---+---\n" + "\n".join(f" {n} | {k % 2}" for k, n in enumerate(NUMBERS)) + "\n(20 rows)\n",
        ["x", "y"],
        "row 23 holds one cell and is",
    ),
    "numpy's savetxt": (
        "# x y\n" + "\n".join(f"{n} {k % 2}" for k, n in enumerate(NUMBERS)),
        ["x", "y"],
        "Row 1 begins with #, but names the columns",
    ),
    "a column called #": (
        '"#","x","y"\n' + "\n".join(f"{k + 1},{n},{k % 2}" for k, n in enumerate(NUMBERS)),
        ["#", "x", "y"],
        "Row 1 begins with #, but names the columns",
    ),
    "columns that pandas numbers, classes among them": (
        "0,1,2\n" + "\n".join(f"{n},{k * 7 % 11 + 20},{k % 2}" for k, n in enumerate(NUMBERS)),
        ["0", "1", "2"],
        "",
    ),
    "pixels in the columns that pandas numbers": (
        "0,1,2,target\n" + "\n".join(f"{n},{k % 2},{k % 3},{k % 2}" for k, n in enumerate(NUMBERS)),
        ["0", "1", "2", "target"],
        "",
    ),
    "a name above classes, decimals above measurements": (
        "2000.1,2000.2,class\n" + "\n".join(f"{n},{k % 7},{k % 2}" for k, n in enumerate(NUMBERS)),
        ["2000.1", "2000.2", "class"],
        "",
    ),
    "a tab among blanks": (
        "\n".join(f'{n}   {k % 2}  {k % 3}\t"car {k}"' for k, n in enumerate(NUMBERS)),
        ["column 1", "column 2", "column 3", "column 4"],
        "Row 1 holds numbers",
    ),
    "pasted together": (
        "x,y\n" + "\n".join(f"{n},{k % 2}" for k, n in enumerate(NUMBERS)) + "\nx,y\n1,2\n",
        ["x", "y"],
        "header is repeated in row 22",
    ),
    "only words, no header": (
        "\n".join(f"{'ab'[k % 2]},{'uvw'[k % 3]}" for k in range(20)),
        ["column 1", "column 2"],
        "words that come again",
    ),
    "single quotation marks": (
        "x,y\n" + "\n".join(f"'{n}','a, {k % 2}'" for k, n in enumerate(NUMBERS)),
        ["x", "y"],
        "",
    ),
    "a column without a name, with empty cells": (
        "x,\n" + "\n".join(f"{'abc'[k % 3]},{n if k % 4 else ''}" for k, n in enumerate(NUMBERS)),
        ["x", "column 2"],
        "",
    ),
    "a last row with a single number": (
        "kind,x,\n" + "\n".join(f"{'abc'[k % 3]},{n},{k}" for k, n in enumerate(NUMBERS[:-1])) + f"\n,{NUMBERS[-1]},",
        ["kind", "x", "column 3"],
        "",
    ),
    "a survey of Qualtrics": (
        "x,Q1,Q2\nDuration,How old are you?,Sex\n"
        + ",".join(f'"{{""ImportId"":""{name}""}}"' for name in ("d", "QID1", "QID2"))
        + "\n"
        + "\n".join(f"{n},{20 + k % 7},{'fm'[k % 2]}" for k, n in enumerate(NUMBERS)),
        ["x", "Q1", "Q2"],
        "Rows 2 and 3 hold the questions of a survey and are no samples",
    ),
    "units below some of the numbers": (
        "id,x,n,m\n,cm,,\n" + "\n".join(f"{k + 1},{n},{k * 7 % 11},{k * 3 % 8}" for k, n in enumerate(NUMBERS)),
        ["id", "x", "n", "m"],
        "Row 2 holds units ('cm') and is no sample",
    ),
    "a source above, and a comma at the end of every line": (
        "Source,World Bank,\n\nUpdated,2020-01-01,\n\nCountry,2019,2020,\n"
        + "\n".join(f"land {k},{n},{k % 7}," for k, n in enumerate(NUMBERS)),
        ["Country", "2019", "2020"],
        "Above the header, rows 1 and 3 are skipped",
    ),
    "a padded note below numbers": (
        "x,y\n" + "\n".join(f"{n},{k % 2}" for k, n in enumerate(NUMBERS)) + "\nSource: us,\n",
        ["x", "y"],
        "Outside the table, row 22 holds one cell and is skipped",
    ),
    "pasted from pandas": (
        "      x  y\n"
        + "\n".join(f"{k:<3} {n}  {k % 2}" for k, n in enumerate(NUMBERS))
        + "\n\n[20 rows x 2 columns]\n",
        ["row", "x", "y"],
        "as R writes it",
    ),
    "an instrument's settings above": (
        "Instrument,ABC-1\nSerial,44\nDate,2020-01-01\n\nx,y,state\n"
        + "\n".join(f"{n},{k % 2},{['on', 'off'][k % 2]}" for k, n in enumerate(NUMBERS)),
        ["x", "y", "state"],
        "Above the header, rows 1, 2 and 3 are skipped",
    ),
    "the same, as a spreadsheet fills the lines": (
        "Instrument,ABC-1,\nSerial,44,\n,,\nx,y,state\n"
        + "\n".join(f"{n},{k % 2},{['on', 'off'][k % 2]}" for k, n in enumerate(NUMBERS)),
        ["x", "y", "state"],
        "Above the header, rows 1 and 2 are skipped",
    ),
    "merged cells above the names": (
        ",Size,,Result\nid,x,height,class\n"
        + "\n".join(f"{k + 1},{n},{k % 7},{'ab'[k % 2]}" for k, n in enumerate(NUMBERS)),
        ["id", "x", "height", "class"],
        "Above the header, row 1 is skipped",
    ),
    "merged cells above names that come twice": (
        "Left,,Right,\nx,y,x,y\n" + "\n".join(f"{n},{k % 2},{k % 5},{k % 3}" for k, n in enumerate(NUMBERS)),
        ["Left x", "Left y", "Right x", "Right y"],
        "names of groups in row 1 are put before the names",
    ),
    "totals below": (
        "name,x,y\n"
        + "\n".join(f"{'NSEW'[k % 4]},{n},{k % 2}" for k, n in enumerate(NUMBERS))
        + "\nTotal,30,10\nMean,1.5,0.5\n",
        ["name", "x", "y"],
        "At the end, rows 22 and 23 ('Total') sum up the others and are no samples",
    ),
    "quotation marks around whole rows": (
        '"x,y,z"\n' + "\n".join(f'"{n},{k % 2},""a, b"""' for k, n in enumerate(NUMBERS)),
        ["x", "y", "z"],
        "Quotation marks around whole rows are dropped",
    ),
    "a comment within": (
        "x,y,z\n"
        + "\n".join(f"{n},{k % 2},1{chr(10) + '# restarted' if k == 9 else ''}" for k, n in enumerate(NUMBERS)),
        ["x", "y", "z"],
        "1 line of comments (#) is skipped",
    ),
    "years above counts": (
        "2019,2020,kind\n" + "\n".join(f"{k},{k * 7 % 11},{'ab'[k % 2]}" for k in range(20)),
        ["2019", "2020", "kind"],
        "",
    ),
}


@pytest.mark.parametrize("what", FORMS)
def test_the_form_of_a_file_is_found_out_and_said(what):
    text, columns, said = FORMS[what]
    table = read_table(text)
    assert table.columns == columns
    assert table.rows in (20, 21)
    assert said in " ".join(table.notices)
    column = table.frame["x" if "x" in columns else columns[0]]
    if column.dtype.kind == "f" and "2019" not in columns:
        np.testing.assert_allclose(column.iloc[:20], np.array(NUMBERS, float))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"separator": "x"}, "separator is 'x', but must be one of"),
        ({"decimals": ","}, "did you mean 'decimal'"),
        ({"header": "yes"}, "header is 'yes', but must be True or False"),
        ({"encoding": "utf8"}, "did you mean 'utf-8'"),
        ({"skip": -1}, "skip is -1"),
        ({"missing": "gone"}, "missing is 'gone', but must be a list of words"),
        ({"skip": 500}, "skip is 500, but the table has 21 lines"),
    ],
)
def test_choices_that_are_none_are_named(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        read_table("x,y\n" + "\n".join(f"{n},1" for n in NUMBERS), **wrong)


def test_a_given_encoding_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="is no text in cp932"):
        read_table(b"a,y\n1,2\n" + b"\x81\x01,2\n" * 9, encoding="cp932")


KINDS = "\n".join(
    f"{k / 7:.2f},{'red' if k % 2 else 'blue'},{k},{'yes' if k % 3 else 'no'},{k % 4},2020-01-{k % 28 + 1:02}"
    for k in range(40)
)
TABLE = read_table(f"number,colour,id,agree,few,day\n{KINDS}")


def test_roles_have_reasons_and_can_be_changed():
    found = {column.name: (column.role, column.reason) for column in TABLE.columns}
    assert found["number"] == ("number", "numbers from 0 to 5.57")
    assert found["colour"] == ("category", "2 different texts")
    assert found["id"] == ("identifier", "counts the rows")
    assert found["agree"] == ("yes/no", "no or yes")
    assert found["day"][0] == "date"
    assert set(ROLES) >= {role for role, _ in found.values()}
    changed = TABLE.with_roles({"few": "category", "number": "ignored", "id": "number"})
    data = changed.dataset("agree")
    assert [column for column in data.columns if column.startswith("few")] == [
        "few = 0",
        "few = 1",
        "few = 2",
        "few = 3",
    ]
    assert "number" not in data.columns
    assert "id" in data.columns
    assert changed.digest == TABLE.digest
    assert TABLE.column("few").role == "number"


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ({"number": "yes/no"}, "'number' has 40 different values, but yes/no needs two"),
        ({"colour": "number"}, r"'colour' holds text \('blue' in row 2\), so it cannot be a number"),
        ({"number": "date"}, "'number' holds no dates"),
        ({"numbre": "date"}, "did you mean 'number'"),
        ({"number": "nominal"}, "role is 'nominal'"),
    ],
)
def test_a_role_that_the_cells_do_not_allow_is_refused(roles, sentence):
    with pytest.raises(InputError, match=sentence):
        TABLE.with_roles(roles)


def test_a_grade_is_a_number_and_a_code_is_a_class_unless_the_visitor_says_otherwise():
    rows = "\n".join(f"{k / 7:.2f},{k * 7 % 21},{k % 3},{k % 4 + 4}" for k in range(60))
    table = read_table(f"x,grade,code,cylinders\n{rows}")
    assert [table.recognized_task(name) for name in ("grade", "code", "cylinders")] == ["numbers", "classes", "numbers"]
    assert table.dataset("cylinders", "classes").labels == ("4", "5", "6", "7")
    assert table.with_roles({"code": "number"}).recognized_task("code") == "numbers"
    assert table.with_roles({"grade": "category"}).recognized_task("grade") == "classes"


def test_rare_categories_count_as_one_and_unknown_ones_too():
    words = [f"w{k}" if k < 60 else "often" if k % 2 else "usual" for k in range(400)]
    rows = "\n".join(f"{word},{k / 7:.2f},{k % 2}" for k, word in enumerate(words))
    table = read_table(f"word,x,y\n{rows}").with_roles({"word": "category"})
    data = table.dataset("y")
    assert data.columns[:3] == ("word = often", "word = usual", "word = other")
    (said,) = [notice for notice in data.notices if "rare" in notice]
    assert re.match(r"\d\d rare categories of 'word' count as other", said)
    rows = [{"word": word, "x": 1} for word in ("w3", "never seen", "often")]
    rare, unknown, often = data.encoder.transform(rows)
    np.testing.assert_array_equal(rare, unknown)
    assert often[0] > rare[0]


def test_gaps_are_filled_or_their_rows_left_out():
    rows = "\n".join(f"{'' if k % 10 == 3 else k / 7},{'' if k % 20 == 9 else 'ab'[k % 2]},{k % 2}" for k in range(80))
    table = read_table(f"x,word,y\n{rows}")
    filled, left = table.dataset("y"), table.dataset("y", gaps="leave out")
    assert len(filled.y_train) + len(filled.y_test) == 80
    assert len(left.y_train) + len(left.y_test) == 68
    assert "12 missing cells in 'x', 'word' are filled" in " ".join(filled.notices)
    assert "12 of 80 rows have missing cells and are left out." in left.notices
    assert "x missing" in filled.columns
    assert not [name for name in left.columns if "missing" in name]
    gap, known = filled.encoder.transform([{"x": "", "word": "a"}, {"x": "NA", "word": "a"}])
    np.testing.assert_array_equal(gap, known)


def test_the_fill_and_the_scale_come_from_the_training_rows_alone():
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, 200)
    x[rng.permutation(200)[:40]] = np.nan
    table = read_table(
        pd.DataFrame({"x": x, "z": rng.normal(size=200), "y": rng.integers(0, 2, 200)}).to_csv(index=False)
    )
    data = table.dataset("y", seed=4)
    column = data.encoding["inputs"][0]
    train = data.X_train[:, 0] * column["scale"] + column["mean"]
    gaps = data.X_train[:, 2] > 0
    assert column["fill"] == pytest.approx(np.median(train[~gaps]))
    np.testing.assert_allclose(train[gaps], column["fill"])
    np.testing.assert_allclose(data.X_train.mean(axis=0), 0, atol=1e-12)


def test_groups_stay_together_and_time_goes_on():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"patient": [f"p{k // 4}" for k in range(160)], "x": rng.normal(size=160), "y": rng.integers(0, 2, 160)}
    )
    frame["when"] = pd.date_range("2020-01-01", periods=160).strftime("%Y-%m-%d")
    table = read_table(frame.sample(frac=1, random_state=0).to_csv(index=False))
    data = table.dataset("y", split_by="groups", by="patient")
    assert not [name for name in data.columns if "patient" in name]
    x = frame.set_index(frame["x"].round(9))["patient"]
    column = next(each for each in data.encoding["inputs"] if each["name"] == "x")
    sides = [
        {x[round(value * column["scale"] + column["mean"], 9)] for value in part[:, data.columns.index("x")]}
        for part in (data.X_train, data.X_test)
    ]
    assert all(sides)
    assert not sides[0] & sides[1]
    assert "stay together" in data.split
    assert data.split in data.notices
    later = table.dataset("y", split_by="time", by="when", dates="elapsed")
    days = later.columns.index("when in days")
    assert later.X_train[:, days].max() < later.X_test[:, days].min()
    assert "latest 'when' are the test" in later.split


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"split_by": "groups", "by": "agree"}, "'agree' has 2 groups, but at least 4"),
        ({"split_by": "time", "by": "colour"}, "'colour' holds text"),
        ({"split_by": "time", "by": "when"}, "by is 'when'"),
        ({"split_by": "half"}, "split_by is 'half'"),
        ({"gaps": "zero"}, "gaps is 'zero'"),
        ({"dates": "week"}, "dates is 'week'"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(how, sentence):
    with pytest.raises(InputError, match=sentence):
        TABLE.dataset("few", **how)


def test_new_rows_need_every_column():
    data = TABLE.dataset("agree")
    with pytest.raises(InputError, match="column 'few' is not in the new rows"):
        data.encoder.transform([{"number": 1, "colour": "red", "day": "2020-01-01"}])


def test_the_first_sample_is_no_row_of_units_because_its_numbers_are_marked():
    cells = "\n".join(f"{n}{'*' * (k % 5 == 0)},{n}{'**' * (k % 5 == 0)}" for k, n in enumerate(NUMBERS))
    table = read_table(f"p,beta\n{cells}\n")
    assert len(table.frame) == len(NUMBERS)
    assert not any("units" in said for said in map(str, table.notices))


@pytest.mark.parametrize("text", ['[{"x": 1}, {"x": 2}]', '{"x": 1}\n{"x": 2}\n', "[[1, 2], [3, 4]]"])
def test_json_is_refused_by_its_name(text):
    with pytest.raises(InputError, match="the file is JSON and not a text table; save it as CSV"):
        read_table(text)


@pytest.mark.parametrize("cell", ["²"])
def test_a_header_of_years_stands_above_any_sign(cell):
    assert read_table("2019,2020\n" + "\n".join(f"{k},{cell if k == 3 else k}" for k in range(20))).rows >= 19


def test_comments_and_notes_are_skipped_also_below_a_chosen_top():
    rows = "\n".join(f"{n},{k % 2},{k % 3}" for k, n in enumerate(NUMBERS))
    table = read_table(f"made by us\nx,y,z\n{rows}\n# a comment\n{rows}\nSource: us\n", skip=1)
    assert (table.rows, table.columns) == (40, ["x", "y", "z"])
    assert "1 line of comments (#) is skipped." in table.notices


def test_arff_is_refused_by_its_name():
    with pytest.raises(InputError, match="the file is ARFF and not a text table; save it as CSV"):
        read_table("% made by Weka\n@RELATION a\n@attribute x real\n@attribute y {a,b}\n@data\n" + "1.5,a\n2.5,b\n" * 9)
