"""Inside the playground's network: explained numbers, and exports."""

import plotly.graph_objects as go
import streamlit as st

from core.data import Dataset
from core.export.files import data_used, encoding_of, history_csv, run_json, weights_npz
from core.export.script import numpy_script, predictor_script, torch_script
from core.playground.playground import Playground
from pages.figures.playground import charts as figures
from pages.figures.playground.explained import explained, standing
from pages.figures.playground.network import has_unit
from pages.ui.frame.numbers import File, buttons
from pages.ui.live.session import Experiment
from pages.ui.playground.bench import drawing_html
from pages.ui.playground.state import KEY, filters_of, held, pinned

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
