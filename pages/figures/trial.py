"""The chart of the trial: the experiment that is running."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from core.studies.trial import Result
from pages.figures.common.plots import Chart, empty


def first(study: str) -> Callable[[Any], Chart]:
    """The first figure in the file of a study: the stage of its page, or what comes nearest to it as a picture."""
    module = import_module(f"pages.figures.{study}")
    own = (each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__)
    return next(each for each in own if each.__annotations__.get("return") is Chart and each.__name__[0] != "_")


def now(result: Result) -> Chart:
    """The first chart of the experiment named above; its page has more."""
    return first(result.current)(result.inner) if result.inner else empty("The first experiment is about to start.")
