"""The experiment of one visitor: its settings, how far it is, and whether it runs, waits or has ended."""

import contextlib
import ctypes
import gc
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Literal

from core.checks import InputError
from core.settings import Settings
from core.training import Resting
from pages.figures.common.chart import Chart
from pages.ui.live.board import Drawing, Moment

Status = Literal["running", "paused", "finished", "failed"]

NUMBERS = itertools.count()  # one for each experiment of this server, to tell them apart
TURNS: dict[int, float] = {}  # when each experiment that runs on this server last had its turn
GONE = 3.0  # seconds without a turn after which its visitor has left
LEAST = 0.05  # seconds of work in a turn, however many wait for theirs
# One thread: two only take the interpreter from each other, and would find the times that they measure twice as long.
WORKER = ThreadPoolExecutor(1, "at work on experiments")
WAIT = 0.02  # seconds between two looks at whether a visitor who waits wants something else
REST = 2.0  # seconds without an experiment at work, after which memory is given back
CROWD = 4  # experiments at a time, beyond which each turn makes one picture only and ends with a rest
REPEATS = 3  # ticks that send a new drawing, in case the browser skips some

resting = threading.Timer(0, str)  # what gives memory back once nothing runs


@dataclass(frozen=True)
class Panel:
    """A chart that answers one question; `caption` says how to read it."""

    question: str
    draw: Callable[[Any], Chart]
    caption: str
    version: Callable[[Any], object] = lambda result: result.progress  # the same version is not drawn again
    wide: bool = False  # as wide as the page
    applies: Callable[[Any], object] = lambda result: True  # whether there is anything to see in this result


