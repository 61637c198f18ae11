"""A node as `zhuisu up` runs it, on a folder of its own, and the browser before it: for tests that come through the front door."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]
START_SECONDS = 120


class Node(NamedTuple):
    """Where it runs, what it printed until it was ready, and the environment that belongs to it."""

    address: str
    said: str
    environment: dict[str, str]


@contextmanager
def node(home: Path, *arguments: str, **environment: str) -> Iterator[Node]:
    """`zhuisu up` with a database of its own in `home`, until the block ends."""
    for folder in [home, *home.parents][:3]:
        folder.chmod(0o755)  # the embedded server gives up root and must reach its files
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = {k: v for k, v in os.environ.items() if k not in ("ZHUISU_DATABASE_URL", "ZHUISU_STATIC")}
    ours |= {"ZHUISU_HOME": str(home)} | environment
    command = [sys.executable, "-m", "zhuisu.config", "up", "--port", str(port), "--workers", "1", *arguments]
    with (home / "log").open("w+") as log:
        process = subprocess.Popen(command, env=ours, stdout=log, stderr=log)
        try:
            yield Node(f"http://127.0.0.1:{port}", _ready(process, home / "log"), ours)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(START_SECONDS * 5):
        said = log.read_text()
        if "ready:" in said:
            return said
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(log.read_text())
