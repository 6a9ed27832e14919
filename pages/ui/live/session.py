"""The experiment of one visitor, which runs, waits or has ended; and the one thread that trains for all visitors."""

import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import streamlit as st

from core.checks import InputError
from core.settings import Settings
from core.statistics import LEVEL, confidence
from core.studies.contract import Finding, Study
from core.training import Resting
from pages.figures.common.plots import Chart, empty
from pages.ui.live.board import PACE, PICTURES, Drawing, Strip

T = TypeVar("T")
Status = Literal["running", "paused", "finished", "failed"]

NUMBERS = itertools.count()  # numbers the experiments of this server
SHARE = 0.1  # largest share of a run between two ticks: a run that ends at once cannot be watched
VEIL = "Say first what you expect."
LEASE = 1.0  # seconds of training after a page's last request
TURN = 0.05  # seconds of work in a turn
MOST = int(os.environ.get("DESCENT_LAB_AT_WORK", 40))  # experiments at once; later ones wait in a queue
CROWD = 4  # with more experiments than this, each frees its buffers after its turn
REPEATS = 2  # ticks that send the same drawing, in case the browser skips one


def once(place: str, key: object, make: Callable[[], T]) -> T:
    """What `make` makes, kept in the visitor's session at this place until the key is another."""
    kept: tuple[object, T] | None = st.session_state.get(place)
    if kept is None or kept[0] != key:
        st.session_state[place] = kept = key, make()
    return kept[1]


@dataclass(frozen=True)
class Panel:
    """A chart that answers one question; `caption`, by default the docstring of `draw`, says how to read it."""

    question: str
    draw: Callable[[Any], Chart]
    caption: str = ""
    version: Callable[[Any], object] = lambda result: result.progress  # a version is drawn once
    wide: bool = False  # full width of the page
    tells: bool = False  # shows the answer to the page's question, so it is hidden with it
    applies: Callable[[Any], object] = lambda result: True  # whether this result has anything to show
    kept: Callable[[Any], Chart] | None = None  # what a notebook keeps of it, if it is drawn without plotly

    def __post_init__(self) -> None:
        read = getattr(self.draw, "func", self.draw).__doc__  # of a partial, the docstring of its function
        object.__setattr__(self, "caption", self.caption or " ".join((read or "").split()))

    @property
    def to_keep(self) -> "Panel":
        """The panel with the chart that a notebook keeps."""
        return replace(self, draw=self.kept, question=f"{self.question} kept") if self.kept else self

    @property
    def veiled(self) -> "Panel":
        """The panel as shown before the visitor's prediction."""
        return replace(self, draw=lambda result: empty(VEIL), version=lambda result: VEIL) if self.tells else self


Job = Any  # an experiment, which says whether it `wants_work` before its page asks again, and can `work`


class Worker:
    """Gives turns to all jobs with a lease; a job loses its lease when its page has gone.

    There is one thread: two would compete for the interpreter and double the times they measure. Only the first MOST
    jobs get turns; when one of them ends, the next moves up.
    """

    def __init__(self) -> None:
        self.leases: dict[Job, float] = {}  # end of each lease, in order of arrival
        self.last: Job = None  # that had a turn
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None

    def renew(self, job: Job) -> int:
        """Renew a job's lease; returns its place in the queue, 0 if it gets turns."""
        with self.changed:
            self._forget_who_left()
            self.leases[job] = time.monotonic() + LEASE
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="at work on experiments", daemon=True)
                self.thread.start()
            self.changed.notify()
            return max(0, list(self.leases).index(job) + 1 - MOST)

    def drop(self, job: Job) -> None:
        """Remove a job, so that the next one moves up."""
        with self.changed:
            self.leases.pop(job, None)

    def _forget_who_left(self) -> None:
        now = time.monotonic()
        self.leases = {job: until for job, until in self.leases.items() if until > now}

    def _next(self) -> tuple[Job, bool] | None:
        """The next job, and whether many are waiting for turns; None if none comes within one lease."""
        with self.changed:
            deadline = time.monotonic() + 2 * LEASE
            while time.monotonic() < deadline:
                self._forget_who_left()
                present = list(self.leases)[:MOST]
                self.last = self.last if self.last in present else None  # who has left is forgotten
                after = present.index(self.last) + 1 if self.last else 0
                for job in present[after:] + present[:after]:
                    if job.wants_work:
                        self.last = job
                        return job, len(present) > CROWD
                self.changed.wait(TURN / 2 if present else LEASE)
            self.thread = None
            return None

    def _run(self) -> None:
        while found := self._next():
            job, crowded = found
            try:
                job.work(TURN, crowded)
            except Exception:  # in one visitor's chart, say, which that page reports too: the others continue
                logging.getLogger(__name__).exception("%r failed at its turn", job)
                self.drop(job)


WORKER = Worker()


