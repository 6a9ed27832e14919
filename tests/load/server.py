"""A server of our own."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """The app on a port, as the README starts it; what it uses of the machine is read from /proc, so on Linux only."""

    def __init__(self, log: Path, port: int):
        self.log, self.port = log, port
        self.address = f"127.0.0.1:{port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--server.headless=true", f"--server.port={self.port}", "--server.address=127.0.0.1"]
        with self.log.open("a") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "dashboard.py", *options],
                cwd=ROOT,
                stdout=stream,
                stderr=stream,
            )
        _wait(f"http://{self.address}/_stcore/health")

    def stop(self) -> None:
        """End it: uvicorn waits without limit for a connection that a browser left while it loaded, so not for long."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Meanwhile nobody answers; then it starts again."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @property
    def memory(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def work(self) -> float:
        """Seconds of processor time used since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def faults(self) -> int:
        """Tracebacks in the server's log."""
        return self.log.read_text().count("Traceback")


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[Server]:
    """A server on this port or a free one, stopped in the end."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            server = Server(Path(folder, "log"), probe.getsockname()[1])
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _wait(address: str) -> None:
    # A port of the kind that callers get too may answer itself before anybody listens: an HTTPException.
    for _ in range(600):
        with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(address):
            return
        time.sleep(0.1)
    raise TimeoutError(f"no answer from {address}")
