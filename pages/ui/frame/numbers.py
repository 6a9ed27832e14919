"""The numbers of a finished run: a table, files, and a script that reproduces any of its runs, written on request."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.checks import InputError
from core.data import Dataset
from core.export.script import numpy_script, torch_script
from core.studies.contract import Study
from core.studies.race import Race
from pages.figures.common.words import plain, spoken, words
from pages.ui.frame import classroom
from pages.ui.live.session import Experiment

File = tuple[Callable[[Any], str | bytes], str, str]  # function that writes it, file name, MIME type


def numbers(key: str, study: Study, experiment: Experiment) -> None:
    """The study's table and downloads."""
    st.header("The numbers")
    table = worded(study.table(experiment.result))
    short = {name: st.column_config.NumberColumn(format="%.4g") for name in table.select_dtypes("float")}
    st.dataframe(table, hide_index=True, width="stretch", column_config=short)
    made: dict[str, File] = {
        "Table (CSV)": (lambda run: guarded_csv(study.table(run.result)), f"{key}-table.csv", "text/csv"),
        "Curves (CSV)": (lambda run: guarded_csv(study.curves(run.result)), f"{key}-curves.csv", "text/csv"),
        "Everything (JSON)": (partial(_json, key, study), f"{key}.json", "application/json"),
    }
    if not classroom.given(key).shows("findings"):
        del made["Everything (JSON)"]  # which holds them too
    _files(key, experiment, made)
    downloads(key, experiment.result)


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """A study's table with its keys as people write them."""
    return table.map(lambda cell: words(cell) if isinstance(cell, str) and cell.isidentifier() else cell)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain data with all their digits; None where a number is not finite."""
    known = table.notna() & ~table.isin([float("inf"), float("-inf")])
    found: list[dict[str, Any]] = (
        table.rename(columns=str).astype(object).where(known.to_numpy(), None).to_dict("records")
    )
    return found


def guarded_csv(table: pd.DataFrame) -> str:
    """The table as CSV, with an apostrophe before text that a spreadsheet would read as a formula."""
    guarded = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell)
    return guarded.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)  # all text, which may contain line breaks


def _json(key: str, study: Study, experiment: Experiment) -> str:
    parts = {
        "page": key,
        "settings": getattr(experiment.result, "settings", experiment.settings).model_dump(),
        "findings": [finding.row(key) for finding in experiment.findings(study)],
    }
    if isinstance(data := getattr(experiment.result, "source", None), Dataset) and data.encoder:
        sizes = {part: len(places) for part, places in data.rows.items()}
        parts["data"] = {"table": data.name, "rows": sizes, "split": data.split, "decided": list(data.notices)}
    parts |= {"table": rows(study.table(experiment.result)), "curves": rows(study.curves(experiment.result))}
    return json.dumps(parts, indent=1, allow_nan=False)


@st.fragment
def _files(key: str, experiment: Experiment, made: Mapping[str, File]) -> None:
    with st.expander("The numbers as files", key=f"{key} files", on_change="rerun") as box:
        if box.open:
            with st.container(horizontal=True):
                buttons(key, experiment, made)


def buttons(key: str, of: Any, made: Mapping[str, File], **look: Any) -> None:
    """Write the files and draw a button for each, by label; for one that cannot be written the reason."""
    for label, (make, name, mime) in made.items():
        try:
            st.download_button(label, make(of), name, mime, on_click="ignore", key=f"{key} {label}", **look)
        except InputError as error:
            st.caption(f"No {label}: {plain(str(error))}.")


def races(result: Any) -> list[Race]:
    """The races of a result, single or in lists, without tuning runs."""
    kept = vars(result) if hasattr(result, "__dict__") else {}
    values = [value for name, value in kept.items() if name not in ("trials", "next_trials", "tuning")]
    several = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [race for race in several if isinstance(race, Race)]


def notices(result: Any) -> dict[str, None]:
    """How training deviated from its settings, each sentence once."""
    return dict.fromkeys(each for trained in [result, *races(result)] for each in getattr(trained, "notices", ()))


@st.fragment
def downloads(key: str, result: Any) -> None:
    """A choice of runs of a finished study, and their scripts, written on request."""
    runs = {label: each for race in races(result) for label, each in race.runs.items()}
    if not runs:
        return
    with st.expander("Export a run as a script", key=f"{key} scripts", on_change="rerun") as box:
        if not box.open:
            return
        st.markdown(
            "The script contains the data and the initial weights, does not need this app, and prints the losses of "
            "the curves above."
        )
        told = {label: spoken(label).replace("_", " ") for label in runs}
        label = st.selectbox("Run", list(runs), key=f"{key} script of", format_func=told.__getitem__)
        seeds = Counter(run.seed for run in runs[label])
        rates = ["" if seeds[run.seed] == 1 else f", learning rate {run.lr:g}" for run in runs[label]]
        named = [f"seed {run.seed}{rate}" for run, rate in zip(runs[label], rates, strict=True)]
        places = range(len(named))
        place = st.selectbox("Repetition", places, format_func=named.__getitem__, key=f"{key} script seed")
        run = runs[label][place]
        if run.dtype == "float32":
            st.caption(
                "Trained here in float32. The script computes in float64: its curve is close, but its digits differ."
            )
        with st.container(horizontal=True):
            file = re.sub(r"\W+", "-", f"{key} {label} seed {run.seed}")
            made: dict[str, File] = {
                "numpy script": (numpy_script, f"{file}-numpy.py", "text/x-python"),
                "PyTorch script": (torch_script, f"{file}-pytorch.py", "text/x-python"),
            }
            buttons(key, run.replace(dtype="float64"), made)