class Experiment:
    """A running study. The worker trains it while its page renews its lease, and stops once the page has gone.

    Hold its `lock` to read or change it; the worker takes the lock for each turn.
    """

    def __init__(
        self,
        start: Callable[[Any], Iterator[Any]],
        settings: Settings,
        status: Status = "running",
        waits: Callable[[Any], bool] = lambda result: False,
    ):
        self.start, self.status, self.waits = start, status, waits
        self.settings: Any = settings  # an instance of the study's Settings
        self.steps: Iterator[Any] | None = start(settings)
        self.result: Any = None
        self.message = ""
        self.asked = False  # whether the visitor, not the page, started it
        self.grain: Callable[[Any], bool] | None = None  # a step in progress, which returns whether it is done
        self.seconds = 0.0
        self.drawings: dict[str, tuple[object, int, Drawing]] = {}  # version, and how many times it was sent
        self.film: list[tuple[float, Drawing]] = []  # each with its progress
        self.filmed: Panel | None = None  # the panel filmed during training
        self.last_picture = 0.0
        self.goal = 0.0  # progress at which it waits for the next tick
        self.place = 0  # in a full server's queue
        self.number = next(NUMBERS)
        self.level = LEVEL.get()  # confidence of the page's intervals
        self.lock = threading.RLock()
        self._next()  # something to draw at once

    @property
    def progress(self) -> float:
        return self.result.progress if self.result is not None else 0.0

    def strip(self, told: str = "") -> Strip:
        """Its state, for the board of its charts."""
        return Strip(self.number, min(self.progress, 1.0), self.status == "running", told)

    def renew(self, panel: Panel | None = None) -> None:
        """Let the worker train it for a while, by at most SHARE of the whole run, and film the panel."""
        if self.status == "running" and self.waiting:
            self.status, self.grain = "paused", None
        if self.status != "running":
            WORKER.drop(self)
            return
        self.filmed, self.goal = panel, self.progress + SHARE
        self.place = WORKER.renew(self)

    @property
    def waiting(self) -> bool:
        """Whether it continues only when the visitor presses the button."""
        return not self.asked and self.result is not None and self.waits(self.result)

    @property
    def wants_work(self) -> bool:
        return self.status == "running" and self.progress < self.goal and not self.waiting

    def work(self, seconds: float, crowded: bool = False) -> None:
        """Train for about this long without waiting for a page, and make a picture when one is due."""
        if not self.lock.acquire(timeout=TURN):
            return
        try:
            now = time.perf_counter()
            deadline = now + seconds
            if self.filmed and not crowded:  # a picture is due by then
                deadline = min(deadline, max(now, self.last_picture + PACE))
            while self.wants_work and time.perf_counter() < deadline:
                self._next()
            if crowded and isinstance(self.result, Resting):  # the buffers of all experiments would not fit into memory
                self.result.rest()
            now = time.perf_counter()
            if self.filmed and self.status == "running" and not crowded and now - self.last_picture >= PACE:
                self.last_picture = now
                self.film = [*self.film[1 - PICTURES :], (self.progress, self._drawn(self.filmed))]
        finally:
            self.lock.release()

    def findings(self, study: Study) -> list[Finding]:
        """Findings of its result, with intervals at its confidence."""
        with confidence(self.level):
            return study.findings(self.result)

    def finish(self) -> None:
        """Run to the end in this thread."""
        with self.lock:
            while self.status == "running":
                self._next()

    def _drawn(self, panel: Panel) -> Drawing:
        """The panel's drawing, redrawn only if it has changed."""
        version, known = panel.version(self.result), self.drawings.get(panel.question)
        if known is None or known[0] != version:
            with confidence(self.level):
                chart = panel.draw(self.result)
            drawing = Drawing.of(chart, panel.question, panel.caption)._replace(wide=panel.wide, key=panel.question)
            known = version, 0, drawing
            self.drawings[panel.question] = known
        return known[2]

    def first_picture(self, panel: Panel, seconds: float) -> Drawing | None:
        """Work until the panel has something to show, but no longer than this; its drawing then, or None.

        The longest step does not count: in it a new server loads libraries and data.
        """
        began, longest = time.perf_counter(), 0.0
        with self.lock:
            while self.result is not None and panel.applies(self.result):
                self.drawings.pop(panel.question, None)  # its version may stay the same before the first progress
                if not (drawing := self._drawn(panel)).blank:
                    return drawing
                now = time.perf_counter()
                if self.status != "running" or self.waiting or self.progress > SHARE or now - began - longest > seconds:
                    break
                self._next()
                longest = max(longest, time.perf_counter() - now)
        return None

    def draw(self, panels: Sequence[Panel], everything: bool = False) -> list[Drawing]:
        """Current drawings of the panels; without a figure where the previous drawing is still valid.

        A changed drawing is sent REPEATS times, each time complete: Streamlit drops an unsent message when a newer one
        replaces it. The filmed panel includes its pictures since the last tick.
        """
        with self.lock:
            if self.result is None:  # it failed before its first result
                return []
            shown = []
            for panel in panels:
                if not panel.applies(self.result):
                    continue
                drawing = self._drawn(panel)
                version, times, _ = self.drawings[panel.question]
                self.drawings[panel.question] = version, times + 1, drawing
                if panel is self.filmed and not everything:
                    pictures = {
                        each.figure: (when, each.figure, each.title)
                        for when, each in self.film
                        if each.figure and each is not drawing
                    }
                    drawing = drawing._replace(film=tuple(pictures.values()))
                    self.film = []
                shown.append(drawing if everything or times < REPEATS else drawing._replace(figure=None))
            return shown

    def step(self, grain: Callable[[Any], bool] | None = None) -> None:
        """Work until the result changes: progress, or the end.

        A `grain` is a step defined by the page; the worker continues until it returns that it is done.
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
