"""The experiment of one visitor: its settings, how far it is, and whether it runs, waits or has ended."""

import logging
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Literal

from core.checks import InputError
from core.settings import Settings
from pages.ui.live import Drawing

Status = Literal["running", "paused", "finished", "failed"]


class Experiment:
    """A study under way. Work happens only inside `tick`, so that nothing goes on when the visitor has left."""

    def __init__(self, study: ModuleType, settings: Settings, status: Status = "running"):
        self.study, self.settings, self.status = study, settings, status
        self.work: Iterator[Any] | None = study.run(settings)
        self.result: Any = None
        self.message = ""
        self.seconds = 0.0
        self.drawings: dict[str, Drawing] = {}  # of each chart, by its question
        self.versions: dict[str, object] = {}
        self.turn = 0
        self._next()  # so that there is something to draw at once

    @property
    def progress(self) -> float:
        return self.result.progress if self.result is not None else 0.0

    @property
    def seconds_left(self) -> float:
        """Working time still needed, judged by the time it took so far."""
        return self.seconds * (1 - self.progress) / max(self.progress, 1e-3)

    def tick(self, seconds: float) -> None:
        """Work for about this long."""
        deadline = time.perf_counter() + seconds
        while self.status == "running" and time.perf_counter() < deadline:
            self._next()

    def step(self) -> None:
        """Work until the result shows something new: some progress, or the end."""
        before = self.progress
        while self.work is not None and self.progress <= before:
            self._next()

    def _next(self) -> None:
        started = time.perf_counter()
        try:
            self.result = next(self.work) if self.work else self.result
        except StopIteration:
            self.status, self.work = "finished", None
        except InputError as error:
            self.status, self.work, self.message = "failed", None, f"{error}."
        except Exception:
            logging.getLogger(__name__).exception("%s failed with %r", self.study.__name__, self.settings)
            self.status, self.work = "failed", None
            self.message = "The experiment stopped on a fault of ours. Change a setting or press Reset to go on."
        self.seconds += time.perf_counter() - started