class Experiment:
    """A study under way. Work happens only inside `tick`, so that nothing goes on when the visitor has left."""

    def __init__(self, start: Callable[[Any], Iterator[Any]], settings: Settings, status: Status = "running"):
        self.start, self.status = start, status
        self.settings: Any = settings  # of the study's own class
        self.work: Iterator[Any] | None = start(settings)
        self.result: Any = None
        self.message = ""
        self.asked = False  # whether the visitor pressed the button, rather than the page having started it
        self.grain: Callable[[Any], bool] | None = None  # a step under way, which says whether it is done
        self.seconds = 0.0
        self.drawings: dict[str, tuple[object, int, Drawing]] = {}  # version and tick at which it was drawn
        self.ticks = 0
        self.film: list[tuple[float, Drawing]] = []  # with the progress at which each was made
        self.number = next(NUMBERS)
        # Streamlit begins the run that a click asks for in a thread of its own, while the run before it still ends.
        self.lock = threading.RLock()
        self._next()  # so that there is something to draw at once

    @property
    def progress(self) -> float:
        return self.result.progress if self.result is not None else 0.0

    @property
    def moment(self) -> Moment:
        return Moment(self.number, self.progress, self.status == "running")

    @property
    def seconds_left(self) -> float:
        """Working time still needed, judged by the time it took so far."""
        return self.seconds * (1 - self.progress) / max(self.progress, 1e-3)

    def tick(
        self,
        seconds: float,
        pictures: int = 1,
        panel: Panel | None = None,
        interrupt: Callable[[], object] | None = None,
        share: float = math.inf,
    ) -> None:
        """Work for about this long, and make pictures of a panel on the way, the last of which is left to `draw`.

        The more experiments run on this server, the shorter: all get the same, and nobody waits long. `interrupt` is
        called now and then, and may raise where the visitor wants something else; without it nobody waits for the
        worker. `share` is how far it may get at most, of the whole way.
        """
        with self.lock:
            self.film = []
            running = self._take_turn()
            pictures = pictures if running <= CROWD else 1
            for left in reversed(range(pictures)):
                if self.status == "running":
                    self._work(max(seconds / running, LEAST) / pictures, share / pictures, interrupt)
                if left and panel and self.status == "running":
                    self.film.append((self.progress, self._drawn(panel)))
            if self.status != "running" and TURNS.pop(self.number, 0) and not TURNS:
                _give_back_soon()

    def _work(self, seconds: float, share: float, interrupt: Callable[[], object] | None) -> None:
        """Have the worker train for this long, or this share of the way."""
        stop = threading.Event()
        training = WORKER.submit(self._train, seconds, self.progress + share, stop)
        try:
            while not training.done():
                wait([training], WAIT)
                if interrupt:
                    interrupt()
                else:
                    training.cancel()
        finally:
            stop.set()
            if not training.cancel():
                training.result()

    def _train(self, seconds: float, goal: float, stop: threading.Event) -> None:
        clock = time.perf_counter
        deadline = clock() + seconds
        while not stop.is_set() and self.status == "running" and self.progress < goal and clock() < deadline:
            self._next()
        if len(TURNS) > CROWD and isinstance(self.result, Resting):  # the buffers of all would not fit into memory
            self.result.rest()

    def _take_turn(self) -> int:
        """Say that this experiment runs; returns how many do."""
        now = time.monotonic()
        for number, last in list(TURNS.items()):
            if now - last > GONE:
                TURNS.pop(number, None)
        if self.status == "running":
            TURNS[self.number] = now
        return max(1, len(TURNS))

    def _drawn(self, panel: Panel) -> Drawing:
        """The panel as it is now, drawn only if it has changed since."""
        version, known = panel.version(self.result), self.drawings.get(panel.question)
        if known is None or known[0] != version:
            drawing = Drawing.of(panel.draw(self.result), panel.question, panel.caption)._replace(wide=panel.wide)
            known = version, self.ticks, drawing
            self.drawings[panel.question] = known
        return known[2]

    def draw(self, panels: Sequence[Panel], everything: bool) -> list[Drawing]:
        """The drawings of the panels, brought up to date: `everything`, or at a tick only what one has to see move.

        That is the first panel at every tick, the second at every other, and the rest in turn in between. Whose turn it
        is gets sent even if nothing has changed, and what comes last has to be everything: Streamlit leaves out what it
        has not sent yet when something newer takes its place.
        """
        with self.lock:
            if self.result is None:  # it failed before there was anything to see
                return []
            self.ticks += 1
            panels = [panel for panel in panels if panel.applies(self.result)]
            turn = 1 if self.ticks % 2 else 2 + self.ticks // 2 % max(1, len(panels) - 2)
            shown = []
            for place, panel in enumerate(panels):
                due = everything or place in (0, turn) or panel.question not in self.drawings
                drawing = self._drawn(panel) if due else self.drawings[panel.question][2]
                fresh = due or self.ticks - self.drawings[panel.question][1] < REPEATS
                shown.append(drawing if fresh else drawing._replace(figure=None))
            if not everything:
                pictures = {each.figure: moment for moment, each in self.film if each.figure and each is not shown[0]}
                shown[0] = shown[0]._replace(film=tuple((moment, figure) for figure, moment in pictures.items()))
            return shown

    def step(self, grain: Callable[[Any], bool] | None = None) -> None:
        """Work until the result shows something new: some progress, or the end.

        A `grain` is a step of the page's own; while it says that it is not done it goes on in the ticks that follow.
        """
        with self.lock:
            if grain:
                self.grain, self.status = grain, "running"
                self._next()
                return
            before = self.progress
            while self.work is not None and self.progress <= before:
                self._next()

    def _next(self) -> None:
        started = time.perf_counter()
        try:
            if self.grain is None:
                self.result = next(self.work) if self.work else self.result
            elif self.grain(self.result):
                self.grain, self.status = None, "paused" if self.progress < 1 else "running"
        except StopIteration:
            self.status, self.work = "finished", None
        except InputError as error:
            self.status, self.work, self.message = "failed", None, f"{error}."
        except Exception:
            logging.getLogger(__name__).exception("%s failed with %r", self.start.__module__, self.settings)
            self.status, self.work = "failed", None
            self.message = "The experiment stopped on a fault of ours. Change a setting or press Reset to go on."
        self.seconds += time.perf_counter() - started


def _give_back_soon() -> None:
    """Give memory back once the server has been at rest for a while; a visitor must not wait for it."""
    global resting
    if resting.is_alive():
        return
    resting = threading.Timer(REST, _give_back)
    resting.daemon = True
    resting.start()


def _give_back() -> None:
    """Return to the system what nobody uses any more: visitors who left, and the buffers of trainings that ended.

    By itself the C library keeps freed memory; where it is glibc it can be asked not to.
    """
    if not TURNS:
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
