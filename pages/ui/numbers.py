"""The numbers of a finished run: its table, and everything as files."""

import csv
import json
from types import ModuleType

import pandas as pd
import streamlit as st

from pages.figures.words import words
from pages.ui import scripts
from pages.ui.session import Experiment


def numbers(key: str, study: ModuleType, experiment: Experiment) -> None:
    """The table of the study, and what there is to take home."""
    table = study.table(experiment.result)
    st.header("The numbers")
    named = table.map(lambda cell: words(cell) if isinstance(cell, str) and cell.isidentifier() else cell)
    st.dataframe(named, hide_index=True, width="stretch")
    with st.container(horizontal=True):
        curves = study.curves(experiment.result)
        st.download_button("Table (CSV)", guarded_csv(table), f"{key}-table.csv", "text/csv")
        st.download_button("Curves (CSV)", guarded_csv(curves), f"{key}-curves.csv", "text/csv")
        everything = _json(key, study, experiment, table, curves)
        st.download_button("Everything (JSON)", everything, f"{key}.json", "application/json")
    scripts.downloads(key, experiment.result)


def guarded_csv(table: pd.DataFrame) -> str:
    """The table as CSV, with an apostrophe before text that a spreadsheet would take for a formula."""
    guarded = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell)
    return guarded.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)  # all text, which may hold ends of lines


def _json(key: str, study: ModuleType, experiment: Experiment, table: pd.DataFrame, curves: pd.DataFrame) -> str:
    verdicts = [vars(verdict) for verdict in study.verdicts(experiment.result)]
    parts = {"page": key, "settings": experiment.settings.model_dump(), "verdicts": verdicts}
    tables = {"table": table.to_json(orient="records"), "curves": curves.to_json(orient="records")}
    return json.dumps(parts | {name: json.loads(text) for name, text in tables.items()}, indent=1, allow_nan=False)
