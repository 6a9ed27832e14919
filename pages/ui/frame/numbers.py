"""The numbers of a finished run, as a table and as files."""

import csv
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.data import Dataset
from core.studies.contract import Study
from pages.figures.common.words import words
from pages.ui.frame import classroom, scripts
from pages.ui.live.files import File, box
from pages.ui.live.session import Experiment


def numbers(key: str, study: Study, experiment: Experiment) -> None:
    """The study's table and downloads."""
    table = study.table(experiment.result)
    st.header("The numbers")
    named = table.map(lambda cell: words(cell) if isinstance(cell, str) and cell.isidentifier() else cell)
    st.dataframe(named, hide_index=True, width="stretch")
    made: dict[str, File] = {
        "Table (CSV)": (partial(_write_csv, study.table), f"{key}-table.csv", "text/csv"),
        "Curves (CSV)": (partial(_write_csv, study.curves), f"{key}-curves.csv", "text/csv"),
        "Everything (JSON)": (partial(_json, key, study), f"{key}.json", "application/json"),
    }
    if not classroom.given(key).shows("findings"):
        del made["Everything (JSON)"]  # which holds them too
    box("The numbers as files", key, experiment, made)
    scripts.downloads(key, experiment.result)


def _write_csv(make: Callable[[Any], pd.DataFrame], experiment: Experiment) -> str:
    return guarded_csv(make(experiment.result))


def guarded_csv(table: pd.DataFrame) -> str:
    """The table as CSV, with an apostrophe before text that a spreadsheet would read as a formula."""
    guarded = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell)
    return guarded.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)  # all text, which may contain line breaks


def _json(key: str, study: Study, experiment: Experiment) -> str:
    findings = [finding.row(key) for finding in experiment.findings(study)]
    parts = {
        "page": key,
        "settings": getattr(experiment.result, "settings", experiment.settings).model_dump(),
        "findings": findings,
    }
    if isinstance(data := getattr(experiment.result, "source", None), Dataset) and data.encoder:
        rows = {part: len(rows) for part, rows in data.rows.items()}
        parts["data"] = {"table": data.name, "rows": rows, "split": data.split, "decided": list(data.notices)}
    tables = {"table": study.table(experiment.result), "curves": study.curves(experiment.result)}
    parts |= {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    return json.dumps(parts, indent=1, allow_nan=False)
