"""Numbers, dates and words in cells, as people write them; new rows are read as their column was."""

import numpy as np
import pandas as pd
import pytest

from core.data import read_table
from core.data.rows import number_of

NUMBERS = [f"{k / 7:.3f}" for k in range(1, 21)]


CELLS = {  # a cell, its number with a decimal point and with a decimal comma
    "12": (12, 12),
    "-1.5": (-1.5, None),
    "1,234": (1234, 1.234),
    "1.234": (1.234, 1234),
    "1,234.5": (1234.5, None),
    "1.234,5": (None, 1234.5),
    "1'234'567": (1234567, 1234567),
    "1 234,5": (None, 1234.5),
    "(5)": (-5, -5),
    "($1,200.50)": (-1200.5, None),
    "-$5": (-5, -5),
    "€ 12": (12, 12),
    "12 EUR": (12, 12),
    "42%": (42, 42),
    "\u22123": (-3, -3),
    "1e-3": (0.001, 0.001),
    "0,123": (None, 0.123),
    "1,23,456": (None, None),
    "12a": (None, None),
    "": (None, None),
    "$": (None, None),
    "1.2.3": (None, None),
    "1’234.5": (1234.5, None),
    "1\u2009234,5": (None, 1234.5),
    "7,590E+12": (None, 7.59e12),
    "1,234.5-": (-1234.5, None),
    "US$ 12": (12, 12),
    "R$ 1.200,50": (None, 1200.5),
    "￥12": (12, 12),
    "5***": (5, 5),
    "(5)*": (-5, -5),
    "12[3]": (12, 12),
    "--": (None, None),
}


@pytest.mark.parametrize("cell", CELLS)
def test_the_number_in_a_cell(cell):
    for sign, wanted in zip(".,", CELLS[cell], strict=True):
        found = number_of(cell, sign)
        assert (found and found[0]) == wanted, sign


def test_units_behind_numbers_are_dropped_and_kept_with_the_column():
    rows = "\n".join(f"{k / 3:.1f} cm,{k % 2}" for k in range(30))
    table = read_table(f"length,y\n{rows}")
    assert table.column("length").unit == "cm"
    assert table.frame["length"].iloc[4] == 1.3
    data = table.dataset("y")
    np.testing.assert_allclose(*(data.encoder.transform([{"length": cell}]) for cell in ("1.3 cm", 1.3)))


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2020-02-03", "2021-12-31"], "2020-02-03"),
        (["03.02.2020", "31.12.2021"], "2020-02-03"),
        (["3/2/2020", "31/12/2021"], "2020-02-03"),
        (["2/3/2020", "12/31/2021"], "2020-02-03"),
        (["3 Feb 2020", "31 December 2021"], "2020-02-03"),
        (["Feb 3, 2020", "Dec 31, 2021"], "2020-02-03"),
        (["2020-02-03T10:20:30Z", "2021-12-31T23:59:59Z"], "2020-02-03 10:20:30"),
        (["2020-02-03 10:20:30.5+00", "2021-12-31 23:59:59+01"], "2020-02-03 10:20:30"),
        (["2020/02/03 10:20:30 AM GMT+0", "2021/12/31 11:59:59 PM GMT+1"], "2020-02-03 10:20:30"),
        (["03FEB2020", "31DEC2021"], "2020-02-03"),
        (["3. März 2020", "31. Dezember 2021"], "2020-03-03"),
        (["3 févr. 2020", "31 août 2021"], "2020-02-03"),
        (["3 января 2020", "31 мая 2021"], "2020-01-03"),
        (["2020年2月3日", "2021年12月31日"], "2020-02-03"),
        (["2020년 2월 3일", "2020. 2. 4."], "2020-02-03"),
    ],
)
def test_dates_as_they_are_written(cells, first):
    rows = "\n".join(f"{cells[k % 2]};{k / 7:.2f}" for k in range(20))
    table = read_table(f"day;x\n{rows}")
    assert table.column("day").role == "date"
    assert table.frame["day"].iloc[0] == pd.Timestamp(first)
    assert not [notice for notice in table.notices if "order" in notice]


def test_a_date_in_either_order_is_said_and_can_be_turned():
    text = "day;x\n" + "\n".join(f"{k % 9 + 1}/{k % 5 + 2}/2020;{k / 7:.2f}" for k in range(20))
    assert read_table(text).frame["day"].iloc[0] == pd.Timestamp(2020, 1, 2)
    assert "either order" in " ".join(read_table(text).notices)
    turned = read_table(text, day_first=True)
    assert turned.frame["day"].iloc[0] == pd.Timestamp(2020, 2, 1)
    assert "either order" not in " ".join(turned.notices)


def test_missing_words_can_be_given():
    text = "x;y\n" + "\n".join(f"{'gone' if k % 5 < 3 else round(k / 7, 2)};{k % 2}" for k in range(60))
    assert read_table(text, missing=["gone"]).column("x").role == "number"
    assert read_table(text, missing=["gone"]).column("x").missing == 36
    assert read_table(text).column("x").role != "number"


