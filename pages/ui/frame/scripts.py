"""Below the numbers of a study: a script that reproduces any of its runs, and the run's weights."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.checks import InputError
from core.export.script import numpy_script, torch_script
from core.studies.race import Race
from core.training import RunSettings
from pages.figures.common.words import spoken


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
        label = st.selectbox("Run", list(runs), key=f"{key} script of", format_func=_spoken)
        place = st.selectbox(
            "Repetition",
            range(len(runs[label])),
            format_func=lambda k: _named(runs[label], k),
            key=f"{key} script seed",
        )
        run = runs[label][place]
        if run.dtype == "float32":
            st.caption(
                "Trained here in float32. The script computes in float64: its curve is close, but its digits differ."
            )
        with st.container(horizontal=True):
            for library, make in {"numpy": numpy_script, "PyTorch": torch_script}.items():
                _download(f"{key} {label}", library, make, run.replace(dtype="float64"))


def _spoken(label: str) -> str:
    return spoken(label).replace("_", " ")


def _named(runs: list[RunSettings], place: int) -> str:
    """Name of a repetition: its seed, and its learning rate if the seed is not unique."""
    run = runs[place]
    alone = sum(other.seed == run.seed for other in runs) == 1
    return f"seed {run.seed}" if alone else f"seed {run.seed}, learning rate {run.lr:g}"


def _download(name: str, library: str, make: Callable[[RunSettings], str], run: RunSettings) -> None:
    try:
        text = make(run)
    except InputError as error:
        st.caption(f"No {library} script: {error}.")
        return
    file = re.sub(r"\W+", "-", f"{name} seed {run.seed} {library.lower()}") + ".py"
    st.download_button(f"{library} script", text, file, "text/x-python", on_click="ignore")
