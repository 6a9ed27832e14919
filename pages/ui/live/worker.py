"""The single training thread, which serves every visitor with an open page in turn."""

import logging
import os
import threading
import time
from collections import deque
from typing import Any

LEASE = 1.0  # seconds of training after a page's last request
TURN = 0.05  # seconds of work in a turn
MOST = int(os.environ.get("DESCENT_LAB_AT_WORK", 40))  # experiments at once; later ones wait in a queue
CROWD = 4  # with more experiments than this, each frees its buffers after its turn


Job = Any  # an experiment, which says whether it `wants_work` before its page asks again, and can `work`


class Worker:
    """Gives turns to all jobs with a lease; a job loses its lease when its page has gone.

    There is one thread: two would compete for the interpreter and double the times they measure. Only the first MOST
    jobs get turns; when one of them ends, the next moves up.
    """

    def __init__(self) -> None:
        self.leases: dict[Job, float] = {}  # end of each lease, in order of arrival
        self.turns: deque[Job] = deque()
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
            except Exception:  # in one visitor's chart, say, which that page reports too: the others continue
                logging.getLogger(__name__).exception("%r failed at its turn", job)
                self.drop(job)


WORKER = Worker()
