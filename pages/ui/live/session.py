"""The experiment of one visitor: its settings, how far it is, and whether it runs, waits or has ended."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.checks import InputError
from core.settings import Settings
from core.statistics import LEVEL, confidence
from core.studies.contract import Finding, Study
from core.training import Resting
from pages.figures.common.chart import Chart
from pages.figures.common.plots import empty
from pages.ui.live.board import PACE, PICTURES, Drawing, Strip
from pages.ui.live.worker import TURN, WORKER

Status = Literal["running", "paused", "finished", "failed"]

NUMBERS = itertools.count()  # one for each experiment of this server, to tell them apart
SHARE = 0.1  # of the whole way that a run goes between two ticks at most: what is over at once cannot be watched
VEIL = "Say first what you expect."
REPEATS = 2  # ticks that send a new drawing, in case the browser skips one


@dataclass(frozen=True)
class Panel:
    """A chart that answers one question; `caption` says how to read it."""

    question: str
    draw: Callable[[Any], Chart]
    caption: str
    version: Callable[[Any], object] = lambda result: result.progress  # the same version is not drawn again
    wide: bool = False  # as wide as the page
    tells: bool = False  # the answer to the page's question, and so is kept back with it
    applies: Callable[[Any], object] = lambda result: True  # whether there is anything to see in this result

    @property
    def veiled(self) -> "Panel":
        """What is shown of it before the visitor has said what he expects."""
        return replace(self, draw=lambda result: empty(VEIL), version=lambda result: VEIL) if self.tells else self


class Experiment:
    """A study under way. The worker trains it while its page renews its lease; nothing goes on when that has gone.

    Who reads or changes it holds its `lock`, which the worker takes for one turn after the other.
    """

    def __init__(
        self,
        start: Callable[[Any], Iterator[Any]],
        settings: Settings,
        status: Status = "running",
        waits: Callable[[Any], bool] = lambda result: False,
    ):
        self.start, self.status, self.waits = start, status, waits
        self.settings: Any = settings  # of the study's own class
        self.steps: Iterator[Any] | None = start(settings)
        self.result: Any = None
        self.message = ""
        self.asked = False  # whether the visitor pressed the button, rather than the page having started it
        self.grain: Callable[[Any], bool] | None = None  # a step under way, which says whether it is done
        self.seconds = 0.0
        self.drawings: dict[str, tuple[object, int, Drawing]] = {}  # version, and how often it was sent
        self.film: list[tuple[float, Drawing]] = []  # with the progress at which each was made
        self.filmed: Panel | None = None  # what is filmed while it trains
        self.last_picture = 0.0
        self.goal = 0.0  # progress beyond which it waits for the next tick
        self.place = 0  # in the queue of a full server
        self.number = next(NUMBERS)
        self.level = LEVEL.get()  # confidence of the intervals that its page shows
        self.lock = threading.RLock()
        self._next()  # so that there is something to draw at once

    @property
    def progress(self) -> float:
        return self.result.progress if self.result is not None else 0.0

    def strip(self, told: str = "") -> Strip:
        """Where it stands, for the board of its charts."""
        return Strip(self.number, min(self.progress, 1.0), self.status == "running", told)

    @property
    def seconds_left(self) -> float:
        """Working time still needed, judged by the time it took so far."""
        return self.seconds * (1 - self.progress) / max(self.progress, 1e-3)

    def renew(self, panel: Panel | None = None) -> None:
        """Have it trained on for a while, by at most SHARE of the whole way, and film the panel meanwhile."""
        if self.status == "running" and self.waiting:
            self.status, self.grain = "paused", None
        if self.status != "running":
            WORKER.drop(self)
            return
        self.filmed, self.goal = panel, self.progress + SHARE
        self.place = WORKER.renew(self)

    @property
    def waiting(self) -> bool:
        """Whether it goes on only when the visitor has pressed the button."""
        return not self.asked and self.result is not None and self.waits(self.result)

    @property
    def wants_work(self) -> bool:
        return self.status == "running" and self.progress < self.goal and not self.waiting

    def work(self, seconds: float, crowded: bool = False) -> None:
        """Train for about this long, and make a picture when it is time for one; without waiting for a page."""
        if not self.lock.acquire(timeout=TURN):
            return
        try:
            now = time.perf_counter()
            deadline = now + seconds
            if self.filmed and not crowded:  # a picture is due before that, or already
                deadline = min(deadline, max(now, self.last_picture + PACE))
            while self.wants_work and time.perf_counter() < deadline:
                self._next()
            if crowded and isinstance(self.result, Resting):  # the buffers of all would not fit into memory
                self.result.rest()
            now = time.perf_counter()
            if self.filmed and self.status == "running" and not crowded and now - self.last_picture >= PACE:
                self.last_picture = now
                self.film = [*self.film[1 - PICTURES :], (self.progress, self._drawn(self.filmed))]
        finally:
            self.lock.release()

    def findings(self, study: Study) -> list[Finding]:
        """What its result shows, with intervals of its own confidence."""
        with confidence(self.level):
            return study.findings(self.result)

    def finish(self) -> None:
        """Do all there is to do, here and now."""
        with self.lock:
            while self.status == "running":
                self._next()

    def _drawn(self, panel: Panel) -> Drawing:
        """The panel as it is now, drawn only if it has changed since."""
        version, known = panel.version(self.result), self.drawings.get(panel.question)
        if known is None or known[0] != version:
            with confidence(self.level):
                chart = panel.draw(self.result)
            drawing = Drawing.of(chart, panel.question, panel.caption)._replace(wide=panel.wide)
            known = version, 0, drawing
            self.drawings[panel.question] = known
        return known[2]

    def draw(self, panels: Sequence[Panel], everything: bool = False) -> list[Drawing]:
        """The drawings of the panels, brought up to date; one without a figure where the one before stays as it is.

        What has changed is sent REPEATS times, and what comes last has to be everything: Streamlit leaves out what it
        has not sent yet when something newer takes its place. The one that is filmed brings its pictures since then.
        """
        with self.lock:
            if self.result is None:  # it failed before there was anything to see
                return []
            shown = []
            for panel in panels:
                if not panel.applies(self.result):
                    continue
                drawing = self._drawn(panel)
                version, times, _ = self.drawings[panel.question]
                self.drawings[panel.question] = version, times + 1, drawing
                if panel is self.filmed and not everything:
                    pictures = {each.figure: when for when, each in self.film if each.figure and each is not drawing}
                    drawing = drawing._replace(film=tuple((when, figure) for figure, when in pictures.items()))
                    self.film = []
                shown.append(drawing if everything or times < REPEATS else drawing._replace(figure=None))
            return shown

    def step(self, grain: Callable[[Any], bool] | None = None) -> None:
        """Work until the result shows something new: some progress, or the end.

        A `grain` is a step of the page's own; while it says that it is not done the worker goes on with it.
        """
        with self.lock:
            if grain:
                self.grain, self.status = grain, "running"
                self._next()
                return
            before = self.progress
            while self.steps is not None and self.progress <= before:
                self._next()

    def _next(self) -> None:
        started = time.perf_counter()
        try:
            if self.grain is None:
                self.result = next(self.steps) if self.steps else self.result
            elif self.grain(self.result):
                self.grain, self.status = None, "paused" if self.progress < 1 else "running"
        except StopIteration:
            self.status, self.steps = "finished", None
        except InputError as error:
            self.status, self.steps, self.message = "failed", None, f"{error}."
        except Exception:
            logging.getLogger(__name__).exception("%s failed with %r", self.start.__module__, self.settings)
            self.status, self.steps = "failed", None
            self.message = "The experiment stopped because of an internal error. Change a setting or press Reset."
        self.seconds += time.perf_counter() - started
