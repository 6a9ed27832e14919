"""A notebook's file: what is read back, what is refused, what is lost with a word, and that all of it is text."""

import ast
import base64
import json
import os
import re
import subprocess
import venv
from pathlib import Path

import jsonschema
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from core.checks import InputError
from core.export.handed_in import escaped, jupyter, markdown
from core.export.notebook import (
    LARGEST,
    LARGEST_PICTURE,
    MOST,
    PNG,
    Chart,
    Entry,
    Foreseen,
    Found,
    Notebook,
    picture,
    read_notebook,
    schema,
)
from core.playground.playground import Playground
from core.playground.settings import Settings
from core.studies import STUDIES
from pages.figures.report import report

ROOT = Path(__file__).parents[3]
BASE = "http://127.0.0.1:8501"
CHART = Chart(title="Loss", data=[{"type": "scatter", "y": [3, 2, 1]}], layout={"height": 300})
STUDY = Entry(
    page="depth",
    question="How deep can a network be and still learn?",
    query={"seed": "3", "depths": "1,3"},
    settings={"First seed": "3"},
    kept="2026-11-29",
    app="0.2.0",
    note="Deeper is not better.",
    foreseen=[Foreseen(question="Which wins?", expected="3 layers", measured="1 layer")],
    findings=[Found(claim="Deep is best", outcome="does not hold", sentence="No.", evidence=["lead: +0.4"])],
    table=[{"depth": 1, "loss": 0.25, "name": "a|b", "none": None}],
    charts=[CHART],
)


def played(**changes):
    """An entry of a run of the playground."""
    run = Playground(Settings(max_epochs=3, samples=60, **changes))
    while not run.ended:
        run.update()
    recorded = {
        "step": run.step,
        "training loss": run.frames[-1].train_loss[0],
        "test loss": run.frames[-1].test_loss[0],
    }
    settings_of_run = run.settings.run(run.step).model_dump(mode="json")
    recorded = {name: float(value) for name, value in recorded.items()}
    return Entry(page="playground", question="What happens?", kept="2026-11-29", run=settings_of_run, recorded=recorded)


DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
WHOLE = Notebook(entries=[STUDY, played()])


def test_a_notebook_reads_back_as_it_was_written_and_fits_its_published_schema():
    text = WHOLE.to_text()
    assert read_notebook(text) == (WHOLE, [])
    assert read_notebook(text.encode()) == (WHOLE, [])
    published = (ROOT / "docs/notebook.schema.json").read_text(encoding="utf-8")
    assert published == schema()
    jsonschema.validate(json.loads(text), json.loads(published))


def changed(**parts):
    return json.dumps(json.loads(WHOLE.to_text()) | parts)


