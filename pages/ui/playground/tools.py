"""Beside the playground's drawing: lessons, comparison, data, doctor; the numbers explained, exports, new rows."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.checks import InputError
from core.data import Dataset
from core.data.encoding import MISSING_WORD, Encoder, Feature, read_rows
from core.data.rows import cell_of
from core.data.wording import several
from core.export.files import data_used, encoding_of, history_csv, run_json, weights_npz
from core.export.script import numpy_script, predictor_script, torch_script
from core.nn.layers import read_layer
from core.playground.doctor import HEALTHY
from core.playground.playground import Playground
from core.studies.playground import Settings, compare, compared, differing
from core.studies.sweeps.study import around
from pages.figures.common.words import plain, told, words
from pages.figures.playground import charts as figures
from pages.figures.playground.explained import explained, powers, standing
from pages.figures.playground.network import feature_names, has_unit
from pages.ui.frame import classroom
from pages.ui.frame.ends import File, buttons, guarded_csv
from pages.ui.frame.own_data import missing, own_data
from pages.ui.frame.reveal import cards
from pages.ui.live import board as live
from pages.ui.live.session import Experiment
from pages.ui.playground import state
from pages.ui.playground.bench import drawing_html
from pages.ui.playground.lessons import lesson_list, take_up
from pages.ui.playground.state import KEY, OWN, PINNED, begin, beside, filters_of, held, pinned

COMPARISON, SWEEPS = f"{KEY} comparison", "sweeps"
FAST = (
    "slow: 40 updates per second; watch: up to 1,500, fewer if the run would end too soon; fast: as many as this "
    "machine can do."
)
SWEEP = "Trains this network at learning rates from a tenth to ten times this one, over several seeds."
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


def actions(experiment: Experiment) -> None:
    """What stands beside the run controls: lessons, the comparison with a pinned run, and a sweep around this one."""
    settings = experiment.settings
    if not classroom.given(KEY).bounds("lesson"):
        with st.popover("Lessons"):
            lesson_list()
        take_up()
    if experiment.result is not None:
        with st.popover("Compare"):
            _compare(experiment)
        query = around(settings, settings.table).to_text()
        st.page_link(f"pages/{SWEEPS}.py", label="Sweep from here", query_params=query, help=SWEEP)


def tools(experiment: Experiment) -> None:
    """The row of tools, the doctor, and a running comparison."""
    settings, result, mine = experiment.settings, experiment.result, classroom.given(KEY)
    with st.container(horizontal=True, gap="xsmall"):  # two rows on a phone
        looks: dict[str, Any] = {"label_visibility": "collapsed", "help": FAST, "key": f"{KEY} pace"}
        speed = st.segmented_control("Speed", list(state.SPEEDS), default="watch", required=True, **looks)
        st.session_state[state.SPEED]["speed"] = state.SPEEDS[speed]
        with st.popover("Data", width="content"):
            again = {"data_seed": (settings.data_seed + 1) % 10_001}
            start = settings.replace(**again), "paused" if state.paused() else "running"
            never = result is None or mine.bounds("data_seed")
            st.button("Draw new data", on_click=begin, args=start, disabled=never, key=f"{KEY} new data")
            if mine.fixed.get("dataset", "own") == "own":
                st.markdown("**Or train on your own data**")
                brought = partial(_train_on, settings)
                own_data(KEY, settings, settings.test_share, settings.data_seed, brought)
        if result is not None:
            if result.sees_pictures or result.source.features > 2:
                with st.popover("View"):
                    _view(result)
            if result.source.encoder:
                with st.popover("Predict", key=f"{KEY} predict", on_change="rerun") as box:
                    if box.open:
                        predictions(result)
            with st.popover("Export", key=f"{KEY} exports", on_change="rerun") as box:
                if box.open:  # its files are written on opening
                    exports(experiment)
    with st.container():
        if settings.dataset == "own" and OWN not in st.session_state:
            missing(settings, "Data", partial(_train_on, settings))
            if not mine.bounds("dataset"):
                ready = settings.replace(dataset=Settings.model_fields["dataset"].default, table="")
                st.button("Use data that is ready", on_click=begin, args=(ready,), key=f"{KEY} ready data")
        elif settings.dataset == "own" and result is not None:
            st.caption(plain(f"Training on {result.source.name!r}."))
        if result is not None:
            _doctor(experiment)
        _comparison()


def _doctor(experiment: Experiment) -> None:
    """The doctor's diagnosis and remedies."""
    said = state.diagnosis(experiment.result)
    color = "red" if said.ill else "green" if said.name == HEALTHY else "gray"
    with st.container(border=said.ill):
        st.markdown(f":{color}-badge[Doctor: {words(said.name)}] {plain(powers(said.sentence))}")
        if experiment.status != "running":
            st.caption(state.stability(experiment.result))
        mine = classroom.given(KEY)
        if said.cure and mine.shows("solutions") and not mine.bounds(*said.cure):
            cure = ", ".join(f"{_titled(name)} {told(value)}" for name, value in said.cure.items())
            beside(f"Try {cure}, beside this run", experiment, said.name, said.cure)


def _titled(name: str) -> str:
    """The label of a setting's control."""
    return Settings.model_fields[name].title or name


