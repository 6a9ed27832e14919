"""Tables that are known beforehand, written in many ways, are read back as they were."""

import csv
import io

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.data import Table, read_table

WORDS = st.sampled_from(["red", "green", "pale blue", "Müller", "it's", "a;b", "x, y", "None", "n", "tall|thin"])
NAMES = ["age", "größe", "first name", "x_1", "Σ", "price ($)"]
ROWS = st.integers(10, 30)


@st.composite
def tables(draw):
    """A table of columns of numbers and of text, neither constant."""
    rows, seed = draw(ROWS), draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    columns = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=3, max_size=5, unique=True)):
        kind = draw(st.sampled_from(["decimal", "whole", "large", "words"]))
        if kind == "words":
            some = draw(st.lists(WORDS, min_size=2, max_size=4, unique=True))
            columns[name] = [some[k] for k in rng.permutation(np.arange(rows) % len(some))]
        elif kind == "whole":
            columns[name] = rng.integers(-50, 50, rows).tolist()
        else:
            size = 1e6 if kind == "large" else 10
            columns[name] = rng.normal(0, size, rows).round(2).tolist()
    if all(isinstance(cells[0], str) for cells in columns.values()):
        columns["number"] = rng.normal(size=rows).round(3).tolist()
    return pd.DataFrame(columns)


def written(frame, separator, decimal, quoting, thousands, missing, trailing):
    """The text of a table; gaps (NaN) as a word for what is missing."""
    other = "." if decimal == "," else ","

    def cell(value):
        if isinstance(value, str):
            return value
        if value != value:
            return missing
        text = f"{value:{',' if thousands and not float(value).is_integer() else ''}}"
        return text.translate(str.maketrans({",": other, ".": decimal}))

    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n")
    more = [""] if trailing else []
    writer.writerow([*frame.columns, *more])
    writer.writerows([[*map(cell, row), *more] for row in frame.itertuples(index=False)])
    return out.getvalue()


FORMS = {
    "separator": st.sampled_from([",", ";", "\t", "|"]),
    "decimal": st.sampled_from([".", ","]),
    "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    "thousands": st.booleans(),
    "missing": st.sampled_from(["", "NA", "?", "#N/A", "null", "-"]),
    "trailing": st.booleans(),
}


def same(read, frame):
    """Whether every cell was read as it was written."""
    assert list(map(str, read.columns)) == list(frame.columns)
    for name in frame:
        if frame[name].dtype.kind in "if":
            np.testing.assert_allclose(read.frame[name].to_numpy(float), frame[name].to_numpy(float), err_msg=name)
        else:
            assert read.frame[name].tolist() == frame[name].tolist()


@given(tables(), st.fixed_dictionaries(FORMS), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.data())
@settings(max_examples=75)
def test_what_was_written_is_read_back(frame, form, encoding, data):
    for name in frame:
        if frame[name].dtype.kind == "f" and data.draw(st.booleans()):
            frame.loc[data.draw(st.integers(0, len(frame) - 1)), name] = np.nan
    text = written(frame, **form)
    table = read_table(text.encode(encoding))
    same(table, frame)
    assert table.reading.separator == form["separator"]
    assert table.reading.header


@given(tables(), st.sampled_from([",", ";", "\t"]), st.sampled_from([".", ","]))
@settings(max_examples=50)
def test_every_decision_can_be_given(frame, separator, decimal):
    text = written(frame, separator, decimal, csv.QUOTE_MINIMAL, False, "", False)
    given_all = read_table(text, separator=separator, decimal=decimal, header=True, units=False, skip=0, missing=["na"])
    same(given_all, frame)
    below = read_table(text, separator=separator, decimal=decimal, header=False)
    assert below.rows == len(frame) + 1


@given(tables(), st.sampled_from(["cp1252", "cp1251", "gb18030", "cp932"]))
@settings(max_examples=30)
def test_a_given_encoding_is_used(frame, encoding):
    frame = frame.rename(columns=lambda name: {"größe": "groesse", "Σ": "S"}.get(name, name)).replace(
        "Müller", "Mueller"
    )
    kinds = {"cp1252": "groß", "cp1251": "вид", "gb18030": "种类", "cp932": "種類"}
    frame[kinds[encoding]] = [kinds[encoding] + "ab"[k % 2] for k in range(len(frame))]
    table = read_table(
        written(frame, ",", ".", csv.QUOTE_MINIMAL, False, "", False).encode(encoding), encoding=encoding
    )
    same(table, frame)


ROLES = {  # cells by the role that a person gives them
    "number": st.floats(-1e3, 1e3).map(lambda value: f"{value:.3f}"),
    "yes/no": st.sampled_from(["yes", "no"]),
    "category": st.sampled_from(["red", "green", "blue"]),
    "date": st.dates().map(lambda day: f"{day:%Y-%m-%d}" if day.year > 1000 else "2020-02-02"),
}


@given(st.lists(st.sampled_from(list(ROLES)), min_size=3, max_size=6), st.data())
@settings(max_examples=60)
def test_roles_are_recognized(roles, data):
    columns = {}
    for place, role in enumerate(roles):
        cells = data.draw(st.lists(ROLES[role], min_size=40, max_size=40))
        kinds = {"yes/no": ["yes", "no"], "category": ["red", "green", "blue"]}.get(role, [])
        columns[f"{role} {place}"] = [*kinds * 2, *cells][:40]
    columns["counts"] = list(map(str, range(1, 41)))
    columns["same"] = ["on"] * 40
    columns["number 8"] = [f"{k / 7:.2f}" for k in range(40)]
    columns["category 9"] = ["red", "green"] * 20
    table = read_table(pd.DataFrame(columns).to_csv(index=False))
    found = {column.name: column.role for column in table.columns}
    for name, cells in columns.items():
        values = set(map(float, cells)) if name.startswith("number") else set(cells)
        known = "identifier" if name == "counts" else "constant" if len(values) == 1 else name.rsplit(" ", 1)[0]
        assert found[name] == known or (known == "number" and set(map(float, cells)) == {0.0, 1.0})


@given(st.text(alphabet="01.,;-$%()€ \n\tabNA/#'\"", max_size=200))
@settings(max_examples=200)
def test_any_text_of_the_signs_that_tables_are_made_of_is_read_or_refused(text):
    try:
        table = read_table("x,y\n" + text)
    except InputError as refusal:
        table = refusal
    assert table.rows >= 8 if isinstance(table, Table) else "\n" not in str(table)
