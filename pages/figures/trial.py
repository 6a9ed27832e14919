"""The chart of the trial: the experiment that is running."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from core.studies import STUDIES
from core.studies.trial import Result
from pages.figures.common.plots import Chart, empty


def charts(study: str) -> list[Callable[[Any], Chart]]:
    """The figures in the file named like a study; the first is the stage of its page, or the curves below it."""
    module = import_module(STUDIES[study].__name__.replace("core.studies", "pages.figures"))
    own = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    return [each for each in own if each.__annotations__.get("return") is Chart and each.__name__[0] != "_"]


def now(result: Result) -> Chart:
    """The first chart of the experiment named above; its page has more."""
    return charts(result.current)[0](result.inner) if result.inner else empty("The first experiment is about to start.")