def _compare(experiment: Experiment) -> None:
    """Pin a run, list the differences, and compare over seeds."""
    other, settings = pinned(), experiment.settings
    beside("Pin this run and restart", experiment, "pinned", {})
    if other is None:
        st.markdown(
            "Pin a run, change one thing and run again: every chart shows both, with the same initial weights if the "
            "layers are the same. Then test whether the difference is real."
        )
        return
    st.button("Unpin", on_click=lambda: st.session_state.pop(PINNED, None), key=f"{KEY} unpin")
    found = differing(other.settings, settings)
    rows = [f"- {_titled(name)}: {told(before)} → {told(now)}" for name, (before, now) in found.items()]
    st.markdown("**Pinned → now**\n\n" + ("\n".join(rows) or "No setting differs: change one."))
    if len(found) > 1:
        st.caption("Several settings differ, so you cannot tell which one caused a difference.")
    same = other.initial_params.tobytes() == experiment.result.initial_params.tobytes()
    st.caption(f"Initial weights {'are the same' if same else 'differ (other layers, seed or initializer)'}.")
    if not classroom.given(KEY).shows("findings"):
        return

    def ask() -> None:
        now, own = experiment.settings, (own_source(other), own_source(experiment.result))
        job = Experiment(lambda _: compare(other.settings, now, now.seeds, other.epoch, own), now)
        st.session_state[COMPARISON] = job

    label = f"Is the difference real? Test {settings.seeds} paired seeds"
    st.button(label, on_click=ask, disabled=not found or not other.epoch, key=f"{KEY} ask")


def _comparison() -> None:
    """The running comparison, or its finding."""
    job: Experiment | None = st.session_state.get(COMPARISON)
    if job is None:
        return

    def body(_: bool) -> None:
        job.renew()
        if job.status == "failed":
            st.error(plain(job.message))
        elif job.status == "finished":
            cards([compared(job.result)])
        else:
            st.progress(job.progress, text=f"{job.result.seeds} pairs of runs, {job.result.epochs:.3g} epochs each")

    live.ticking(COMPARISON, job.status == "running", lambda: job.status, body)
    st.button("Close the comparison", on_click=lambda: st.session_state.pop(COMPARISON, None), key=f"{KEY} close")


def _train_on(settings: Settings, table: str) -> None:
    """Begin a run on the visitor's own data, of which `table` tells a link."""
    st.session_state.pop(state.VIEW, None)
    begin(settings.replace(dataset="own", lesson="none", table=table))


def _view(result: Playground) -> None:
    """Which picture is drawn, and for data of more than two features the plane of the maps."""
    if result.sees_pictures:
        size = result.trainer.train.size
        number = st.number_input("Training picture", 1, size, key=f"{KEY} picture {size}", help=f"1 to {size}.")
        st.session_state[state.SAMPLE] = int(number) - 1
        if len(result.convolutions) > 1:
            weighted = [text for text in result.settings.layers if read_layer(text).weighted]
            st.selectbox("Filters of", result.convolutions, format_func=weighted.__getitem__, key=state.FILTERS)
    if result.source.features <= 2:
        return
    names = feature_names(result)
    axes = st.multiselect(
        "Maps are drawn over",
        range(len(names)),
        max_selections=2,
        format_func=names.__getitem__,
        placeholder="the first two principal components",
        key=f"{KEY} axes",
        help="Two features, the others held at their mean; or nothing for the plane of the principal components.",
    )
    st.session_state[state.VIEW] = tuple(axes) if len(axes) == 2 else None
    for run in filter(None, (result, pinned())):
        state.look_from(run)


def explanation(result: Playground | None) -> None:
    """Everything on the screen with its formula and numbers, for the unit that the visitor looks at."""
    if result is None:
        return
    st.header("Everything on the screen, explained with its numbers")
    alive = len(result.trainer.alive)
    weights = f"its weights at step {result.step:,}" if alive else "weights from before it diverged"
    st.markdown(
        f"{standing(result)} Below, training sample {result.sample + 1} goes through the network with {weights}. The "
        "numbers update at each pause and each step."
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
    if unread := _unread(cells, encoder):
        st.warning(plain(f"Cannot be read, and counts as missing: {several(unread)}."))
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


def _unread(cells: Mapping[str, Any], encoder: Encoder) -> list[str]:
    """The columns whose cells hold something that cannot be read."""
    filled, rules = [each for each in encoder.features if cells[each.name]], encoder.rules._asdict()
    return [each.name for each in filled if cell_of(cells[each.name], each.described, rules) is None]


def _cell(place: Any, key: str, each: Feature, encoder: Encoder) -> Any:
    """The input of one column, as a raw cell: in its own unit, with the table's own decimal sign."""
    label = plain(f"{each.name} ({each.unit})" if each.unit else each.name)
    inputs = [column for column in encoder.columns if column["of"] == each.name]
    sign = each.decimal or encoder.rules.decimal
    if each.role == "yes/no" and each.kind == "text":
        return place.selectbox(label, [each.no, each.yes], key=key)
    if each.role == "category":
        known = [column["word"] for column in inputs if column.get("word", MISSING_WORD) != MISSING_WORD]
        known = [word.replace(".", sign) for word in known] if each.kind == "number" else known
        return place.selectbox(label, known, None if not known else 0, key=key, accept_new_options=True)
    fill = next((column["fill"] for column in inputs if column["what"] in ("number", "yes")), None)
    usual = "" if fill is None else f"{fill:.6g}".replace(".", sign)
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
