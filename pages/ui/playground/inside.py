"""Inside the playground's network: explained numbers, exports, and its answers to new rows of a visitor's table."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.checks import InputError
from core.data import Dataset
from core.data.encoding import MISSING_WORD, Encoder, Feature, read_rows
from core.export.files import data_used, encoding_of, history_csv, run_json, weights_npz
from core.export.script import numpy_script, predictor_script, torch_script
from core.playground.playground import Playground
from pages.figures.common.words import plain
from pages.figures.playground import charts as figures
from pages.figures.playground.explained import explained, standing
from pages.figures.playground.network import has_unit
from pages.ui.frame.numbers import File, buttons, guarded_csv
from pages.ui.live.session import Experiment
from pages.ui.playground.bench import drawing_html
from pages.ui.playground.state import KEY, filters_of, held, pinned

MOST_FIELDS = 40  # columns of a form; of wider tables a file is easier
MOST_SHARES = 20  # classes whose probabilities are shown
SHOWN = 1000  # rows on the page; the file holds all
PREDICTOR = "playground-predictor.py"  # the name of its file
CHARTS = {
    "Loss": figures.losses,
    "Score": figures.scores,
    "Size of δ, gradients and weights": figures.norms,
    "Dead and saturated units": figures.idle_units,
}


def explanation(result: Playground | None) -> None:
    """Everything on the screen with its formula and numbers, for the unit that the visitor looks at."""
    if result is None:
        return
    st.header("Everything on the screen, explained with its numbers")
    st.markdown(
        standing(result) + f" Below, training sample {result.sample + 1} goes through the network with the weights of "
        f"step {result.step:,}. The numbers update at each pause and each step."
    )
    layer, unit = look if (look := held()) and has_unit(result, look) else (0, 0)
    place = "the outputs" if layer == len(result.network.affine) - 1 else f"hidden layer {layer + 1}"
    st.markdown(f"**Unit {unit + 1} of {place}.** Click another unit on the drawing to see its numbers.")
    texts = explained(result, layer, unit)
    for pair in zip(texts[::2], texts[1::2], strict=True):
        for column, (title, text) in zip(st.columns(2), pair, strict=True):
            column.container(border=True).markdown(f"##### {title}\n\n{text}")


def exports(experiment: Experiment) -> None:
    """Scripts, weights, the run, its curves and charts, each written on request."""
    result: Playground = experiment.result
    settings = result.settings.run(max(1, result.step))
    if result.by_hand:
        st.info(
            "This run was changed along the way, so its scripts repeat the current settings from the initial weights, "
            "not this curve. Press Reset and run again to make them agree."
        )
    st.markdown("Scripts do not need this app: they contain the data and the initial weights.")
    own, python = own_source(result), "text/x-python"
    files: dict[str, File] = {
        "numpy script": (lambda run: numpy_script(settings, own), "playground-numpy.py", python),
        "PyTorch script": (lambda run: torch_script(settings, own), "playground-torch.py", python),
        "Predictor (numpy)": (
            lambda run: predictor_script(run.settings.run(), run.source, run.network, run.params, PREDICTOR),
            PREDICTOR,
            python,
        ),
        "Weights (NPZ)": (_weights, "playground-weights.npz", "application/zip"),
        "Run (JSON)": (
            lambda run: run_json(settings, run.history, data_used(run.source, run.trainer)),
            "playground-run.json",
            "application/json",
        ),
        "Run (CSV)": (lambda run: history_csv(run.history), "playground-run.csv", "text/csv"),
        "Charts (HTML)": (charts_html, "playground-charts.html", "text/html"),
    }
    if not own:
        del files["Predictor (numpy)"]
    buttons(KEY, result, files, width="stretch")
    st.caption(
        "To save a chart as PNG, point at it (on a phone, tap it) and press the camera at its upper right corner."
    )


def own_source(run: Playground) -> Dataset | None:
    """The visitor's own data, if it trains on them."""
    return run.source if run.settings.dataset == "own" else None


def _weights(run: Playground) -> bytes:
    encoding = encoding_of(own_source(run), run.settings.inputs, run.network.loss.probable)
    return weights_npz(run.network, run.params, encoding)


def charts_html(result: Playground) -> str:
    """All charts as one page that works offline: it contains plotly.js."""
    other = pinned()
    drawn = {title: draw(result, other) for title, draw in CHARTS.items()}
    drawn |= {"Predictions for the test samples": figures.answers(result)}
    drawn |= {"Filters": figures.filters(result, filters_of())} if result.convolutions else {}
    parts = [f"<h2>The network and its answer</h2>{drawing_html(figures.network(result).to_json())}"]
    for title, figure in drawn.items():
        page = go.Figure(figure.to_dict()).update_layout(template="plotly_white")
        parts.append(f"<h2>{title}</h2>{page.to_html(full_html=False, include_plotlyjs=len(parts) == 1)}")
    head = f"<meta charset='utf-8'><title>Playground, step {result.step}</title>"
    body = f"<body style='font-family: sans-serif; max-width: 60rem; margin: auto'>{''.join(parts)}</body>"
    return f"<!doctype html><html><head>{head}</head>{body}</html>"


