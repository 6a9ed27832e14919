"""Exports of a run on a visitor's table answer to raw rows as the app does, in a process that has numpy alone."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from famous import FAMOUS
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.data import OwnData, read_table
from core.data.encoding import read_rows
from core.data.rows import date_of, inputs_of
from core.export.files import data_used, encoding_of, run_json, weights_npz
from core.export.script import numpy_script, predictor_script, torch_script
from core.playground.playground import Playground
from core.playground.settings import Settings

DATED = "when;price;paid;kind;score\n" + "\n".join(
    f"{1 + k % 28}.{1 + k % 12}.20{20 + k % 4} 1{k % 9}:30;1.{100 + k},5 €;{'yes' if k % 3 else 'no'};"
    f"{'abc'[k % 3]};{k % 7},5 kg"
    for k in range(60)
)
TABLES = {name: (famous.text, famous.target) for name, famous in FAMOUS.items()} | {"dated": (DATED, "score")}
TWO = "a,b,kind\n" + "\n".join(f"{k % 9},{k * 7 % 11},{'in' if (k * 7 % 11) > k % 9 else 'out'}" for k in range(80))
QUICK = Settings(dataset="own", hidden=(4,), max_epochs=3, optimizer="adam", lr=0.01, test_share=0.25)


def played(text, target, chosen=QUICK, **own):
    """A run on this table to its end."""
    data = OwnData(read_table(text, "mine.csv"), target, **own).dataset(chosen.test_share, chosen.data_seed)
    run = Playground(chosen, data)
    while not run.ended:
        run.update()
    return run


def raw(text, run):
    """The cells of a table as they stand in the file, by the names of the columns that were learnt from."""
    frame = read_rows(text, run.source.encoder).frame
    return frame[[each.name for each in run.source.encoder.features]].to_dict("records")


def in_a_fresh_process(script, rows, folder):
    """What predict says there; only numpy can be imported of all that the app needs."""
    (folder / "exported.py").write_text(script, encoding="utf-8")
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    code = (
        "import sys, json, io, contextlib\n"
        "sys.path.insert(0, '.')\n"
        "for name in ('sklearn', 'pandas', 'streamlit', 'core', 'scipy'): sys.modules[name] = None\n"
        "with contextlib.redirect_stdout(io.StringIO()): import exported\n"
        "print(json.dumps(exported.predict(json.load(open('rows.json')))))"
    )
    kernels = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=folder, env=kernels, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return json.loads(done.stdout)


def the_same(found, expected, tolerance=1e-9):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        if isinstance(other["answer"], float):
            assert one["answer"] == pytest.approx(other["answer"], rel=tolerance, abs=tolerance)
        else:
            assert one["answer"] == other["answer"]
        expected_shares = pytest.approx(other.get("probabilities", {}), rel=tolerance, abs=tolerance)
        assert one.get("probabilities", {}) == expected_shares


@pytest.mark.parametrize("name", TABLES)
def test_the_exported_scripts_answer_as_the_app_does(name, tmp_path):
    text, target = TABLES[name]
    run = played(text, target)
    rows = raw(text, run)[:40]
    rows += [dict.fromkeys(rows[0]), dict.fromkeys(rows[0], "never seen"), dict.fromkeys(rows[0], "7")]
    expected = run.answers(rows)
    predictor = predictor_script(run.settings.run(), run.source, run.network, run.params, "p.py")
    the_same(in_a_fresh_process(predictor, rows, tmp_path), expected)
    script = numpy_script(run.settings.run(run.step), run.source)
    the_same(in_a_fresh_process(script, rows, tmp_path), expected)


@pytest.mark.parametrize(
    ("text", "target", "changes", "own"),
    [
        (TWO, "kind", {"inputs": ("x1", "product", "sin_x2")}, {}),
        (TWO, "kind", {"loss": "binary_cross_entropy"}, {}),
        (TWO, "kind", {"loss": "mean_squared_error", "activations": ("gelu_tanh",)}, {}),
        (FAMOUS["penguins"].text, "species", {"loss": "binary_cross_entropy", "patience": 1}, {"gaps": "leave out"}),
        (DATED, "kind", {"hidden": ()}, {"dates": "elapsed"}),
    ],
    ids=["made inputs", "one output", "no probabilities", "three questions", "days"],
)
def test_other_inputs_losses_and_gaps(text, target, changes, own, tmp_path):
    run = played(text, target, QUICK.replace(**changes), **own)
    rows = raw(text, run)
    expected = run.answers(rows)
    predictor = predictor_script(run.settings.run(), run.source, run.network, run.params, "p.py")
    the_same(in_a_fresh_process(predictor, rows, tmp_path), expected)
    assert ("probabilities" in expected[0]) == (run.network.loss.probable != "")
    if len(run.source.labels) > 1 and run.network.loss.probable:
        best = [max(each["probabilities"], key=each["probabilities"].get) for each in expected]
        assert best == [each["answer"] for each in expected]


def test_the_answers_to_training_rows_are_those_of_the_network():
    """An oracle that goes another way: the encoded rows of the data set, and the labels in their order."""
    text, target = TABLES["penguins"]
    run = played(text, target)
    cells = dict(zip(read_rows(text, run.source.encoder).frame.index, raw(text, run), strict=True))
    rows = [cells[row] for row in run.source.rows["test"]]
    np.testing.assert_allclose(run.source.encoder.transform(rows), run.source.X_test, atol=1e-12)
    expected = [run.source.labels[place] for place in run.predicted()]
    assert [each["answer"] for each in run.answers(rows)] == expected


def test_torch_answers_as_well(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed here")
    text, target = TABLES["penguins"]
    run = played(text, target)
    space = {"__name__": "script"}
    exec(compile(torch_script(run.settings.run(run.step), run.source), "script", "exec"), space)
    rows = raw(text, run)
    the_same(space["predict"](rows), run.answers(rows), 1e-6)


def test_the_predictor_reads_a_file_and_carries_no_data(tmp_path):
    text, target = TABLES["dated"]
    run = played(text, target)
    script = predictor_script(run.settings.run(), run.source, run.network, run.params, "p.py")
    assert "RUN" not in script
    (tmp_path / "p.py").write_text(script, encoding="utf-8")
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    out = subprocess.run(
        [sys.executable, "-I", "p.py", "rows.csv"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    header, *lines = csv.reader(io.StringIO(out))
    assert header == ["score"]
    expected = [each["answer"] for each in run.answers(raw(text, run))]
    np.testing.assert_allclose([float(line[0]) for line in lines], expected)


def test_the_predictor_says_in_a_sentence_what_it_cannot_read(tmp_path):
    run = played(TWO, "kind")
    script = predictor_script(run.settings.run(), run.source, run.network, run.params, "p.py")
    (tmp_path / "p.py").write_text(script, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("a;b\n1;2\n1,5;2,5\n;2\n", encoding="utf-8")
    (tmp_path / "lacking.csv").write_text("a\n1\n", encoding="utf-8")

    def ran(*names):
        call = [sys.executable, "-I", "p.py", *names]
        return subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = ran("rows.csv")
    assert len(done.stdout.splitlines()) == 4
    assert done.stderr.splitlines() == [
        "Cells of 'a' that cannot be read and count as missing: 1 of 2, such as '1,5'.",
        "Cells of 'b' that cannot be read and count as missing: 1 of 3, such as '2,5'.",
    ]
    assert ran().stderr == "Give one CSV file with the new rows.\n"
    assert ran("lacking.csv").stderr == "column 'b' is not in the new rows, but needed: give each of 'a', 'b'.\n"
    (line,) = ran("nowhere.csv").stderr.splitlines()
    assert "nowhere.csv" in line


def test_weights_and_the_run_say_what_was_learnt_and_from_which_rows():
    text, target = TABLES["penguins"]
    run = played(text, target, QUICK.replace(patience=1))
    file = weights_npz(run.network, run.params, encoding_of(run.source, run.settings.inputs, "softmax"))
    arrays = np.load(io.BytesIO(file), allow_pickle=False)
    encoding = json.loads(str(arrays["encoding"]))
    assert {"features", "inputs", "reading", "yes", "target", "made", "probable"} == encoding.keys()
    assert encoding["target"]["labels"] == list(run.source.labels)
    assert set(arrays) == {"encoding", "W1", "b1", "W2", "b2"}
    text = run_json(run.settings.run(run.step), run.history, data_used(run.source, run.trainer))
    assert json.loads(text)["run"]["steps"] == run.step
    told = json.loads(text)["data"]
    assert {part: len(rows) for part, rows in told["rows"].items()} == told["samples"]
    assert told["samples"]["training"] == run.trainer.train.size
    together = [row for rows in told["rows"].values() for row in rows]
    assert len(set(together)) == len(together)
    frame = run.source.encoder.encode(read_table(TABLES["penguins"][0]).frame.loc[told["rows"]["training"]])
    np.testing.assert_allclose(frame, run.trainer.train.x[0, :-1].T)


def test_generated_data_say_how_many_samples_and_nothing_else():
    run = Playground(Settings(max_epochs=1, samples=100))
    assert data_used(run.source, run.trainer) == {"samples": {"training": 50, "validation": 0, "test": 50}}


WHEN = st.datetimes(datetime(1990, 1, 1), datetime(2049, 12, 31)).map(lambda when: when.replace(microsecond=0))
WAYS = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d",
    "%d %b %Y",
    "%d-%B-%Y",
    "%b %d, %Y",
    "%B %d %Y %I:%M %p",
    "%Y-%m-%d %H:%M:%S+02:00",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%y",
]


@settings(max_examples=300, derandomize=True)
@given(WHEN, st.sampled_from(WAYS))
def test_dates_are_those_of_pandas(when, way):
    cell, first = when.strftime(way), way.startswith(("%d.", "%d/"))
    expected = pd.to_datetime(cell, format="mixed", dayfirst=first, utc=True).tz_localize(None).to_pydatetime()
    assert date_of(cell, first) == expected


@settings(max_examples=300, derandomize=True)
@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,4}[-/. ][0-9a-z]{1,3}[-/. ][0-9]{1,4}", fullmatch=True))
def test_any_text_is_a_date_or_none(cell):
    assert isinstance(date_of(cell), datetime | None)


def test_new_rows_say_what_is_lost_and_what_is_not_used():
    run = played(*TABLES["dated"])
    text = "when,price,paid,kind,more\n1.2.2022,5.5,yes,z,1\nnever,,no,a,2\n"
    found = read_rows(text, run.source.encoder)
    said = " ".join(found.notices)
    assert "Read as: commas, decimal point" in said
    assert "Not used, since nothing was learnt from it: 'more'." in said
    assert "2 cells of 'when' and 'price' are empty" in said or "2 cells of 'when', 'price' are empty" in said
    assert "1 cell of 'kind' has no input of its own (row 2)." in said
    assert (
        run.answers(found.frame, found.rules)[0]
        == run.answers([{"when": "1.2.2022", "price": 5.5, "paid": "yes", "kind": "z"}])[0]
    )
    with pytest.raises(InputError, match="column 'price' is not in the new rows"):
        read_rows("when,paid,kind\n1,2,3\n", run.source.encoder)


def test_a_row_without_a_column_is_refused_by_the_script():
    run = played(*TABLES["dated"])
    with pytest.raises(ValueError, match="column 'when' is not in the new rows"):
        inputs_of([{"price": 1}], encoding_of(run.source, run.settings.inputs, ""))
