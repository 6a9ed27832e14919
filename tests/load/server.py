"""A server of our own, started from a copy of the tree: sources that change under a server restart its experiments."""

import contextlib
import os
import shutil
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
PRODUCT = ["core", "pages", ".streamlit", "dashboard.py"]
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server: its address, and what it uses of the machine (read from /proc, so on Linux only)."""

    def __init__(self, process: subprocess.Popen, address: str, log: Path):
        self.process, self.address, self.log = process, address, log

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
    """Start the app as the README does, from a copy, on this port or a free one, and stop it in the end."""
    with tempfile.TemporaryDirectory() as folder:
        copy, log = Path(folder, "app"), Path(folder, "log")
        copy.mkdir()
        for name in PRODUCT:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            port = probe.getsockname()[1]
        options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
        with log.open("w") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "dashboard.py", *options],
                cwd=copy,
                env=os.environ | {"PYTHONPATH": str(copy)},
                stdout=stream,
                stderr=stream,
            )
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            yield Server(process, f"127.0.0.1:{port}", log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait(address: str) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            return
        time.sleep(0.1)
    raise TimeoutError(f"no answer from {address}")
