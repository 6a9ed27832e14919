"""Tables as people have them: each is read as a person would read it, and what was done is said once."""

from pathlib import Path

import numpy as np
import pytest

from core.data import read_table
from core.data.baselines import baselines, boosted
from core.data.encoding import read_rows

FIELD = Path(__file__).parents[2] / "field"


def table(name):
    (path,) = FIELD.glob(f"{name}[_.]*")
    return read_table(path)


def roles(found):
    return {column.name: column.role for column in found.columns}


def said(found, *data):
    return " ".join([*found.notices, *(notice for each in data for notice in each.notices)])


def test_every_table_is_read_split_and_said_without_repeating_a_sentence():
    names = [path.name for path in FIELD.iterdir()]
    assert len(names) == 29
    for name in names:
        found = read_table(FIELD / name)
        data = found.dataset(
            "label" if "label" in found.columns else "y" if "y" in found.columns else found.columns[-1]
        )
        notices = [*found.notices, *data.notices]
        assert len(set(notices)) == len(notices), name
        assert all(notice.endswith(".") and "\n" not in notice for notice in notices), name
        assert found.reading.sentence()
        assert np.isfinite(data.X_train).all()
        new = read_rows((FIELD / name).read_bytes(), data.encoder)  # the same rows, as new ones
        again = data.encoder.transform(new.frame.loc[data.rows["training"]], new.rules)
        np.testing.assert_allclose(again, data.X_train, atol=1e-12, err_msg=name)


def test_01_plus_and_minus_are_classes():
    found = table("01")
    assert set(found.dataset("approved").labels) == {"+", "-"}
    assert not found.notices


def test_02_none_is_a_class():
    found = table("02")
    assert found.dataset("stress").labels == ("None", "mild", "severe")
    assert not found.notices


@pytest.mark.parametrize(
    ("name", "header"), [("03", ["2019", "2020", "2021", "class"]), ("03b", ["column 1", "0", "1", "target"])]
)
def test_03_a_header_of_numbers_is_a_header_and_can_be_switched(name, header):
    found = table(name)
    assert (found.columns, found.rows) == (header, 40)
    (path,) = FIELD.glob(f"{name}_*")
    switched = read_table(path, header=False)
    assert (switched.rows, switched.columns[0]) == (41, "column 1")
    assert switched.reading.header is False


def test_03_pandas_numbers_columns_of_whole_numbers_too():
    rows = [f"{k},{k * 7 % 11},{k * 3 % 8},{k % 2}" for k in range(20)]
    found = read_table("\n".join([",0,1,2", *rows]))
    assert (found.columns, found.rows) == (["column 1", "0", "1", "2"], 20)
    assert roles(found)["column 1"] == "identifier"


def test_04_money_and_percent_are_numbers():
    found = table("04")
    assert found.frame["price"].iloc[0] == 1093
    assert found.frame["share"].iloc[0] == 42
    assert roles(found) == {"price": "number", "share": "number", "x": "number", "y": "yes/no"}
    assert [column.unit for column in found.columns] == ["$", "%", "", ""]
    assert "'$1,093' is 1093" in said(found)
    assert "'42%' is 42" in said(found)


def test_05_yes_and_true_are_1():
    found = table("05")
    data = found.dataset("y")
    assert roles(found)["member"] == roles(found)["smoker"] == "yes/no"
    rows = [{"member": "True", "smoker": "no", "x": 0}, {"member": "False", "smoker": "yes", "x": 0}]
    first, second = data.encoder.transform(rows)
    assert first[0] > 0 > second[0]
    assert second[1] > 0 > first[1]


def test_06_a_decimal_comma_anywhere_decides_for_the_file():
    assert table("06").frame["umsatz"].iloc[[0, 3]].tolist() == [829.67, 4559.15]
    whole = table("06b")
    assert whole.frame["einwohner"].iloc[0] == 18791
    assert "'18.791' is 18791" in said(whole)
    assert "decimal comma" in whole.reading.sentence()