def test_words_lost_among_numbers_come_back_as_categories():
    rows = "\n".join(f"{'broken' if k in (7, 30) else k / 7:.4},{k % 2}" for k in range(60))
    table = read_table(f"x,y\n{rows}")
    assert table.column("x").missing == 2
    words = table.with_roles({"x": "category"}).dataset("y").encoding["inputs"]
    assert any(
        "broken" in (column.get("word", ""), *column.get("known", ())) or column["what"] == "other" for column in words
    )


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_raw_rows_are_read_as_the_column_was(seed):
    """Days that come first, and a decimal sign of one column, hold for new rows too, one by one."""
    rng = np.random.default_rng(seed)
    days = pd.Timestamp(2020, 1, 1) + pd.to_timedelta(rng.integers(0, 700, 80), unit="D")
    rows = [
        {
            "dots": f"{day:%d.%m.%Y}",
            "slashes": f"{day:%d/%m/%Y}",
            "x": f"{rng.normal():.2f}".replace(".", ","),
            "lat": f"{rng.uniform(40, 60):.4f}",
            "y": str(rng.integers(2)),
        }
        for day in days
    ]
    table = read_table("\n".join([";".join(rows[0]), *(";".join(row.values()) for row in rows)]))
    for dates in ("elapsed", "parts"):
        data = table.dataset("y", dates=dates)
        for row, encoded in zip(rows, data.encoder.encode(table.frame), strict=True):
            np.testing.assert_allclose(data.encoder.transform([row])[0], encoded, rtol=0, atol=1e-12)


@pytest.mark.parametrize("word", ["#DIV/0!", "OVL", "<0.05", "—"])
@pytest.mark.parametrize("first", [0, 3])
def test_a_word_that_comes_again_among_many_numbers_is_missing_and_no_unit(word, first):
    numbers = np.random.default_rng(17).normal(10, 3, 60)
    rows = "\n".join(f"{word if k % 6 == first else round(n, 3)}\t{'ab'[k % 2]}" for k, n in enumerate(numbers))
    table = read_table(f"x\ty\n{rows}")
    assert (table.rows, table.column("x").role, table.column("x").missing) == (60, "number", 10)
    assert "missing" in " ".join(table.notices)


def test_marks_behind_numbers_are_dropped_and_said():
    rows = "\n".join(f"{n}{['', '*', '**', '[1]', '†'][k % 5]},{k % 2}" for k, n in enumerate(NUMBERS))
    table = read_table(f"x,y\n{rows}")
    np.testing.assert_allclose(table.frame["x"], np.array(NUMBERS, float))
    assert "Marks of footnotes are dropped in 16 cells of 'x' ('0.286*' is 0.286)." in table.notices


def test_leading_zeros_are_not_dropped_without_a_word():
    table = read_table("zip,x\n" + "\n".join(f"{k * 37 % 40:05},{n}" for k, n in enumerate(NUMBERS)))
    assert "Leading zeros are dropped in 19 cells of 'zip' ('00037' is 37)" in " ".join(table.notices)


def test_two_currencies_have_no_unit_in_common():
    table = read_table("paid,y\n" + "\n".join(f"{'$€'[k % 2]}{n},{k % 2}" for k, n in enumerate(NUMBERS)))
    assert table.column("paid").unit == ""
    assert "$ and € are not converted" in " ".join(table.notices)
    one = read_table("paid;y\n" + "\n".join(f"{n.replace('.', ',')} EUR;{k % 2}" for k, n in enumerate(NUMBERS)))
    assert (one.column("paid").unit, one.frame["paid"].iloc[0]) == ("EUR", 0.143)
    assert "decimal comma" in one.reading.sentence()


def test_one_value_and_empty_cells_say_something():
    """Boxes that were ticked, in surveys; a note in a single row says nothing."""
    rows = "\n".join(
        f"{'1' * (k % 3 == 0)},{'x' * (k % 4 == 0)},{'late' * (k == 5)},{n}" for k, n in enumerate(NUMBERS)
    )
    table = read_table(f"one,cross,note,y\n{rows}")
    found = {column.name: (column.role, column.reason) for column in table.columns}
    assert found["one"] == ("category", "1 or empty")
    assert found["cross"] == ("category", "'x' or empty")
    assert found["note"] == ("ignored", "one cell only is filled")
    data = table.dataset("y")
    assert {"one = 1", "one = (missing)", "cross = x"} <= set(data.columns)
    ticked, empty = data.encoder.transform([{"one": "1", "cross": ""}, {"one": "", "cross": ""}])
    assert ticked[data.columns.index("one = 1")] > empty[data.columns.index("one = 1")]


def test_dates_with_words_for_missing_are_dates():
    rows = "\n".join(f"{'NA' if k % 3 == 0 else f'2020-01-{k + 1:02}'},{n}" for k, n in enumerate(NUMBERS))
    table = read_table(f"day,y\n{rows}")
    assert (table.column("day").role, table.column("day").missing) == ("date", 7)


@pytest.mark.parametrize("cells", [["1+", "1", "1-", "2+", "2"], ["(5)", "a", "b", "(7)", "c"], ["5 %", "low", "high"]])
def test_nothing_is_said_of_numbers_in_a_column_of_words(cells):
    table = read_table("g,x\n" + "\n".join(f"{cells[k % len(cells)]},{n}" for k, n in enumerate(NUMBERS)))
    assert (table.column("g").role, table.column("g").unit) == ("category", "")
    assert not table.notices


def test_times_that_differ_in_no_part_are_said_to_enter_in_no_way():
    rows = "\n".join(f"2020-01-01 00:{k:02}:00,{n},{k % 2}" for k, n in enumerate(NUMBERS))
    table = read_table(f"at,x,y\n{rows}")
    said = "weekday and hour of 'at' never change, so they do not enter: choose days that have passed."
    assert said in " ".join(table.dataset("y").notices)
    assert table.dataset("y", dates="elapsed").columns == ("at in days", "x")


def test_a_column_with_another_decimal_sign_may_have_words_for_missing():
    rows = "\n".join(f"{n};{'k.A.' if k % 5 == 0 else n.replace('.', ',')};{k % 2}" for k, n in enumerate(NUMBERS * 2))
    table = read_table(f"x;comma;y\n{rows}", decimal=".")
    assert (table.column("comma").role, table.column("comma").missing) == ("number", 8)
    assert table.frame["comma"].iloc[1] == 0.286
