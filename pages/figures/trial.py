"""The chart of the trial: the experiment that is running."""

from importlib import import_module

from core.studies.trial import Result
from pages.figures.common.plots import Chart, empty


def now(result: Result) -> Chart:
    """The first chart of the experiment named above; its page has more."""
    if result.inner is None:
        return empty("The first experiment is about to start.")
    return import_module(f"pages.figures.{result.current}").FIRST(result.inner)
