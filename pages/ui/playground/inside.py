"""Inside the playground's network: weights to edit and freeze, explained numbers, and exports."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.checks import InputError
from core.data import Dataset
from core.data.features import INPUTS
from core.export.files import history_csv, run_json, weights_npz
from core.export.own import data_used, encoding_of
from core.export.script import check_layers, check_numpy, check_torch, numpy_script, predictor_script, torch_script
from core.nn.layers import Weights
from core.playground.playground import Playground
from pages.figures.playground import charts as figures
from pages.figures.playground.explained import explained, standing
from pages.ui.live.files import buttons
from pages.ui.live.session import Experiment
from pages.ui.playground.bench import drawing_html
from pages.ui.playground.state import KEY, filters_of, pinned

PREDICTOR = "predictor.py"  # the name of its file
CHECKS = {"numpy script": check_numpy, "PyTorch script": check_torch, "Predictor (numpy)": check_layers}
REFUSED = f"{KEY} refused"  # why a number typed into the table was refused
CHARTS = {
    "Loss": figures.losses,
    "Score": figures.scores,
    "Size of δ, gradients and weights": figures.norms,
    "Dead and saturated units": figures.idle_units,
}


def weights(experiment: Experiment) -> None:
    """A table of one layer's weights and biases, to edit and freeze."""
    result: Playground = experiment.result
    if experiment.status == "running":
        st.info("Press Pause to edit weights.")
        return
    if refused := st.session_state.pop(REFUSED, None):
        st.error(refused)
    layers = list(range(len(result.network.affine)))
    layer = st.selectbox("Weights of", layers, format_func=lambda k: _named(result, k), key=f"{KEY} layer")
    layer = layer if layer in layers else 0
    table = weight_table(result, layer)
    key = f"{KEY} weights {experiment.number} {layer} {result.step} {hash(result.params.tobytes())}"
    st.data_editor(
        table,
        key=key,
        hide_index=True,
        disabled=["unit", "from", "gradient"],
        on_change=_edit,
        args=(key, result, layer),
        column_config={
            "value": st.column_config.NumberColumn("value", format="%.4g"),
            "gradient": st.column_config.NumberColumn("gradient", format="%.3g"),
        },
        height=320,
    )
    with st.container(horizontal=True):
        for label, on in (("Freeze all", True), ("Unfreeze all", False)):
            st.button(label, key=f"{KEY} {label.lower()}", on_click=result.freeze_layer, args=(layer, on))
    st.caption("A change takes effect at once; Reset undoes it. Frozen numbers stay fixed while the others train.")


def _named(result: Playground, layer: int) -> str:
    return "the outputs" if layer == len(result.network.affine) - 1 else f"hidden layer {layer + 1}"


def weight_table(result: Playground, layer: int) -> pd.DataFrame:
    """One row for each weight and bias of a layer: unit, source, value, gradient of the last batch, frozen."""
    names, rows = _sources(result, layer), result.network.affine[layer].fan_out
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(1, rows + 1), len(names) + 1),
            "from": [*names, "bias"] * rows,
            "value": _rows(result.network.unpack(result.params)[layer]),
            "gradient": _rows(result.inside().gradients[layer]),
            "frozen": _rows(result.network.unpack(result.frozen)[layer]),
        }
    )


def _rows(layer: Weights) -> np.ndarray:
    """The weights of each unit, followed by its bias."""
    return np.column_stack([layer.W.reshape(len(layer.b), -1), layer.b]).ravel()


def _sources(result: Playground, layer: int) -> list[str]:
    """The sources of a unit's weights: for a convolution the positions in its window, for a picture its pixels."""
    affine = result.network.affine[layer]
    below = result.network.leaves[max(0, result.network.leaves.index(affine) - 1)]
    shape = below.inputs if below.is_only_shape else affine.kernel_shape
    if len(shape) == 3:
        return [f"channel {c + 1}, row {i + 1}, column {j + 1}" for c, i, j in np.ndindex(*shape)]
    if layer:
        return [f"unit {k + 1}" for k in range(shape[0])]
    if result.source.features == 2:
        return [INPUTS[name].label for name in result.settings.inputs]
    return list(result.source.columns) or [f"feature {k + 1}" for k in range(shape[0])]


def _place(result: Playground, layer: int, row: int) -> tuple[int, int, int | None]:
    """Layer, unit and source of a table row; source None is the bias."""
    unit, source = divmod(row, result.network.affine[layer].fan_in + 1)
    return layer, unit, source if source < result.network.affine[layer].fan_in else None


def _edit(key: str, result: Playground, layer: int) -> None:
    for row, changed in st.session_state[key]["edited_rows"].items():
        where = _place(result, layer, int(row))
        try:
            if changed.get("value") is not None:
                result.set_weight(*where, float(changed["value"]))
            if "frozen" in changed:
                result.freeze(*where, bool(changed["frozen"]))
        except InputError as error:
            st.session_state[REFUSED] = f"{error}."


def explanation(result: Playground | None) -> None:
    """Everything on the screen with its formula and numbers, for a chosen unit."""
    if result is None:
        return
    st.header("Everything on the screen, explained with its numbers")
    st.markdown(
        standing(result) + f" Below, training sample {result.sample + 1} goes through the network with the weights of "
        f"step {result.step:,}. The numbers update at each pause and each step."
    )
    with st.container(horizontal=True):
        layers = len(result.network.affine)
        layer = st.selectbox("Layer", range(layers), format_func=lambda k: _named(result, k), key=f"{KEY} look layer")
        layer = min(layer or 0, layers - 1)
        units = range(result.network.affine[layer].fan_out)
        unit = st.selectbox("Unit", units, format_func=lambda k: str(k + 1), key=f"{KEY} look unit {layer}")
    texts = explained(result, layer, min(unit or 0, units[-1]))
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
    files: dict[str, tuple[Callable[[Any], str | bytes], str, str]] = {
        "numpy script": (lambda run: numpy_script(settings, _own(run)), "numpy.py", "text/x-python"),
        "PyTorch script": (lambda run: torch_script(settings, _own(run)), "torch.py", "text/x-python"),
        "Predictor (numpy)": (_predictor, PREDICTOR, "text/x-python"),
        "Weights (NPZ)": (_weights, "weights.npz", "application/zip"),
        "Run (JSON)": (_run_json, "run.json", "application/json"),
        "Run (CSV)": (lambda run: history_csv(run.history), "run.csv", "text/csv"),
        "Charts (HTML)": (charts_html, "charts.html", "text/html"),
    }
    if not _own(result):
        del files["Predictor (numpy)"]
    for label, check in CHECKS.items():
        if label not in files:
            continue
        try:
            check(settings)
        except InputError as error:
            st.caption(f"No {label}: {error}.")
            del files[label]
    made = {label: (make, f"{KEY}-{name}", mime) for label, (make, name, mime) in files.items()}
    buttons(KEY, result, made, width="stretch")
    st.caption(
        "To save a chart as PNG, point at it (on a phone, tap it) and press the camera at its upper right corner."
    )


def _own(run: Playground) -> Dataset | None:
    return run.source if run.settings.dataset == "own" else None


def _predictor(run: Playground) -> str:
    return predictor_script(run.settings.run(), run.source, run.network, run.params, f"{KEY}-{PREDICTOR}")


def _weights(run: Playground) -> bytes:
    return weights_npz(run.network, run.params, encoding_of(_own(run), run.settings.inputs, run.network.loss.probable))


def _run_json(run: Playground) -> str:
    return run_json(run.settings.run(max(1, run.step)), run.history, data_used(run.source, run.trainer))


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