def test_07_to_09_what_stands_before_the_table_and_between_its_cells():
    assert table("07").columns == ["x1", "x2", "y"]
    assert "sep=;" in said(table("07"))
    assert (table("08").columns, table("08").rows) == (["x1", "x2", "y"], 40)
    assert "2 lines of comments" in said(table("08"))
    assert (table("09").rows, len(table("09").columns)) == (40, 3)
    assert "no header" in table("09").reading.sentence()


def test_10_categories_are_learnt_from():
    data = table("10").dataset("buy")
    assert data.features == 8
    assert data.columns[:2] == ("price = high", "price = low")


def test_11_a_row_number_is_no_feature_unless_it_is_chosen():
    found = table("11")
    assert roles(found)["Id"] == "identifier"
    assert "'Id' is left out of the features (counts the rows)" in said(found)
    assert found.dataset("Species").columns == ("SepalLength", "SepalWidth")
    changed = found.with_roles({"Id": "number"})
    assert changed.dataset("Species").columns[0] == "Id"
    assert not changed.notices


def test_12b_and_13_separators_within_cells():
    assert table("12b").columns == ["x", "y", "lat;lon"]
    assert table("13").columns == ["x", "name", "y"]
    assert set(table("13").frame["name"]) == {"Doe, J."}


def test_15b_hash_na_is_missing_and_a_negative_number_is_no_formula():
    found = table("15b")
    assert found.column("x1").missing == 7
    assert found.column("x1").role == "number"
    assert "formula" not in said(found)


def test_19_one_sentence_on_the_split():
    data = table("19").dataset("y")
    sentences = [notice for notice in data.notices if "test rows" in notice]
    assert sentences == [data.split]
    assert "no room" in data.split
    assert set(data.y_train) == set(range(data.outputs))
    assert set(baselines(data)) == {"majority", "linear", "neighbours"}  # without scikit-learn's warning
    assert boosted(data).rows == len(data.y_train)


@pytest.mark.parametrize(("name", "city"), [("21b", "都市"), ("21d", "标签")])
def test_21_encodings_are_recognized_and_named(name, city):
    found = table(name)
    assert found.columns[-1] == city
    assert found.reading.encoding in found.reading.__dict__.values()
    assert "not UTF-8" in said(found)
    assert "also possible" in said(found)


def test_22_a_row_of_units_is_no_sample():
    found = table("22")
    assert found.rows == 40
    assert found.column("length").unit == "cm"
    assert "Row 2 holds units" in said(found)
    (path,) = FIELD.glob("22_*")
    assert read_table(path, units=False).rows == 41


def test_24c_the_minus_of_typesetters_is_a_minus():
    found = table("24c")
    assert found.frame["a"].iloc[0] == -0.884
    assert "U+2212" in said(found)


def test_27_a_date_is_parts_or_elapsed_time():
    found = table("27")
    assert roles(found)["datetime"] == "date"
    parts, elapsed = found.dataset("count"), found.dataset("count", dates="elapsed")
    assert {"datetime day", "datetime hour"} <= set(parts.columns)
    assert elapsed.columns == ("datetime in days", "temp")
    assert "holds dates, which enter as" in said(found, parts)
    days = elapsed.encoder.transform([{"datetime": f"2011-01-{day:02}", "temp": 0} for day in (1, 2, 4)])[:, 0]
    assert np.diff(days)[1] == pytest.approx(2 * np.diff(days)[0])


def test_28_every_table_has_a_digest_of_its_own():
    digests = [read_table(path).digest for path in sorted(FIELD.glob("28*"))]
    assert len(set(digests)) == 5


def test_29_constant_columns_are_one_sentence():
    found = table("29")
    (sentence,) = [notice for notice in found.notices if "constant" in notice]
    assert sentence.startswith("283 columns")
    assert found.dataset("label").features == 17


def test_30_a_word_among_few_numbers_makes_a_category():
    found = table("30")
    assert roles(found)["cyl"] == "category"
    assert "'rotary' in row 22" in said(found)
    assert "cyl = rotary" in found.dataset("y").columns