def predictions(result: Playground) -> None:
    """A form and a file, each with the network's answers as it is now."""
    encoder = result.source.encoder
    assert encoder is not None
    target = encoder.target
    st.markdown(f"**What is {plain(target['name'])}?** Answered by the network as it is now, at step {result.step:,}.")
    if not result.network.loss.probable and target["task"] == "classes":
        st.caption("This loss gives classes and no probabilities; a cross-entropy gives both.")
    ways = ["One row", "File", "Paste"]
    way = st.segmented_control("New rows", ways, default="One row", required=True, key=f"{KEY} new")
    if way == "One row":
        _form(result, encoder)
    else:
        _rows(result, encoder, way == "File")


def _form(result: Playground, encoder: Encoder) -> None:
    if len(encoder.features) > MOST_FIELDS:
        st.info(f"The table has {len(encoder.features):,} columns to learn from, too many for a form: give a file.")
        return
    key = f"{KEY} row {id(encoder)}"
    with st.form(key, border=False):
        columns = st.columns(2)
        cells = {
            each.name: _cell(columns[place % 2], f"{key} {place}", each, encoder)
            for place, each in enumerate(encoder.features)
        }
        show = st.session_state.update
        st.form_submit_button("Predict", type="primary", on_click=show, args=({f"{key} submitted": True},))
    st.caption("An empty field counts as missing. At first numbers are the medians of the training rows.")
    if not st.session_state.get(f"{key} submitted"):
        return
    (found,) = result.answers([cells])
    unit = f" {encoder.target['unit']}" if encoder.target["unit"] else ""
    answer = found["answer"]
    text = f"{answer:.6g}{unit}" if isinstance(answer, float) else str(answer)
    st.subheader(f"{plain(encoder.target['name'])}: {plain(text)}", anchor=False)
    if shares := found.get("probabilities"):
        best = sorted(shares.items(), key=lambda item: -item[1])[:MOST_SHARES]
        st.dataframe(
            {"class": [name for name, _ in best], "probability": [share for _, share in best]},
            hide_index=True,
            column_config={"probability": st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1)},
        )


def _cell(place: Any, key: str, each: Feature, encoder: Encoder) -> Any:
    """The input of one column, as a raw cell: in its own unit, with the table's own decimal sign."""
    label = plain(f"{each.name} ({each.unit})" if each.unit else each.name)
    inputs = [column for column in encoder.columns if column["of"] == each.name]
    if each.role == "yes/no" and each.kind == "text":
        return place.selectbox(label, [each.no, each.yes], key=key)
    if each.role == "category":
        known = [column["word"] for column in inputs if column.get("word", MISSING_WORD) != MISSING_WORD]
        return place.selectbox(label, known, None if not known else 0, key=key, accept_new_options=True)
    fill = next((column["fill"] for column in inputs if column["what"] in ("number", "yes")), None)
    usual = "" if fill is None else f"{fill:.6g}".replace(".", encoder.rules.decimal)
    example = "such as 2024-05-17" if each.kind == "date" else None
    return place.text_input(label, usual, key=key, placeholder=example)


def _rows(result: Playground, encoder: Encoder, as_file: bool) -> None:
    """Answers to all rows of a file, or of pasted text."""
    wanted = f"The header names the columns: {', '.join(repr(each.name) for each in encoder.features[:5])}"
    wanted += f" and {len(encoder.features) - 5:,} more." if len(encoder.features) > 5 else "."
    source: bytes | str
    if as_file:
        label = "New rows: a text table or Parquet, up to 20 MB"
        given = st.file_uploader(label, key=f"{KEY} new file", help=plain(wanted))
        source = given.getvalue() if given else b""
    else:
        source = st.text_area("New rows, with their header", key=f"{KEY} new pasted", help=plain(wanted), height=140)
    if not source:
        return
    try:
        found = read_rows(source, encoder)
        table = _table(result.answers(found.frame, found.rules), found.frame, encoder)
    except InputError as error:
        st.error(plain(f"{error}."))
        return
    for notice in found.notices:
        st.caption(plain(notice))
    st.dataframe(table.head(SHOWN), hide_index=True, height=min(320, 40 + 35 * len(table)))
    buttons(KEY, table, {"Predictions (CSV)": (guarded_csv, "predictions.csv", "text/csv")})


def _table(answers: list[dict[str, Any]], frame: pd.DataFrame, encoder: Encoder) -> pd.DataFrame:
    """A line for each row: its number in the file, the answer, and the probabilities."""
    target = encoder.target
    name = f"{target['name']} ({target['unit']})" if target["unit"] else target["name"]
    made = pd.DataFrame({"row": frame.index, name: [each["answer"] for each in answers]})
    for label in target.get("labels", ())[:MOST_SHARES] if answers and "probabilities" in answers[0] else ():
        made[f"probability of {label}"] = [each["probabilities"][label] for each in answers]
    return made