BAD = [
    (b"", "is not JSON"),
    (b"\xff\xfe\x00", "is not JSON"),
    ("[" * 100_000, "is not JSON"),
    ("[]", "no notebook of this app"),
    ("{}", "no notebook of this app"),
    (changed(format="other"), "no notebook of this app"),
    (changed(entries={}), "no notebook of this app"),
    (" " * (LARGEST + 1), "at most 20 MB are read"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD, ids=range(len(BAD)))
def test_what_is_no_notebook_is_refused_in_a_sentence(data, sentence):
    with pytest.raises(InputError, match=sentence):
        read_notebook(data)


def entry(**parts):
    return json.loads(STUDY.model_dump_json()) | parts


SPOILT = [
    3,
    {},
    entry(page="javascript:alert(1)"),
    entry(query={"a b": "1"}),
    entry(note="x" * 6000),
    entry(charts=[{"title": "t", "data": [3]}]),
    entry(charts=[CHART.model_dump()] * 41),
    entry(findings="all"),
    entry(kept="yesterday"),
    entry(table=[{"a": [1]}]),
]


@pytest.mark.parametrize("spoilt", SPOILT, ids=range(len(SPOILT)))
def test_an_entry_that_cannot_be_read_is_left_out_with_a_sentence(spoilt):
    found, notices = read_notebook(changed(entries=[spoilt, entry()]))
    assert found.entries == [STUDY]
    assert len(notices) == 1
    assert notices[0].startswith("1 of 2 entries cannot be read (entry 1: ")
    assert len(notices[0]) < 400


def test_a_notebook_of_another_version_opens_and_says_what_it_lost():
    text = changed(version=7, entries=[entry(smell="roses")], owner="me")
    found, (sentence,) = read_notebook(text)
    assert found.entries == [STUDY]
    assert sentence == (
        "The notebook is of version 7 and this app writes version 1: parts that it does not know are left out."
    )
    found, (sentence,) = read_notebook(changed(entries=[entry()] * (MOST + 5)))
    assert len(found.entries) == MOST
    assert "has 105 entries, of which the first 100 are read" in sentence


EVIL = (
    "<img src=x onerror=alert(1)> ![p](http://evil/x.png) [l](javascript:alert(1)) </script><script>alert(1)</script>"
)


SET = "<b>%{y}</b><br><span style='font-size:10px'>a</span><extra></extra>"  # our own


def hostile():
    figure = {
        "type": "scatter",
        "y": [1, 2],
        "text": [EVIL, EVIL],
        "name": EVIL,
        "hovertemplate": SET,
    }
    layout = {"title": {"text": EVIL}, "images": [{"source": "http://evil/x.png"}], "xaxis": {"title": {"text": EVIL}}}
    chart = {
        "title": EVIL,
        "caption": EVIL,
        "data": [figure, {"type": "scattergeo"}, {"type": "image"}],
        "layout": layout,
    }
    parts = {"claim": EVIL, "outcome": EVIL, "sentence": EVIL, "evidence": [EVIL]}
    return changed(
        entries=[
            entry(
                question=EVIL,
                note=EVIL,
                query={"a": EVIL},
                settings={EVIL: EVIL},
                findings=[parts],
                charts=[chart],
                table=[{EVIL: EVIL}],
                foreseen=[{"question": EVIL, "expected": EVIL, "measured": EVIL}],
                run={"dataset": EVIL, "__class__": EVIL},
            )
        ]
    )


def test_charts_from_outside_keep_known_traces_and_plain_text_only():
    (found,) = read_notebook(hostile())[0].entries
    (chart,) = found.charts
    assert [trace["type"] for trace in chart.data] == ["scatter"]
    assert "images" not in chart.layout
    assert chart.data[0]["hovertemplate"] == SET
    text = json.dumps([chart.data, chart.layout])
    assert "<img" not in text
    assert "<script" not in text
    assert found.repeatable is None


def test_markdown_holds_no_picture_link_or_html_of_a_hostile_file():
    from re import findall

    for text in (markdown(read_notebook(hostile())[0], BASE, {}), jupyter(read_notebook(hostile())[0], BASE, {})):
        cells = json.loads(text)["cells"] if text.startswith("{") else [{"cell_type": "markdown", "source": text}]
        written = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        assert not findall(r"(?<!\\)!\[|(?<!\\)\]\((?!<http://127)|(?<!\\)<(?!http://127)", written)
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        assert all(line.startswith(("import json", "draw(", "repeat(")) for line in code)
        assert all(isinstance(ast.parse(line).body[0].value, ast.Call) for line in code[1:])  # and nothing behind it


@pytest.mark.parametrize(
    "start", ["- a", "+ a", "=====", "---", "- - -", "1. a", "12) a", "# a", "> a", "* a", "| a |", "```"]
)
def test_a_line_of_a_note_begins_no_list_rule_or_heading(start):
    """In Markdown these begin something; a backslash before the sign makes it a sign."""
    assert re.match(r"\d*\\[-+=.)#>*|`]", escaped(start))
    assert escaped(start).replace("\\", "") == start
    assert escaped("-0.5 = a") == "-0.5 = a"


def test_a_picture_is_a_png_within_bounds_and_stands_below_its_chart():
    drawn = PNG + base64.b64encode(DOT).decode()
    assert picture(drawn) == DOT
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    wide = PNG + base64.b64encode(DOT[:16] + (10**6).to_bytes(4) + DOT[20:]).decode()  # that would take a gigabyte
    for other in ("", svg, PNG, f"{PNG}%%%", f"{PNG}é", PNG + base64.b64encode(b"<svg/>").decode(), "@photo", wide):
        assert picture(other) == b""
    assert picture(drawn + "A" * LARGEST_PICTURE) == b""
    text = markdown(WHOLE, BASE, {"1-1.png": DOT, "2-1.png": DOT})
    assert text.count("](pictures/") == 1  # the other entry has no chart
    assert text.index("Chart: **Loss**") < text.index("![Loss](pictures/1-1.png)")
    hidden = markdown(read_notebook(hostile())[0], BASE, {"1-1.png": DOT}).replace("](pictures/1-1.png)", "", 1)
    assert hidden.count("\n![\\<img src=x onerror=alert(1)\\> \\!\\[p\\]") == 1


def test_the_drawing_of_a_file_is_shown_as_a_picture_or_not_at_all():
    drawn, evil = PNG + base64.b64encode(DOT).decode(), f"{PNG}' onerror='alert(1)"
    kept, hurt = read_notebook(changed(entries=[entry(drawing=drawn), entry(drawing=evil)]))[0].entries
    assert f"<img src='{drawn}'" in report(Notebook(entries=[kept]), BASE)
    assert "<img" not in report(Notebook(entries=[hurt]), BASE)
    assert "![The drawing on the page](pictures/1-0.png)" in markdown(WHOLE, BASE, {"1-0.png": DOT})


def test_markdown_says_everything_and_each_number_has_its_link():
    text = markdown(WHOLE, BASE, {})
    link = f"<{BASE}/depth?seed=3&depths=1,3>"
    for line in text.splitlines():
        if "lead" not in line and any(each in line for each in ("0.25", "does not hold", "1 layer")):
            assert link in line or line.startswith("|")
    assert f"These numbers: [run]({link})" in text
    assert "| 1 | 0.25 | a\\|b |  |" in text
    assert "> Deeper is not better." in text


def test_what_a_link_does_not_restore_is_said_in_every_file_and_no_cell_repeats_it():
    own = STUDY.model_copy(update={"page": "sweeps", "caution": "It learnt from a table *that* is not there."})
    whole = Notebook(entries=[own])
    assert "from a table \\*that\\* is not there" in markdown(whole, BASE, {})
    assert own.caution in report(whole, BASE)
    code = [each.source for each in nbformat.reads(jupyter(whole, BASE, {}), as_version=4).cells[3:]]
    assert not any(each.startswith("repeat(") for each in code)


def test_a_whole_number_is_written_without_a_decimal_point():
    assert next(each.text for each in played().said()).isdigit()


QUICK = {"seed": "3", "depths": "1,2", "steps": "20", "seeds": "5", "rate": "same", "v": "0.2.0"}
HANDED_IN = Notebook(
    entries=[STUDY.model_copy(update={"query": QUICK}), played(), played(dataset="wave", optimizer="adam")]
)
ALONE = "Descent Lab is not installed here. What was recorded stands above."


def printed(made):
    """What the code cells of an executed notebook have printed, except those that define or draw."""
    cells = ["".join(each.get("text", "") for each in cell.get("outputs", ())) for cell in made.cells]
    return [text.strip().splitlines() for text in cells if text]


def agree_with_what_was_recorded(runs):
    """The last losses that scripts have printed are those in their last line."""
    for *_, last, recorded in runs:
        step, train_loss, test_loss = map(float, last.split(","))
        expected = json.loads(recorded.partition(": ")[2])
        assert step == expected["step"]
        assert train_loss == pytest.approx(expected["training loss"], rel=1e-9)
        assert test_loss == pytest.approx(expected["test loss"], rel=1e-9)


@pytest.mark.slow
def test_the_jupyter_notebook_runs_and_repeats_the_playground_and_a_study(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = nbformat.reads(jupyter(HANDED_IN, BASE, {"1-1.png": DOT}), as_version=4)
    nbformat.validate(made)
    assert "by numpy alone" in made.cells[0].source
    assert "![Loss](attachment:1-1.png)" in made.cells[2].source
    assert base64.b64decode(made.cells[2].attachments["1-1.png"]["image/png"]) == DOT
    NotebookClient(made, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    found, *runs = printed(made)
    study = STUDIES["depth"]
    *_, last = study.run(study.Settings.from_text(QUICK)[0])
    assert found == [f"{each.outcome}: {each.sentence}" for each in study.findings(last)]
    assert len(runs) == 2
    agree_with_what_was_recorded(runs)
    (drawn,) = [out for cell in made.cells for out in cell.get("outputs", ()) if out.output_type == "display_data"]
    assert drawn.data["application/vnd.plotly.v1+json"]["data"] == CHART.data


@pytest.mark.slow  # makes an environment and installs into it
def test_the_jupyter_notebook_runs_from_nothing_with_numpy_alone(tmp_path):
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty/bin/python"
    alone = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    (tmp_path / "made.ipynb").write_text(jupyter(HANDED_IN, BASE, {}), encoding="utf-8")
    execute = "import nbformat, nbclient; made = nbformat.read('made.ipynb', 4); "
    execute += "nbclient.NotebookClient(made, timeout=120).execute(); nbformat.write(made, 'made.ipynb')"
    for command in (["-m", "pip", "install", "-q", "numpy", "nbformat", "nbclient", "ipykernel"], ["-c", execute]):
        subprocess.run([python, *command], cwd=tmp_path, env=alone, check=True, timeout=280)
    found, *runs = printed(nbformat.read(tmp_path / "made.ipynb", 4))
    assert found == [ALONE]
    assert len(runs) == 2
    agree_with_what_was_recorded(runs)


def test_a_study_of_a_class_is_not_repeated_by_a_cell():
    of_class = STUDY.model_copy(update={"query": {"class": "abc.DEFG"}})
    assert "repeat('depth'" in jupyter(Notebook(entries=[STUDY]), BASE, {})
    assert "repeat('depth'" not in jupyter(Notebook(entries=[of_class]), BASE, {})


def test_a_run_that_no_script_can_repeat_says_why():
    text = jupyter(Notebook(entries=[played(optimizer="lbfgs", batch_size=30)]), BASE, {})
    assert "No script repeats this run: optimizer is lbfgs" in text.replace("\\\\", "")


def test_an_entry_or_a_notebook_that_is_too_large_is_refused():
    large = Chart(title="t", data=[{"y": "x" * 5_000_001}])
    with pytest.raises(InputError, match="keep fewer charts"):
        STUDY.model_copy(update={"charts": [large]}).to_text()
    fits = STUDY.model_copy(update={"charts": [Chart(title="t", data=[{"y": "x" * 4_900_000}])]})
    with pytest.raises(InputError, match="delete an entry"):
        Notebook(entries=[fits] * 5).to_text()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(list(Entry.model_fields)) | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=20,
)


@settings(max_examples=100, derandomize=True)
@given(st.lists(values, max_size=3), st.dictionaries(st.sampled_from(list(Entry.model_fields)), values, max_size=4))
def test_any_entries_are_read_or_said_to_be_lost(entries, changes):
    found, notices = read_notebook(
        json.dumps({"format": "descent-lab-notebook", "version": 1, "entries": [*entries, entry(**changes)]})
    )
    assert len(found.entries) + (not notices) <= len(entries) + 2
    assert read_notebook(found.to_text())[1] == []
    markdown(found, BASE, {})
    jupyter(found, BASE, {})
