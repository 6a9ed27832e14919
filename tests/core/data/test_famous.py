"""Tables that people bring first: read with their roles, and learnt better than by always giving the same answer."""

import json

import numpy as np
import pytest
from famous import FAMOUS

from core.data import read_table
from core.data.baselines import baselines, boosted
from core.training import RunSettings, Trainer


@pytest.mark.parametrize("name", FAMOUS)
def test_a_famous_table_is_learnt_from_as_it_is(name):
    famous = FAMOUS[name]
    table = read_table(famous.text)
    left = tuple(column.name for column in table.columns if column.role in ("identifier", "constant", "ignored"))
    assert left == famous.left_out
    for column in left:
        assert repr(column) in " ".join(table.notices)
    data = table.dataset(famous.target)
    assert data.task == famous.task
    run = RunSettings(dataset="own", hidden=(12,), steps=600, optimizer="adam", lr=0.02)
    *_, last = (frame for frame in Trainer([run], data).work() if frame is not None)
    assert last.test_score[0] > baselines(data)["majority"] + 0.1


def test_what_the_columns_of_famous_tables_are():
    roles = {
        name: {str(each): each.role for each in read_table(famous.text).columns} for name, famous in FAMOUS.items()
    }
    assert roles["titanic"]["Sex"] == roles["titanic"]["Embarked"] == "category"
    assert [roles["telco"][name] for name in ("Partner", "SeniorCitizen", "Contract", "TotalCharges")] == [
        "yes/no",
        "yes/no",
        "category",
        "number",
    ]
    assert roles["penguins"]["bill_length"] == "number"
    assert roles["auto-mpg"]["column 4"] == "number"
    assert roles["car evaluation"]["column 2"] == "category"


def test_words_among_numbers_in_the_first_row_are_no_names():
    lines = FAMOUS["car evaluation"].text.splitlines()
    first = next(line for line in lines if ",5more,more," in line)
    table = read_table("\n".join([first, *lines]))
    assert table.columns[2] == "column 3"
    assert table.rows == len(lines) + 1


def plainly(encoding, row):
    """The inputs of one row of text cells by the description alone, without a library."""
    made = []
    for column in encoding["inputs"]:
        cell = row[column["of"]].strip()
        role = next(each["role"] for each in encoding["features"] if each["name"] == column["of"])
        if role == "category":
            word = cell or column["fill"]
            value = float(word == column["word"] if column["what"] == "is" else word not in column["known"])
        else:
            gap = not cell or cell.lower() in encoding["reading"]["missing"]
            if column["what"] == "missing":
                value = float(gap)
            elif gap:
                value = column["fill"]
            else:
                yes = encoding["yes"].get(column["of"])
                value = float(cell == yes) if yes else float(cell)
        made.append((value - column["mean"]) / column["scale"])
    return made


@pytest.mark.parametrize("name", FAMOUS)
def test_the_description_alone_encodes_raw_rows(name):
    table = read_table(FAMOUS[name].text)
    data = table.dataset(FAMOUS[name].target)
    encoding = json.loads(json.dumps(data.encoding, allow_nan=False))
    names = [each["name"] for each in encoding["features"]]
    frame = table.frame[names].iloc[:60]
    rows = [
        {
            name: "" if cell is None or cell != cell else f"{cell:.15g}" if isinstance(cell, float) else cell
            for name, cell in zip(names, cells, strict=True)
        }
        for cells in frame.itertuples(index=False)
    ]
    rows.append(dict.fromkeys(names, ""))
    words = {each["name"] for each in encoding["features"] if each["role"] == "category"}
    rows.append({name: "never seen" if name in words else cell for name, cell in rows[0].items()})
    X = data.encoder.transform(rows)
    texts = [{name: str(cell) for name, cell in row.items()} for row in rows]
    np.testing.assert_allclose(X, [plainly(encoding, row) for row in texts], atol=1e-9)
    kept = np.array([row for row in X[:60] if (np.abs(data.X_train - row).max(axis=1) < 1e-9).any()])
    assert len(kept) > 30  # the training rows among them


def test_answers_are_classes_with_probabilities_and_values_in_the_targets_unit():
    classes = read_table(FAMOUS["crx"].text).dataset("column 8")
    for outputs in ([[0.0, 2.0]], [[2.0]]):
        (answer,) = classes.encoder.answer(np.array(outputs))
        assert answer["answer"] == classes.labels[1]
        assert answer["probabilities"][classes.labels[1]] == pytest.approx(1 / (1 + np.exp(-2)))
    values = read_table(FAMOUS["student-mat"].text).dataset("G3")
    told = values.encoder.answer(values.y_test[:, None])
    grades = sorted(each["answer"] for each in told)
    assert all(grade == pytest.approx(round(grade)) for grade in grades)
    assert 0 <= grades[0] <= grades[-1] <= 20


def test_gradient_boosting_finds_the_column_that_matters():
    data = read_table(FAMOUS["student-mat"].text).dataset("G3")
    found = boosted(data)
    assert found.score > 0.7
    assert found.rows == len(data.y_train)
    assert found.importance[0].column == "G1"
    assert found.importance[0].low > 0.5
    assert {each.column for each in found.importance} == {"school", "sex", "Mjob", "age", "internet", "G1"}
    assert all(each.low <= each.mean <= each.high for each in found.importance)
