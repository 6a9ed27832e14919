"""The one thread that trains, for every visitor whose page still asks for it, in turn."""

import logging
import os
import threading
import time
from collections import deque
from typing import Protocol

LEASE = 1.0  # seconds that an experiment is trained after its page has last asked for it
TURN = 0.05  # seconds of work in a turn
MOST = int(os.environ.get("DESCENT_LAB_AT_WORK", 40))  # experiments at a time; who comes later waits for a place
CROWD = 4  # experiments at a time, beyond which each lets go of its buffers after its turn


class Job(Protocol):
    """What the worker needs to know of an experiment."""

    @property
    def wants_work(self) -> bool:
        """Whether there is something left to do before its page has to ask again."""
        ...

    def work(self, seconds: float, crowded: bool) -> None:
        """Work for about this long."""
        ...


class Worker:
    """Gives all jobs with a lease a turn after the other; a job whose page has gone is not asked for any more.

    It is one thread: two would only take the interpreter from each other, and find the times that they measure twice as
    long. Only the first MOST jobs get turns; when one of them ends, the next moves up.
    """

    def __init__(self) -> None:
        self.leases: dict[Job, float] = {}  # until when, in the order in which they came
        self.turns: deque[Job] = deque()
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None

    def renew(self, job: Job) -> int:
        """Let a job work on for a while; returns its place in the queue, 0 for one that gets turns."""
        with self.changed:
            self._forget_who_left()
            self.leases[job] = time.monotonic() + LEASE
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="at work on experiments", daemon=True)
                self.thread.start()
            self.changed.notify()
            return max(0, list(self.leases).index(job) + 1 - MOST)

    def drop(self, job: Job) -> None:
        """Give a job's place to the next."""
        with self.changed:
            self.leases.pop(job, None)

    def _forget_who_left(self) -> None:
        now = time.monotonic()
        self.leases = {job: until for job, until in self.leases.items() if until > now}

    def _next(self) -> tuple[Job, bool] | None:
        """The job whose turn it is, and whether many have one; waits until there is one, and gives up after a lease."""
        with self.changed:
            deadline = time.monotonic() + 2 * LEASE
            while time.monotonic() < deadline:
                self._forget_who_left()
                present = list(self.leases)[:MOST]
                self.turns = deque(job for job in self.turns if job in present)
                self.turns.extend(job for job in present if job not in self.turns)
                for _ in range(len(self.turns)):
                    job = self.turns.popleft()
                    self.turns.append(job)
                    if job.wants_work:
                        return job, len(present) > CROWD
                self.changed.wait(LEASE if not self.turns else TURN / 2)
            self.thread = None
            return None

    def _run(self) -> None:
        while found := self._next():
            job, crowded = found
            try:
                job.work(TURN, crowded)
            except Exception:  # of one visitor's chart, say, which his own page will meet too: the others go on
                logging.getLogger(__name__).exception("%r failed at its turn", job)
                self.drop(job)


WORKER = Worker()
